"""Haplotypes of Japanese people under a published demography."""

from __future__ import annotations

import math

import msprime
import numpy as np

# Table 4 of Jouganous et al., Genetics 2017;206:1549 (four populations, fitted to 1000 Genomes with moments).
GENERATION_YEARS = 29
MUTATION_RATE = 1.44e-8
# ASSUME: one recombination rate within a locus; hotspots are the gaps between loci.
RECOMBINATION_RATE = 1e-8
_N = {"ancestral": 11_293, "YRI": 23_721, "OOA": 2_831, "CEU": 2_512, "CHB": 1_019, "JPT": 4_384}
_GROWTH = {"CEU": 0.0016, "CHB": 0.0026, "JPT": 0.0129}
_SPLIT = {"JPT": 9e3 / GENERATION_YEARS, "EurAs": 46e3 / GENERATION_YEARS, "OOA": 119e3 / GENERATION_YEARS}
_EXPANSION = 357e3 / GENERATION_YEARS
_MIGRATION = {
    ("YRI", "CEU"): 1.14e-5,
    ("YRI", "CHB"): 0.56e-5,
    ("CEU", "CHB"): 4.75e-5,
    ("CHB", "JPT"): 3.3e-5,
}
_MIGRATION_OOA = 16.8e-5


def demography(size_factor: float = 1.0) -> msprime.Demography:
    """The demography; `size_factor` is 1 for autosomes and 3/4 for X.

    Source: Jouganous et al. 2017, table 4 (``OutOfAfrica_4J17`` of stdpopsim).
    """
    model = msprime.Demography()
    model.add_population(name="YRI", initial_size=_N["YRI"] * size_factor)
    for name, time in (("CEU", _SPLIT["EurAs"]), ("CHB", _SPLIT["EurAs"]), ("JPT", _SPLIT["JPT"])):
        now = _N[name] * math.exp(_GROWTH[name] * time) * size_factor
        model.add_population(name=name, initial_size=now, growth_rate=_GROWTH[name], initially_active=True)
    model.add_population(name="OOA", initial_size=_N["OOA"] * size_factor)
    model.add_population(name="AMH", initial_size=_N["YRI"] * size_factor)
    for pair, rate in _MIGRATION.items():
        model.set_symmetric_migration_rate(pair, rate)
    model.add_population_split(time=_SPLIT["JPT"], derived=["JPT"], ancestral="CHB")
    model.add_population_split(time=_SPLIT["EurAs"], derived=["CEU", "CHB"], ancestral="OOA")
    model.add_symmetric_migration_rate_change(time=_SPLIT["EurAs"], populations=["YRI", "OOA"], rate=_MIGRATION_OOA)
    model.add_population_split(time=_SPLIT["OOA"], derived=["OOA", "YRI"], ancestral="AMH")
    model.add_population_parameters_change(
        time=_EXPANSION, population="AMH", initial_size=_N["ancestral"] * size_factor
    )
    model.sort_events()
    return model


def simulate_haplotypes(
    model: msprime.Demography, n_people: int, length: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets of segregating sites (0-based, ascending) and derived alleles (sites, 2 * people) of one locus, int8."""
    ancestry = msprime.sim_ancestry(
        {"JPT": n_people},
        demography=model,
        sequence_length=length,
        recombination_rate=RECOMBINATION_RATE,
        random_seed=seed,
    )
    mutated = msprime.sim_mutations(ancestry, rate=MUTATION_RATE, random_seed=seed, model=msprime.BinaryMutationModel())
    haplotypes = mutated.genotype_matrix().astype(np.int8, copy=False)
    offsets = mutated.tables.sites.position.astype(np.int64)
    count = haplotypes.sum(axis=1, dtype=np.int64)
    is_segregating = (count > 0) & (count < haplotypes.shape[1])
    return offsets[is_segregating], haplotypes[is_segregating]
