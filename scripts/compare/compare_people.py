"""Say who entered and left each cohort between two freezes and why, and which clinical values changed."""

from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.clinical.changes import compare_tables, renamed_persons
from alsreg.clinical.membership import changes_of_people, statuses
from alsreg.config.freeze import ClinicalTable
from alsreg.runlog import rule_log
from alsreg.sheets import read_sheet
from alsreg.sheets.identifiers import plain_identifier
from alsreg.sheets.withdrawn import REQUIRED, Withdrawn, read_withdrawn
from alsreg.tables.compare import COMPARED_FLOWS, COMPARED_PEOPLE, COMPARED_VALUES
from alsreg.tables.genotypes import COMPONENTS, PERSONS
from alsreg.tables.registry import EVENTS, PATIENTS, SAMPLES, VISITS

TABLES = {"patients": PATIENTS, "visits": VISITS, "events": EVENTS, "samples": SAMPLES}
# Computed from other columns: they would tell the same change again.
DERIVED = ("months_since_", "is_prorated")
DERIVED_ENDS = ("_partial", "_earliest", "_latest", "_score")
WITHDREW = "consent withdrawn"
Summary = dict[str, Any]


def compare_people(inputs: Any, older: Summary, newer: Summary, outputs: Any) -> None:
    """Write the three tables; `older` and `newer` say what the freezes have."""
    withdrawn = _withdrawn(inputs.withdrawals)
    tables = [_registry(paths, withdrawn) for paths in (inputs.older_registry, inputs.newer_registry)]
    texts = [{name: _as_text(table) for name, table in side.items()} for side in tables]
    values = compare_tables({name: (texts[0][name], texts[1][name]) for name in TABLES})
    renamed = renamed_persons(values)
    components = (inputs.older_components, inputs.newer_components)
    sides = [
        _sides(summary, side["patients"], ledger, paths, withdrawn)
        for summary, side, ledger, paths in zip((older, newer), tables, inputs.persons, components, strict=True)
    ]
    parts, flows = [], []
    for cohort in sides[0]:
        (then, gone), (now, _) = sides[0][cohort], sides[1][cohort]
        people = changes_of_people(then.rename(renamed), now).assign(cohort=cohort)
        parts.append(people)
        flows.append(_flows(people, cohort, gone))
    COMPARED_VALUES.write(values, outputs.values)
    COMPARED_PEOPLE.write(_joined(parts, COMPARED_PEOPLE), outputs.people)
    COMPARED_FLOWS.write(_joined(flows, COMPARED_FLOWS), outputs.flows)


def _joined(parts: list[pd.DataFrame], table: Any) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else table.empty()


def _sides(
    summary: Summary, patients: pd.DataFrame, ledger_path: str, components: list[str], withdrawn: Withdrawn
) -> dict[str, tuple[pd.Series, int]]:
    """By cohort of both freezes: where everybody stands, and how many of its people withdrew since."""
    ledger, found = PERSONS.read(ledger_path), {}
    for path in components:
        cohort = Path(path).parent.name
        members = COMPONENTS.read(path)["person"]
        gone = members.map(plain_identifier).isin(withdrawn.persons)
        status = statuses(set(patients["person"]), ledger, set(members[~gone]), summary["cohorts"][cohort])
        found[cohort] = status, int(gone.sum())
    return found


def _flows(people: pd.DataFrame, cohort: str, n_withdrawn: int) -> pd.DataFrame:
    """Counts by what became of people and why; those who withdrew are a number alone."""
    reason = people["older_status"].where(people["change"] == "entered", people["newer_status"])
    counts = people.assign(reason=reason).groupby(["change", "reason"]).size().rename("n_people").reset_index()
    rows = counts.to_dict("records")
    if n_withdrawn:
        rows.append({"change": "left", "reason": WITHDREW, "n_people": n_withdrawn})
    return pd.DataFrame(rows, columns=["change", "reason", "n_people"]).assign(cohort=cohort)


def _withdrawn(files: list[str]) -> Withdrawn:
    """By the newer freeze: the older one was run when these people had not withdrawn yet."""
    sheet = read_sheet(files[0], ClinicalTable(path=Path(files[0])), REQUIRED, "withdrawn") if files else None
    return read_withdrawn(sheet)


def _registry(paths: list[str], withdrawn: Withdrawn) -> dict[str, pd.DataFrame]:
    """The checked tables without people and samples withdrawn."""
    found = {}
    for (name, table), path in zip(TABLES.items(), paths, strict=True):
        frame = table.read(path)
        gone = frame["person"].map(plain_identifier).isin(withdrawn.persons)
        if name == "samples":
            pairs = zip(frame["assay"].map(plain_identifier), frame["sample"].map(plain_identifier), strict=True)
            gone |= pd.Series([pair in withdrawn.samples for pair in pairs], index=frame.index, dtype=bool)
        found[name] = frame[~gone].reset_index(drop=True)
    return found


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells as text that is the same where the value is; what is missing is empty."""
    names = [n for n in frame.columns if not n.startswith(DERIVED) and not n.endswith(DERIVED_ENDS)]
    return pd.DataFrame({name: _text(frame[name]) for name in names})


def _text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").fillna("").astype(object)
    if pd.api.types.is_float_dtype(values):
        return values.map(lambda value: "" if pd.isna(value) else f"{value:g}").astype(object)
    return values.astype("string").fillna("").astype(object)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_people(
            inputs=snakemake.input,
            older=snakemake.params.older,
            newer=snakemake.params.newer,
            outputs=snakemake.output,
        )
