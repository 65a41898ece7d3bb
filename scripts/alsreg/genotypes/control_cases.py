"""The registry's side of a comparison with public allele counts, and which variants both sides could have shown.

The same filters stand on both sides: a variant that quality control, FILTER, the call rate or missing coverage takes from one side
is taken from the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

COMPARED = "compared"
AUTOSOMES = {str(number) for number in range(1, 23)}


@dataclass(frozen=True)
class Cases:
    """People of a stratum: columns of the genotypes, and the assay that reads each."""

    columns: np.ndarray  # (n,) int64
    assay: np.ndarray  # (n,) text

    def __len__(self) -> int:
        return len(self.columns)


def choose_cases(
    people: Sequence[str],
    patients: pd.DataFrame,
    components: pd.DataFrame,
    ancestries: Sequence[str],
    assays: Sequence[str],
) -> Cases:
    """Unrelated people of the ancestries, not outlying on a component, each with the first of `assays` that they have."""
    known = components.set_index("person").reindex(people)
    ancestry = patients.set_index("person")["reported_ancestry"].reindex(people)
    is_out = known["is_related"].eq(True) | known["is_outlier"].eq(True)
    own = known["assays"].fillna("").str.split("+")
    first = np.array([next((a for a in assays if a in held), "") for held in own], dtype=object)
    chosen = np.flatnonzero((ancestry.isin(ancestries) & ~is_out).fillna(False).to_numpy(dtype=bool) & (first != ""))
    return Cases(chosen, first[chosen])


def count_cases(variants: pd.DataFrame, counts: np.ndarray, cases: Cases) -> pd.DataFrame:
    """Carriers, copies and people called of each variant among the cases.

    Parameters
    ----------
    variants
        ``carrier_set``: assays whose callsets hold the variant, joined by ``+``; empty where none does.
    counts
        ALT copies ``(m, people)`` of the cohort, negative where missing.

    Returns
    -------
    ``n_case_carriers``, ``n_case_homozygotes``, ``n_case_called``.

    Notes
    -----
    ASSUME: where an assay that saw a place does not list a variant, its people do not carry it, as a sites file means it.
    """
    own = counts[:, cases.columns]
    held = variants["carrier_set"].str.split("+").tolist()
    is_listed = {assay: np.array([assay in sets for sets in held]) for assay in np.unique(cases.assay.astype(str))}
    listed = (
        np.column_stack([is_listed[assay] for assay in cases.assay]) if len(cases) else np.zeros((len(own), 0), bool)
    )
    missing = (own < 0) & listed
    return pd.DataFrame({
        "n_case_carriers": (own > 0).sum(axis=1), "n_case_homozygotes": (own == 2).sum(axis=1),
        "n_case_called": len(cases) - missing.sum(axis=1),
    }, index=variants.index)  # fmt: skip


def judge(variants: pd.DataFrame, n_cases: int, seen_by: Mapping[str, np.ndarray], min_call_rate: float) -> pd.Series:
    """Whether each variant can be compared, or the first reason why not.

    Parameters
    ----------
    variants
        ``chromosome``, ``is_excluded`` (by quality control of an assay in use), ``n_case_called``, and of the controls ``n_copies``
        (missing: not in their files), ``n_alleles``, ``is_pass``, ``is_captured``, ``share_covered``.
    seen_by
        By assay in use, whether it looked at the place: bool ``(m,)``.
    """
    most = variants.loc[variants["chromosome"].isin(AUTOSOMES), "n_alleles"].max()
    listed = variants["n_copies"].notna()
    reasons = [
        (~variants["chromosome"].isin(AUTOSOMES), "not on an autosome"),
        *((~pd.Series(seen, index=variants.index), f"place not seen by {assay}") for assay, seen in seen_by.items()),
        (variants["is_excluded"], "excluded by variant QC"),
        (variants["n_case_called"] < min_call_rate * n_cases, "called in too few patients"),
        (~variants["is_captured"].astype(bool), "outside the controls' capture regions"),
        (variants["share_covered"] < min_call_rate, "too few controls at sufficient depth"),
        (listed & variants["is_pass"].eq(False).fillna(False), "not PASS among the controls"),
        (listed & (variants["n_alleles"] < min_call_rate * most), "called in too few controls"),
    ]
    status = np.select(
        [np.asarray(hit.fillna(False), bool) for hit, _ in reasons], [why for _, why in reasons], COMPARED
    )
    return pd.Series(status, index=variants.index)
