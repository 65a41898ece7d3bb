"""The embedded engine: one pass over a PGEN for all traits, NumPy and Numba, memory flat in the number of variants."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.engines.variants import Rows
from alsreg.errors import InputError
from alsreg.formats.contigs import chromosome_name
from alsreg.formats.pgen import PgenReader
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.genotype_sums import as_block, as_dosages
from alsreg.stats.linear import LinearNull, test_linear
from alsreg.stats.null import VariantTestOptions, VariantTests, test_in_tiles
from alsreg.stats.polygenic import PolygenicNull
from alsreg.stats.robust import RobustLinearNull
from alsreg.tables.results import VARIANT_TESTS

BLOCK, BLOCK_BYTES = 8192, 1 << 24  # variants and genotypes read at a time, at most
TESTED = "tested"
AHEAD = 2  # blocks that wait per thread
T = TypeVar("T")
Fits = tuple[Rows, list[FittedNull]]  # variants of a block that share their null models, one per trait
Tests = dict[str, pa.Table]  # of `VARIANT_TESTS`, by trait


def score_fileset(
    prefix: str | Path,
    rows: pa.Table,
    models: NullModels,
    options: VariantTestOptions,
    outputs: Mapping[str, str | Path],
) -> None:
    """Test every variant of a fileset against every trait; write one table of `VARIANT_TESTS` per trait.

    Parameters
    ----------
    prefix
        Fileset whose people are ``models.people``, in order.
    rows
        One row per variant in the fileset's order, as `rows_of_merged` or `FilesetVariants.table` gives them.
    outputs
        Path by trait.
    """
    with PgenReader(prefix) as reader:
        places = reader.variants["POS"].to_numpy()
        if len(rows) != len(places) or (rows["base_pair_location"].to_numpy() != places).any():
            raise InputError("the variants table is not that of the genotype file", file=prefix)
        blocks = ((slice(start, stop), rows[start:stop]) for start, stop in reader.blocks(block_size(reader)))
    with ExitStack() as stack:
        writers = {trait: stack.enter_context(VARIANT_TESTS.stream(path)) for trait, path in outputs.items()}
        for tables in map_blocks(prefix, blocks, models, options, lambda tables: tables):
            for trait, write in writers.items():
                write(tables[trait])


def block_size(reader: PgenReader) -> int:
    """Variants to be tested at a time: many, so that Python's share does not tell, within the memory of all threads."""
    return max(1, min(BLOCK, BLOCK_BYTES // (reader.n_samples * reader.dtype.itemsize)))


def map_blocks(
    prefix: str | Path,
    blocks: Iterable[tuple[Rows, pa.Table]],
    models: NullModels,
    options: VariantTestOptions,
    finish: Callable[[Tests], T],
    n_threads: int = 1,
) -> Iterator[T]:
    """What `finish` makes of the tests of every block, in the blocks' order, whatever the number of threads.

    Reading, testing, formatting and compressing give the interpreter's lock away, so that threads share the work.
    """
    with ExitStack() as stack:
        readers: SimpleQueue[PgenReader] = SimpleQueue()
        for _ in range(n_threads):
            reader = stack.enter_context(PgenReader(prefix))
            if len(models.people) != reader.n_samples:
                raise InputError("the people are not those of the genotype file", file=prefix)
            readers.put(reader)

        def work(rows: Rows, table: pa.Table, fits: list[Fits]) -> T:
            reader = readers.get()
            try:
                at = reader.genotypes(rows.start, rows.stop) if isinstance(rows, slice) else reader.genotypes_at(rows)
            finally:
                readers.put(reader)
            return finish(_score_groups(at, table, fits, options))

        if n_threads == 1:
            yield from (work(rows, table, _fit_groups(table, models, models.traits)) for rows, table in blocks)
            return
        pool = stack.enter_context(ThreadPoolExecutor(n_threads))
        waiting: deque[Future[T]] = deque()
        try:
            for rows, table in blocks:
                # Fitted here, so that no two threads fit the same.
                waiting.append(pool.submit(work, rows, table, _fit_groups(table, models, models.traits)))
                if len(waiting) > AHEAD * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def score_block(
    genotypes: NDArray[np.number],
    rows: pa.Table,
    models: NullModels,
    options: VariantTestOptions,
    traits: Sequence[str],
) -> Tests:
    """Results of a block of hard calls or dosages ``(m, n)`` by trait; `rows` as `alsreg.engines.variants` makes them."""
    return _score_groups(genotypes, rows, _fit_groups(rows, models, traits), options)


def _fit_groups(rows: pa.Table, models: NullModels, traits: Sequence[str]) -> list[Fits]:
    return [
        (index, [models.fit(trait, carrier_set, on_x, chromosome) for trait in traits])
        for chromosome, carrier_set, on_x, index in _groups(rows, models)
    ]


def _score_groups(
    genotypes: NDArray[np.number], rows: pa.Table, groups: Sequence[Fits], options: VariantTestOptions
) -> Tests:
    found: dict[str, list[tuple[Rows, VariantTests]]] = {}
    for index, fits in groups:
        for same in _group_by_people(fits):
            subset = _subset(genotypes, index, same[0].people)
            for fitted, tests in zip(same, _test(same, subset, options), strict=True):
                found.setdefault(fitted.trait, []).append((index, tests))
    return {trait: _tabulate(rows, _join(parts, len(rows))) for trait, parts in found.items()}


def _groups(rows: pa.Table, models: NullModels) -> list[tuple[str, str, bool, Rows]]:
    """Left-out chromosome (if relationships leave one out), carrier set, whether on X outside the pseudoautosomal regions,
    and rows of each combination there is."""
    encoded = rows["carrier_set"].combine_chunks().dictionary_encode()
    names, on_x = encoded.dictionary.to_pylist(), rows["is_on_x"].to_numpy().astype(np.int64)
    code = 2 * np.asarray(encoded.indices, dtype=np.int64) + on_x
    numbers = rows["chromosome"].to_numpy()
    left_out = {number: models.left_out(chromosome_name(int(number))) for number in np.unique(numbers)}
    if any(left_out.values()):
        code += 2 * len(names) * np.where([bool(left_out[number]) for number in numbers], numbers, 0)
    kinds = np.flatnonzero(np.bincount(code))
    indices = [slice(None)] if len(kinds) == 1 else [np.flatnonzero(code == kind) for kind in kinds]
    found = []
    for kind, index in zip(kinds, indices, strict=True):
        chromosome, rest = divmod(int(kind), 2 * len(names))
        found.append((chromosome_name(chromosome) if chromosome else "", names[rest // 2], bool(rest % 2), index))
    return sorted(found, key=lambda group: group[:3])


def _group_by_people(fits: Sequence[FittedNull]) -> list[list[FittedNull]]:
    """Fits of the same people; quantitative traits with the same covariates beside each other."""
    groups: dict[bytes, list[FittedNull]] = {}
    for fitted in fits:
        groups.setdefault(fitted.people.tobytes(), []).append(fitted)
    return list(groups.values())


def _subset(genotypes: NDArray[np.number], index: Rows, people: NDArray[np.int64]) -> NDArray[np.number]:
    chosen = genotypes if isinstance(index, slice) else genotypes[index]
    return chosen if len(people) == genotypes.shape[1] else np.take(chosen, people, axis=1)


def _test(fits: Sequence[FittedNull], genotypes: NDArray[np.number], options: VariantTestOptions) -> list[VariantTests]:
    """Tests of traits of the same people; linear models with the same covariates share their sums."""
    packed = as_block(genotypes)
    linear = [fitted.model for fitted in fits if isinstance(fitted.model, LinearNull)]
    shared = [null for null in linear if np.array_equal(null.basis, linear[0].basis)]
    together = dict(zip(map(id, shared), test_linear(shared, packed, options), strict=True)) if shared else {}
    tests = []
    for fitted in fits:
        if fitted.model is None:
            tests.append(test_in_tiles(lambda tile, fitted=fitted: _count(fitted, tile), genotypes))
        elif isinstance(fitted.model, (RobustLinearNull, PolygenicNull)):  # these take them person by person
            tests.append(fitted.model.test_variants(genotypes, options))
        else:
            tests.append(together.get(id(fitted.model)) or fitted.model.test_variants(packed, options))
    return tests


def _count(fitted: FittedNull, genotypes: NDArray[np.number]) -> VariantTests:
    """Variants of a trait that has no model, counted among its people."""
    m = len(genotypes)
    nothing = np.full(m, np.nan)
    if not len(fitted.people):
        zero = np.zeros(m, dtype=np.int64)
        return VariantTests(
            *[nothing] * 3, zero, nothing, np.zeros(m), zero, zero, zero, *[np.full(m, "")] * 2,
            status=np.full(m, fitted.status),
        )  # fmt: skip
    block = centre_dosages(as_dosages(genotypes))
    events = np.full(m, fitted.n_events)
    return VariantTests(
        nothing, nothing, nothing, block.n_typed, block.frequency, block.mac, block.n_carriers, events,
        block.n_missing, np.full(m, ""), np.full(m, ""), np.full(m, fitted.status),
    )  # fmt: skip


_SCHEMA = VARIANT_TESTS.schema.remove_metadata()
_TEXTS = ("effect_method", "p_method", "status")
_RESULTS = [c.name for c in VARIANT_TESTS.columns if c.name in VariantTests.__dataclass_fields__]


def _join(parts: Sequence[tuple[Rows, VariantTests]], m: int) -> dict[str, NDArray]:
    """Columns ``(m,)`` from the tests of groups of rows."""
    if len(parts) == 1 and isinstance(parts[0][0], slice):
        return {name: getattr(parts[0][1], name) for name in _RESULTS}
    joined = {}
    for name in _RESULTS:
        pieces = [(index, getattr(tests, name)) for index, tests in parts]
        out = np.empty(m, np.result_type(*(piece for _, piece in pieces)))
        for index, piece in pieces:
            out[index] = piece
        joined[name] = out
    return joined


def _tabulate(rows: pa.Table, results: Mapping[str, NDArray]) -> pa.Table:
    """Rows of `VARIANT_TESTS`; barred variants lose their numbers to a reason."""
    columns = {name: rows[name] for name in VARIANT_TESTS.column_names if name in rows.column_names}
    columns |= {name: (_as_text if name in _TEXTS else _as_numbers)(results[name]) for name in _RESULTS}
    if rows["barred"].null_count < len(rows):
        columns["status"] = pc.coalesce(rows["barred"], columns["status"])
        is_tested = pc.equal(columns["status"], TESTED)
        for name in ("beta", "standard_error", "p_value"):
            columns[name] = pc.if_else(is_tested, columns[name], np.nan)
        for name in ("effect_method", "p_method"):
            columns[name] = pc.if_else(is_tested, columns[name], "")
    return pa.table([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)


def _as_numbers(values: NDArray[np.number]) -> pa.Array:
    """The same memory, without Arrow's search for missing values."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def _as_text(values: NDArray[np.str_]) -> pa.Array:
    """Of few different texts: Arrow takes long to convert NumPy's."""
    if len(values) and (values == values[0]).all():
        return pa.repeat(str(values[0]), len(values))
    distinct, codes = np.unique(values, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(distinct.tolist())).cast(
        pa.string()
    )


def options_of(settings: object) -> VariantTestOptions:
    """Test options from the section of the configuration."""
    names = ("min_mac", "min_expected_events", "min_z_correction", "max_p_refit")
    return VariantTestOptions(**{name: getattr(settings, name) for name in names})
