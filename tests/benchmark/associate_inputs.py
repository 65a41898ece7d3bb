"""Inputs of `time_associate.py`: filesets, samples, visits and specifications, for us and for PLINK 2 and R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from alsreg.formats.pgen import PgenWriter

N_PRINCIPAL_COMPONENTS = 9
COVARIATES = ["sex", "age", *(f"PC{k}" for k in range(1, N_PRINCIPAL_COMPONENTS + 1))]
TRAITS = {
    "q1": {"type": "quantitative", "column": "q1"},
    "q2": {"type": "quantitative", "column": "q2"},
    "case": {"type": "binary", "column": "case"},
    "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
    "slope": {"type": "longitudinal", "visits": "visits.tsv", "time": "months", "value": "total"},
}
BLOCK = 4096
FREQUENCIES = (0.01, 0.5)  # uniform: about those of a SNP array


def write_fileset(prefix: Path, n_variants: int, n_people: int, missing: float) -> None:
    """Independent variants in Hardy-Weinberg proportions over chromosomes 1-22, hard calls."""
    if Path(f"{prefix}.pgen").exists():
        return
    rng = np.random.default_rng(n_variants + n_people)
    people = pd.DataFrame({"IID": [f"P{i:05d}" for i in range(n_people)], "SEX": "unknown"})
    chromosome = np.sort(rng.integers(1, 23, n_variants))
    with PgenWriter(prefix, people, n_variants) as writer:
        for start in range(0, n_variants, BLOCK):
            size = min(BLOCK, n_variants - start)
            position = 10_000 + 100 * np.arange(start, start + size)  # a tabix index ends at 5e8
            table = pd.DataFrame({"CHROM": chromosome[start : start + size], "POS": position, "REF": "A", "ALT": "G"})
            table["ID"] = [f"rs{k}" for k in range(start, start + size)]
            writer.append(table, _draw(rng, size, n_people, missing))


def _draw(rng: np.random.Generator, m: int, n: int, missing: float) -> np.ndarray:
    frequency = rng.uniform(*FREQUENCIES, (m, 1))
    uniform = rng.integers(0, 65536, (m, n), dtype=np.uint16)
    bounds = (65536 * np.concatenate([frequency**2, 1 - (1 - frequency) ** 2], axis=1)).astype(np.uint16)
    counts = (uniform < bounds[:, :1]).view(np.int8) + (uniform < bounds[:, 1:]).view(np.int8)
    if missing:
        counts[rng.integers(0, 65536, (m, n), dtype=np.uint16) < round(65536 * missing)] = -9
    return counts


def write_samples(folder: Path, n_people: int) -> None:
    """Null traits: a third are cases, 60 % die, entry is delayed; five visits each."""
    rng = np.random.default_rng(n_people)
    ids, n = [f"P{i:05d}" for i in range(n_people)], n_people
    entry = rng.integers(0, 30, n)
    samples = pd.DataFrame({"#IID": ids, "sex": rng.integers(0, 2, n), "age": rng.normal(60, 10, n)})
    for k in range(1, N_PRINCIPAL_COMPONENTS + 1):
        samples[f"PC{k}"] = rng.normal(size=n)
    samples["q1"] = 0.02 * samples["age"] + rng.normal(size=n)
    samples["q2"] = 0.3 * samples["sex"] + rng.normal(size=n)
    samples["case"] = rng.integers(0, 10, n) < 3
    samples = samples.assign(
        entry=entry, exit=entry + 1 + rng.exponential(30, n).astype(int), event=rng.integers(0, 10, n) < 6
    )
    samples = samples.astype({"case": int, "event": int})
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
    months = np.tile(np.arange(5) * 3.0, n)
    total = 40 - 0.8 * months + np.repeat(rng.normal(0, 4, n), 5) + np.repeat(rng.normal(0, 0.4, n), 5) * months
    visits = pd.DataFrame({"#IID": np.repeat(ids, 5), "months": months, "total": total + rng.normal(0, 2, 5 * n)})
    visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
    samples[["#IID", "q1", "q2"]].to_csv(folder / "plink_quantitative.tsv", sep="\t", index=False)
    samples[["#IID", "case"]].assign(case=samples["case"] + 1).to_csv(
        folder / "plink_binary.tsv", sep="\t", index=False
    )
    samples[["#IID", *COVARIATES]].to_csv(folder / "plink_covariates.tsv", sep="\t", index=False)


def write_specification(path: Path, traits: list[str]) -> Path:
    path.write_text(yaml.safe_dump({"traits": {name: TRAITS[name] for name in traits}, "covariates": COVARIATES}))
    return path
