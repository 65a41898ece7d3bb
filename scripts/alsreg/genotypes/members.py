"""The people of a cohort: who has a usable sample, where it is, and who is unrelated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.freeze import Cohort
from alsreg.errors import AnalysisError
from alsreg.genotypes.kinship import RELATIONS

UNREPORTED = "unreported"


@dataclass(frozen=True)
class Members:
    """People of a cohort, sorted by name.

    Attributes
    ----------
    names
        Persons, ``(n,)``.
    psam
        ``IID`` (person) and ``SEX`` as registered.
    samples
        For each assay, the sample used for each person.
    stratum
        Ancestry group of each person, ``(n,)``; -1 for people left out so that the rest are unrelated.
    """

    names: list[str]
    psam: pd.DataFrame
    samples: dict[str, dict[str, str]]
    stratum: NDArray[np.int64]

    def columns(self, assay: str, iids: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Person positions and, for each, the column of their sample among the fileset's `iids`."""
        place = {iid: column for column, iid in enumerate(iids)}
        used = self.samples.get(assay, {})
        pairs = [(i, place[used[name]]) for i, name in enumerate(self.names) if used.get(name) in place]
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]


def cohort_members(persons: pd.DataFrame, patients: pd.DataFrame, pairs: pd.DataFrame, cohort: Cohort) -> Members:
    """Everybody with a usable sample in one of the cohort's assays who passes its filters.

    Parameters
    ----------
    persons, patients, pairs
        The ledger, the registry's patients and the compared pairs of samples.

    Raises
    ------
    AnalysisError
        If nobody is left.
    """
    used = persons[persons["is_usable"].to_numpy(dtype=bool) & persons["assay"].isin(cohort.assays).to_numpy()]
    known = patients.set_index("person")
    admitted = known.index[passes_filters(known, cohort)]
    names = sorted(set(used["person"].astype(str)) & set(admitted.astype(str)))
    if not names:
        raise AnalysisError(
            f"the cohort with assays {', '.join(cohort.assays)} has no people with a usable sample",
            remedy="read the reasons in identity/<freeze>/persons.tsv and the cohort's filters in the freeze file",
        )
    samples = {
        assay: dict(zip(rows["person"].astype(str), rows["sample"].astype(str), strict=True))
        for assay, rows in used.groupby("assay")
    }
    sex = known["sex"].reindex(names).fillna("unknown").astype(str)
    psam = pd.DataFrame({"IID": names, "SEX": sex.to_numpy()})
    ancestry = known.get("reported_ancestry", pd.Series(index=known.index, dtype="string"))
    group = pd.factorize(ancestry.reindex(names).fillna(UNREPORTED).to_numpy(dtype=str), sort=True)[0]
    related = left_out(names, person_pairs(used, pairs))
    return Members(names, psam, samples, np.where(related, -1, group).astype(np.int64))


def passes_filters(patients: pd.DataFrame, cohort: Cohort) -> NDArray[np.bool_]:
    """Whether the cohort's filters admit each patient; a missing value passes no filter on its column."""
    admitted = np.ones(len(patients), dtype=bool)
    for column, wanted in cohort.filters.model_dump(exclude_none=True).items():
        if column not in patients.columns:
            raise AnalysisError(
                f"the cohort filters on {column!r}, which the registry does not have",
                remedy="map the column in the freeze file, or drop the filter",
            )
        values = wanted if isinstance(wanted, list) else [wanted]
        admitted &= patients[column].isin(values).fillna(False).to_numpy(dtype=bool)
    return admitted


def person_pairs(used: pd.DataFrame, pairs: pd.DataFrame) -> list[tuple[str, str]]:
    """Related persons, from related samples."""
    person_of = {(a, s): p for a, s, p in used[["assay", "sample", "person"]].itertuples(index=False, name=None)}
    close = pairs[pairs["relation"].isin([*RELATIONS, "related"])]
    columns = ["assay_1", "sample_1", "assay_2", "sample_2"]
    found = {
        (person_of.get((a, s)), person_of.get((b, t)))
        for a, s, b, t in close[columns].itertuples(index=False, name=None)
    }
    return sorted((p, q) for p, q in found if p is not None and q is not None and p != q)


def left_out(
    names: Sequence[str], pairs: Iterable[tuple[str, str]], worth: Sequence[float] | None = None
) -> NDArray[np.bool_]:
    """Whom to leave out so that no related pair remains, and nobody without need.

    The person with most relatives still in goes first; of equals the one of least `worth`, then the last by name.
    Whoever has no relative left among those who stay is taken back.
    """
    position = {name: i for i, name in enumerate(names)}
    relatives: dict[int, set[int]] = {}
    for first, second in pairs:
        if first in position and second in position:
            relatives.setdefault(position[first], set()).add(position[second])
            relatives.setdefault(position[second], set()).add(position[first])
    value = np.zeros(len(names)) if worth is None else np.asarray(worth, dtype=float)
    remaining = {person: set(others) for person, others in relatives.items()}
    removed: list[int] = []
    while any(remaining.values()):
        worst = max(remaining, key=lambda i: (len(remaining[i]), -value[i], names[i]))
        for other in remaining.pop(worst):
            remaining[other].discard(worst)
        removed.append(worst)
    out = np.zeros(len(names), dtype=bool)
    out[removed] = True
    for person in reversed(removed):
        out[person] = any(not out[other] for other in relatives[person])
    return out
