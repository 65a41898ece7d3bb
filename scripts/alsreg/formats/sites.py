"""Places, alleles and what a file says about them: VCFs and tables as text, by region where tabix has indexed them.

Public layouts: CADD ``#Chrom Pos Ref Alt RawScore PHRED`` (https://cadd.gs.washington.edu/download), REVEL
``chr,hg19_pos,grch38_pos,ref,alt,aaref,aaalt,REVEL[,Ensembl_transcriptid]`` (https://sites.google.com/site/revelgenomics),
AlphaMissense ``#CHROM POS REF ALT genome uniprot_id transcript_id protein_variant am_pathogenicity am_class``
(https://doi.org/10.5281/zenodo.8208688), SpliceAI's INFO ``ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|...``
(https://github.com/Illumina/SpliceAI).
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pysam

from alsreg.config.annotation_sources import AlleleColumns, ScoreSource
from alsreg.errors import InputError
from alsreg.formats.contigs import build_of_lengths, build_of_text, canonical_chromosome, check_naming

log = logging.getLogger("alsreg.annotation")
CHUNK = 50_000
VCF_COLUMNS = AlleleColumns(chromosome="CHROM", position="POS", ref="REF", alt="ALT")
_INFO = re.compile(r'##INFO=<ID=([^,>]+),Number=([^,>]+),Type=\w+,Description="(.*)"')
_CONTIG = re.compile(r"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH = re.compile(r"[<,]length=(\d+)")


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: the columns that name a variant, and those (or INFO fields) whose text is wanted."""

    columns: AlleleColumns
    fields: tuple[str, ...]
    is_vcf: bool = False
    has_filter: bool = False  # VCF: rows have a column ``filter``


def layout_of(source: ScoreSource, build: str) -> Layout:
    """The layout of a score's files."""
    if source.format == "cadd":
        return Layout(AlleleColumns(chromosome="Chrom", position="Pos", ref="Ref", alt="Alt"), ("PHRED",))
    if source.format == "revel":
        position = {"GRCh38": "grch38_pos", "GRCh37": "hg19_pos"}.get(build)
        if position is None:
            raise InputError("REVEL has no positions on this build", value=build, remedy="set `build: GRCh38`")
        return Layout(AlleleColumns(chromosome="chr", position=position), ("REVEL",))
    if source.format == "alphamissense":
        return Layout(VCF_COLUMNS, ("am_pathogenicity",))
    if source.format == "spliceai":
        return Layout(VCF_COLUMNS, ("SpliceAI",), is_vcf=True)
    return Layout(
        VCF_COLUMNS if source.format == "vcf" else source.columns, (str(source.field),), source.format == "vcf"
    )


@dataclass(frozen=True)
class SitesHeader:
    """What stands above the rows: INFO fields as ``(Number, Description)``, the build if told, columns and separator."""

    info: Mapping[str, tuple[str, str]]
    build: str | None
    names: tuple[str, ...]
    separator: str


class SitesReader:
    """Rows of a file, all or those within regions.

    Raises
    ------
    InputError
        If the file is absent, cannot be read, lacks a column or INFO field of the layout, or says that it is on another
        build than `build`.
    """

    def __init__(self, path: str | Path, layout: Layout, build: str) -> None:
        self.path, self.layout, self.build = Path(path), layout, build
        self.header = _read_header(self.path, layout)
        if layout.is_vcf:
            for name in (name for name in layout.fields if name not in self.header.info):
                raise InputError(f"INFO field {name} is not in the header", file=path, where="header",
                                 value=", ".join(list(self.header.info)[:20]), remedy="name a field that is there")  # fmt: skip
        if self.header.build not in (None, build):
            raise InputError(f"the freeze says {build}, the file says {self.header.build}", file=path, where="header",
                             remedy=f"set `build: {self.header.build}` for this file")  # fmt: skip
        self.index = next((f for f in (Path(f"{path}.tbi"), Path(f"{path}.csi")) if f.exists()), None)

    def rows(self, regions: Mapping[str, np.ndarray]) -> Iterator[pd.DataFrame]:
        """Rows whose position lies in regions, in blocks.

        Parameters
        ----------
        regions
            By canonical chromosome, int64 ``(k, 2)``: first and last position, 1-based, ascending and disjoint.

        Yields
        ------
        DataFrame with ``chromosome``, ``position`` (int64), ``ref``, ``alt`` (may join several by commas) and the
        fields of the layout as text; a field that a row lacks is empty; and ``filter`` where the layout asks for it.
        """
        block: list[tuple[str, ...]] = []
        for row in self._matching(regions):
            block.append(row)
            if len(block) == CHUNK:
                yield self._frame(block)
                block = []
        if block:
            yield self._frame(block)

    def _matching(self, regions: Mapping[str, np.ndarray]) -> Iterator[tuple[str, ...]]:
        columns = self.layout.columns
        wanted = [columns.chromosome, columns.position, columns.ref, columns.alt]
        wanted += ["INFO"] if self.layout.is_vcf else self.layout.fields
        wanted += ["FILTER"] if self.layout.has_filter else []
        places = [self.header.names.index(name) for name in wanted]
        last = max(places)
        starts = {name: part[:, 0].tolist() for name, part in regions.items()}
        names: dict[str, str | None] = {}
        for number, line in self._lines(regions):
            fields = line.split(self.header.separator, last + 1)
            if len(fields) <= last:
                raise InputError(f"{len(fields)} fields where at least {last + 1} are expected", file=self.path,
                                 where=f"row {number}", value=line[:80], remedy="write the file again")  # fmt: skip
            contig, position = fields[places[0]], fields[places[1]]
            if contig not in names:
                names[contig] = canonical_chromosome(contig)
                check_naming(names, str(self.path))
            name = names[contig]
            if (
                name in starts
                and position not in (".", "")
                and self._is_within(regions[name], starts[name], position, number)
            ):
                yield (str(name), position, *(fields[place] for place in places[2:]))

    def _is_within(self, regions: np.ndarray, starts: list[int], position: str, number: object) -> bool:
        if not position.isdigit():
            raise InputError("not a position", file=self.path, where=f"row {number}, column {self.layout.columns.position}",
                             value=position, remedy="give 1-based whole numbers")  # fmt: skip
        place = int(position)
        k = bisect_right(starts, place) - 1
        return k >= 0 and place <= int(regions[k, 1])

    def _lines(self, regions: Mapping[str, np.ndarray]) -> Iterator[tuple[object, str]]:
        """Lines with their number, or with their region where the file is read by index."""
        if self.index is None:
            log.warning("%s has no tabix index: the whole file is read", self.path)
            yield from self._all_lines()
            return
        try:
            with pysam.TabixFile(str(self.path.absolute()), index=str(self.index.absolute())) as tabix:
                check_naming(tabix.contigs, str(self.path))
                known = {canonical_chromosome(name): name for name in tabix.contigs if canonical_chromosome(name)}
                for chromosome, part in regions.items():
                    if chromosome not in known:
                        continue
                    for start, end in part.tolist():
                        for line in tabix.fetch(known[chromosome], start - 1, end):
                            yield f"in {chromosome}:{start}-{end}", line.rstrip("\r")
        except (OSError, ValueError) as error:
            raise InputError(f"not readable by its index ({error})", file=self.path,
                             remedy="index it again with `tabix`") from None  # fmt: skip

    def _all_lines(self) -> Iterator[tuple[object, str]]:
        is_past_header = False
        try:
            with _open(self.path) as stream:
                for number, line in enumerate(stream, start=1):
                    text = line.rstrip("\r\n")
                    if is_past_header and text:
                        yield number, text
                    elif not is_past_header:
                        is_past_header = self._is_header(text)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise InputError(f"not readable ({error})", file=self.path, remedy="copy the file again") from None

    def _is_header(self, line: str) -> bool:
        return tuple(line.lstrip("#").split(self.header.separator)) == self.header.names

    def _frame(self, block: Sequence[tuple[str, ...]]) -> pd.DataFrame:
        names = ["chromosome", "position", "ref", "alt", *(["INFO"] if self.layout.is_vcf else self.layout.fields)]
        names += ["filter"] if self.layout.has_filter else []
        table = pd.DataFrame(block, columns=names, dtype=object)
        table["position"] = table["position"].astype("int64")
        for name in ("ref", "alt"):
            table[name] = table[name].str.upper()
        if self.layout.is_vcf:
            for name in self.layout.fields:
                table[name] = table["INFO"].str.extract(rf"(?:^|;){re.escape(name)}=([^;]*)", expand=False).fillna("")
            table = table.drop(columns="INFO")
        return table


def _read_header(path: Path, layout: Layout) -> SitesHeader:
    """The first line that names the columns; what stands above it tells INFO fields, contig lengths and the build."""
    columns = layout.columns
    needed = {
        columns.chromosome,
        columns.position,
        columns.ref,
        columns.alt,
        *(["INFO"] if layout.is_vcf else layout.fields),
    }
    above: list[str] = []
    if not path.exists():
        raise InputError("no such file", file=path, remedy="check `annotation` of the freeze")
    try:
        with _open(path) as stream:
            for line in stream:
                text = line.rstrip("\r\n")
                for separator in ("\t", ","):
                    names = tuple(text.lstrip("#").split(separator))
                    if needed <= set(names):
                        return SitesHeader(_info_fields(above), _build_of(above), names, separator)
                above.append(text)
                if not text.startswith("#"):
                    break
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"not readable ({error})", file=path, remedy="copy it again; BCF: `bcftools view -Oz`"
        ) from None
    raise InputError("no line names the columns needed", file=path, where="header", value=above[-1][:80] if above else "",
                     remedy=f"columns needed: {', '.join(sorted(needed))}")  # fmt: skip


def _info_fields(lines: Sequence[str]) -> dict[str, tuple[str, str]]:
    found = (_INFO.match(line) for line in lines)
    return {match[1]: (match[2], match[3]) for match in found if match}


def _build_of(lines: Sequence[str]) -> str | None:
    """The build by contig lengths, else by name in ``##reference`` or a comment that is no VCF record."""
    contigs = {match[1]: line for line in lines if (match := _CONTIG.match(line))}
    lengths = {name: int(match[1]) for name, line in contigs.items() if (match := _LENGTH.search(line))}
    told = [line for line in lines if line.startswith("##reference=") or not re.match(r"##\w+=", line)]
    return build_of_lengths(lengths) or build_of_text(" ".join(told))


def _open(path: Path) -> IO[str]:
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8-sig") if is_gzip else path.open(encoding="utf-8-sig")


def merge_regions(position: np.ndarray, padding: int, gap: int) -> np.ndarray:
    """Regions ``(k, 2)`` around positions, joined where less than `gap` lies between; 1-based, inclusive."""
    start = np.unique(np.asarray(position, np.int64))
    if not len(start):
        return np.empty((0, 2), np.int64)
    first, last = np.maximum(start - padding, 1), start + padding
    is_new = np.append(True, first[1:] > last[:-1] + gap)
    return np.column_stack([first[is_new], last[np.append(is_new[1:], True)]])
