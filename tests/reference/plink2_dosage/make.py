"""Make the frozen answers of PLINK 2 ``--glm`` on dosages, and on X under both builds, of the people of ``tests/reference/oracles``.

Usage: ``python make.py``, with plink2 (Debian: 2.00a3.5) on the path. It writes here

- dosages.tsv.gz: ``id chromosome position`` and one ALT dosage per person (sixteenths, exact in a PGEN; empty: missing), people in
  the order of oracles/phenotypes.csv. Chromosome 1: imputed dosages. X: hard calls, males 0 or 2 except where both builds
  have PAR1. X 2,750,000 is pseudoautosomal on GRCh38 only, X 155,000,000 on GRCh37 only.
- sex.tsv: sex as simulated here, five people unknown.
- linear.GRCh37.tsv, linear.GRCh38.tsv (``--split-par``), firth.tsv (chromosome 1): six significant digits. PLINK adds sex to the
  covariates on X itself; none is given.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ORACLES = HERE.parent / "oracles"
CALLS = {0: "0/0", 1: "0/1", 2: "1/1"}
COLUMNS = "cols=a1count,a1freq,nobs,beta,se,tz,p,err"
COVARIATES = ["age", "pc1", "pc2"]
X_POSITIONS = (1_000_000, 2_750_000, 50_000_000, 155_000_000)
COMMON_PAR = 1_000_000


def main() -> None:
    rng = np.random.default_rng(20261124)
    traits = pd.read_csv(ORACLES / "phenotypes.csv", index_col=0)
    sex = np.where(rng.random(len(traits)) < 0.55, "M", "F").astype(object)
    # Males are older at onset, so that models without sex would find X.
    traits["qt"] += 0.6 * (sex == "M")
    table = draw(rng, traits, sex)
    sex[:5] = "unknown"
    table.to_csv(HERE / "dosages.tsv.gz", sep="\t", index=False, compression={"method": "gzip", "mtime": 0})
    pd.DataFrame({"#IID": traits.index, "sex": sex, "qt": traits["qt"], "case": traits["case"]}).to_csv(
        HERE / "sex.tsv", sep="\t", index=False, float_format="%.6f"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vcf(table, list(traits.index), folder / "x.vcf")
        traits.rename_axis("#IID").to_csv(folder / "traits.tsv", sep="\t", float_format="%.6f")
        pd.read_csv(ORACLES / "covariates.csv", index_col=0)[COVARIATES].rename_axis("#IID").to_csv(
            folder / "covariates.tsv", sep="\t"
        )
        codes = pd.Series(sex).map({"M": 1, "F": 2, "unknown": 0})
        pd.DataFrame({"#IID": traits.index, "SEX": codes}).to_csv(folder / "sex.tsv", sep="\t", index=False)
        for build, par in (("GRCh37", "b37"), ("GRCh38", "b38")):
            glm(folder, "qt", f"linear.{build}", ["--split-par", par], [])
        glm(folder, "case", "firth", ["--chr", "1"], ["firth"])


def draw(rng: np.random.Generator, traits: pd.DataFrame, sex: np.ndarray) -> pd.DataFrame:
    """Dosages by variant; the first of each kind moves the trait."""
    rows, n = [], len(traits)
    for k in range(16):
        g = rng.binomial(2, [0.3, 0.08, 0.02, 0.6][k % 4], n)
        dosage = np.clip(g + rng.normal(0, 0.25, n), 0, 2)
        rows.append(("1", 1000 * (k + 1), np.where(rng.random(n) < (0.02 if k % 3 == 0 else 0), np.nan, dosage)))
    for position in X_POSITIONS:
        for k in range(3):
            g = rng.binomial(2, 0.3, n)
            if position != COMMON_PAR:
                g = np.where(sex == "M", 2 * (rng.random(n) < 0.3), g)
            rows.append(("X", position + k, np.where(rng.random(n) < 0.01, np.nan, g)))
    values = np.array([row[2] for row in rows])
    values = np.round(values * 16) / 16
    traits["qt"] += 0.25 * np.nan_to_num(values[0]) + 0.2 * np.nan_to_num(values[22])
    risk = np.nan_to_num(values[1]) + rng.normal(size=n)
    traits["case"] = (risk > np.quantile(risk, 0.8)).astype(int)
    table = pd.DataFrame(values, columns=list(traits.index)).astype(object)
    table.insert(0, "position", [row[1] for row in rows])
    table.insert(0, "chromosome", [row[0] for row in rows])
    table.insert(0, "id", [f"v{k:02d}" for k in range(len(rows))])
    return table


def write_vcf(table: pd.DataFrame, people: list[str], file: Path) -> None:
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *people]
    with file.open("w") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=X>\n")
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="GT">\n')
        out.write('##FORMAT=<ID=DS,Number=1,Type=Float,Description="DS">\n')
        out.write("\t".join(head) + "\n")
        for _, row in table.iterrows():
            values = row[people].to_numpy(dtype=float)
            is_x = row["chromosome"] == "X"
            cells = [_cell(value, is_x) for value in values]
            kind = "GT" if is_x else "GT:DS"
            place = [row["chromosome"], str(row["position"]), row["id"], "A", "C", ".", ".", ".", kind]
            out.write("\t".join([*place, *cells]) + "\n")


def _cell(value: float, is_x: bool) -> str:
    if np.isnan(value):
        return "./." if is_x else "./.:."
    return CALLS[int(value)] if is_x else f"{CALLS[round(value)]}:{value:.6f}"


def glm(folder: Path, trait: str, name: str, options: list[str], modifiers: list[str]) -> None:
    subprocess.run(
        ["plink2", "--vcf", "x.vcf", "dosage=DS", "--update-sex", "sex.tsv", *options, "--pheno", "traits.tsv",
         "--pheno-name", trait, "--1", "--covar", "covariates.tsv", "--covar-variance-standardize", "--threads", "1",
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
