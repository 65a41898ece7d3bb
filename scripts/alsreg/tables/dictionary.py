"""The data dictionary: every column of every table between stages, as Markdown."""

from __future__ import annotations

from alsreg.tables import ALL
from alsreg.tables.base import Column, Table

HEADER = """# Data dictionary

Every table that passes between stages, made by `make generate` from `scripts/alsreg/tables/`. Paths are below `results/`.
"""


def data_dictionary() -> str:
    """All tables as Markdown."""
    return HEADER + "".join(_section(table) for table in ALL)


def _section(table: Table) -> str:
    rows = "\n".join(_row(column) for column in table.columns)
    extra = "\nFurther columns may follow.\n" if table.has_extra_columns else ""
    return (
        f"\n## {table.name}\n\n`{table.path}`\n\n{table.description}\n\n"
        f"| column | kind | unit | meaning |\n|---|---|---|---|\n{rows}\n{extra}"
    )


def _row(column: Column) -> str:
    choices = f" One of: {', '.join(column.choices)}." if column.choices else ""
    absent = "" if column.is_required else " May be absent."
    return f"| `{column.name}` | {column.kind} | {column.unit} | {column.description}.{choices}{absent} |"
