"""A small registry typed on three assays, as the stages before identity leave it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.formats.pgen import PgenWriter
from alsreg.tables.genotypes import SAMPLE_QC, VARIANT_QC
from alsreg.tables.registry import PATIENTS

SHARDS = ("one", "two")
N_PEOPLE, N_VARIANTS, SPACING = 60, 4800, 25_000
CARRIED = {"wgs": slice(0, 4800), "wes": slice(3200, 4800), "array": slice(0, 4000)}  # of 4,800 in random order


@dataclass(frozen=True)
class Registry:
    """Paths, the genotypes they were made from, and the people typed on each assay."""

    folder: Path
    variants: pd.DataFrame  # CHROM POS ID REF ALT
    truth: np.ndarray  # (variants, people)
    typed: dict[str, list[int]]
    carried: dict[str, np.ndarray]  # sorted variant numbers

    def pgens(self, assays: list[str]) -> list[str]:
        return [str(self.folder / f"ingest/{assay}/{shard}.pgen") for assay in assays for shard in SHARDS]

    def variant_tables(self, assays: list[str]) -> list[str]:
        return [str(self.folder / f"variant_qc/{assay}/{shard}.parquet") for assay in assays for shard in SHARDS]

    def sample_tables(self, assays: list[str]) -> list[str]:
        return [str(self.folder / f"sample_qc/{assay}.tsv") for assay in assays]

    @property
    def patients(self) -> str:
        return str(self.folder / "patients.parquet")


def person(number: int) -> str:
    return f"P{number:02d}"


def build(folder: Path, swaps: dict[str, tuple[int, int]] | None = None, error: float = 0.002) -> Registry:
    """Write everything. `swaps` exchanges the DNA of two people in an assay; person 1 is a child of 0 and 2."""
    rng = np.random.default_rng(12)
    number = np.arange(N_VARIANTS)
    variants = pd.DataFrame({"CHROM": np.where(number < 2400, "1", "2"), "POS": (number % 2400 + 1) * SPACING,
                             "REF": "A", "ALT": "G"})  # fmt: skip
    variants["ID"] = variants["CHROM"] + "_" + variants["POS"].astype(str) + "_A_G"
    group = np.arange(N_PEOPLE) % 2
    p = rng.uniform(0.15, 0.85, N_VARIANTS)
    frequency = np.clip(p[:, None] + rng.normal(0, 0.1, (N_VARIANTS, 2)), 0.1, 0.9)[:, group]
    truth = rng.binomial(2, frequency).astype(np.int8)
    alleles = [(rng.random(N_VARIANTS) < truth[:, parent] / 2).astype(np.int8) for parent in (0, 2)]
    truth[:, 1] = alleles[0] + alleles[1]
    order = rng.permutation(N_VARIANTS)
    registry = Registry(
        folder, variants, truth,
        {"wgs": list(range(0, 40)), "wes": list(range(10, 60)), "array": [*range(0, 60, 2), 1]},
        {assay: np.sort(order[part]) for assay, part in CARRIED.items()},
    )  # fmt: skip
    for assay in CARRIED:
        _write_assay(registry, assay, (swaps or {}).get(assay), error, rng)
    known = pd.DataFrame({"person": [person(i) for i in range(N_PEOPLE)], "sex": "F",
                          "reported_ancestry": np.where(group == 0, "EUR", "AFR")})  # fmt: skip
    absent = [c.name for c in PATIENTS.columns if c.is_required and c.name not in known.columns]
    PATIENTS.write(known.assign(**dict.fromkeys(absent)), registry.patients)
    return registry


def _write_assay(registry: Registry, assay: str, swap: tuple[int, int] | None, error: float, rng) -> None:
    people = registry.typed[assay]
    dna = [{swap[0]: swap[1], swap[1]: swap[0]}.get(i, i) if swap else i for i in people]
    rows = registry.carried[assay]
    counts = registry.truth[np.ix_(rows, dna)].copy()
    wrong = rng.random(counts.shape) < error
    counts[wrong] = rng.integers(0, 3, wrong.sum())
    counts[rng.random(counts.shape) < 0.005] = -9
    table = registry.variants.iloc[rows]
    samples = pd.DataFrame({"IID": [f"{assay}{i:02d}" for i in people], "SEX": "unknown"})
    for shard, chromosome in zip(SHARDS, ("1", "2"), strict=True):
        at = (table["CHROM"] == chromosome).to_numpy()
        with PgenWriter(registry.folder / f"ingest/{assay}/{shard}", samples, int(at.sum())) as writer:
            writer.append(table[at], counts[at])
        _write_variant_qc(registry, assay, shard, table[at], counts[at])
    frame = pd.DataFrame({"sample": samples["IID"], "assay": assay, "claimed_person": [person(i) for i in people]})
    values = {"is_excluded": False, "is_contaminated": False, "call_rate": 0.99, "reason": ""}
    absent = {c.name: None for c in SAMPLE_QC.columns if c.name not in {*frame.columns, *values}}
    SAMPLE_QC.write(frame.assign(**values, **absent), registry.folder / f"sample_qc/{assay}.tsv")


def _write_variant_qc(registry: Registry, assay: str, shard: str, table: pd.DataFrame, counts: np.ndarray) -> None:
    called = (counts >= 0).sum(axis=1)
    frame = pd.DataFrame({
        "variant_id": table["ID"], "chromosome": table["CHROM"], "position": table["POS"], "ref": table["REF"],
        "alt": table["ALT"], "n_called": called, "alt_frequency": np.maximum(counts, 0).sum(axis=1) / (2 * called),
        "is_excluded": False, "reason": "",
    })  # fmt: skip
    absent = {c.name: None for c in VARIANT_QC.columns if c.name not in frame.columns}
    VARIANT_QC.write(frame.assign(**absent), registry.folder / f"variant_qc/{assay}/{shard}.parquet")
