"""What the checks promise of the clean tables, as pandera schemas: whatever slips through stops the import."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from alsreg.clinical.alsfrs import MAX_ITEM, MAX_TOTAL
from alsreg.errors import AnalysisError
from alsreg.tables.registry import EVENTS, ITEMS

# Earlier date, later date, whether the same day is out of order.
_ORDER = (
    ("birth_date", "onset_date", True),
    ("onset_date", "diagnosis_date", False),
    ("onset_date", "registration_date", False),
    ("diagnosis_date", "registration_date", False),
)


def assert_clean(tables: Mapping[str, pd.DataFrame]) -> None:
    """Validate patients, visits and events.

    Raises
    ------
    AnalysisError
        A table breaks its schema although every row passed the checks: a defect of the checks, not of the file.
    """
    from pandera.errors import SchemaErrors  # heavy

    for name, schema in _schemas().items():
        try:
            schema.validate(tables[name], lazy=True)
        except SchemaErrors as error:
            first = error.failure_cases.iloc[0]
            raise AnalysisError(
                f"the checks let something through that table {name} must not hold: {first['check']}",
                where=f"column {first['column']}", value=first["failure_case"],
                remedy="report it: nothing was written",
            ) from None  # fmt: skip


def _schemas() -> dict[str, object]:
    import pandera.pandas as pa  # heavy

    def bounded(high: int) -> object:
        return pa.Column(nullable=True, checks=pa.Check.in_range(0, high))

    def within(*names: str) -> list[object]:
        pairs = [(name, f"{name}_earliest", name) for name in names] + [
            (name, name, f"{name}_latest") for name in names
        ]
        return [pa.Check(_in_order(low, high, False), error=f"{name} within its interval") for name, low, high in pairs]

    order = [pa.Check(_in_order(*pair), error=f"{pair[0]} before {pair[1]}") for pair in _ORDER]
    kinds = next(column.choices for column in EVENTS.columns if column.name == "event")
    return {
        "patients": pa.DataFrameSchema(
            {"person": pa.Column(unique=True)},
            checks=order + within("birth_date", "onset_date", "diagnosis_date", "registration_date"),
        ),
        "visits": pa.DataFrameSchema(
            {**{item: bounded(MAX_ITEM) for item in ITEMS}, "total": bounded(MAX_TOTAL),
             "months_since_registration": pa.Column(nullable=True, checks=pa.Check.ge(0)),
             "months_since_onset": pa.Column(nullable=True, checks=pa.Check.ge(0))},
            unique=["person", "visit_date"],
            checks=within("visit_date"),
        ),
        "events": pa.DataFrameSchema(
            {"event": pa.Column(checks=pa.Check.isin(kinds)), "event_date": pa.Column(nullable=False)},
            unique=["person", "event"],
            checks=within("event_date"),
        ),
    }  # fmt: skip


def _in_order(earlier: str, later: str, is_strict: bool) -> Callable[[pd.DataFrame], pd.Series]:
    def check(frame: pd.DataFrame) -> pd.Series:
        if not {earlier, later} <= set(frame.columns):
            return pd.Series(True, index=frame.index)
        first, second = frame[earlier], frame[later]
        fits = first < second if is_strict else first <= second
        return fits | first.isna() | second.isna()

    return check
