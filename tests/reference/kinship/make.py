"""Frozen answers of PLINK 2 (v2.00a3.5) on made-up people: `python make.py` (needs plink2 on PATH).

80 people of two populations, among them a duplicate, parents and child, full siblings, and half siblings; 4,000
variants on 4 chromosomes with linkage disequilibrium; 2 % of the genotypes missing in genotypes.tsv.gz, none in the
copy the components are computed on (the same genotypes before the loss, complete.tsv.gz).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.formats.pgen import PgenWriter

HERE = Path(__file__).parent
N_FOUNDERS, N_VARIANTS, N_CHROMOSOMES, SPACING = 74, 4000, 4, 10_000


def haplotypes(rng: np.random.Generator) -> np.ndarray:
    """Founders' haplotypes ``(variants, founders, 2)``: mosaics of eight ancestral ones per population."""
    ancestral = rng.random(N_VARIANTS) * 0.8 + 0.1
    out = np.empty((N_VARIANTS, N_FOUNDERS, 2), dtype=np.int8)
    for population in range(2):
        shifted = np.clip(ancestral + rng.normal(0, 0.12, N_VARIANTS), 0.03, 0.97)
        pool = rng.random((N_VARIANTS, 24)) < shifted[:, None]
        for k in np.flatnonzero(rng.random(N_VARIANTS) < 0.5):
            pool[k] = pool[k - 1] ^ (rng.random(24) < 0.05)  # near-copy of the variant before: disequilibrium
        for person in range(population, N_FOUNDERS, 2):
            for copy in range(2):
                switches = rng.random(N_VARIANTS) < 0.15
                track = rng.integers(0, 24, N_VARIANTS)[
                    np.maximum.accumulate(np.where(switches, np.arange(N_VARIANTS), 0))
                ]
                out[:, person, copy] = pool[np.arange(N_VARIANTS), track]
    return out


def gamete(parent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One haplotype of a parent ``(variants, 2)``, crossing over about once a chromosome of 1,000 variants."""
    crossings = rng.random(N_VARIANTS) < 0.001
    crossings[:: N_VARIANTS // N_CHROMOSOMES] = rng.random(N_CHROMOSOMES) < 0.5
    return np.where(np.cumsum(crossings) % 2 == 0, parent[:, 0], parent[:, 1])


def people(rng: np.random.Generator) -> np.ndarray:
    """Genotypes ``(variants, people)``: founders, then two siblings of 0 x 2, a half sibling 0 x 4, copies."""
    founders = haplotypes(rng)
    child = [np.stack([gamete(founders[:, a], rng), gamete(founders[:, b], rng)], axis=1) for a, b in
             ((0, 2), (0, 2), (0, 4), (1, 3), (5, 7))]  # fmt: skip
    grandchild = np.stack([gamete(child[3], rng), gamete(founders[:, 9], rng)], axis=1)
    everybody = [founders[:, i] for i in range(N_FOUNDERS)] + child[:4] + [grandchild, founders[:, 10]]
    return np.stack([person.sum(axis=1) for person in everybody], axis=1).astype(np.int8)


def write_fileset(prefix: Path, counts: np.ndarray) -> None:
    number = np.arange(len(counts))
    per = N_VARIANTS // N_CHROMOSOMES
    table = pd.DataFrame({"CHROM": (number // per + 1).astype(str), "POS": (number % per + 1) * SPACING,
                          "ID": [f"v{k}" for k in number], "REF": "A", "ALT": "G"})  # fmt: skip
    samples = pd.DataFrame({"IID": [f"p{k:02d}" for k in range(counts.shape[1])], "SEX": "F"})
    with PgenWriter(prefix, samples, len(table)) as writer:
        writer.append(table, counts)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    rng = np.random.default_rng(20080107)
    complete = people(rng)
    holey = np.where(rng.random(complete.shape) < 0.02, -9, complete).astype(np.int8)
    for name, counts in (("complete", complete), ("genotypes", holey)):
        pd.DataFrame(counts).to_csv(HERE / f"{name}.tsv.gz", sep="\t", header=False, index=False,
                                    compression={"method": "gzip", "mtime": 0})  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        write_fileset(base / "complete", complete)
        write_fileset(base / "holey", holey)
        run("plink2", "--pfile", base / "holey", "vzs", "--make-king-table", "--out", base / "king")
        run("plink2", "--pfile", base / "complete", "vzs", "--freq", "--out", base / "freq")
        run(
            "plink2",
            "--pfile",
            base / "complete",
            "vzs",
            "--read-freq",
            base / "freq.afreq",
            "--mac",
            "1",
            "--pca",
            "6",
            "--out",
            base / "pca",
        )
        run(
            "plink2", "--pfile", base / "holey", "vzs", "--indep-pairwise", "200kb", "1", "0.2", "--out", base / "prune"
        )
        table = pd.read_csv(base / "king.kin0", sep="\t")
        names = {"#IID1": "person_2", "IID1": "person_2", "IID2": "person_1", "NSNP": "n_snps", "KINSHIP": "kinship"}
        table = table.rename(columns=names)[["person_1", "person_2", "n_snps", "kinship"]]
        table.to_csv(HERE / "kinship.tsv.gz", sep="\t", index=False, compression={"method": "gzip", "mtime": 0})
        vectors = pd.read_csv(base / "pca.eigenvec", sep="\t")
        vectors.to_csv(HERE / "eigenvectors.tsv", sep="\t", index=False)
        (HERE / "eigenvalues.tsv").write_text((base / "pca.eigenval").read_text())
        (HERE / "pruned.tsv").write_text((base / "prune.prune.in").read_text())


if __name__ == "__main__":
    main()
