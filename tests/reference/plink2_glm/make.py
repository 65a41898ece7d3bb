"""Make the frozen answers of PLINK 2 ``--glm`` on the simulated cohort of ``tests/reference/oracles``.

Usage: ``python make.py``, with plink2 (Debian: 2.00a3.5) on the path. It writes linear.tsv, logistic.tsv and firth.tsv here;
PLINK prints six significant digits, so tests compare at 1e-5 relative.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ORACLES = HERE.parent / "oracles"
CALLS = {0: "0/0", 1: "0/1", 2: "1/1"}
COLUMNS = "cols=a1count,a1freq,nobs,beta,se,tz,p,err"


def main() -> None:
    genotypes = pd.read_csv(ORACLES / "genotypes.csv.gz", index_col=0)
    traits = pd.read_csv(ORACLES / "phenotypes.csv", index_col=0)
    covariates = pd.read_csv(ORACLES / "covariates.csv", index_col=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vcf(genotypes, folder / "x.vcf")
        for table, file in ((traits, "traits.tsv"), (covariates, "covariates.tsv")):
            table.rename_axis("#IID").to_csv(folder / file, sep="\t")
        glm(folder, "qt", "linear", [])
        glm(folder, "case", "logistic", ["no-firth"])
        glm(folder, "case", "firth", ["firth"])


def write_vcf(genotypes: pd.DataFrame, file: Path) -> None:
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *genotypes.index]
    with file.open("w") as out:
        out.write('##fileformat=VCFv4.2\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="GT">\n')
        out.write("\t".join(head) + "\n")
        for position, (variant, column) in enumerate(genotypes.items(), start=1):
            calls = ["./." if pd.isna(g) else CALLS[int(g)] for g in column]
            out.write("\t".join(["1", str(position), str(variant), "A", "C", ".", ".", ".", "GT", *calls]) + "\n")


def glm(folder: Path, trait: str, name: str, modifiers: list[str]) -> None:
    subprocess.run(
        ["plink2", "--vcf", "x.vcf", "--pheno", "traits.tsv", "--pheno-name", trait, "--1",
         "--covar", "covariates.tsv", "--covar-variance-standardize", "--threads", "1",
         "--glm", "hide-covar", "omit-ref", *modifiers, COLUMNS, "--out", name],
        cwd=folder, check=True,
    )  # fmt: skip
    (result,) = folder.glob(f"{name}.{trait}.glm.*")
    table = pd.read_csv(result, sep="\t", dtype=str).rename(columns={"#ID": "ID", "T_STAT": "STAT", "Z_STAT": "STAT"})
    assert (table["A1"] == "C").all()
    columns = ["ID", "A1_CT", "A1_FREQ", "OBS_CT", "BETA", "SE", "STAT", "P", "ERRCODE"]
    table[columns].to_csv(HERE / f"{name}.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
