"""Time `alsreg genes` on simulated genes; prints, never fails on a time.

``python tests/benchmark/time_gene_tests.py FOLDER [GENES] [PROCESSES] [TEST ...]``
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.cli import main
from alsreg.formats.pgen import PgenWriter

N_PEOPLE, N_VARIANTS = 2000, 30
TERMS = ("lof", "missense", "synonymous")
SPECIFICATION = """
traits:
  onset: {type: quantitative, column: onset}
  bulbar: {type: binary, column: bulbar}
  survival: {type: survival, entry: entry, exit: exit, event: event}
covariates: [pc1, pc2, sex]
"""


def write_inputs(folder: Path, n_genes: int) -> None:
    """Genes of 30 variants with frequencies 3e-4 to 3e-2, null traits with delayed entry."""
    rng = np.random.default_rng(1)
    people = [f"p{i}" for i in range(N_PEOPLE)]
    entry = rng.integers(0, 30, N_PEOPLE)
    pd.DataFrame({
        "#IID": people, "onset": rng.normal(60, 10, N_PEOPLE), "bulbar": rng.integers(0, 10, N_PEOPLE) < 3, "entry": entry,
        "exit": entry + 1 + rng.exponential(30, N_PEOPLE).astype(int), "event": rng.integers(0, 10, N_PEOPLE) < 6,
        "pc1": rng.normal(size=N_PEOPLE), "pc2": rng.normal(size=N_PEOPLE), "sex": rng.integers(0, 2, N_PEOPLE),
    }).to_csv(folder / "samples.tsv", sep="\t", index=False)  # fmt: skip
    (folder / "traits.yaml").write_text(SPECIFICATION)
    annotations, sets = [], []
    with PgenWriter(folder / "all", pd.DataFrame({"IID": people, "SEX": "unknown"}), n_genes * N_VARIANTS) as writer:
        for k in range(n_genes):
            names = [f"v{k}_{j}" for j in range(N_VARIANTS)]
            frequency = np.exp(rng.uniform(np.log(3e-4), np.log(3e-2), N_VARIANTS))
            counts = rng.binomial(2, frequency[:, None], (N_VARIANTS, N_PEOPLE)).astype(np.int8)
            position = 1000 * k + np.arange(1, N_VARIANTS + 1)
            writer.append(pd.DataFrame({"CHROM": "1", "POS": position, "ID": names, "REF": "A", "ALT": "C"}), counts)
            annotations += [
                f"{name}\tG{k}\t{term}"
                for name, term in zip(names, rng.choice(TERMS, N_VARIANTS, p=[0.2, 0.4, 0.4]), strict=True)
            ]
            sets.append(f"G{k}\t1\t{position[0]}\t{','.join(names)}")
    (folder / "annotations").write_text("\n".join(annotations) + "\n")
    (folder / "sets").write_text("\n".join(sets) + "\n")
    (folder / "masks").write_text("lof\tlof\nprotein\tlof,missense\nall\tlof,missense,synonymous\n")


def measure(folder: Path, n_genes: int, n_processes: int, tests: list[str]) -> None:
    options = ["--tests", *tests] if tests else []
    paths = {"--pfile": "all", "--samples": "samples.tsv", "--spec": "traits.yaml", "--annotations": "annotations",
             "--set-list": "sets", "--masks": "masks", "--out": "out"}  # fmt: skip
    start = time.time()
    status = main(["genes", *(w for k, v in paths.items() for w in (k, str(folder / v))), "--threads", str(n_processes),
                   "--max-allele-frequency", "0.05", *options])  # fmt: skip
    seconds = time.time() - start
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    cpu = sum(sum(resource.getrusage(w)[:2]) for w in who)
    peak = resource.getrusage(who[0]).ru_maxrss + n_processes * resource.getrusage(who[1]).ru_maxrss
    units = n_genes * 9
    print(f"status {status}: {units} gene-mask-traits in {seconds:.1f} s, {units / seconds:.0f}/s; CPU {cpu:.1f} s; "
          f"peak at most {peak / 1024:.0f} MB; 18,000 genes x 3 masks x 3 traits in {162_000 / units * seconds / 60:.1f} min")  # fmt: skip


if __name__ == "__main__":
    where, count, processes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    where.mkdir(parents=True, exist_ok=True)
    if not (where / "all.pgen").exists():
        write_inputs(where, count)
    measure(where, count, processes, sys.argv[4:])
