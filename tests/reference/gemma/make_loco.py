"""Make the frozen answers for relationships that leave out the chromosome tested: PLINK 2 ``--make-rel``, then GEMMA ``-lmm 4``.

Usage: ``PYTHONPATH=tests python tests/reference/gemma/make_loco.py``, with plink2 (Debian: 2.00a3.5) and gemma (Debian: 0.98.5)
on the path. It writes in ``loco/``: variants.csv.gz (chromosome, position, whether it is for relationships, and everybody's ALT
counts, -9 missing), people.csv (a trait that follows families and holds effects of every fifth tested variant, and three
covariates), and gemma.tsv (as GEMMA prints it, by chromosome with PLINK 2's relationships over the other chromosomes: negative
eigenvalues set to zero, then relationships below 0.05, then negative eigenvalues again).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.families import drop_genes, pedigree_relationship
from reference.gemma.make import make_relationship

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "loco"
N_FAMILIES, N_UNRELATED, N_RELATIONSHIP, N_TESTED = 12, 52, 600, 60
MIN_RELATIONSHIP = 0.05
CHROMOSOMES = ("1", "2", "3", "22")


def main() -> None:
    rng = np.random.default_rng(7)
    variants, counts = simulate_variants(rng)
    people = simulate_people(rng, counts[~variants["is_for_relationships"].to_numpy()])
    FOLDER.mkdir(exist_ok=True)
    table = pd.concat([variants, pd.DataFrame(counts, columns=[f"P{i}" for i in range(counts.shape[1])])], axis=1)
    table.to_csv(FOLDER / "variants.csv.gz", index=False, compression={"method": "gzip", "mtime": 0})
    people.to_csv(FOLDER / "people.csv", index=False, float_format="%.9g")
    people = pd.read_csv(FOLDER / "people.csv")
    results = [test_chromosome(chromosome, variants, counts, people) for chromosome in CHROMOSOMES]
    pd.concat(results).to_csv(FOLDER / "gemma.tsv", sep="\t", index=False)


def simulate_variants(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Variants for relationships and variants to be tested on every chromosome, 3 % of genotypes missing."""
    m = N_RELATIONSHIP + N_TESTED
    counts = drop_genes(rng, rng.uniform(0.1, 0.9, m), N_FAMILIES, N_UNRELATED)
    counts[rng.random(counts.shape) < 0.03] = -9
    variants = pd.DataFrame({
        "chromosome": np.array(CHROMOSOMES)[np.arange(m) % len(CHROMOSOMES)],
        "position": 1000 * (1 + np.arange(m)), "is_for_relationships": np.arange(m) < N_RELATIONSHIP,
    })  # fmt: skip
    order = variants.assign(number=variants["chromosome"].astype(int)).sort_values(["number", "position"]).index
    return variants.loc[order].reset_index(drop=True), counts[order]


def simulate_people(rng: np.random.Generator, tested: np.ndarray) -> pd.DataFrame:
    phi = pedigree_relationship(N_FAMILIES, N_UNRELATED)
    n = len(phi)
    polygenic = np.linalg.cholesky(phi) @ rng.normal(size=n)
    age, sex, component = rng.normal(60, 10, n), rng.integers(0, 2, n), rng.normal(size=n)
    effects = 0.35 * np.maximum(tested[::5], 0).sum(axis=0)
    return pd.DataFrame({
        "trait": 0.03 * age + 0.4 * sex + 1.2 * polygenic + effects + rng.normal(size=n),
        "age": age, "sex": sex, "component": component,
    })  # fmt: skip


def test_chromosome(chromosome: str, variants: pd.DataFrame, counts: np.ndarray, people: pd.DataFrame) -> pd.DataFrame:
    """GEMMA's rows of the tested variants of one chromosome."""
    is_here = (variants["chromosome"] == chromosome).to_numpy()
    is_for_relationships = variants["is_for_relationships"].to_numpy()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        relationship = make_relationship(counts[~is_here & is_for_relationships], folder)
        relationship = without_negative_eigenvalues(relationship)
        relatives = without_negative_eigenvalues(np.where(relationship >= MIN_RELATIONSHIP, relationship, 0.0))
        np.savetxt(folder / "k.txt", relatives, fmt="%.17g")
        rows = np.flatnonzero(is_here & ~is_for_relationships)
        names = [f"{chromosome}_{position}" for position in variants["position"].to_numpy()[rows]]
        return gemma(folder, names, counts[rows], people)


def without_negative_eigenvalues(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def gemma(folder: Path, names: list[str], counts: np.ndarray, people: pd.DataFrame) -> pd.DataFrame:
    calls = np.where(counts < 0, "NA", counts.astype(str))
    rows = [", ".join([name, "C", "A", *row]) for name, row in zip(names, calls, strict=True)]
    (folder / "g.txt").write_text("\n".join(rows) + "\n")
    np.savetxt(folder / "p.txt", people["trait"], fmt="%.17g")
    design = people.assign(one=1)[["one", "age", "sex", "component"]]
    np.savetxt(folder / "c.txt", design, fmt="%.17g")
    subprocess.run(
        ["gemma", "-g", "g.txt", "-p", "p.txt", "-c", "c.txt", "-k", "k.txt", "-lmm", "4", "-miss", "1", "-maf", "0",
         "-r2", "1", "-notsnp", "-o", "x"],
        cwd=folder, check=True,
    )  # fmt: skip
    columns = ["rs", "allele1", "beta", "se", "l_remle", "p_wald", "p_lrt"]
    return pd.read_csv(folder / "output/x.assoc.txt", sep="\t", dtype=str)[columns]


if __name__ == "__main__":
    main()
