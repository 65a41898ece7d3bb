"""What an import took from each file: rows in, changed, rejected, by which rules."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.clinical.cells import CHANGED_CELL
from alsreg.clinical.registry import Registry
from alsreg.config.freeze import ClinicalTable
from alsreg.config.registry import RegistryConfig
from alsreg.formats.trail import append_record
from alsreg.provenance import digest, sha256
from alsreg.sheets import Sheet
from alsreg.tables.registry import IMPORTS

# Relative to the results folder. Not below logs/, which people clear, and no output of a rule, which is deleted before
# the rule runs again.
TRAIL = "audit/registry.jsonl"


@dataclass(frozen=True)
class ImportVersion:
    """By what a registry was judged: digests of the rules (code) and of the settings, the mapping and the freeze date."""

    rules: str
    settings: str


def import_version(
    rules: str, settings: RegistryConfig, tables: Mapping[str, ClinicalTable], freeze_date: date
) -> ImportVersion:
    """The version by which `tables` are read and checked; where their files are does not matter."""
    mapping = {name: table.model_dump(mode="json", exclude={"path", "sha256"}) for name, table in tables.items()}
    told = {"settings": settings.model_dump(mode="json"), "mapping": mapping, "freeze_date": str(freeze_date)}
    return ImportVersion(rules, digest(told)[:16])


def account_for_import(
    registry: Registry, sheets: Mapping[str, Sheet], paths: Mapping[str, str | Path], version: ImportVersion
) -> pd.DataFrame:
    """One row per file: the table `IMPORTS`."""
    issues = registry.issues
    rows = []
    for name, sheet in sheets.items():
        own = issues[issues["table"] == name]
        is_changed = own["action"].str.startswith(CHANGED_CELL) & own["row"].notna()
        kept = getattr(registry, name, None)
        n_withdrawn = registry.n_withdrawn_rows.get(name, 0)
        rows.append({
            "table": name, "file": sheet.file, "sha256": sha256(paths[name]), "encoding": sheet.encoding,
            "n_rows": len(sheet.frame), "n_rows_withdrawn": n_withdrawn,
            "n_rows_changed": own.loc[is_changed, "row"].nunique(),
            "n_rows_rejected": 0 if kept is None else len(sheet.frame) - n_withdrawn - len(kept),
            "n_errors": own["severity"].eq("error").sum(), "n_warnings": own["severity"].eq("warning").sum(),
            "rules_version": version.rules, "settings_version": version.settings,
        })  # fmt: skip
    return IMPORTS.conform(pd.DataFrame(rows))


def record_import(trail: str | Path, freeze: str, imports: pd.DataFrame, issues: pd.DataFrame) -> None:
    """Append an import to the trail: when, who, what, and how often each rule was broken; no person's data."""
    append_record(
        trail,
        {
            **stamp("import"),
            "freeze": freeze,
            "files": imports.astype(object).to_dict("records"),
            "findings": {str(rule): int(n) for rule, n in issues["rule"].value_counts().sort_index().items()},
        },
    )


def stamp(action: str) -> dict[str, Any]:
    """When and by whom."""
    return {"time": datetime.now(UTC).isoformat(timespec="seconds"), "user": getpass.getuser(), "action": action}
