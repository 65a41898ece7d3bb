"""``alsreg purge``: list, then delete, every result that holds a person's data."""

from __future__ import annotations

import argparse
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import zstandard

from alsreg.clinical.audit import TRAIL, stamp
from alsreg.errors import InputError
from alsreg.formats.trail import append_record
from alsreg.tables.registry import PHENOTYPES

_BY_RULE = ("logs", "benchmarks")
_KEPT = ("audit", "logs/runs")  # they name no person; hidden folders are the workflow manager's
_BINARY = (".pgen", ".pgen.pgi", ".tbi", ".csi", ".png", ".npy")


def run(options: argparse.Namespace) -> int:
    """List what holds the person's data; with ``--yes`` delete it and record that it happened."""
    results: Path = options.results
    if not results.is_dir():
        raise InputError("no such folder", file=results, remedy="name the results with --results")
    found = find_results(results, options.person)
    for path, reason in found.items():
        print(f"{reason}\t{path.relative_to(results)}")
    n_bytes = sum(path.stat().st_size for path in found)
    print(f"{len(found)} files, {n_bytes / 1e6:.1f} MB{'' if options.yes else ': delete them with --yes'}")
    if options.yes:
        delete_results(results, found)
        append_record(results / TRAIL, {**stamp("purge"), "n_files": len(found), "n_bytes": n_bytes})
    print("add the person to withdrawn.tsv of the freeze, or the next run brings them back; copies outside this folder "
          "(exports, backups) are yours to delete")  # fmt: skip
    return 0


def find_results(results: Path, person: str) -> dict[Path, str]:
    """Files that hold data of `person`, with the reason.

    A freeze whose tables name the person, or a sample of theirs, holds them in everything computed from it: frequencies,
    null models, p-values. A folder that `alsreg traits` wrote is one such unit.
    """
    if (results / Path(PHENOTYPES.path).name).exists():
        units = {"": [path for path in results.rglob("*") if path.is_file() and not _is_kept(path, results)]}
    else:
        units = {freeze: [*_files_of(results, freeze)] for freeze in _freezes(results)}
    found: dict[Path, str] = {}
    for files in units.values():
        names = _names_of(files, person)
        naming = {path for path in files if _names(path, names)}
        if naming:
            found |= {path: "names the person" if path in naming else "computed with them" for path in files}
    return dict(sorted(found.items()))


def delete_results(results: Path, found: dict[Path, str]) -> None:
    """Delete the files, and folders that are empty then."""
    for path in found:
        path.unlink()
    for folder in sorted({parent for path in found for parent in path.parents}, reverse=True):
        if folder != results and results in folder.parents and not any(folder.iterdir()):
            folder.rmdir()


def _freezes(results: Path) -> list[str]:
    return sorted(
        {folder.name for folder in results.glob("*/*") if folder.is_dir() and folder.parts[-2] not in _BY_RULE}
    )


def _files_of(results: Path, freeze: str) -> Iterator[Path]:
    """Results, logs and benchmarks of a freeze."""
    for path in results.rglob("*"):
        parts = path.relative_to(results).parts
        if not path.is_file() or _is_kept(path, results):
            continue
        is_of_rule = len(parts) > 3 and parts[0] in _BY_RULE and re.match(rf"{re.escape(freeze)}(\.|$)", parts[3])
        if parts[1:2] == (freeze,) or is_of_rule:
            yield path


def _is_kept(path: Path, results: Path) -> bool:
    name = str(path.relative_to(results))
    return name.startswith((".", *(f"{kept}/" for kept in _KEPT)))


def _names_of(files: list[Path], person: str) -> re.Pattern[str]:
    """The person, and the samples that the registry claims or genotypes prove to be theirs."""
    samples: set[str] = set()
    for path in files:
        if path.name in ("samples.parquet", "persons.tsv"):
            frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, sep="\t", dtype=str)
            samples |= set(frame.loc[frame["person"] == person, "sample"].dropna().astype(str))
    words = "|".join(re.escape(word) for word in sorted({person, *samples}))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")


def _names(path: Path, names: re.Pattern[str]) -> bool:
    if path.suffix in _BINARY:
        return False
    if path.suffix == ".parquet":
        table = pq.ParquetFile(path).read()
        texts = (
            table.column(i).unique().to_pylist() for i, field in enumerate(table.schema) if str(field.type) == "string"
        )
        return any(names.search(text) for column in texts for text in column if text)
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return bool(names.search(content.decode("utf-8", errors="replace")))
