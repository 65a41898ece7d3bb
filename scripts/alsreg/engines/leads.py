"""Leading variants: clumped by distance and linkage disequilibrium, refitted without approximation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from alsreg.engines.joint_leads import refit_jointly
from alsreg.engines.lead_views import effects_by_period, find_influence, means_by_genotype
from alsreg.engines.nulls import NullModels
from alsreg.engines.sensitivity import (
    compare_groups,
    count_carriers,
    curves_by_genotype,
    describe_separation,
    test_endpoints,
)
from alsreg.engines.variations import exclude_relatives, null_of
from alsreg.errors import AnalysisError
from alsreg.formats.contigs import chromosome_name
from alsreg.formats.gene_bounds import nearest_gene
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.pruning import squared_correlation
from alsreg.stats.cox import CoxNull
from alsreg.stats.cox_tests import full_model
from alsreg.stats.null import Z_95
from alsreg.stats.schoenfeld import proportional_hazards

# ASSUME: below this number of people called for both, two variants' r² is unknown and they count as one locus.
MIN_OVERLAP = 50


@dataclass(frozen=True)
class LeadRules:
    """What makes a lead, which variants belong to it, and what is expected of a causal variant."""

    window_kb: float
    max_r2: float
    max_leads: int
    genome_wide_p: float
    max_p: float = 1e-5
    coverage: float = 0.95
    prior_sd_log_ratio: float = 0.2
    prior_sd_share: float = 0.15


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

    def dosages(self, shard: str, rows: Sequence[int]) -> np.ndarray:
        """ALT dosages ``(len(rows), n)`` of variants that lie close together."""
        first = min(rows)
        return self.reader(shard).dosages(first, max(rows) + 1)[np.asarray(rows) - first]


@dataclass(frozen=True)
class LeadTables:
    """Rows of `LEADS` (with ``shard`` and ``row`` besides), and of the tables `LEAD_*` by name."""

    leads: pd.DataFrame
    groups: pd.DataFrame
    sensitivity: pd.DataFrame
    decline: pd.DataFrame
    curves: pd.DataFrame
    means: pd.DataFrame
    influence: pd.DataFrame


def find_leads(
    candidates: pd.DataFrame, genotypes: Genotypes, models: NullModels, trait: str, rules: LeadRules,
    bounds: pd.DataFrame | None,
) -> LeadTables:  # fmt: skip
    """Leads of a trait, smallest p first, refitted and looked at from other sides.

    `candidates` are rows of `VARIANT_TESTS` below the threshold of leads, with ``shard`` and ``row`` (in its fileset).
    """
    parts: dict[str, list[dict[str, object]]] = {field.name: [] for field in fields(LeadTables)}
    found = clump(candidates, genotypes, rules)
    for (lead, n_in_locus), locus in zip(found, assign_loci([lead for lead, _ in found], rules), strict=True):
        chromosome = chromosome_name(int(lead["chromosome"]))
        gene = None if bounds is None else nearest_gene(bounds, chromosome, int(lead["base_pair_location"]))
        dosage = np.asarray(genotypes.dosage(lead["shard"], lead["row"]), dtype=np.float64)
        key = {"trait": trait, "variant_id": lead["variant_id"]}
        by_group, summed = compare_groups(models, trait, lead, dosage)
        parts["leads"].append(
            {
                "trait": trait,
                **{name: lead[name] for name in _KEPT},
                **refit_lead(lead, dosage, models, trait),
                **summed,
                "nearest_gene": gene,
                "locus": locus,
                "n_in_locus": n_in_locus,
                "is_genome_wide": lead["p_value"] < rules.genome_wide_p,
            }
        )
        parts["groups"] += [key | row for row in by_group]
        for name, rows in _other_sides(models, trait, lead, dosage):
            parts[name] += [key | row for row in rows]
    return LeadTables(**{name: pd.DataFrame(rows) for name, rows in parts.items()})


def _other_sides(
    models: NullModels, trait: str, lead: pd.Series, dosage: np.ndarray
) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
    """Rows without trait and variant of the tables that look at a lead again, by the table's name."""
    where = (models, trait, lead, dosage)
    kind = models.specification.traits[trait].type
    yield "means", means_by_genotype(*where)
    yield "influence", [find_influence(*where)]
    if kind == "longitudinal":
        yield "decline", refit_jointly(*where)
    if kind == "survival":
        yield "sensitivity", test_endpoints(*where)
        yield "sensitivity", effects_by_period(*where)
        yield "curves", (row for curve in curves_by_genotype(*where) for row in curve.to_dict("records"))


_KEPT = (
    "chromosome", "base_pair_location", "variant_id", "rs_id", "effect_allele", "other_allele",
    "effect_allele_frequency", "n", "n_events", "n_carriers", "p_value", "carrier_set", "shard", "row",
)  # fmt: skip


def assign_loci(leads: Sequence[pd.Series], rules: LeadRules) -> list[str]:
    """The locus of each lead, by its strongest lead: one of smaller p within the window, or itself."""
    tops: list[pd.Series] = []
    names = []
    for lead in leads:
        near = (
            top for top in tops
            if top["chromosome"] == lead["chromosome"]
            and abs(int(top["base_pair_location"]) - int(lead["base_pair_location"])) <= rules.window_kb * 1000
        )  # fmt: skip
        top = next(near, None)
        if top is None:
            tops.append(lead)
        names.append(str((lead if top is None else top)["variant_id"]))
    return names


def clump(candidates: pd.DataFrame, genotypes: Genotypes, rules: LeadRules) -> list[tuple[pd.Series, int]]:
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
    """Effect, standard error, ratio with its interval and p from the full model; proportional hazards (survival).

    Where the full model has no finite effect, that of the scan stays, its method says so, and the status says why.
    """
    fitted = null_of(models, trait, lead)
    assert fitted.model is not None
    own = dosage[fitted.people]
    row = {name: lead[name] for name in ("beta", "standard_error", "effect_method")}
    row |= {"p_refit": np.nan, "ph_p": np.nan, "n_carrier_events": count_carriers(fitted, own)["n_carrier_events"]}
    try:
        refit = fitted.model.refit(own)
    except AnalysisError as error:
        return row | {"refit_status": str(error)} | _ratio(fitted.kind, np.nan, np.nan)
    row |= {"p_refit": refit.p_wald if fitted.kind == "quantitative" else refit.p_lrt}
    if not np.isfinite(refit.beta):
        return row | {"refit_status": describe_separation(fitted, own)} | _ratio(fitted.kind, np.nan, np.nan)
    row["ph_p"] = _proportional_hazards_p(lead, dosage, models, trait)
    row |= {"beta": refit.beta, "standard_error": refit.standard_error, "effect_method": refit.effect_method}
    return row | {"refit_status": "refitted"} | _ratio(fitted.kind, refit.beta, refit.standard_error)


def _proportional_hazards_p(lead: pd.Series, dosage: np.ndarray, models: NullModels, trait: str) -> float:
    """Of unrelated people; NaN unless the trait is survival and the model has a maximum."""
    fitted = null_of(exclude_relatives(models), trait, lead)
    if not isinstance(fitted.model, CoxNull):
        return np.nan
    try:
        return proportional_hazards(full_model(fitted.model, dosage[fitted.people]))[1]
    except AnalysisError:
        return np.nan


def _ratio(kind: str, beta: float, error: float) -> dict[str, float]:
    """Odds or hazard ratio with its 95 % Wald interval; NaN for traits whose effects are differences."""
    if kind not in ("binary", "survival"):
        beta = np.nan
    half = Z_95 * error
    return {"ratio": np.exp(beta), "ratio_lower": np.exp(beta - half), "ratio_upper": np.exp(beta + half)}
