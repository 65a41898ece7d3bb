"""The contracts between stages: every table, declared once."""

from __future__ import annotations

from alsreg.tables import genotypes, leads, registry, results
from alsreg.tables.base import Column, Table

ALL: tuple[Table, ...] = tuple(
    value
    for module in (registry, genotypes, results, leads)
    for value in vars(module).values()
    if isinstance(value, Table)
)

__all__ = ["ALL", "Column", "Table", "genotypes", "leads", "registry", "results"]
