"""What two runs were told differently: settings, freezes, versions and input files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.errors import InputError
from alsreg.tables.compare import COMPARED_SETTINGS

# Which part of provenance.json each kind of difference is in.
PARTS = {"setting": "settings", "freeze": "freeze", "version": "versions", "input": "inputs"}


def settings_differences(older: str | Path, newer: str | Path) -> pd.DataFrame:
    """Rows of `COMPARED_SETTINGS` from the ``provenance.json`` of two runs; of input files, the ends of their digests.

    Raises
    ------
    InputError
        A record is of a version that did not keep the settings.
    """
    records = [_record(path) for path in (older, newer)]
    rows = []
    for kind, part in PARTS.items():
        then, now = (dict(_flat(record[part], "")) for record in records)
        for key in [*then, *(key for key in now if key not in then)]:
            if then.get(key) != now.get(key):
                rows.append({"kind": kind, "key": key, "older": then.get(key), "newer": now.get(key)})
    return COMPARED_SETTINGS.conform(pd.DataFrame(rows, columns=COMPARED_SETTINGS.column_names))


def _record(path: str | Path) -> dict[str, Any]:
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    if "settings" not in record:
        raise InputError("the run's settings are not on record", file=path, where="key settings",
                         remedy="run this freeze again with the version of alsreg at hand")  # fmt: skip
    return record


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Dotted key and value as text; lists are one value. Absolute paths would say where a registry keeps its data."""
    if isinstance(value, Mapping) and value:
        for name, child in value.items():
            yield from _flat(child, f"{key}.{name}" if key else str(name))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield key, Path(text).name if text.startswith("/") else text
