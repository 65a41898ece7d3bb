"""``alsreg purge``: list, then delete, every result that holds a person's data."""

from __future__ import annotations

import argparse
import gzip
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import zstandard

from alsreg.clinical.audit import TRAIL, stamp
from alsreg.errors import InputError
from alsreg.formats.trail import append_record, read_trail
from alsreg.sheets.identifiers import plain_identifier
from alsreg.tables.genotypes import PERSONS
from alsreg.tables.registry import PHENOTYPES
from alsreg.workflow.locks import refuse_running

_BY_RULE = ("logs", "benchmarks")
_KEPT = ("audit",)  # names no person
_COMPARE = "compare"  # its folders: the newer freeze, in it the older
_NAMES = "names the person"
_WHO = ("samples.parquet", "persons.tsv")  # whose the samples are
_PERSON_TABLES = ("patients.parquet", "phenotypes.parquet", "samples.parquet")
_BINARY = (".pgen", ".pgen.pgi", ".tbi", ".csi", ".png", ".npy")


def run(options: argparse.Namespace) -> int:
    """List what holds the person's data; with ``--yes`` delete it and record that it happened."""
    results: Path = options.results
    if not results.is_dir():
        raise InputError("no such folder", file=results, remedy="name the results with --results")
    read_trail(results / TRAIL)  # nothing is deleted that cannot be put on record
    if options.yes:
        refuse_running(results)
    found = find_results(results, options.person)
    for path, reason in found.items():
        print(f"{reason}\t{path.relative_to(results)}")
    n_bytes = sum(path.stat().st_size for path in found)
    print(f"{len(found)} files, {n_bytes / 1e6:.1f} MB{'' if options.yes else ': delete them with --yes'}")
    advice = withdrawal_rows(results, options.person)  # while the evidence is there
    if options.yes:
        refuse_running(results)  # once more: the search takes a while
        delete_results(results, found)
        append_record(results / TRAIL, {**stamp("purge"), "n_files": len(found), "n_bytes": n_bytes})
    elif not found and (alike := persons_alike(results, options.person)):
        print(f"in these results there is {', '.join(alike)}: name the person as the registry does")
    print("withdrawn.tsv of the freeze (of a treated cohort: beside its mapping) must hold these rows, or the next run brings the person back; copies outside this folder "
          "(exports, backups) are yours to delete", *map("\t".join, advice), sep="\n")  # fmt: skip
    return 0


def find_results(results: Path, person: str) -> dict[Path, str]:
    """Files that hold data of `person`, with the reason.

    A freeze whose tables name the person, or a sample of theirs, holds them in everything computed from it: frequencies,
    null models, p-values. A folder that `alsreg traits` wrote is one such unit. A file of no freeze, such as the workflow
    manager's logs, is found by what it says.
    """
    files = [path for path in sorted(results.rglob("*")) if path.is_file() and not _is_kept(path, results)]
    compared = [path for path in files if _freezes_compared(path, results)]
    if (results / Path(PHENOTYPES.path).name).exists():
        units = [files]
    else:
        units = [[path for path in files if _is_of_freeze(path, results, freeze)] for freeze in _freezes(results)]
    found: dict[Path, str] = {}
    for unit in units:
        names = _names_of(unit, person)
        naming = {path for path in unit if _names(path, names)}
        if naming:
            found |= {path: _NAMES if path in naming else "computed with them" for path in unit}
    gone = {path.relative_to(results).parts[1] for path in found} if compared else set()
    found |= {path: "computed with them" for path in compared if gone & _freezes_compared(path, results)}
    names = _names_of(files, person)
    others = set(files).difference(*units)
    return dict(sorted((found | {path: _NAMES for path in others if _names(path, names)}).items()))


def withdrawal_rows(results: Path, person: str) -> list[tuple[str, str, str]]:
    """Header and rows of ``withdrawn.tsv``: the person, and samples under other labels that genotypes prove to be theirs."""
    rows = {("", row.assay, row.sample) for path in results.rglob("persons.tsv") for row in _foreign(path, person)}
    return [("person", "assay", "sample"), (person, "", ""), *sorted(rows)]


def _foreign(ledger: Path, person: str) -> Iterator[Any]:
    frame = PERSONS.read(ledger)
    is_theirs = (frame["person"] == person) & (frame["claimed_person"] != person)
    return frame[is_theirs.fillna(False)].itertuples()


def persons_alike(results: Path, person: str) -> list[str]:
    """Persons of the results whose identifiers differ from `person` only in writing."""
    tables = [path for path in results.rglob("*.parquet") if path.name in _PERSON_TABLES]
    known = {str(name) for path in tables for name in pd.read_parquet(path, columns=["person"])["person"]}
    return sorted(name for name in known - {person} if plain_identifier(name) == plain_identifier(person))


def delete_results(results: Path, found: dict[Path, str]) -> None:
    """Delete the files, and folders that are empty then.

    Those by which the rest is found go last: a purge that was killed is finished by another.
    """
    for path in sorted(found, key=lambda path: (found[path] == _NAMES, path.name in _WHO)):
        path.unlink()
    for folder in sorted({parent for path in found for parent in path.parents}, reverse=True):
        if folder != results and results in folder.parents and not any(folder.iterdir()):
            folder.rmdir()


def _freezes(results: Path) -> list[str]:
    return sorted(
        {
            folder.name
            for folder in results.glob("*/*")
            if folder.is_dir() and folder.parent.name not in _BY_RULE and not folder.parent.name.startswith(".")
        }
    )


def _is_of_freeze(path: Path, results: Path, freeze: str) -> bool:
    """Whether a file is a result, log or benchmark of a freeze alone."""
    parts = path.relative_to(results).parts
    if _freezes_compared(path, results):
        return False
    is_of_rule = len(parts) > 3 and parts[0] in _BY_RULE and re.match(rf"{re.escape(freeze)}(\.|$)", parts[3])
    return parts[1:2] == (freeze,) or bool(is_of_rule)


def _freezes_compared(path: Path, results: Path) -> set[str]:
    """The two freezes that a file compares; none of another file."""
    parts = path.relative_to(results).parts
    return set(parts[1:3]) if parts[0] == _COMPARE and len(parts) > 3 else set()


def _is_kept(path: Path, results: Path) -> bool:
    return path.relative_to(results).parts[0] in _KEPT


def _names_of(files: list[Path], person: str) -> re.Pattern[str]:
    """The person, and the samples that the registry claims or genotypes prove to be theirs."""
    samples: set[str] = set()
    for path in files:
        if path.name in _WHO:
            frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, sep="\t", dtype=str)
            samples |= set(frame.loc[frame["person"] == person, "sample"].dropna().astype(str))
    spelled = {form for word in {person, *samples} for form in (word, json.dumps(word)[1:-1], html.escape(word))}
    words = "|".join(re.escape(word) for word in sorted(spelled))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")


def _names(path: Path, names: re.Pattern[str]) -> bool:
    if path.suffix in _BINARY:
        return False
    if path.suffix == ".parquet":
        schema = pq.read_schema(path)
        columns = [field.name for field in schema if "string" in str(field.type)]  # also large ones and dictionaries
        table = pq.read_table(path, columns=columns)
        return any(names.search(text) for column in table.columns for text in column.unique().to_pylist() if text)
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return bool(names.search(content.decode("utf-8", errors="replace")))
