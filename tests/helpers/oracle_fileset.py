"""The cohort of the frozen answers (tests/reference/oracles) as a user of the engine has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from alsreg import cli
from alsreg.formats.pgen import PgenWriter

COVARIATES = ["age", "sex", "pc1", "pc2", "pc3"]
TRAITS = {
    "qt": {"type": "quantitative", "column": "qt"},
    "case": {"type": "binary", "column": "case"},
    "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
    "slope": {"type": "longitudinal", "visits": "tables/visits.tsv", "time": "months", "value": "score"},
}


def write_inputs(oracles: Path, folder: Path) -> Path:
    """Fileset ``x``, samples.tsv, tables/visits.tsv and traits.yaml.

    People stand in another order than in the fileset, three of them have no genotypes. `hospital` and `cause` are as in
    tests/reference/associate and tests/reference/leads; `is_any` is an event of any cause.
    """
    genotypes = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0)
    variants = pd.DataFrame(
        {"CHROM": "chr7", "POS": 10 * np.arange(1, genotypes.shape[1] + 1), "ID": genotypes.columns, "REF": "A",
         "ALT": "C"}
    )  # fmt: skip
    with PgenWriter(folder / "x", pd.DataFrame({"IID": genotypes.index, "SEX": "unknown"}), len(variants)) as writer:
        writer.append(variants, genotypes.T.fillna(-9).to_numpy(dtype=np.int8))
    parts = [pd.read_csv(oracles / f"{name}.csv", index_col=0) for name in ("phenotypes", "covariates", "survival")]
    samples = pd.concat(parts, axis=1)
    samples["hospital"] = [f"H{(row + 1) % 3}" for row in range(len(samples))]
    samples["is_any"] = (samples["status_cr"] > 0).astype(int)
    samples["cause"] = samples["status_cr"].map({1: "one", 2: "two"})
    samples = samples.sample(frac=1, random_state=1)
    extra = samples.iloc[:3].rename(index={name: f"extra_{name}" for name in samples.index})
    samples = pd.concat([samples, extra]).rename_axis("#IID").reset_index()
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    (folder / "tables").mkdir()
    visits = pd.read_csv(oracles / "longitudinal.csv").rename(columns={"person": "#IID"})
    visits.to_csv(folder / "tables/visits.tsv", sep="\t", index=False)
    (folder / "traits.yaml").write_text(specify(TRAITS))
    return folder


def specify(traits: dict[str, dict[str, object]], covariates: list[str] | None = None) -> str:
    """The text of a trait specification."""
    return yaml.safe_dump({"traits": traits, "covariates": covariates or COVARIATES}, sort_keys=False)


def associate(inputs: Path, out: Path, *more: str, samples: Path | None = None, spec: Path | None = None) -> int:
    paths = ["--pfile", str(inputs / "x"), "--samples", str(samples or inputs / "samples.tsv")]
    return cli.main(["associate", *paths, "--spec", str(spec or inputs / "traits.yaml"), "--out", str(out), *more])
