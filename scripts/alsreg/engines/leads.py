"""Leading variants: clumped by distance and linkage disequilibrium, refitted without approximation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.engines.local import is_haploid_in_males
from alsreg.engines.nulls import NullModels
from alsreg.errors import AnalysisError
from alsreg.formats.gene_bounds import nearest_gene
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.pruning import squared_correlation
from alsreg.stats.cox import CoxNull
from alsreg.stats.cox_tests import full_model
from alsreg.stats.schoenfeld import proportional_hazards

# ASSUME: below this number of people called for both, two variants' r² is unknown and they count as one locus.
MIN_OVERLAP = 50
CHROMOSOME_NAMES = {23: "X", 24: "Y", 25: "MT"}


@dataclass(frozen=True)
class ClumpRules:
    """What makes a lead, and which variants belong to it."""

    window_kb: float
    max_r2: float
    max_leads: int
    genome_wide_p: float


class Genotypes:
    """ALT counts and dosages by variant, from the filesets of several shards."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self._open: dict[str, PgenReader] = {}

    def __enter__(self) -> Genotypes:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._open.values():
            reader.__exit__(None, None, None)

    def reader(self, shard: str) -> PgenReader:
        """The fileset of a shard, opened once."""
        if shard not in self._open:
            self._open[shard] = PgenReader(self._prefixes[shard]).__enter__()
        return self._open[shard]

    def counts(self, shard: str, rows: Sequence[int]) -> np.ndarray:
        """ALT counts ``(len(rows), n)``, missing is -9."""
        return self.reader(shard).hardcalls_at(rows)

    def dosage(self, shard: str, row: int) -> np.ndarray:
        """ALT dosage of one variant ``(n,)``, missing is NaN."""
        return self.reader(shard).dosages(row, row + 1)[0]


def find_leads(
    candidates: pd.DataFrame, genotypes: Genotypes, models: NullModels, trait: str, rules: ClumpRules,
    bounds: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """Leads of a trait: rows of the `LEADS` table, smallest p first.

    `candidates` are rows of `VARIANT_TESTS` below the threshold of leads, with ``shard`` and ``row`` (in its fileset).
    """
    rows = []
    for lead, n_in_locus in clump(candidates, genotypes, rules):
        chromosome = CHROMOSOME_NAMES.get(int(lead["chromosome"]), str(lead["chromosome"]))
        gene = None if bounds is None else nearest_gene(bounds, chromosome, int(lead["base_pair_location"]))
        rows.append(
            {
                "trait": trait,
                **{name: lead[name] for name in _KEPT},
                **refit_lead(lead, genotypes.dosage(lead["shard"], lead["row"]), models, trait),
                "nearest_gene": gene,
                "n_in_locus": n_in_locus,
                "is_genome_wide": lead["p_value"] < rules.genome_wide_p,
            }
        )
    return pd.DataFrame(rows)


_KEPT = (
    "chromosome", "base_pair_location", "variant_id", "rs_id", "effect_allele", "other_allele",
    "effect_allele_frequency", "n", "n_events", "n_carriers", "p_value", "carrier_set",
)  # fmt: skip


def clump(candidates: pd.DataFrame, genotypes: Genotypes, rules: ClumpRules) -> list[tuple[pd.Series, int]]:
    """Leads with the number of candidates in their window, smallest p first.

    Greedy: the smallest p leads; candidates in its window with a larger r² than allowed belong to it and lead nothing.
    """
    order = ["p_value", "chromosome", "base_pair_location", "variant_id"]
    waiting = candidates.sort_values(order, kind="stable").reset_index(drop=True)
    chromosome = waiting["chromosome"].to_numpy(dtype=np.int64)
    position = waiting["base_pair_location"].to_numpy(dtype=np.int64)
    is_free = np.ones(len(waiting), dtype=bool)
    found: list[tuple[pd.Series, int]] = []
    for k in range(len(waiting)):
        if not is_free[k] or len(found) == rules.max_leads:
            continue
        lead = waiting.iloc[k]
        near = (chromosome == chromosome[k]) & (np.abs(position - position[k]) <= rules.window_kb * 1000)
        found.append((lead, int(near.sum())))
        is_free[k] = False
        others = np.flatnonzero(near & is_free)
        if len(others):
            first = genotypes.counts(lead["shard"], [int(lead["row"])])
            second = genotypes.counts(lead["shard"], waiting["row"].to_numpy()[others])
            r2 = squared_correlation(first, second, MIN_OVERLAP)[0]
            is_free[others[r2 > rules.max_r2]] = False
    return found


def refit_lead(lead: pd.Series, dosage: np.ndarray, models: NullModels, trait: str) -> dict[str, object]:
    """Effect, its standard error and p from the full model, and the test of proportional hazards (survival).

    Where the full model has no finite effect, that of the scan stays, and its method says so.
    """
    is_on_x = is_haploid_in_males(int(lead["chromosome"]), int(lead["base_pair_location"]))
    fitted = models.fit(trait, lead["carrier_set"] or "", is_on_x)
    assert fitted.model is not None
    own = np.asarray(dosage[fitted.people], dtype=np.float64)
    scan = {name: lead[name] for name in ("beta", "standard_error", "effect_method")} | {"p_refit": np.nan}
    try:
        refit = fitted.model.refit(own)
    except AnalysisError:
        return scan | {"ph_p": np.nan}
    p_refit = refit.p_wald if fitted.kind == "quantitative" else refit.p_lrt
    if not np.isfinite(refit.beta):
        return scan | {"p_refit": p_refit, "ph_p": np.nan}
    ph_p = np.nan
    if isinstance(fitted.model, CoxNull):
        _, ph_p = proportional_hazards(full_model(fitted.model, own)[1])
    return {
        "beta": refit.beta,
        "standard_error": refit.standard_error,
        "p_refit": p_refit,
        "effect_method": refit.effect_method,
        "ph_p": ph_p,
    }
