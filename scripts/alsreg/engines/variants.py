"""What the engine has to know of every variant, in Arrow tables: from a fileset alone, or from the pipeline's table.

Texts stay in Arrow's buffers from the file they are read from to the file they are written to.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alsreg.errors import InputError
from alsreg.formats.contigs import (
    CHROMOSOME_NUMBERS,
    PAR_NAMES,
    PSEUDOAUTOSOMAL,
    canonical_chromosome,
    is_pseudoautosomal,
)
from alsreg.formats.pvar import PVAR_COLUMNS, stream_pvar

# ASSUME: Y and mitochondrial variants are haploid and have no test here.
UNTESTED_CHROMOSOMES = {"Y": "chromosome Y is not tested", "MT": "chromosome MT is not tested"}
Rows = slice | NDArray[np.int64]


def is_haploid_in_males(chromosome: int, position: int) -> bool:
    """Whether a variant (GRCh38) lies on X outside the pseudoautosomal regions."""
    return chromosome == CHROMOSOME_NUMBERS["X"] and not is_pseudoautosomal("X", position, "GRCh38")


class FilesetVariants:
    """The variants of a fileset that knows no assays, in the order of chromosome, position and identifier.

    Raises
    ------
    InputError
        A chromosome is unknown, or a variant has several ALT alleles.
    """

    def __init__(self, prefix: str | Path, build: str = "GRCh38") -> None:
        self.prefix, self.build = prefix, build
        parts = [_places(batch, self._file) for batch in stream_pvar(prefix, ["CHROM", "POS", "ALT"])]
        none = np.empty(0, np.int64)
        self._chromosome = np.concatenate([part[0] for part in parts]) if parts else none.astype(np.int8)
        self._position = np.concatenate([part[1] for part in parts]) if parts else none.astype(np.int32)

    @property
    def _file(self) -> str:
        return f"{self.prefix}.pvar[.zst]"

    def __len__(self) -> int:
        return len(self._position)

    def table(self) -> pa.Table:
        """All variants in the fileset's order."""
        return pa.concat_tables([self._rows(batch) for batch in stream_pvar(self.prefix)] or [self._rows(_NOTHING)])

    def blocks(self, size: int) -> Iterator[tuple[Rows, pa.Table]]:
        """Rows of the fileset and what is known of them, about `size` at a time; variants of one place stay together."""
        chromosome, position = self._chromosome, self._position
        is_later = (chromosome[1:] > chromosome[:-1]) | (
            (chromosome[1:] == chromosome[:-1]) & (position[1:] >= position[:-1])
        )
        if is_later.all():
            yield from self._stream(size)
            return
        # Out of order: all texts are held in memory, and genotypes are read here and there.
        table, order = self.table(), np.lexsort((position, chromosome))
        starts = _starts(chromosome[order], position[order], size)
        for start, stop in pairwise(starts):
            rows = order[start:stop]
            yield _sort_places(rows, table.take(rows))

    def _stream(self, size: int) -> Iterator[tuple[Rows, pa.Table]]:
        starts = _starts(self._chromosome, self._position, size)
        batches = stream_pvar(self.prefix)
        held: list[pa.RecordBatch] = []
        n_held = 0
        for start, stop in pairwise(starts):
            while n_held < stop - start:
                held.append(next(batches))
                n_held += len(held[-1])
            whole = pa.Table.from_batches(held)
            block, rest = whole[: stop - start].combine_chunks(), whole[stop - start :]
            held, n_held = rest.to_batches(), len(rest)
            rows = self._rows(block)
            if _has_ties(self._chromosome[start:stop], self._position[start:stop]):
                yield _sort_places(np.arange(start, stop), rows)
            else:
                yield slice(start, stop), rows

    def _rows(self, batch: pa.RecordBatch | pa.Table) -> pa.Table:
        contig, position = batch["CHROM"], batch["POS"]
        number = _numbers(contig, self._file)
        name = _label(number, ["", *CHROMOSOME_NUMBERS])
        is_rs = pc.match_substring_regex(batch["ID"], r"^rs\d+$")
        return rows_of(
            pc.binary_join_element_wise(name, position.cast(pa.string()), batch["REF"], batch["ALT"], "_"), number,
            position, batch["ALT"], batch["REF"], pc.if_else(is_rs, batch["ID"], pa.scalar(None, pa.string())),
            pa.repeat("", len(contig)), self._is_on_x(contig, number, position), _barred(number),
        )  # fmt: skip

    def _is_on_x(self, contig: pa.Array, number: NDArray[np.int8], position: pa.Array) -> NDArray[np.bool_]:
        on_x = number == CHROMOSOME_NUMBERS["X"]
        if not on_x.any():
            return on_x
        bare = pc.utf8_upper(pc.replace_substring_regex(contig, r"^(?i)chr", ""))
        on_x &= ~np.asarray(pc.is_in(bare, pa.array(sorted(PAR_NAMES))))
        places = np.asarray(position)
        for first, last in PSEUDOAUTOSOMAL[self.build]:
            on_x &= (places < first) | (places > last)
        return on_x


_NOTHING = pa.table({name: pa.array([], pa.int64() if name == "POS" else pa.string()) for name in PVAR_COLUMNS})


def _places(batch: pa.RecordBatch, file: str) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    several = pc.match_substring(batch["ALT"], ",")
    if pc.any(several).as_py():
        raise InputError("a variant has several ALT alleles", file=file, value=batch.filter(several)["ALT"][0].as_py(),
                         remedy="split them with bcftools norm -m-")  # fmt: skip
    return _numbers(batch["CHROM"], file), np.asarray(batch["POS"]).astype(np.int32)


def _numbers(contig: pa.Array | pa.ChunkedArray, file: str) -> NDArray[np.int8]:
    """Chromosome numbers of contigs under any usual name."""
    encoded = (contig.combine_chunks() if isinstance(contig, pa.ChunkedArray) else contig).dictionary_encode()
    names = {name: canonical_chromosome(name) for name in encoded.dictionary.to_pylist()}
    if unknown := sorted(contig for contig, name in names.items() if name is None):
        raise InputError("unknown chromosomes", file=file, value=unknown[:5],
                         remedy="keep 1-22, X, Y, MT, PAR1, PAR2 (plink2 --chr) and give them their usual names")  # fmt: skip
    numbers = np.array([CHROMOSOME_NUMBERS[str(name)] for name in names.values()], np.int8)
    return numbers[np.asarray(encoded.indices)]


def _starts(chromosome: NDArray[np.int8], position: NDArray[np.int32], size: int) -> list[int]:
    """Where blocks begin, and the end; a block begins with another place than its predecessor ends with."""
    starts, n = [0], len(position)
    while (start := starts[-1] + size) < n:
        while start < n and chromosome[start] == chromosome[start - 1] and position[start] == position[start - 1]:
            start += 1
        starts.append(start)
    return starts if starts[-1] == n else [*starts, n]


def _has_ties(chromosome: NDArray[np.int8], position: NDArray[np.int32]) -> bool:
    return bool(((chromosome[1:] == chromosome[:-1]) & (position[1:] == position[:-1])).any())


def _sort_places(rows: NDArray[np.int64], table: pa.Table) -> tuple[NDArray[np.int64], pa.Table]:
    keys = ("chromosome", "base_pair_location", "variant_id")
    order = pc.sort_indices(table, [(key, "ascending") for key in keys])
    return rows[np.asarray(order)], table.take(order)


def _barred(number: NDArray[np.int8]) -> pa.Array:
    """Why variants of a chromosome are not tested, null where they are."""
    return _label(number, [None, *(UNTESTED_CHROMOSOMES.get(name) for name in CHROMOSOME_NUMBERS)])


def _label(number: NDArray[np.int8], labels: list[str | None]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(number), pa.array(labels, pa.string())).cast(pa.string())


def rows_of(
    variant_id: pa.Array, chromosome: NDArray[np.int8], position: pa.Array, alt: pa.Array, ref: pa.Array,
    rs_id: pa.Array, carrier_set: pa.Array, is_on_x: NDArray[np.bool_], barred: pa.Array,
) -> pa.Table:  # fmt: skip
    """The first columns of `VARIANT_TESTS` with ``carrier_set``, ``is_on_x`` and ``barred`` (why not to test, or null)."""
    return pa.table({
        "variant_id": variant_id, "chromosome": chromosome.astype(np.int64), "base_pair_location": position,
        "effect_allele": alt, "other_allele": ref, "rs_id": rs_id, "carrier_set": carrier_set, "is_on_x": is_on_x,
        "barred": barred,
    })  # fmt: skip


def rows_of_merged(variants: pd.DataFrame) -> pa.Table:
    """The same of a table of `MERGED_VARIANTS`; excluded variants are barred with their reason."""
    number = variants["chromosome"].map(CHROMOSOME_NUMBERS).to_numpy(dtype=np.int8)
    places = zip(number, variants["position"], strict=True)
    on_x = np.array([is_haploid_in_males(*place) for place in places], dtype=bool)
    excluded = "excluded: " + variants["reason"].fillna("").replace("", "by quality control").astype(str)
    excluded = excluded.where(variants["is_excluded"].astype(bool), None)
    text = {name: _text(variants[name]) for name in ("variant_id", "alt", "ref", "rs_id", "carrier_set")}
    barred = pc.coalesce(_barred(number), _text(excluded))
    position = pa.array(variants["position"].to_numpy(dtype=np.int64))
    return rows_of(text["variant_id"], number, position, text["alt"], text["ref"], text["rs_id"], text["carrier_set"],
                   on_x, barred)  # fmt: skip


def _text(values: pd.Series) -> pa.Array:
    return pa.array(values.astype(object).where(values.notna(), None), pa.string())
