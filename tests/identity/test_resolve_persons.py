"""The ledger as a table."""

from datetime import date

import pandas as pd

from alsreg.genotypes.persons import PersonRecord
from alsreg.tables.genotypes import SAMPLE_QC
from identity.resolve_persons import read_persons, read_sample


def test_sample_qc_is_read_as_evidence() -> None:
    row = {c.name: None for c in SAMPLE_QC.columns} | {
        "sample": "s", "assay": "wgs", "claimed_person": "P", "genetic_sex": "F", "call_rate": 0.5,
        "is_contaminated": True, "is_excluded": True, "reason": "contaminated;low_call_rate",
    }  # fmt: skip
    table = SAMPLE_QC.conform(
        pd.DataFrame([row, row | {"is_excluded": False, "is_contaminated": None, "claimed_person": None}])
    )
    first, second = (read_sample(row) for row in table.itertuples(index=False))
    assert (first.claimed_person, first.genetic_sex, first.is_doubtful) == ("P", "F", True)
    assert first.exclusions == {"contaminated", "low_call_rate"}
    assert (second.claimed_person, second.is_doubtful, second.exclusions) == (None, False, frozenset())


def test_registry_dates_become_records() -> None:
    table = pd.DataFrame({"person": ["P"], "sex": ["F"], "birth_date": pd.to_datetime(["1950-02-03"]),
                          "onset_date": pd.to_datetime([None]), "registration_date": pd.to_datetime(["2010-01-01"])})  # fmt: skip
    assert read_persons(table) == {"P": PersonRecord("F", date(1950, 2, 3), None, date(2010, 1, 1))}
