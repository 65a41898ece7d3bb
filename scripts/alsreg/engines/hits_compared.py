"""Leads of two freezes: what became of each, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray
from scipy import special

from alsreg.stats.cox_tests import two_sided
from alsreg.stats.heterogeneity import shift_of_overlapping

TESTED, ABSENT, EXCLUDED = "tested", "absent", "excluded"
COLUMNS = ["variant_id", "chromosome", "base_pair_location", "rs_id", "beta", "standard_error", "effect_allele_frequency",
           "p_value", "n", "n_events", "p_method", "status"]  # fmt: skip
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Freeze:
    """Results of one freeze and trait: paths of its tests and of its variant QC by assay, and its leads."""

    tests: Sequence[str]
    variant_qc: dict[str, Sequence[str]]
    leads: pd.DataFrame  # rows of `LEADS` of the trait


def swapped(variant_id: str) -> str:
    """The same place and alleles with the other one as effect allele, as where REF could not be verified."""
    chromosome, position, other, effect = variant_id.rsplit("_", 3)
    return f"{chromosome}_{position}_{effect}_{other}"


def find_tests(paths: Sequence[str], variants: Iterable[str]) -> pd.DataFrame:
    """Tests of the variants, by variant; those written with swapped alleles are turned, so effects are per the allele asked for.

    Columns are `COLUMNS`, ``written`` (the identifier in the file) and ``rank``: 1 + the variants tested with a smaller p. Variants that are not there have status
    `ABSENT`. Files are streamed: memory grows with the variants asked for alone.
    """
    wanted = list(dict.fromkeys(variants))
    other = {swapped(name): name for name in wanted}
    tests = ds.dataset(list(paths), format="parquet")
    rows = tests.to_table(columns=COLUMNS, filter=_is_one_of([*wanted, *other])).to_pandas()
    rows["written"] = rows["variant_id"]
    is_turned = rows["variant_id"].isin(set(other) - set(wanted)).to_numpy(dtype=bool)
    rows.loc[is_turned, "beta"] *= -1
    rows.loc[is_turned, "effect_allele_frequency"] = 1 - rows.loc[is_turned, "effect_allele_frequency"]
    rows.loc[is_turned, "variant_id"] = rows.loc[is_turned, "variant_id"].map(other)
    rows = rows.iloc[np.argsort(is_turned, kind="stable")]  # as written comes first where there are both
    found = rows.drop_duplicates("variant_id").set_index("variant_id").reindex(wanted)
    found["status"] = found["status"].fillna(ABSENT).astype(str)
    found["rank"] = _ranks(tests, found["p_value"].where(found["status"] == TESTED).to_numpy(dtype=float))
    return found


def _is_one_of(variants: Sequence[str]) -> pc.Expression:
    return pc.field("variant_id").isin(pa.array(variants, pa.string()))


def _ranks(tests: ds.Dataset, p: Array) -> Array:
    """1 + the tested variants with a smaller p; NaN without p."""
    known = ~np.isnan(p)
    order = np.sort(p[known])
    counts = np.zeros(len(order))
    for batch in tests.to_batches(columns=["p_value"], filter=pc.field("status") == TESTED):
        values = np.sort(batch["p_value"].to_numpy(zero_copy_only=False))
        counts += np.searchsorted(values, order, side="left")
    ranks = np.full(len(p), np.nan)
    ranks[known] = 1 + counts[np.searchsorted(order, p[known], side="left")]
    return ranks


def explain_exclusions(variant_qc: dict[str, Sequence[str]], variants: Iterable[str]) -> dict[str, str]:
    """Why variants did not come as far as the tests: flags by assay, of those that an assay brings at all."""
    wanted = list(dict.fromkeys(variants))
    other = {swapped(name): name for name in wanted}
    found: dict[str, list[str]] = {}
    for assay, paths in variant_qc.items() if wanted else ():
        rows = ds.dataset(list(paths), format="parquet").to_table(
            columns=["variant_id", "is_excluded", "reason"], filter=_is_one_of([*wanted, *other])
        )
        for row in rows.to_pylist():
            name = row["variant_id"] if row["variant_id"] in wanted else other[row["variant_id"]]
            flags = str(row["reason"] or "").replace("is_", "").replace(";", ", ") or "passed"
            found.setdefault(name, []).append(f"{assay}: {flags}")
    return {name: "; ".join(words) for name, words in found.items()}


def compare_leads(
    older: Freeze, newer: Freeze, max_p: float, window_kb: float, min_shift_z: float, overlap: float
) -> pd.DataFrame:
    """Rows of `COMPARED_HITS` of one trait, without the trait.

    Parameters
    ----------
    older, newer
        The two freezes' results.
    max_p
        Largest p of a lead.
    window_kb
        Another lead this near takes the place of one that is gone.
    min_shift_z
        Leads of both that shifted by more are called moved.
    overlap
        Correlation of the two freezes' estimates from the people they share, n_both / sqrt(n_older n_newer)
        [Lin & Sullivan 2009, eq. 3].
    """
    then_ids, now_ids = list(older.leads["variant_id"]), list(newer.leads["variant_id"])
    known = set(now_ids)
    ids = now_ids + [name for name in then_ids if name not in known and swapped(name) not in known]
    then, now = find_tests(older.tests, ids), find_tests(newer.tests, ids)
    in_then = np.array([name in set(then_ids) or swapped(name) in set(then_ids) for name in ids], dtype=bool)
    in_now = np.array([name in known for name in ids], dtype=bool)
    z = shift_of_overlapping(
        *(side[name].to_numpy(dtype=float) for side in (then, now) for name in ("beta", "standard_error")), overlap
    )
    rows = []
    for k, name in enumerate(ids):
        sides = (then.loc[name], now.loc[name])
        change = (
            ("moved" if abs(z[k]) > min_shift_z else "kept")
            if in_then[k] and in_now[k]
            else "appeared"
            if in_now[k]
            else "vanished"
        )
        row = {"variant_id": name, "change": change, "shift_z": z[k], **_both(*sides)}
        if change in ("appeared", "vanished"):
            had, lacks, freeze = (*sides, newer) if change == "vanished" else (sides[1], sides[0], older)
            row |= _why(name, had, lacks, freeze, max_p, window_kb)
        lead = (newer if in_now[k] else older).leads.set_index("variant_id")
        lead = lead.loc[name if name in lead.index else swapped(name)]
        rows.append(row | {"rs_id": lead["rs_id"], "nearest_gene": lead["nearest_gene"]})
    return pd.DataFrame(rows)


def _both(then: pd.Series, now: pd.Series) -> dict[str, object]:
    names = {"effect_allele_frequency": "frequency"}
    kept = (
        "beta",
        "standard_error",
        "p_value",
        "rank",
        "n",
        "n_events",
        "effect_allele_frequency",
        "p_method",
        "status",
    )
    return {
        f"{side}_{names.get(name, name)}": row[name] for side, row in (("older", then), ("newer", now)) for name in kept
    }


def _why(
    name: str, had: pd.Series, lacks: pd.Series, freeze: Freeze, max_p: float, window_kb: float
) -> dict[str, str | None]:
    """Why a lead of one freeze is none in the other, `freeze`; the words are those of `COMPARED_HITS`."""
    near = _nearest_lead(freeze.leads, int(had["chromosome"]), int(had["base_pair_location"]), window_kb)
    found: dict[str, str | None] = {"locus_lead": near}
    if lacks["status"] == ABSENT:
        flags = explain_exclusions(freeze.variant_qc, [name]).get(name)
        return found | {"reason": EXCLUDED if flags else ABSENT, "detail": flags}
    if lacks["status"] != TESTED:
        return found | {"reason": "untestable", "detail": str(lacks["status"])}
    if lacks["p_value"] < max_p:
        return found | {"reason": "replaced" if near else "not_listed", "detail": None}
    return found | {"reason": _cause(had, lacks, max_p), "detail": None}


def _cause(had: pd.Series, lacks: pd.Series, max_p: float) -> str:
    """Which of effect and precision took p over the threshold: p with one of them as it was.

    Precision is what makes of the effect the p that is reported, ``|beta| / |z(p)|``: beside the standard error it holds the correction
    of p for small counts.
    """
    errors = [_effective_error(side) for side in (had, lacks)]
    is_effect_enough = two_sided(lacks["beta"] / errors[0]) >= max_p or had["beta"] * lacks["beta"] < 0
    is_error_enough = two_sided(had["beta"] / errors[1]) >= max_p
    if is_effect_enough and is_error_enough:
        return "effect_or_precision"
    return "effect" if is_effect_enough else "precision" if is_error_enough else "effect_and_precision"


def _effective_error(side: pd.Series) -> float:
    z = float(special.ndtri(side["p_value"] / 2))
    return abs(side["beta"] / z) if side["beta"] and z else float(side["standard_error"])


def _nearest_lead(leads: pd.DataFrame, chromosome: int, position: int, window_kb: float) -> str | None:
    own = leads[leads["chromosome"] == chromosome]
    distance = (own["base_pair_location"] - position).abs()
    if not len(own) or distance.min() > 1000 * window_kb:
        return None
    return str(own.loc[distance.idxmin(), "variant_id"])


def compare_effects(
    older: Sequence[str], newer: Sequence[str], variants: Iterable[str], leads: Iterable[str]
) -> pd.DataFrame:
    """Effects of the variants tested in both freezes: rows of `COMPARED_EFFECTS` of one trait, without the trait."""
    now = find_tests(newer, variants)
    now = now[now["status"] == TESTED]
    now["beta"] *= np.where(now["written"] == now.index, 1.0, -1.0)
    now = now.drop_duplicates("written").set_index("written")
    then = find_tests(older, now.index)
    both = then.index[then["status"] == TESTED]
    led = set(leads)
    columns = ("beta", "standard_error", "p_value")
    return pd.DataFrame({
        "variant_id": both,
        **{f"{side}_{name}": frame.loc[both, name].to_numpy() for side, frame in (("older", then), ("newer", now)) for name in columns},
        "is_lead": [name in led or swapped(name) in led for name in both],
    })  # fmt: skip
