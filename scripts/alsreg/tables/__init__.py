"""The contracts between stages: every table, declared once."""

from __future__ import annotations

from alsreg.tables import compare, control, genotypes, leads, meta, panel, prognosis, registry, results, trajectories
from alsreg.tables.base import Column, Table

ALL: tuple[Table, ...] = tuple(
    value
    for module in (registry, trajectories, prognosis, genotypes, results, leads, control, panel, compare, meta)
    for value in vars(module).values()
    if isinstance(value, Table)
)

__all__ = [
    "ALL",
    "Column",
    "Table",
    "compare",
    "control",
    "genotypes",
    "leads",
    "meta",
    "panel",
    "prognosis",
    "registry",
    "results",
    "trajectories",
]
