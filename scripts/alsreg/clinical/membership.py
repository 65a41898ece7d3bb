"""Where each registered person stands on the way into a cohort, and what became of them between two freezes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

IN = "in the cohort"
NOT_REGISTERED = "not registered"
NO_SAMPLE = "no sample on the cohort's assays"
LEFT_OUT = "left out by the cohort's filters"


def statuses(
    patients: Collection[str], ledger: pd.DataFrame, members: Collection[str], assays: Sequence[str]
) -> pd.Series:
    """Where each person stands: `IN`, or why not.

    Parameters
    ----------
    patients
        Registered people.
    ledger
        `PERSONS` of the freeze.
    members
        People of the cohort.
    assays
        Assays of the cohort.

    Returns
    -------
    pd.Series
        Person: status. Of several unusable samples, the first by its reason in alphabetic order tells why.
    """
    own = ledger[ledger["assay"].isin(list(assays))]
    of_person = own["claimed_person"].fillna(own["person"])
    reason = "no usable sample: " + own["reason"].fillna("unknown").map(_kind)
    unusable = reason[~own["is_usable"].astype(bool)].groupby(of_person).min()
    usable = set(own.loc[own["is_usable"].astype(bool), "person"].dropna())
    known = sorted({*patients, *members})
    found = pd.Series(NO_SAMPLE, index=known, dtype=object)
    found.update(unusable.reindex(found.index).dropna())
    found[[name for name in known if name in usable]] = LEFT_OUT
    found[[name for name in known if name in set(members)]] = IN
    return found


def _kind(reason: str) -> str:
    """The ledger's reason without the samples and people it names; flags of sample QC stay."""
    first = reason.split(";")[0].strip()
    return first if first.startswith("sample_qc") else first.split(" (")[0]


def changes_of_people(older: pd.Series, newer: pd.Series) -> pd.DataFrame:
    """Everybody in the cohort in either freeze: person, change, older_status, newer_status."""
    names = sorted(set(older.index[older == IN]) | set(newer.index[newer == IN]))
    then, now = (side.reindex(names).fillna(NOT_REGISTERED).astype(str) for side in (older, newer))
    change = pd.Series("stayed", index=names, dtype=object)
    change[then != IN] = "entered"
    change[now != IN] = "left"
    return pd.DataFrame({"person": names, "change": change.to_numpy(), "older_status": then.to_numpy(), "newer_status": now.to_numpy()})  # fmt: skip
