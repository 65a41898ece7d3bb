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


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``alsreg compare-registries``."""
    parser.add_argument("old", type=Path, metavar="OLD", help="folder of exports, or mapping file")
    parser.add_argument("new", type=Path, metavar="NEW", help="the later one")
    parser.add_argument("--out", type=Path, help="tab-separated file to write (default: standard output)")


def run_compare(options: argparse.Namespace) -> int:
    """Compare two exports."""
    from alsreg.workflow.compare_registries import run

    return run(options)


def add_purge_arguments(parser: argparse.ArgumentParser, base: Path) -> None:
    """Arguments of ``alsreg purge``."""
    parser.add_argument("--person", required=True, help="identifier of the person in the registry")
    parser.add_argument(
        "--results", type=Path, default=base / "results", help="results folder, or one of alsreg traits"
    )
    parser.add_argument("--yes", action="store_true", help="delete; without it the files are listed")


def run_purge(options: argparse.Namespace) -> int:
    """List or delete a person's results."""
    from alsreg.workflow.purge import run

    return run(options)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("not a date", where="--freeze-date", value=text, remedy="write it as YYYY-MM-DD") from None
