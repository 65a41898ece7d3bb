"""The reference genome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam

from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome


class Genome:
    """Bases of an indexed FASTA by canonical chromosome; one chromosome is held at a time.

    Raises
    ------
    InputError
        If the file or its ``.fai`` index is absent or holds no chromosome.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        for needed, remedy in (
            (self.path, "check `fasta`"),
            (Path(f"{path}.fai"), "run `samtools faidx` on the FASTA"),
        ):
            if not needed.exists():
                raise InputError("no such file", file=needed, remedy=remedy)
        try:
            self._fasta = pysam.FastaFile(str(self.path.resolve()))
        except (OSError, ValueError) as error:
            raise InputError(
                f"not readable as FASTA ({error})", file=path, remedy="index it with `samtools faidx`"
            ) from None
        names = zip(self._fasta.references, self._fasta.lengths, strict=True)
        known = [(canonical_chromosome(name), name, length) for name, length in names]
        self._names = {chromosome: name for chromosome, name, _ in known if chromosome}
        self.lengths = {chromosome: length for chromosome, _, length in known if chromosome}
        if not self._names:
            raise InputError("no chromosome in the FASTA", file=path, value=list(self._fasta.references)[:5],
                             remedy="give GRCh38 with contigs named 1 or chr1")  # fmt: skip
        self._current: tuple[str, bytes] = ("", b"")

    def sequence(self, chromosome: str) -> bytes:
        """The whole chromosome in capitals; empty if the FASTA lacks it."""
        if self._current[0] != chromosome:
            name = self._names.get(chromosome)
            self._current = (chromosome, self._fasta.fetch(name).upper().encode() if name else b"")
        return self._current[1]

    def bases(self, chromosome: str, position: np.ndarray) -> np.ndarray:
        """ASCII codes of the bases at 1-based positions, ``(n,)`` uint8; 0 outside the chromosome."""
        sequence = np.frombuffer(self.sequence(chromosome), dtype=np.uint8)
        position = np.asarray(position, dtype=np.int64)
        inside = (position >= 1) & (position <= len(sequence))
        out = np.zeros(position.shape, np.uint8)
        out[inside] = sequence[position[inside] - 1]
        return out
