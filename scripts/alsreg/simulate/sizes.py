"""How large a synthetic registry is, and what is planted in it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

TRAITS = ("age_at_onset", "slope", "survival", "bulbar_onset")
FREEZE_DATE = np.datetime64("2022-02-28")


class TooFewPeople(Exception):
    """Not enough people for what is to be planted in them."""


@dataclass(frozen=True)
class PlantedEffect:
    """A common variant acting on one trait, per copy of its ALT allele.

    `effect` is in years (age_at_onset), points per month (slope), log hazard ratio (survival) or log odds ratio
    (bulbar_onset). The variant is drawn among the captured SNPs with ALT frequency folded into `maf`.
    """

    trait: str
    effect: float
    maf: tuple[float, float] = (0.3, 0.45)


@dataclass(frozen=True)
class FaultCounts:
    """How many of each fault are planted; `bad_rows` counts each kind of clinical fault."""

    trios: int = 2
    parent_child: int = 2
    siblings: int = 2
    swaps: int = 2
    duplicates: int = 1
    sex_mismatches: int = 1
    contaminated: int = 3
    low_call_rate: int = 3
    bad_rows: int = 1


@dataclass(frozen=True)
class SimulationSize:
    """Everything but the number of people and the seed.

    A chromosome is a string of loci of `locus_bp`, `gap_bp` apart: sequence within a locus is in linkage
    disequilibrium, different loci are independent in the population and linked in families (`map_cm` per chromosome).
    """

    loci_per_chromosome: int
    locus_bp: int
    gap_bp: int
    gene_fraction: float
    array_fraction: float
    effects: tuple[PlantedEffect, ...]
    burden_effect_years: float
    burden_codons: int
    faults: FaultCounts = FaultCounts()
    shards: int = 2
    has_file_per_chromosome: bool = False
    map_cm: float = 130.0


_DEMO_EFFECTS = (
    PlantedEffect("age_at_onset", -9.0),
    PlantedEffect("slope", -0.4),
    PlantedEffect("survival", 0.95),
    PlantedEffect("bulbar_onset", 1.7),
    PlantedEffect("age_at_onset", 3.0),
    PlantedEffect("survival", -0.3),
)
_FULL_EFFECTS = (
    PlantedEffect("age_at_onset", -3.0, (0.25, 0.45)),
    PlantedEffect("slope", -0.14, (0.25, 0.45)),
    PlantedEffect("survival", 0.36, (0.25, 0.45)),
    PlantedEffect("bulbar_onset", 0.65, (0.25, 0.45)),
    PlantedEffect("age_at_onset", 1.2, (0.1, 0.25)),
    PlantedEffect("slope", 0.06, (0.1, 0.25)),
    PlantedEffect("survival", -0.18, (0.1, 0.25)),
    PlantedEffect("bulbar_onset", -0.3, (0.1, 0.25)),
)

PRESETS = {
    "mini": SimulationSize(
        loci_per_chromosome=16, locus_bp=3_000, gap_bp=2_000, gene_fraction=0.4, array_fraction=0.6,
        effects=_DEMO_EFFECTS[:4], burden_effect_years=-15.0, burden_codons=2_000,
        faults=FaultCounts(trios=1, parent_child=1, siblings=1, swaps=1, contaminated=2, low_call_rate=2),
    ),
    "demo": SimulationSize(
        loci_per_chromosome=72, locus_bp=4_000, gap_bp=4_000, gene_fraction=0.45, array_fraction=0.6,
        effects=_DEMO_EFFECTS, burden_effect_years=-15.0, burden_codons=8_000,
    ),
    "full": SimulationSize(
        loci_per_chromosome=80, locus_bp=45_000, gap_bp=15_000, gene_fraction=0.8, array_fraction=0.7,
        effects=_FULL_EFFECTS, burden_effect_years=-8.0, burden_codons=3_000,
        faults=FaultCounts(trios=6, parent_child=6, siblings=8, swaps=5, duplicates=3, sex_mismatches=4,
                           contaminated=6, low_call_rate=6, bad_rows=3),
        shards=23, has_file_per_chromosome=True,
    ),
}  # fmt: skip
PRESET_PEOPLE = {"mini": 120, "demo": 300, "full": 2_080}


def stream(seed: int, *names: object) -> np.random.Generator:
    """An independent random stream for each name, so that no part of the generator depends on another's draws."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


def stream_seed(seed: int, *names: object) -> int:
    """A positive 31-bit seed for a library that wants a number."""
    return int(stream(seed, *names).integers(1, 2**31 - 1))


@dataclass(frozen=True)
class Plan:
    """What to simulate: the arguments of `alsreg.simulate.registry.simulate_registry`."""

    n_people: int
    seed: int
    size: SimulationSize
    freeze_id: str
    n_processes: int


@dataclass(frozen=True)
class Scenario:
    """What is planted: the hazard ratio and the points per month that treatment saves, and how strongly it is confounded."""

    n_people: int = 1500
    seed: int = 1
    hazard_ratio: float = 0.6
    slope_gain_per_month: float = 0.15
    confounding: float = 1.0
