"""Make the frozen answers of PLINK 2 ``--make-rel`` and GEMMA ``-lmm 4`` on simulated families.

Usage: ``PYTHONPATH=tests python tests/reference/gemma/make.py``, with plink2 (Debian: 2.00a3.5) and gemma (Debian: 0.98.5)
on the path. It writes here: genotypes.csv.gz (400 variants for the relationships with missing genotypes, then 30 to be tested),
people.csv (two traits, three covariates), relationship.txt.gz (PLINK 2, nine digits), and for each trait gemma.{trait}.tsv (as GEMMA
prints it: seven digits) and gemma.{trait}.null.tsv (variance components without a variant). GEMMA is given the relationship matrix with its
negative eigenvalues set to zero, all digits.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.families import drop_genes, pedigree_relationship

HERE = Path(__file__).resolve().parent
N_FAMILIES, N_UNRELATED, N_RELATIONSHIP, N_TESTED = 12, 52, 400, 30
CALLS = {-9: "./.", 0: "0/0", 1: "0/1", 2: "1/1"}


def main() -> None:
    rng = np.random.default_rng(6)
    counts = drop_genes(rng, rng.uniform(0.1, 0.9, N_RELATIONSHIP + N_TESTED), N_FAMILIES, N_UNRELATED)
    counts[:N_RELATIONSHIP][rng.random((N_RELATIONSHIP, counts.shape[1])) < 0.03] = -9
    people = simulate_people(rng, counts[N_RELATIONSHIP:])
    pd.DataFrame(counts).to_csv(HERE / "genotypes.csv.gz", index=False, header=False)
    people.to_csv(HERE / "people.csv", index=False, float_format="%.9g")
    people = pd.read_csv(HERE / "people.csv")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        relationship = np.round(make_relationship(counts[:N_RELATIONSHIP], folder), 9)
        pd.DataFrame(relationship).to_csv(
            HERE / "relationship.txt.gz", sep="\t", index=False, header=False, float_format="%.9f"
        )
        values, vectors = np.linalg.eigh(relationship)
        np.savetxt(folder / "k.txt", (vectors * np.maximum(values, 0)) @ vectors.T, fmt="%.17g")
        for trait in ("heritable", "mild"):
            gemma(folder, trait, counts[N_RELATIONSHIP:], people)


def simulate_people(rng: np.random.Generator, tested: np.ndarray) -> pd.DataFrame:
    """Two traits that follow the pedigree, the first strongly and with one variant's effect; three covariates."""
    phi = pedigree_relationship(N_FAMILIES, N_UNRELATED)
    n = len(phi)
    polygenic = np.linalg.cholesky(phi) @ rng.normal(size=(n, 2))
    age, sex, component = rng.normal(60, 10, n), rng.integers(0, 2, n), rng.normal(size=n)
    common = 0.03 * age + 0.4 * sex
    return pd.DataFrame({
        "heritable": common + polygenic[:, 0] * 1.2 + 0.7 * tested[0] + rng.normal(size=n),
        "mild": common + 0.7 * polygenic[:, 1] + rng.normal(size=n),
        "age": age, "sex": sex, "component": component,
    })  # fmt: skip


def make_relationship(counts: np.ndarray, folder: Path) -> np.ndarray:
    names = [f"P{i}" for i in range(counts.shape[1])]
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]
    with (folder / "x.vcf").open("w") as out:
        out.write('##fileformat=VCFv4.2\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="GT">\n')
        out.write("\t".join(head) + "\n")
        for position, row in enumerate(counts, start=1):
            calls = [CALLS[int(g)] for g in row]
            out.write("\t".join(["1", str(position), f"v{position}", "A", "C", ".", ".", ".", "GT", *calls]) + "\n")
    subprocess.run(
        ["plink2", "--vcf", "x.vcf", "--make-rel", "square", "bin", "--threads", "1", "--out", "x"],
        cwd=folder, check=True,
    )  # fmt: skip
    return np.fromfile(folder / "x.rel.bin").reshape(len(names), len(names))


def gemma(folder: Path, trait: str, counts: np.ndarray, people: pd.DataFrame) -> None:
    rows = [", ".join([f"t{j}", "C", "A", *map(str, row)]) for j, row in enumerate(counts)]
    (folder / "g.txt").write_text("\n".join(rows) + "\n")
    np.savetxt(folder / "p.txt", people[trait], fmt="%.17g")
    np.savetxt(folder / "c.txt", people[["age", "sex", "component"]].assign(one=1)[["one", "age", "sex", "component"]],
               fmt="%.17g")  # fmt: skip
    subprocess.run(
        ["gemma", "-g", "g.txt", "-p", "p.txt", "-c", "c.txt", "-k", "k.txt", "-lmm", "4", "-miss", "1", "-maf", "0",
         "-r2", "1", "-notsnp", "-o", trait],
        cwd=folder, check=True,
    )  # fmt: skip
    columns = ["rs", "allele1", "beta", "se", "l_remle", "l_mle", "p_wald", "p_lrt", "p_score"]
    result = pd.read_csv(folder / f"output/{trait}.assoc.txt", sep="\t", dtype=str)
    result[columns].to_csv(HERE / f"gemma.{trait}.tsv", sep="\t", index=False)
    log = (folder / f"output/{trait}.log.txt").read_text()
    found = {key: re.search(rf"## {key} estimate in the null model = (\S+)", log) for key in ("vg", "ve", "pve")}
    pd.DataFrame([{key: match.group(1) for key, match in found.items()}]).to_csv(
        HERE / f"gemma.{trait}.null.tsv", sep="\t", index=False
    )


if __name__ == "__main__":
    main()
