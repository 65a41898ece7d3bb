"""The commands for a registry without genotypes: arguments, and what runs them (imported then, since it is heavy)."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from alsreg.errors import InputError


def add_map_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``alsreg map-registry``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="exports: .csv, .tsv, .txt, .xlsx")
    parser.add_argument(
        "--out", type=Path, default=Path("mapping.yaml"), help="mapping file to write (default: mapping.yaml)"
    )


def run_map(options: argparse.Namespace) -> int:
    """Draft a mapping."""
    from alsreg.workflow.registry_alone import map_registry

    return map_registry(options)


def add_traits_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``alsreg traits``."""
    parser.add_argument(
        "--registry", type=Path, required=True, metavar="DIR_OR_MAPPING", help="folder of exports, or mapping file"
    )
    parser.add_argument("--freeze-date", type=_day, required=True, help="data cut-off, YYYY-MM-DD")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--configfile", type=Path, help="configuration whose section `registry` differs from the default"
    )


def run_traits(options: argparse.Namespace, base: Path) -> int:
    """Import, check and derive traits."""
    from alsreg.workflow.registry_alone import derive_traits

    return derive_traits(options, base)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("not a date", where="--freeze-date", value=text, remedy="write it as YYYY-MM-DD") from None
