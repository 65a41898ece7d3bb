"""The three files that say which variants of which gene are tested together, as regenie reads them.

- annotations: ``variant  gene  consequence``, one line per variant and gene;
- set list: ``gene  chromosome  position  variant,variant,...``, one line per gene; X is 23;
- masks: ``mask  consequence,consequence,...``, one line per mask.

Fields are parted by blanks or tabs; there is no header. Format:
https://rgcgithub.github.io/regenie/options/#annotation-input-files
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreg.config.annotation import ALL_MASKS
from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path
from alsreg.formats.contigs import CHROMOSOMES, canonical_chromosome

log = logging.getLogger("alsreg.annotation")

ANNOTATION_COLUMNS = ["variant_id", "gene", "consequence"]
_CODES = {"X": "23", "Y": "24", "MT": "26"}


@dataclass(frozen=True)
class GeneSet:
    """A gene and its variants."""

    gene: str
    chromosome: str  # 1-22, X, Y, MT
    position: int
    variants: tuple[str, ...]


def write_annotations(annotations: pd.DataFrame, path: str | Path) -> None:
    """Write rows of `ANNOTATION_COLUMNS`."""
    with atomic_path(path) as temporary:
        annotations[ANNOTATION_COLUMNS].to_csv(temporary, sep="\t", header=False, index=False, lineterminator="\n")


def write_set_list(sets: list[GeneSet], path: str | Path) -> None:
    """Write gene sets."""
    lines = (
        f"{s.gene}\t{_CODES.get(s.chromosome, s.chromosome)}\t{s.position}\t{','.join(s.variants)}\n" for s in sets
    )
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def write_masks(masks: Mapping[str, list[str]], path: str | Path) -> None:
    """Write masks: name to consequences."""
    lines = (f"{name}\t{','.join(consequences)}\n" for name, consequences in masks.items())
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def read_annotations(path: str | Path) -> pd.DataFrame:
    """Read `ANNOTATION_COLUMNS`.

    Raises
    ------
    InputError
        If the file is absent or empty, a line has not three fields, or a variant has two consequences in one
        gene.
    """
    rows = [fields for _, fields in _lines(path, 3, "variant gene consequence")]
    table = pd.DataFrame(rows, columns=ANNOTATION_COLUMNS, dtype=str).drop_duplicates(ignore_index=True)
    twice = table.duplicated(["variant_id", "gene"])
    if twice.any():
        row = table[twice].iloc[0]
        raise InputError("a variant has two consequences in one gene", file=path, where=f"gene {row['gene']}",
                         value=row["variant_id"], remedy="keep the most severe one")  # fmt: skip
    return table


def read_set_list(path: str | Path) -> list[GeneSet]:
    """Read gene sets, in file order.

    Raises
    ------
    InputError
        If the file is absent or empty, a line is malformed, or a gene stands in two places.
    """
    sets: dict[str, GeneSet] = {}
    for number, (gene, contig, position, names) in _lines(path, 4, "gene chromosome position variant,variant,..."):
        chromosome = canonical_chromosome(contig)
        if chromosome is None:
            raise InputError("unknown chromosome", file=path, where=f"line {number}", value=contig,
                             remedy=f"use one of {', '.join(CHROMOSOMES)} or 23 for X")  # fmt: skip
        if not position.isdigit():
            raise InputError("not a position", file=path, where=f"line {number}", value=position,
                             remedy="give a whole number of bases")  # fmt: skip
        if gene in sets:
            raise InputError(
                f"the gene stands in two places, chromosome {sets[gene].chromosome} and {chromosome}", file=path,
                where=f"line {number}", value=gene, remedy="join the lines, or give the places names of their own",
            )  # fmt: skip
        variants = tuple(dict.fromkeys(name for name in names.split(",") if name))
        sets[gene] = GeneSet(gene, chromosome, int(position), variants)
    return list(sets.values())


def read_masks(path: str | Path, annotations: pd.DataFrame) -> dict[str, list[str]]:
    """Read masks and hold them against the annotations they are to select.

    Raises
    ------
    InputError
        If the file is absent or empty, a mask stands twice, or matches no variant: its consequences are
        unknown there.
    """
    known = set(annotations["consequence"])
    masks: dict[str, list[str]] = {}
    for number, (name, terms) in _lines(path, 2, "mask consequence,consequence,..."):
        consequences = list(dict.fromkeys(term for term in terms.split(",") if term))
        if name in masks:
            raise InputError("a mask stands twice", file=path, where=f"line {number}", value=name,
                             remedy="give every mask a name of its own")  # fmt: skip
        if name == ALL_MASKS:
            raise InputError("this name means all masks together", file=path, where=f"line {number}", value=name,
                             remedy="give the mask another name")  # fmt: skip
        unknown = [term for term in consequences if term not in known]
        if unknown and len(unknown) < len(consequences):
            log.warning("%s, line %d: no variant has the consequences %s", path, number, ", ".join(unknown))
        if not known & set(consequences):
            raise InputError(
                f"mask {name} matches no variant", file=path, where=f"line {number}", value=terms,
                remedy=f"consequences in the annotation file: {', '.join(sorted(known)[:20])}",
            )  # fmt: skip
        masks[name] = consequences
    return masks


def _lines(path: str | Path, n_fields: int, form: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields of a file that may end its lines as Windows does; blank lines are passed over."""
    path = Path(path)
    if not path.exists():
        raise InputError("no such file", file=path, remedy=f"each line holds: {form}")
    is_empty = True
    with path.open(encoding="utf-8-sig", newline=None) as stream:
        for number, line in enumerate(stream, start=1):
            fields = line.split()
            if not fields:
                continue
            if len(fields) != n_fields:
                raise InputError(f"{len(fields)} fields where {n_fields} are expected", file=path,
                                 where=f"line {number}", value=line.strip()[:80], remedy=f"each line holds: {form}")  # fmt: skip
            is_empty = False
            yield number, fields
    if is_empty:
        raise InputError("the file is empty", file=path, remedy=f"each line holds: {form}")
