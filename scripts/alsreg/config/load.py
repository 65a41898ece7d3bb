"""Read the configuration and the freeze; say every fault in it with its key, value and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from alsreg.errors import ConfigError

# The models of all stages take long to build: imported where one is wanted.
if TYPE_CHECKING:
    from alsreg.config.freeze import Freeze
    from alsreg.config.settings import Settings

Model = TypeVar("Model", bound=BaseModel)


def parse_settings(values: Mapping[str, Any], file: str | Path = "config") -> Settings:
    """Check a configuration given as a mapping."""
    from alsreg.config.settings import Settings

    return parse(Settings, values, file)


def load_freeze(name: str, base: Path) -> Freeze:
    """Load ``config/freezes/<name>.yaml`` below `base`, or the file itself when `name` ends in ``.yaml``."""
    from alsreg.config.freeze import Freeze

    is_path = name.endswith((".yaml", ".yml"))
    path = base / name if is_path else base / "config/freezes" / f"{name}.yaml"
    if not path.exists():
        known = sorted(file.stem for file in (base / "config/freezes").glob("*.yaml"))
        remedy = f"freezes known: {', '.join(known)}; write a new one with `alsreg new-freeze`"
        raise ConfigError("no such freeze", file=path, where="key freeze", value=name, remedy=remedy)
    freeze = parse(Freeze, read_yaml(path), path)
    if not is_path and freeze.id != name:
        raise ConfigError("id differs from the file's name", file=path, where="key id", value=freeze.id,
                          remedy=f"set `id: {name}` or rename the file")  # fmt: skip
    return freeze


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such file", file=path, remedy="check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not readable as YAML: {' '.join(str(error).split())}", file=path,
                          remedy="mend the syntax at the place named") from None  # fmt: skip
    if not isinstance(values, dict):
        raise ConfigError("not a mapping of keys to values", file=path, remedy="see config/README.md")
    return values


def parse(model: type[Model], values: Mapping[str, Any], file: str | Path) -> Model:
    """Validate `values`; all faults come in one `ConfigError`."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = [_describe(model, fault) for fault in error.errors()]
        raise ConfigError(
            "; ".join(faults), file=file, remedy="config/README.md lists every key and its bounds"
        ) from None


def _describe(model: type[BaseModel], fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "top level"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), _known_keys(model, fault["loc"][:-1]), n=1)
        return f"unknown key {key}" + (f", did you mean {near[0]}?" if near else "")
    message = str(fault["msg"]).removeprefix("Value error, ")
    shown = "" if fault["type"] == "missing" or fault["loc"] == () else f" (value: {fault['input']!r})"
    return f"key {key}: {message}{shown}"


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Keys of the section at `path`, as far as plain nesting goes."""
    current: Any = model
    for part in path:
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            return []
        current = field.annotation
    return list(getattr(current, "model_fields", {}))
