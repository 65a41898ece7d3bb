"""Small inputs of the QC stages, written as ingest and registry write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.formats.pgen import PgenWriter
from alsreg.tables.genotypes import SAMPLE_METRICS, VARIANT_INFO
from alsreg.tables.registry import PATIENTS, PEDIGREE, SAMPLES


@dataclass
class Assay:
    """Genotypes of one assay, and what the registry says of its people.

    Attributes
    ----------
    variants
        ``CHROM``, ``POS``, ``REF``, ``ALT``.
    genotypes
        int8 ``(m, n)``, -9 is missing.
    people
        One row per sample: ``sample``, ``person``, ``sex``, ``reported_ancestry``, and any column of `SAMPLES`.
    reads
        Columns of `SAMPLE_METRICS` beyond the counts, one row per sample; autosomal sums.
    """

    variants: pd.DataFrame
    genotypes: np.ndarray
    people: pd.DataFrame
    reads: pd.DataFrame | None = None
    pedigree: pd.DataFrame | None = None
    paths: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path, shards: dict[str, list[str]]) -> Assay:
        """Write filesets by shard, and the registry's tables."""
        for shard, chromosomes in shards.items():
            self._write_shard(folder / shard, self.variants["CHROM"].isin(chromosomes).to_numpy(), shard)
        known = self.people[self.people["person"].notna()]
        absent = [c.name for c in PATIENTS.columns if c.is_required and c.name not in ("person", "sex")]
        patients = known.drop_duplicates("person")[["person", "sex", "reported_ancestry"]]
        PATIENTS.write(patients.assign(**dict.fromkeys(absent)), folder / "patients.parquet")
        columns = [c.name for c in SAMPLES.columns if c.name in known.columns]
        SAMPLES.write(known[columns].assign(assay="wgs"), folder / "samples.parquet")
        PEDIGREE.write(PEDIGREE.empty() if self.pedigree is None else self.pedigree, folder / "pedigree.parquet")
        self.paths = {name: str(folder / f"{name}.parquet") for name in ("samples", "patients", "pedigree")}
        return self

    def _write_shard(self, prefix: Path, rows: np.ndarray, shard: str) -> None:
        chosen = self.variants[rows]
        names = chosen["CHROM"] + "_" + chosen["POS"].astype(str) + "_" + chosen["REF"] + "_" + chosen["ALT"]
        variants = chosen.assign(ID=names)
        samples = pd.DataFrame({"IID": self.people["sample"], "SEX": "unknown"})
        with PgenWriter(prefix, samples, len(variants)) as writer:
            writer.append(variants, self.genotypes[rows])
        info = pd.DataFrame({"variant_id": names, "rs_id": None, "is_ref_verified": True})
        for column in (c.name for c in VARIANT_INFO.columns if c.name not in info):
            info[column] = None
        VARIANT_INFO.write(info, f"{prefix}.variant_info.parquet")
        parts = [self._metrics(str(name), rows) for name in chosen["CHROM"].unique()]
        table = pd.concat(parts, ignore_index=True) if parts else SAMPLE_METRICS.empty()
        SAMPLE_METRICS.write(table, f"{prefix}.sample_metrics.parquet")

    def _metrics(self, chromosome: str, rows: np.ndarray) -> pd.DataFrame:
        mine = self.genotypes[rows & (self.variants["CHROM"] == chromosome).to_numpy()]
        table = pd.DataFrame({"sample": self.people["sample"], "chromosome": chromosome, "n_variants": len(mine),
                              "n_called": (mine >= 0).sum(axis=0), "n_filtered": 0})  # fmt: skip
        for column in (c for c in SAMPLE_METRICS.columns if c.name not in table):
            table[column.name] = 0 if column.name.startswith("n_") else np.nan
        if self.reads is not None and chromosome == "1":
            table[list(self.reads.columns)] = self.reads.to_numpy()
        return table


def simulate_assay(seed: int, n: int = 120, m: int = 6000, m_x: int = 600) -> Assay:
    """Two ancestries of `n` / 2 people, autosomes 1 to 4 and X in equilibrium, 0.5 % missing, sexes by turns."""
    rng = np.random.default_rng(seed)
    ancestry = np.repeat(["EAS", "EUR"], n // 2)
    sex = np.where(np.arange(n) % 2 == 0, "M", "F")
    chromosome = np.r_[np.repeat(["1", "2", "3", "4"], m // 4), np.full(m_x, "X")]
    position = np.r_[np.tile(np.linspace(1e5, 1.9e8, m // 4).astype(int), 4), np.linspace(3e6, 1.5e8, m_x).astype(int)]
    p = np.clip(rng.beta(0.5, 1.5, (m + m_x, 1)) + rng.normal(0, 0.05, (m + m_x, 2)), 0.005, 0.995)
    p = p[:, (ancestry == "EUR").astype(int)]
    first, second = rng.random((m + m_x, n)) < p, rng.random((m + m_x, n)) < p
    is_haploid = (chromosome == "X")[:, None] & (sex == "M")
    genotypes = np.where(is_haploid, 2 * first, first.astype(int) + second).astype(np.int8)
    genotypes[rng.random(genotypes.shape) < 0.005] = -9
    alleles = rng.permuted(np.tile(list("ACGT"), (m + m_x, 1)), axis=1)
    variants = pd.DataFrame({"CHROM": chromosome, "POS": position, "REF": alleles[:, 0], "ALT": alleles[:, 1]})
    names = [f"S{k:03d}" for k in range(n)]
    people = pd.DataFrame({"sample": names, "person": [f"P{k:03d}" for k in range(n)], "sex": sex,
                           "reported_ancestry": ancestry})  # fmt: skip
    return Assay(variants, genotypes, people)
