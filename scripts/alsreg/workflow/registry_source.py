"""Where a registry's tables are: a mapping file, or a folder of exports from which a mapping is drafted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from alsreg.clinical.mapping import Draft, draft_table, is_several_tables, match_columns, match_event_columns, n_missing
from alsreg.clinical.registry import REQUIRED, read_registry, required_columns
from alsreg.config.freeze import BESIDE, ClinicalTable, EntryColumns, RegistryTables
from alsreg.config.load import parse, read_yaml
from alsreg.errors import InputError
from alsreg.sheets import Sheet, read_sheet
from alsreg.sheets.cells import SUFFIXES, sheet_names
from alsreg.sheets.read import hint_of_delimiter

MAPPING = "mapping.yaml"
# REDCap's names in an export with one row per value.
_ENTRIES = {"field": "field_name", "value": "value"}


@dataclass(frozen=True)
class RegistrySource:
    """Tables of a registry with the path of each; `drafts` are of the mapping where it was drafted."""

    tables: RegistryTables
    paths: dict[str, Path]
    drafts: tuple[Draft, ...] = ()

    def mapping_in(self, folder: Path) -> str:
        """Text of the drafted mapping, as a file of `folder` says it."""
        return write_mapping([
            replace(draft, entries=draft.entries | {"path": _relative(self.paths[draft.table], folder)})
            for draft in self.drafts
        ])  # fmt: skip

    def read(self) -> dict[str, Sheet]:
        """Every table as text under our names."""
        return read_registry(self.paths, self.tables.present)


def find_registry(path: Path) -> RegistrySource:
    """The registry at `path`: a mapping file, or a folder with ``mapping.yaml`` or with exports alone.

    Raises
    ------
    ConfigError
        The mapping cannot be used.
    InputError
        There is nothing at `path`, or the files of the folder do not tell which table they are.
    """
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="name a folder of exports or a mapping file")
    if path.is_dir() and not (path / MAPPING).exists():
        drafts = draft_mapping(sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES), path)
        return _source({draft.table: draft.entries for draft in drafts}, path, path, tuple(drafts))
    file = path / MAPPING if path.is_dir() else path
    return _source(read_yaml(file), file.parent, file)


def _source(values: dict[str, Any], folder: Path, file: Path, drafts: tuple[Draft, ...] = ()) -> RegistrySource:
    tables = parse(RegistryTables, values, file)
    return RegistrySource(tables, {name: folder / found.path for name, found in tables.files.items()}, drafts)


def draft_mapping(files: Sequence[Path], folder: Path) -> list[Draft]:
    """One draft per table, in the order of `REQUIRED`; paths are relative to `folder`.

    Raises
    ------
    InputError
        A required table is in no file, or a table is in two.
    """
    found: dict[str, list[Draft]] = {}
    for file in files:
        if (name := file.stem.lower()) in BESIDE:
            found.setdefault(name, []).append(Draft(name, {"path": _relative(file, folder)}))
    pages = [page for file in files if file.stem.lower() not in BESIDE for page in _pages(file, folder)]
    for place, frame in pages:
        for table in _tables_of(frame):
            found.setdefault(table, []).append(draft_table(table, frame, place))
    if "events" not in found:
        wide = [(place, frame) for place, frame in pages if _has_event_columns(frame)]
        found |= {"events": [draft_table("events", frame, place) for place, frame in wide]} if wide else {}
    for table, drafts in found.items():
        if len(drafts) > 1:
            names = ", ".join(str(draft.entries["path"]) for draft in drafts)
            raise InputError(
                f"table {table} may be any of {names}", remedy="name only the files that belong to the registry"
            )
    for table in ("patients", "visits", "events"):
        if table not in found:
            raise InputError(f"no file holds table {table}", file=folder, remedy=_nearest(table, pages))
    return [found[table][0] for table in REQUIRED if table in found]


def _pages(file: Path, folder: Path) -> list[tuple[dict[str, object], pd.DataFrame]]:
    """Each sheet of a file as it stands, with what the mapping has to say of it."""
    pages = []
    for sheet in sheet_names(file):
        place: dict[str, object] = {"path": _relative(file, folder)} | ({"sheet": sheet} if sheet else {})
        frame = read_sheet(file, ClinicalTable(path=file, sheet=sheet)).frame
        if set(_ENTRIES.values()) <= set(frame.columns):
            place |= {"entries": dict(_ENTRIES)}
            frame = read_sheet(file, ClinicalTable(path=file, sheet=sheet, entries=EntryColumns(**_ENTRIES))).frame
        pages.append((place, frame))
    return pages


def _relative(file: Path, folder: Path) -> str:
    return os.path.relpath(file.resolve(), folder.resolve())


def _tables_of(frame: pd.DataFrame) -> list[str]:
    """Tables that a page holds: the one with most required columns, or several where bookkeeping columns part the rows."""
    header = [*frame.columns]
    whole = [table for table in REQUIRED if table not in BESIDE and n_missing(header, table) == 0]
    return whole if is_several_tables(header) else sorted(whole, key=lambda table: -len(REQUIRED[table]))[:1]


def _has_event_columns(frame: pd.DataFrame) -> bool:
    header = [*frame.columns]
    return "person" in match_columns(header, "events") and bool(match_event_columns(header))


def _nearest(table: str, pages: list[tuple[dict[str, object], pd.DataFrame]]) -> str:
    if not pages:
        return f"put the exports there ({', '.join(SUFFIXES)})"
    for place, frame in pages:
        if hint := hint_of_delimiter([*frame.columns]):
            return f"{place['path']}: {hint.removesuffix('; ')}"
    place, frame = min(pages, key=lambda page: n_missing([*page[1].columns], table))
    found = match_columns([*frame.columns], table)
    absent = [name for name in required_columns(table, found) if name not in found]
    return (
        f"write a mapping file by hand (config/README.md); {place['path']} comes nearest and lacks a known name for "
        f"{', '.join(absent)} (columns: {', '.join(frame.columns)})"
    )


def write_mapping(drafts: Sequence[Draft]) -> str:
    """The mapping as YAML, each guess with its evidence behind it."""
    lines = [
        "# Drafted by `alsreg map-registry`. Behind each entry stands why it was guessed: read them, correct what is wrong."
    ]
    for draft in drafts:
        lines += ["", f"{draft.table}:"]
        lines += _yaml_lines(draft.entries, draft.evidence, ())
        lines += [f"  # Not understood: {doubt}" for doubt in draft.doubts]
    return "\n".join(lines) + "\n"


def _yaml_lines(node: dict[str, Any], evidence: dict[tuple[str, ...], str], path: tuple[str, ...]) -> list[str]:
    lines, indent = [], "  " * (len(path) + 1)
    for key, value in node.items():
        name = _scalar(key)
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_yaml_lines(value, evidence, (*path, key))] if value else []
        else:
            why = evidence.get((*path, key))
            lines.append(f"{indent}{name}: {_scalar(value)}" + (f"  # {why}" if why else ""))
    return lines


def _scalar(value: object) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, width=10_000, default_flow_style=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()
