"""Write what is made from the models: the default configuration, its JSON Schema, and the table of keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alsreg.config.freeze import Freeze
from alsreg.config.settings import Settings

SCHEMA_LINE = "# yaml-language-server: $schema=schemas/config.schema.json"
HEADER = f"""{SCHEMA_LINE}
# Every choice an analyst would defend in a paper, with its default. Made by `make generate` from the models in
# scripts/alsreg/config/: change a default there. Copy keys you want to change into a file of your own and pass it with
# --configfile; what you leave out keeps the value below.
"""


def default_config() -> str:
    """``config/config.yaml``: all keys with their defaults, each under its description."""
    return HEADER + "".join(_lines(Settings(freeze="kg3"), 0))


def schemas() -> dict[str, str]:
    """File name and text of the JSON Schemas."""
    models: dict[str, type[BaseModel]] = {"config.schema.json": Settings, "freeze.schema.json": Freeze}
    return {name: json.dumps(model.model_json_schema(), indent=1) + "\n" for name, model in models.items()}


def key_table() -> str:
    """A Markdown table of all keys: default, bounds, meaning."""
    rows = ["| key | default | bounds | meaning |", "|---|---|---|---|"]
    for key, field, value in _walk(Settings(freeze="kg3"), ""):
        shown = yaml.safe_dump(_plain(value), default_flow_style=True, width=10_000).strip().removesuffix("...").strip()
        shown = "see `config.yaml`" if len(shown) > 60 else f"`{shown}`"
        rows.append(f"| `{key}` | {shown} | {_bounds(field)} | {field.description or ''} |".replace("|  |", "| – |"))
    return "\n".join(rows) + "\n"


def _lines(section: BaseModel, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            summary = (type(value).__doc__ or "").strip().splitlines()[0]
            yield f"\n{indent}# {summary}\n{indent}{name}:\n"
            yield from _lines(value, depth + 1)
            continue
        bounds = _bounds(field)
        comment = f"{field.description or ''}{f' [{bounds}]' if bounds else ''}"
        text = yaml.safe_dump({name: _plain(value)}, sort_keys=False, width=110, allow_unicode=True)
        yield f"{indent}# {comment}\n" if comment else ""
        yield "".join(f"{indent}{line}\n" for line in text.splitlines())


def _walk(section: BaseModel, prefix: str) -> Iterator[tuple[str, FieldInfo, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field, value


def _plain(value: Any) -> Any:
    """Values as YAML and JSON know them; settings left at their default inside a trait are not repeated."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return value


def _bounds(field: FieldInfo) -> str:
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    parts = [
        f"{sign} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, sign in signs.items()
        if getattr(rule, name, None) is not None
    ]
    return ", ".join(parts)
