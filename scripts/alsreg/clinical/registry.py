"""From the sheets of a registry to its checked tables and the list of findings."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.clinical import events, patients, review, samples, visits
from alsreg.clinical.cells import ROW, Cells
from alsreg.clinical.cutting import WITH, WITHOUT
from alsreg.clinical.events import Events, check_events
from alsreg.clinical.findings import Findings
from alsreg.clinical.patients import Patients, check_patients, identify_people
from alsreg.clinical.review import apply_overrides
from alsreg.clinical.samples import check_pedigree, check_samples
from alsreg.clinical.schemas import assert_clean
from alsreg.clinical.visits import check_visits
from alsreg.clinical.withdrawal import remove_withdrawn
from alsreg.config.freeze import BESIDE, ClinicalTable
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.sheets import Sheet, read_sheet, withdrawn
from alsreg.sheets.cells import SUFFIXES
from alsreg.sheets.excel import EXCEL, EXCEL_1904
from alsreg.tables.registry import EVENTS, PATIENTS, PEDIGREE, SAMPLES

log = logging.getLogger(__name__)

# In the order in which they are read and reported.
REQUIRED = {
    "patients": patients.REQUIRED,
    "visits": visits.REQUIRED,
    "events": events.REQUIRED,
    "samples": samples.REQUIRED,
    "pedigree": samples.PEDIGREE_REQUIRED,
    "overrides": review.REQUIRED,
    "withdrawn": withdrawn.REQUIRED,
}


@dataclass(frozen=True)
class Registry:
    """Checked tables, as declared in `alsreg.tables.registry`; `pedigree` is empty where there is none.

    `n_withdrawn_rows` counts, by table, the rows of people who withdrew.
    """

    patients: pd.DataFrame
    visits: pd.DataFrame
    events: pd.DataFrame
    samples: pd.DataFrame
    pedigree: pd.DataFrame
    issues: pd.DataFrame
    n_withdrawn_rows: dict[str, int]


def read_registry(paths: Mapping[str, str | Path], tables: Mapping[str, ClinicalTable]) -> dict[str, Sheet]:
    """Read every table of `paths` (keys of `REQUIRED`) as `tables` describes it; overrides and withdrawn need none.

    Raises
    ------
    InputError
        A file cannot be read, or decisions or withdrawals lie beside the tables unnamed: they must not go unheeded.
    """
    named = {Path(path).resolve() for path in paths.values()}
    for file in sorted(file for folder in {path.parent for path in named} for file in folder.glob("*.*")):
        if file.stem.lower() in BESIDE and file.suffix.lower() in SUFFIXES and file not in named:
            raise InputError(
                f"lies beside the registry's tables and is not named as `{file.stem.lower()}`", file=file,
                remedy=f"add `{file.stem.lower()}: {{path: {file.name}}}` to the mapping or freeze, or move the file away",
            )  # fmt: skip
    return {
        name: read_sheet(paths[name], table, required_columns(name, table.columns), name)
        for name in REQUIRED
        if name in paths
        for table in [tables.get(name) or ClinicalTable(path=Path(paths[name]))]
    }


def required_columns(table: str, found: Collection[str]) -> list[str]:
    """Columns that `table` must have; among those `found` may be both forms of question 5 in the place of one."""
    instead = [WITHOUT, WITH] if {WITHOUT, WITH} <= set(found) else ["cutting"]
    return [name for column in REQUIRED[table] for name in (instead if column == "cutting" else [column])]


def check_registry(
    sheets: Mapping[str, Sheet], settings: RegistryConfig, freeze_date: date, assays: Sequence[str] = ()
) -> Registry:
    """Check all tables, alone and against each other.

    `sheets` has patients, visits and events; samples (then `assays` are the known ones), pedigree, overrides and
    withdrawn may be absent.

    Raises
    ------
    InputError
        A table cannot be used at all: see the checks of each, and ``max_error_fraction``.
    """
    findings, cut_off = Findings(), np.datetime64(freeze_date, "D")
    tables = {name: sheet for name, sheet in sheets.items() if name != "withdrawn"}
    tables = remove_withdrawn(tables, sheets.get("withdrawn"), findings)
    n_withdrawn = {name: len(sheets[name].frame) - len(sheet.frame) for name, sheet in tables.items()}
    overrides = tables.pop("overrides", None)
    sheets = apply_overrides(tables, overrides, findings)
    _refuse_emptied(sheets)
    cells = {name: Cells(sheet, findings, settings.missing_codes) for name, sheet in sheets.items()}
    _note_files(sheets, findings)
    for table in cells.values():
        table.note_letters()
    rejected = identify_people(cells["patients"])
    _refuse_faulty(sheets["patients"], findings, settings)
    checked = check_patients(cells["patients"], rejected, settings, cut_off)
    _refuse_faulty(sheets["patients"], findings, settings)
    happened = check_events(cells["events"], checked, settings, cut_off)
    seen = check_visits(cells["visits"], checked, happened.last_dates, settings, cut_off)
    happened = _doubt_deaths(happened, checked, seen, cells["events"], findings)
    sampled, related = SAMPLES.empty(), PEDIGREE.empty()
    if "samples" in sheets:
        sampled = check_samples(cells["samples"], checked, happened.last_dates["death"], assays, cut_off)
    if "pedigree" in sheets:
        related = check_pedigree(cells["pedigree"], checked)
    for name in sheets:
        _refuse_faulty(sheets[name], findings, settings)
    _refuse_empty(sheets, seen, happened.frame, sampled)
    _note_absent_persons(cells["patients"], {"visits": seen, "events": happened.frame, "samples": sampled}, sheets)
    people = _with_unusable_events(checked.frame, happened.unusable)
    assert_clean({"patients": people, "visits": seen, "events": happened.frame})
    issues = findings.table()
    log.info(
        "%d persons, %d visits, %d events, %d samples; findings: %s",
        len(people),
        len(seen),
        len(happened.frame),
        len(sampled),
        issues["rule"].value_counts().to_dict() or "none",
    )
    return Registry(PATIENTS.conform(people), seen, happened.frame, sampled, related, issues, n_withdrawn)


def _refuse_emptied(sheets: Mapping[str, Sheet]) -> None:
    for sheet in sheets.values():
        if sheet.table != "pedigree" and sheet.frame.empty:
            raise InputError(
                "no row is left without those of people who withdrew and those that reviewed decisions remove",
                file=sheet.file, remedy="check that `withdrawn` and `overrides` name the right rows",
            )  # fmt: skip


def _note_files(sheets: Mapping[str, Sheet], findings: Findings) -> None:
    """Encodings other than UTF-8, and columns that nothing reads."""
    reads = {"events": EVENTS, "samples": SAMPLES, "pedigree": PEDIGREE}
    for name, sheet in sheets.items():
        if sheet.encoding not in (
            "utf-8",
            "utf-8-sig",
            EXCEL,
            EXCEL_1904,
        ):  # the record of imports names every encoding
            findings.add_table("not_utf8", sheet, None, sheet.encoding, f"read as {sheet.encoding}")
        for column in sheet.frame.columns if name in reads else ():
            if column not in reads[name].column_names:
                findings.add_table("unused_column", sheet, column, column, "column not read")


def _refuse_faulty(sheet: Sheet, findings: Findings, settings: RegistryConfig) -> None:
    """So many errors mean that the file is not what the freeze says it is."""
    n_wrong, n_rows = findings.n_rows_with_error(sheet), len(sheet.frame)
    if n_wrong > settings.max_error_fraction * n_rows:
        issues = findings.table()
        rules = issues.loc[(issues["table"] == sheet.table) & (issues["severity"] == "error")]
        first = rules.iloc[0]
        counts = ", ".join(f"{rule} {count}" for rule, count in rules["rule"].value_counts().items())
        raise InputError(
            f"{n_wrong} of {n_rows} rows have errors ({counts}), first {first['rule']}",
            file=sheet.file,
            where=f"row {first['row']}, column {first['column']}",
            value=first["value"],
            remedy="check the mapping of columns and values, or raise registry.max_error_fraction",
        )


def _refuse_empty(
    sheets: Mapping[str, Sheet], seen: pd.DataFrame, happened: pd.DataFrame, sampled: pd.DataFrame
) -> None:
    for name, is_empty, problem in (
        ("visits", seen["total"].isna().all(), "no visit has an ALSFRS-R total"),
        ("events", happened.empty, "no event can be used"),
        ("samples", sampled.empty, "no sample can be used"),
    ):
        if name in sheets and is_empty:
            raise InputError(
                problem,
                file=sheets[name].file,
                where=f"columns {', '.join(sheets[name].source_name(column) for column in REQUIRED[name])}",
                remedy="check the mapping of columns and values; for totals see also registry.max_missing_items",
            )


def _note_absent_persons(cells: Cells, tables: Mapping[str, pd.DataFrame], sheets: Mapping[str, Sheet]) -> None:
    """Persons of the patients table whom another table lacks."""
    persons = cells.text("person")
    for name, rule in (
        ("visits", "person_without_visits"),
        ("events", "person_without_events"),
        ("samples", "person_without_sample"),
    ):
        if name in sheets:
            cells.note(
                rule,
                ~np.isin(persons, tables[name]["person"].to_numpy(dtype=object)),
                "person",
                "person kept",
            )


def _doubt_deaths(happened: Events, checked: Patients, seen: pd.DataFrame, cells: Cells, findings: Findings) -> Events:
    """A death before a visit is rejected too: nothing says which of the two is wrong; a partial death gives way alone."""
    after = findings.persons("visit_after_death")
    last = checked.frame["person"].map(seen.groupby("person")["visit_date"].max()).to_numpy(dtype="datetime64[D]")
    within = sorted(checked.frame["person"][happened.last_dates["death"].value < last])
    is_death = cells.text("event") == "death"
    for rule, persons, words in (
        ("visit_after_death", after, "a visit follows"),
        ("partial_date_out_of_order", within, "a visit follows its middle"),
    ):
        rows = np.isin(cells.text("person"), persons) & is_death
        cells.note(rule, rows, "event_date", f"{ROW}: {words}; no survival time")
    doubted = [*after, *within]
    stays = ~(happened.frame["person"].isin(doubted) & happened.frame["event"].eq("death"))
    unusable = pd.concat([happened.unusable, pd.DataFrame({"person": doubted, "kind": "death"})])
    return replace(happened, frame=happened.frame[stays].reset_index(drop=True), unusable=unusable)


def _with_unusable_events(patients: pd.DataFrame, unusable: pd.DataFrame) -> pd.DataFrame:
    """Patients with the kinds of events that they had on no known day."""
    pairs = unusable.drop_duplicates().sort_values("kind")
    joined = pairs.groupby("person")["kind"].agg("+".join)
    return patients.assign(unusable_events=patients["person"].map(joined).astype("string"))
