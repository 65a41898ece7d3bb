"""The schemas of the clean tables refuse what the checks must not let through."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.schemas import assert_clean
from alsreg.errors import AnalysisError
from registry_tables import check


def clean(tmp_path: Path) -> dict[str, pd.DataFrame]:
    registry = check(tmp_path)
    return {name: getattr(registry, name).copy() for name in ("patients", "visits", "events")}


def test_clean_tables_pass(tmp_path: Path) -> None:
    assert_clean(clean(tmp_path))


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("visits", "walking", 7, "walking"),
        ("visits", "total", 49.0, "total"),
        ("visits", "months_since_registration", -0.1, "months_since_registration"),
        ("visits", "visit_date", pd.Timestamp("2015-06-02"), "visits"),
        ("patients", "person", "P02", "person"),
        ("patients", "birth_date", pd.Timestamp("2014-01-10"), "birth_date before onset_date"),
        ("patients", "registration_date", pd.Timestamp("2014-01-09"), "onset_date before registration_date"),
        ("patients", "onset_date_earliest", pd.Timestamp("2014-02-01"), "onset_date within its interval"),
        ("visits", "visit_date_latest", pd.Timestamp("2015-02-01"), "visit_date within its interval"),
        ("events", "event_date_earliest", pd.Timestamp("2018-02-01"), "event_date within its interval"),
        ("events", "event", "died", "event"),
    ],
)
def test_what_must_not_be_there_is_refused(tmp_path: Path, table: str, column: str, value: object, words: str) -> None:
    tables = clean(tmp_path)
    tables[table].loc[0, column] = value
    with pytest.raises(AnalysisError) as caught:
        assert_clean(tables)
    assert words in str(caught.value) and table in str(caught.value)
