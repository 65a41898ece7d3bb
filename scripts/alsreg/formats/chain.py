"""UCSC chain files: lift positions between builds, with strand.

Format: https://genome.ucsc.edu/goldenPath/help/chain.html
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alsreg.errors import InputError
from alsreg.formats.contigs import CHROMOSOMES, LENGTHS, ORDER, build_of_lengths, canonical_chromosome

UNMAPPED, AMBIGUOUS = -1, -2


@dataclass(frozen=True)
class Lifted:
    """Where positions went.

    Attributes
    ----------
    chromosome
        int8, rank in `CHROMOSOMES`; `UNMAPPED` or `AMBIGUOUS` where there is no single target.
    position
        int64, 1-based position of the base; of the last base of the interval when `is_reversed`.
    is_reversed
        bool, the target lies on the reverse strand: alleles need complementing.
    """

    chromosome: np.ndarray
    position: np.ndarray
    is_reversed: np.ndarray


class Chain:
    """Ungapped blocks from a source build to the primary chromosomes of the target build.

    Blocks that agree (chain files repeat themselves under ``1`` and ``chr1``) are one. A base that two chains send to
    different places is ambiguous: neither is believed.
    """

    def __init__(self, blocks: dict[str, np.ndarray], source_lengths: dict[str, int], target_lengths: dict[str, int]):
        self.source_lengths, self.target_lengths = source_lengths, target_lengths
        self._blocks = {name: rows[np.lexsort(rows.T[::-1])] for name, rows in blocks.items()}

    def lift(self, chromosome: str, position: np.ndarray, length: np.ndarray | int = 1) -> Lifted:
        """Lift intervals ``[position, position + length)``; 1-based, ``(n,)``. An interval must lie in one block."""
        position = np.asarray(position, dtype=np.int64)
        end = position - 1 + np.broadcast_to(np.asarray(length, dtype=np.int64), position.shape)
        out = Lifted(
            np.full(position.shape, UNMAPPED, np.int8),
            np.zeros(position.shape, np.int64),
            np.zeros(position.shape, bool),
        )
        rows = self._blocks.get(chromosome)
        if rows is None:
            return out
        start = position - 1
        # Sorted by start, blocks may overlap: look back as far as some block still reaches.
        longest = np.maximum.accumulate(rows[:, 1])
        last = np.searchsorted(rows[:, 0], start, side="right") - 1
        first = np.searchsorted(longest, start, side="right")
        for back in range(int(max((last - first).max(initial=-1) + 1, 0))):
            index = last - back
            self._offer(out, rows, index, (index >= first) & (index >= 0), start, end)
        return out

    def inverse(self) -> Chain:
        """The chain from the target build back; a base that several source bases went to is ambiguous there."""
        back: dict[str, list[np.ndarray]] = {}
        for name, rows in self._blocks.items():
            start, end, target, first, is_reversed = rows.T
            length = end - start
            turned = np.column_stack([
                np.where(is_reversed == 1, first - length, first - 1), np.where(is_reversed == 1, first, first - 1 + length),
                np.full(len(rows), ORDER[name]), np.where(is_reversed == 1, end, start + 1), is_reversed,
            ])  # fmt: skip
            for rank in np.unique(target):
                back.setdefault(CHROMOSOMES[rank], []).append(turned[target == rank])
        blocks = {name: np.unique(np.concatenate(parts), axis=0) for name, parts in back.items()}
        return Chain(blocks, self.target_lengths, self.source_lengths)

    @staticmethod
    def _offer(
        out: Lifted,
        rows: np.ndarray,
        index: np.ndarray,
        usable: np.ndarray,
        start: np.ndarray,
        end: np.ndarray,
    ) -> None:
        block = rows[np.where(usable, index, 0)]
        inside = usable & (block[:, 0] <= start) & (end <= block[:, 1])
        is_reversed = block[:, 4] == 1
        # Columns: start, end (0-based, half open), target chromosome, target of the first base (1-based), reversed.
        forward = block[:, 3] + (start - block[:, 0])
        backward = block[:, 3] - (end - 1 - block[:, 0])
        target = np.where(is_reversed, backward, forward)
        is_new = inside & (out.chromosome == UNMAPPED)
        agrees = (out.chromosome == block[:, 2]) & (out.position == target) & (out.is_reversed == is_reversed)
        clash = inside & ~is_new & ~agrees
        out.chromosome[is_new] = block[is_new, 2]
        out.position[is_new] = target[is_new]
        out.is_reversed[is_new] = is_reversed[is_new]
        out.chromosome[clash] = AMBIGUOUS


def read_chain(path: str | Path) -> Chain:
    """Read a chain file, gzipped or plain. Chains to contigs outside the primary assembly are left out.

    Raises
    ------
    InputError
        If the file is absent, not a chain file, or holds no chain between chromosomes.
    """
    path = Path(path)
    blocks: dict[str, list[tuple[int, int, int, int, int]]] = {}
    source_lengths: dict[str, int] = {}
    target_lengths: dict[str, int] = {}
    current: tuple[str, int, int, int] | None = None
    source = target = 0
    line_number = 0
    try:
        for line_number, line in enumerate(_lines(path), start=1):  # noqa: B007 - the handler names it
            fields = line.split()
            if not fields or fields[0].startswith("#"):
                continue
            if fields[0] == "chain":
                current, source, target = _parse_header(fields, source_lengths, target_lengths)
                continue
            size = int(fields[0])
            if current is not None:
                name, rank, is_reversed, target_length = current
                first = target_length - target if is_reversed else target + 1
                blocks.setdefault(name, []).append((source, source + size, rank, first, is_reversed))
            if len(fields) == 3:
                source += size + int(fields[1])
                target += size + int(fields[2])
    except FileNotFoundError:
        raise InputError("no chain file", file=path, remedy="check `chains` in the freeze file") from None
    except (ValueError, IndexError, OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"not readable as a chain file ({error})", file=path, where=f"after line {line_number}",
                         remedy="fetch the chain file again") from None  # fmt: skip
    if not blocks:
        raise InputError(
            "no chain between chromosomes", file=path, remedy="give a UCSC or Ensembl chain file to GRCh38"
        )
    unique = {name: np.unique(np.array(rows, dtype=np.int64), axis=0) for name, rows in blocks.items()}
    return Chain(unique, source_lengths, target_lengths)


def check_chain(chain: Chain, build: str, path: str | Path) -> None:
    """Raise `InputError` if the chain's chromosome lengths are those of other builds than `build` and GRCh38."""
    for side, lengths, wanted in (
        ("from", chain.source_lengths, build),
        ("to", chain.target_lengths, "GRCh38"),
    ):
        found = build_of_lengths(lengths)
        if found is not None and found != wanted:
            name = next(n for n in LENGTHS[found] if lengths.get(n) == LENGTHS[found][n])
            raise InputError(
                f"the chain file maps {side} {found}, not {side} {wanted}", file=path,
                where=f"length of chromosome {name}", value=lengths[name],
                remedy=f"set `chains: {build}` to a chain file from {build} to GRCh38",
            )  # fmt: skip


def _lines(path: Path):
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt") if is_gzip else path.open() as stream:
        yield from stream


def _parse_header(
    fields: list[str], source_lengths: dict[str, int], target_lengths: dict[str, int]
) -> tuple[tuple[str, int, int, int] | None, int, int]:
    """State at the start of a chain: source name, target rank, strand and length (None if not wanted), positions."""
    source, target = canonical_chromosome(fields[2]), canonical_chromosome(fields[7])
    starts = int(fields[5]), int(fields[10])
    if source is None or target is None:
        return None, *starts
    if fields[4] != "+":
        raise ValueError("the source strand must be +")
    source_lengths[source], target_lengths[target] = int(fields[3]), int(fields[8])
    return (source, ORDER[target], int(fields[9] == "-"), int(fields[8])), *starts


__all__ = ["AMBIGUOUS", "CHROMOSOMES", "UNMAPPED", "Chain", "Lifted", "check_chain", "read_chain"]
