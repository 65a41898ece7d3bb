"""One genotype per person and variant from several assays, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.freeze import CHROMOSOMES
from alsreg.formats.pgen import PgenReader

MISSING = -9
NOT_CARRIED = -1
Policy = Literal["priority", "missing", "majority"]


@dataclass(frozen=True)
class MergedBlock:
    """Genotypes of ``m`` variants and ``n`` people.

    ``source`` is 0 where the genotype is missing, else 1 + the number of the assay it came from.
    ``n_compared`` counts pairs of genotypes of one person in two assays, ``n_discordant`` those that differ.
    """

    genotypes: NDArray[np.int8]  # (m, n)
    source: NDArray[np.uint8]  # (m, n)
    n_compared: NDArray[np.int64]  # (m,)
    n_discordant: NDArray[np.int64]  # (m,)


def merge_block(counts: NDArray[np.int8], policy: Policy) -> MergedBlock:
    """Choose a genotype for each variant and person.

    The first assay that has a call gives the genotype, so that a sporadic gap is filled from the next. Where assays
    differ, `policy` decides: ``priority`` keeps the first; ``missing`` keeps none; ``majority`` keeps the value that
    strictly most assays give, else none.

    Parameters
    ----------
    counts
        ALT counts by assay in order of priority, ``(assays, m, n)``; negative where the assay has no call.
    """
    called = counts >= 0
    n_compared = np.zeros(counts.shape[1], dtype=np.int64)
    n_discordant = np.zeros(counts.shape[1], dtype=np.int64)
    for first, second in combinations(range(len(counts)), 2):
        both = called[first] & called[second]
        n_compared += both.sum(axis=1)
        n_discordant += (both & (counts[first] != counts[second])).sum(axis=1)
    eligible = called & _is_kept_value(counts, called, policy)
    source = np.where(eligible.any(axis=0), eligible.argmax(axis=0) + 1, 0).astype(np.uint8)
    first_call = np.take_along_axis(counts, np.maximum(source.astype(np.intp) - 1, 0)[None], axis=0)[0]
    genotypes = np.where(source > 0, first_call, MISSING).astype(np.int8)
    return MergedBlock(genotypes, source, n_compared, n_discordant)


def _is_kept_value(counts: NDArray[np.int8], called: NDArray[np.bool_], policy: Policy) -> NDArray[np.bool_]:
    """Whether an assay's value may be kept, ``(assays, m, n)``."""
    if policy == "priority":
        return called
    votes = np.stack([(counts == value).sum(axis=0) for value in range(3)])
    if policy == "missing":
        winner = votes == called.sum(axis=0)
    else:
        most = votes.max(axis=0)
        winner = (votes == most) & ((votes == most).sum(axis=0) == 1)
    return np.take_along_axis(winner, np.maximum(counts, 0).astype(np.intp), axis=0)


def read_assays(
    readers: Sequence[PgenReader],
    rows: NDArray[np.int64],
    columns: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    n_people: int,
) -> NDArray[np.int8]:
    """ALT counts by assay on the cohort's person axis, ``(assays, m, n)``; missing where an assay has no call.

    Parameters
    ----------
    rows
        PGEN row of each variant by assay, ``(assays, m)``, as `align_variants` gives them.
    columns
        By assay, positions of people and the columns of their samples.
    """
    counts = np.full((len(readers), rows.shape[1], n_people), MISSING, dtype=np.int8)
    for number, (reader, (person, sample)) in enumerate(zip(readers, columns, strict=True)):
        carried = np.flatnonzero(rows[number] != NOT_CARRIED)
        order = carried[np.argsort(rows[number, carried])]  # a PGEN is read in its own order
        found = reader.hardcalls_at(rows[number, order])
        counts[number, order[:, None], person[None, :]] = found[:, sample]
    return counts


def align_variants(tables: Sequence[pd.DataFrame], assays: Sequence[str]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """All variants that some assay carries after QC, in genome order.

    Parameters
    ----------
    tables
        Variant QC tables by assay, rows in PGEN order.

    Returns
    -------
    Table with ``variant_id chromosome position ref alt rs_id carrier_set``, and for each assay and variant the PGEN
    row, ``(assays, variants)``; `NOT_CARRIED` where the assay does not carry it.
    """
    columns = ["variant_id", "chromosome", "position", "ref", "alt", "rs_id"]
    parts = []
    for number, table in enumerate(tables):
        passing = np.flatnonzero(~table["is_excluded"].to_numpy(dtype=bool))
        parts.append(table.iloc[passing][columns].assign(assay=number, row=passing))
    rows = pd.concat(parts, ignore_index=True)
    rows["rank"] = rows["chromosome"].map({name: k for k, name in enumerate(CHROMOSOMES)}).astype("int64")
    rows = rows.sort_values(["rank", "position", "ref", "alt", "assay"], kind="stable", ignore_index=True)
    is_new = ~rows["variant_id"].eq(rows["variant_id"].shift()).fillna(False).to_numpy(dtype=bool)
    number = np.cumsum(is_new) - 1
    variants = rows.loc[is_new, columns].reset_index(drop=True)
    # The first assay in priority that has an rs number gives it.
    variants["rs_id"] = (
        rows["rs_id"].replace("", pd.NA).groupby(number).first().to_numpy() if len(rows) else rows["rs_id"]
    )
    pgen_rows = np.full((len(tables), len(variants)), NOT_CARRIED, dtype=np.int64)
    pgen_rows[rows["assay"].to_numpy(dtype=np.int64), number] = rows["row"].to_numpy(dtype=np.int64)
    variants["carrier_set"] = carrier_sets(pgen_rows != NOT_CARRIED, assays)
    return variants, pgen_rows


def carrier_sets(carried: NDArray[np.bool_], assays: Sequence[str]) -> NDArray[np.object_]:
    """Names of the assays that carry each variant, joined by ``+``; `carried` is ``(assays, variants)``."""
    codes = (carried.T @ (1 << np.arange(len(assays)))).astype(np.int64)
    names = np.array(
        ["+".join(a for k, a in enumerate(assays) if code >> k & 1) for code in range(1 << len(assays))],
        dtype=object,
    )
    return names[codes]
