"""A small cohort as merge, registry and structure write it: two shards, three assays, planted effects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.traits import TraitSpecification
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.genotypes import COMPONENTS, MERGED_VARIANTS, PERSONS
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.registry import PHENOTYPES, SAMPLES, VISITS
from alsreg.tables.trajectories import TRAJECTORIES

ASSAYS = ("wgs", "wes", "array")  # in order of priority
CARRIER_SETS = ("wgs+wes+array", "wgs+array", "array", "wgs")
SHARDS = {"chr1-11": [str(c) for c in range(1, 12)], "chr12-X": [*(str(c) for c in range(12, 23)), "X"]}
N_PER_CHROMOSOME = 8
SPECIFICATION = TraitSpecification(
    traits={
        "age_at_onset": {"type": "quantitative", "column": "age_at_onset_years", "covariates": ["sex", "PC1"]},
        "bulbar_onset": {"type": "binary", "column": "is_bulbar_onset"},
        "survival": {
            "type": "survival", "entry": "entry_months", "exit": "exit_months", "event": "is_event", "cause": "event_cause",
            "sensitivity": {
                "death_only": {"entry": "death_entry_months", "exit": "death_exit_months", "event": "is_death"},
            },
            "prognostic_index": "prognostic_index",
        },
        "slope": {"type": "longitudinal", "covariates_by_time": ["sex", "PC1"], "joint": {"survival": "survival"}},
    },
    covariates=["sex", "age_at_onset_years", "PC1"],
)  # fmt: skip


@dataclass
class Cohort:
    """Paths of the inputs, and what was put into them."""

    folder: Path
    people: pd.DataFrame  # person, assays, sex, traits
    genotypes: dict[str, np.ndarray] = field(default_factory=dict)  # shard: (m, n), -9 missing
    variants: dict[str, pd.DataFrame] = field(default_factory=dict)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def registry(self) -> tuple[str, str, str]:
        return self.path("phenotypes.parquet"), self.path("trajectories.parquet"), self.path("prognosis.parquet")

    @property
    def tables(self) -> tuple[str, str]:
        return self.path("samples.tsv"), self.path("visits.tsv")


def build_cohort(folder: Path, n: int = 300, seed: int = 0) -> Cohort:
    """Write all inputs. The first variant of chromosome 1 ages, the second hastens decline and death; all assays observe all."""
    rng = np.random.default_rng(seed)
    assays = rng.choice(["wgs", "wes", "array", "wgs+array", "wgs+wes+array"], n)
    people = pd.DataFrame(
        {"person": [f"P{i:04d}" for i in range(n)], "assays": assays, "sex": rng.choice(["M", "F"], n)}
    )
    cohort = Cohort(folder, people)
    for shard, chromosomes in SHARDS.items():
        _write_shard(cohort, shard, chromosomes, rng)
    _write_clinical(cohort, rng)
    return cohort


def _write_shard(cohort: Cohort, shard: str, chromosomes: list[str], rng: np.random.Generator) -> None:
    rows, counts = [], []
    n = len(cohort.people)
    for chromosome in chromosomes:
        for k in range(N_PER_CHROMOSOME):
            carrier_set = CARRIER_SETS[k % 4] if not (chromosome == "1" and k < 2) else CARRIER_SETS[0]
            frequency = 0.4 if chromosome == "1" and k < 2 else [0.3, 0.1, 0.02, 0.5, 0.001][k % 5]
            g = rng.binomial(2, frequency, n).astype(np.int8)
            g[rng.random(n) < 0.02] = -9
            held = set(carrier_set.split("+"))
            g[[not held & set(own.split("+")) for own in cohort.people["assays"]]] = -9
            position = 1_000_000 * (k + 1)
            rows.append((f"{chromosome}_{position}_A_G", chromosome, position, "A", "G", f"rs{position}", carrier_set))
            counts.append(g)
    table = pd.DataFrame(rows, columns=["variant_id", "chromosome", "position", "ref", "alt", "rs_id", "carrier_set"])
    table["rs_id"] = table["rs_id"].where(table["position"] != 3_000_000, None)
    table["is_excluded"] = (table["chromosome"] == "5") & (table["position"] == 1_000_000)
    table["reason"] = np.where(table["is_excluded"], "is_platform_effect", "")
    absent = [c for c in MERGED_VARIANTS.column_names if c not in table]
    MERGED_VARIANTS.write(table.assign(**dict.fromkeys(absent)), cohort.path(f"{shard}.variants.parquet"))
    pvar = table.rename(
        columns={"chromosome": "CHROM", "position": "POS", "variant_id": "ID", "ref": "REF", "alt": "ALT"}
    )
    samples = cohort.people.rename(columns={"person": "IID", "sex": "SEX"})
    with PgenWriter(cohort.path(shard), samples, len(table)) as writer:
        writer.append(pvar, np.array(counts))
    cohort.genotypes[shard], cohort.variants[shard] = np.array(counts), table


def _write_clinical(cohort: Cohort, rng: np.random.Generator) -> None:
    people, n = cohort.people, len(cohort.people)
    first, second = (np.maximum(cohort.genotypes["chr1-11"][k], 0) for k in (0, 1))
    people["age_at_onset_years"] = 60 + 5 * first + rng.normal(0, 8, n)
    people["is_bulbar_onset"] = rng.binomial(1, 0.3, n)
    time = 40 * rng.weibull(1.4, n) * np.exp(-0.8 * second)
    people["entry_months"] = np.floor(rng.exponential(4, n))
    people["exit_months"] = people["entry_months"] + np.ceil(np.minimum(time, rng.exponential(60, n)))
    people["is_event"] = rng.binomial(1, 0.7, n)
    # Every third event is ventilation; half of the ventilated die a year later.
    is_ventilated = (people["is_event"] == 1) & (np.arange(n) % 3 == 0)
    people["event_cause"] = np.where(people["is_event"] == 1, np.where(is_ventilated, "ventilation", "death"), None)
    people["death_entry_months"] = people["entry_months"]
    people["death_exit_months"] = people["exit_months"] + 12.0 * is_ventilated
    people["is_death"] = np.where(is_ventilated, np.arange(n) % 2, people["is_event"])
    people.loc[0, ["entry_months", "exit_months", "is_event"]] = np.nan
    absent = [c for c in PHENOTYPES.column_names if c not in people]
    phenotypes = people.drop(columns="assays").assign(**dict.fromkeys(absent))
    PHENOTYPES.write(phenotypes, cohort.path("phenotypes.parquet"))
    # The index knows part of what the second variant does, and is missing for every tenth person.
    rng = np.random.default_rng([1, n])
    index = np.where(np.arange(n) % 10 == 3, np.nan, 0.5 * second + rng.normal(0, 0.5, n))
    prognosis = people[["person"]].assign(prognostic_index=index, prognosis_status="in the model")
    PROGNOSIS.write(prognosis.reindex(columns=PROGNOSIS.column_names), cohort.path("prognosis.parquet"))
    classes = rng.integers(1, 4, n)
    trajectories = people[["person"]].assign(
        trajectory_class=classes, is_fast_decline=(classes == 3).astype(int), trajectory_status="assigned"
    )
    TRAJECTORIES.write(trajectories.reindex(columns=TRAJECTORIES.column_names), cohort.path("trajectories.parquet"))
    visits = pd.DataFrame(
        {"person": np.repeat(people["person"].to_numpy(), 4), "months": np.tile([0.0, 3.0, 6.0, 12.0], n)}
    )
    slope = np.repeat(-0.7 - 0.25 * second + 0.3 * rng.normal(size=n), 4)
    visits["total"] = np.clip(np.round(42 + slope * visits["months"] + rng.normal(0, 2, 4 * n)), 0, 48)
    visits["visit_date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(visits["months"] * 30.4375, unit="D").dt.floor(
        "D"
    )
    visits = visits.rename(columns={"months": "months_since_registration"})
    visits["months_since_onset"] = visits["months_since_registration"] + np.repeat(people["entry_months"].to_numpy(), 4)
    VISITS.write(
        visits.assign(**{c: None for c in VISITS.column_names if c not in visits}), cohort.path("visits.parquet")
    )
    components = people[["person", "assays"]].assign(
        is_related=np.arange(n) % 50 == 7, is_projected=False, is_outlier=False,
        PC1=rng.normal(size=n), PC2=rng.normal(size=n),
    )  # fmt: skip
    COMPONENTS.write(components, cohort.path("components.tsv"))
    rows = [
        (p, a, f"{a}-{p}", p, True, "")
        for p, own in zip(people["person"], people["assays"], strict=True)
        for a in own.split("+")
    ]
    PERSONS.write(pd.DataFrame(rows, columns=PERSONS.column_names), cohort.path("persons.tsv"))
    samples = pd.DataFrame(
        [(s, a, p, f"v{1 + (len(s) + k) % 2}") for k, (p, a, s, *_) in enumerate(rows)],
        columns=["sample", "assay", "person", "platform_version"],
    )
    SAMPLES.write(samples, cohort.path("samples.parquet"))
