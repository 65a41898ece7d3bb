"""Planted variants, the people the registry comes to see, and what is true about them."""

from __future__ import annotations

from dataclasses import dataclass

import msprime
import numpy as np

from alsreg.simulate.clinical import Courses, draw_courses
from alsreg.simulate.coalescent import demography
from alsreg.simulate.genome import (
    COMPLEMENT,
    Chromosome,
    Gene,
    capture_regions,
    coding_consequence,
    region_index,
)
from alsreg.simulate.people import Pedigree, draw_pedigree, inherit
from alsreg.simulate.sizes import TRAITS, PlantedEffect, SimulationSize, TooFewPeople, stream
from alsreg.simulate.variants import LocusVariants, simulate_locus

# Alleles this rare among all founders stay below 1 % in the sequenced people, where a usual mask ends.
RARE = 0.005
_BURDEN_CHROMOSOME = "20"
_EFFECT_CHROMOSOMES = ("2", "5", "8", "11", "14", "17", "3", "6", "9", "12", "15", "18")
_EFFECT_CODONS = 300
_MAX_ATTEMPTS = 500
_UNSEEN = 1.5  # people simulated per person registered: the others die before registration


@dataclass(frozen=True)
class PlantedVariant:
    """One planted effect and the variant that carries it; `row` is its row within the locus."""

    effect: PlantedEffect
    chromosome: str
    locus: int
    row: int
    gene: Gene


@dataclass(frozen=True)
class BurdenedGene:
    """A gene whose rare missense and stop alleles (`rows` within the locus) shift age at onset by `effect_years` each."""

    chromosome: str
    locus: int
    rows: np.ndarray
    gene: Gene
    effect_years: float


@dataclass(frozen=True)
class Cohort:
    """The registered people with unregistered parents behind them, and the loci drawn so far.

    Registered people are the first `n_people` of `pedigree`; `origins` holds per chromosome the founder haplotypes.
    """

    n_people: int
    pedigree: Pedigree
    courses: Courses
    origins: dict[str, np.ndarray]
    loci: dict[tuple[str, int], LocusVariants]
    planted: list[PlantedVariant]
    burdened: BurdenedGene

    def alt_counts(self, chromosome: str, locus: int, rows: np.ndarray) -> np.ndarray:
        """ALT alleles of the registered people, (rows, people), int."""
        alleles = self.loci[chromosome, locus].alleles[rows]
        origin = self.origins[chromosome][locus, : self.n_people]
        return (alleles[:, origin] > 0).sum(axis=2)


def planted_loci(size: SimulationSize) -> dict[tuple[str, int], int]:
    """Loci that hold a planted gene, with its length in codons."""
    middle = size.loci_per_chromosome // 2
    loci = {(chromosome, middle): _EFFECT_CODONS for chromosome in _EFFECT_CHROMOSOMES[: len(size.effects)]}
    return {**loci, (_BURDEN_CHROMOSOME, middle): size.burden_codons}


def draw_cohort(genome: dict[str, Chromosome], n_people: int, size: SimulationSize, seed: int) -> Cohort:
    """Simulate more people than asked for, plant the effects, and keep those whom the registry sees."""
    rng = stream(seed, "people")
    family_members = draw_pedigree(0, size.faults, stream(seed, "families")).is_registrable.sum()
    n_unrelated = n_people - int(family_members)
    if n_unrelated < n_people // 2:
        raise TooFewPeople(f"{family_members} planted relatives are too many for {n_people} people")
    n_candidates = int(np.ceil(_UNSEEN * n_unrelated)) + 20
    pedigree = draw_pedigree(n_candidates, size.faults, stream(seed, "families"))
    n_founders = int((pedigree.father < 0).sum())
    model = demography()
    planted, loci = [], {}
    middle = size.loci_per_chromosome // 2
    for effect, name in zip(size.effects, _EFFECT_CHROMOSOMES, strict=False):
        drawn, row = _draw_effect_locus(model, genome[name], middle, n_founders, effect, seed)
        gene = genome[name].loci[middle].gene
        assert gene is not None
        loci[name, middle] = drawn
        planted.append(PlantedVariant(effect, name, middle, row, gene))
    loci[_BURDEN_CHROMOSOME, middle], burdened = _draw_burdened(
        model, genome[_BURDEN_CHROMOSOME], middle, n_founders, size.burden_effect_years, seed
    )
    origins = {
        name: inherit(pedigree, size.loci_per_chromosome, size.map_cm, name == "X", stream(seed, "inherit", name))
        for name in genome
    }
    everybody = Cohort(pedigree.n_people, pedigree, _NO_COURSES, origins, loci, planted, burdened)
    shift = genetic_shifts(everybody)
    courses = _redraw_relatives(draw_courses(shift, rng), shift, pedigree, rng)
    return _keep_registered(everybody, courses, n_unrelated)


_NO_COURSES = Courses(*(np.empty(0) for _ in range(11)))


def _draw_effect_locus(
    model: msprime.Demography,
    chromosome: Chromosome,
    index: int,
    n_founders: int,
    effect: PlantedEffect,
    seed: int,
) -> tuple[LocusVariants, int]:
    """Draw a locus until it holds a captured, unambiguous SNP of the frequency wanted; of several the first."""
    locus = chromosome.loci[index]
    assert locus.gene is not None
    regions = capture_regions([locus.gene])
    for attempt in range(_MAX_ATTEMPTS):
        drawn = simulate_locus(model, chromosome, locus, n_founders, seed, attempt)
        frequency = drawn.alt_frequency()
        minor = np.minimum(frequency, 1 - frequency)
        is_palindromic = COMPLEMENT[chromosome.bases[drawn.positions - 1]] == drawn.alt_base
        suits = drawn.is_snp & ~is_palindromic & (minor >= effect.maf[0]) & (minor <= effect.maf[1])
        suits &= _inner_capture(regions, drawn.positions)
        if suits.any():
            return drawn, int(np.flatnonzero(suits)[0])
    raise RuntimeError(f"no suitable variant for {effect} in {_MAX_ATTEMPTS} draws")


def _inner_capture(regions: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Captured, and not in the thinly covered edge."""
    index = region_index(regions, positions)
    inside = np.minimum(positions - regions[index, 0], regions[index, 1] - positions) >= 60
    return (index >= 0) & inside


def _draw_burdened(
    model: msprime.Demography, chromosome: Chromosome, index: int, n_founders: int, effect_years: float, seed: int
) -> tuple[LocusVariants, BurdenedGene]:
    """A locus and, of its gene, the rare protein-changing alleles that act."""
    locus = chromosome.loci[index]
    assert locus.gene is not None
    drawn = simulate_locus(model, chromosome, locus, n_founders, seed)
    frequency = drawn.alt_frequency()
    is_rare = drawn.is_snp & (frequency < RARE)
    rows = [
        row
        for row in np.flatnonzero(is_rare)
        if coding_consequence(chromosome, locus.gene, int(drawn.positions[row]), int(drawn.alt_base[row]))
        in ("missense", "stop_gained", "stop_lost", "start_lost")
    ]
    return drawn, BurdenedGene(chromosome.name, index, np.array(rows, dtype=int), locus.gene, effect_years)


def genetic_shifts(cohort: Cohort) -> dict[str, np.ndarray]:
    """Each trait's genetic effect on each person, centred on the mean."""
    shift = {trait: np.zeros(cohort.n_people) for trait in TRAITS}
    for planted in cohort.planted:
        count = cohort.alt_counts(planted.chromosome, planted.locus, np.array([planted.row]))[0]
        shift[planted.effect.trait] += planted.effect.effect * (count - count.mean())
    burdened = cohort.burdened
    count = cohort.alt_counts(burdened.chromosome, burdened.locus, burdened.rows).sum(axis=0)
    shift["age_at_onset"] += burdened.effect_years * (count - count.mean())
    return shift


def _redraw_relatives(
    courses: Courses, shift: dict[str, np.ndarray], pedigree: Pedigree, rng: np.random.Generator
) -> Courses:
    """Redraw the courses of planted relatives until the registry sees them.

    ASSUME: the genotypes of these few people stay as drawn; those of everybody else are selected by survival.
    """
    for _ in range(1_000):
        unseen = np.flatnonzero((pedigree.family >= 0) & pedigree.is_registrable & ~courses.is_registered)
        if not len(unseen):
            return courses
        redrawn = draw_courses({trait: values[unseen] for trait, values in shift.items()}, rng)
        courses = courses.replaced(unseen, redrawn)
    raise RuntimeError("a planted relative never survives to registration")


def _keep_registered(everybody: Cohort, courses: Courses, n_unrelated: int) -> Cohort:
    """The registered people in front, parents whom nobody registered behind."""
    pedigree = everybody.pedigree
    seen = np.flatnonzero(courses.is_registered & (pedigree.family < 0))
    if len(seen) < n_unrelated:
        raise RuntimeError(f"only {len(seen)} of the {n_unrelated} people wanted survive to registration")
    relatives = np.flatnonzero((pedigree.family >= 0) & pedigree.is_registrable)
    hidden = np.flatnonzero((pedigree.family >= 0) & ~pedigree.is_registrable)
    registered = np.concatenate([seen[:n_unrelated], relatives])
    index = np.concatenate([registered, hidden])
    kept = pedigree.subset(index)
    founders = pedigree.founder[index[kept.father < 0]]
    renumber = np.full(2 * int((pedigree.father < 0).sum()), -1, dtype=np.int32)
    for new, old in enumerate(founders):
        renumber[2 * old : 2 * old + 2] = (2 * new, 2 * new + 1)
    return Cohort(
        n_people=len(registered),
        pedigree=kept,
        courses=courses.take(registered),
        origins={name: renumber[origin[:, index]] for name, origin in everybody.origins.items()},
        loci={place: locus.founders(founders) for place, locus in everybody.loci.items()},
        planted=everybody.planted,
        burdened=everybody.burdened,
    )
