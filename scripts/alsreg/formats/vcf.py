"""VCF and BCF: what the header promises, and genotypes in blocks.

Format: https://samtools.github.io/hts-specs/VCFv4.5.pdf
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import cyvcf2
import numba
import numpy as np
import pysam

from alsreg.errors import InputError
from alsreg.formats.contigs import build_of_lengths, build_of_text, canonical_chromosome, check_naming

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
GENOTYPES_PER_BLOCK = 1_000_000
FIELDS = ("GQ", "DP", "AD")
_CONTIG = re.compile(r"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH = re.compile(r"[<,]length=(\d+)")


@dataclass(frozen=True)
class VcfHeader:
    """Samples, contigs with their lengths (where given), and the ``##reference`` line."""

    samples: list[str]
    contigs: list[str]
    lengths: dict[str, int]
    reference: str | None
    is_bcf: bool


@dataclass
class RecordBlock:
    """Consecutive records of one chromosome, ``m`` records by ``n`` samples.

    Attributes
    ----------
    first, second
        int8 ``(m, n)``: indices of the two alleles called; -1 missing, -2 absent (haploid call), -3 more than two.
    gq, dp, ad
        int32: quality ``(m, n)``, depth ``(m, n)``, and reads ``(m, n, 3)`` of the first allele called, of the
        second, and of all. Negative where missing.
    has
        bool ``(m, 3)``: the record carries GQ, DP, AD.
    """

    chromosome: str
    first: np.ndarray
    second: np.ndarray
    gq: np.ndarray
    dp: np.ndarray
    ad: np.ndarray
    has: np.ndarray
    position: list[int] = field(default_factory=list)
    rs_id: list[str] = field(default_factory=list)
    alleles: list[tuple[str, ...]] = field(default_factory=list)
    filter: list[str] = field(default_factory=list)

    @classmethod
    def allocate(cls, chromosome: str, n_records: int, n_samples: int) -> RecordBlock:
        shape = (n_records, n_samples)
        return cls(
            chromosome, np.empty(shape, np.int8), np.empty(shape, np.int8), np.empty(shape, np.int32),
            np.empty(shape, np.int32), np.empty((*shape, 3), np.int32), np.zeros((n_records, 3), bool),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.position)

    def trimmed(self) -> RecordBlock:
        """The filled part."""
        m = len(self)
        return RecordBlock(
            self.chromosome, self.first[:m], self.second[:m], self.gq[:m], self.dp[:m], self.ad[:m], self.has[:m],
            self.position, self.rs_id, self.alleles, self.filter,
        )  # fmt: skip


class VcfFile:
    """A VCF or BCF, bgzipped, gzipped or plain, indexed or not.

    Parameters
    ----------
    path
        The file; its header is read and checked at once.
    without
        Samples that are not read, as if the file did not hold them.

    Attributes
    ----------
    samples
        Those that are read, in the order of the file.

    Raises
    ------
    InputError
        If the file is absent, empty, truncated, not VCF or BCF, or its sample names cannot be used, or none is left.
    """

    def __init__(self, path: str | Path, without: Collection[str] = ()) -> None:
        self.path = Path(path)
        self.header = read_header(self.path)
        self.samples = [name for name in self.header.samples if name not in without]
        if not self.samples:
            raise InputError("all samples are withdrawn", file=self.path, where="header line #CHROM",
                             remedy="leave the assay out of the freeze")  # fmt: skip
        # cyvcf2 seeks in BCF only if the name says that it is one; otherwise the file is streamed.
        is_seekable = not self.header.is_bcf or self.path.suffix == ".bcf"
        indices = [Path(f"{self.path}{suffix}") for suffix in (".tbi", ".csi")]
        self.index = next((index for index in indices if is_seekable and index.exists()), None)

    def blocks(
        self, chromosomes: Collection[str], block_size: int | None = None, threads: int = 1
    ) -> Iterator[RecordBlock]:
        """Records on `chromosomes` in file order; a block never spans two of them.

        With an index only those chromosomes are read, without one the whole file is.
        """
        n = len(self.samples)
        size = block_size or max(16, GENOTYPES_PER_BLOCK // n)
        block: RecordBlock | None = None
        names: dict[str, str | None] = {}
        for record in self._records(chromosomes, threads):
            contig = record.CHROM
            if contig not in names:
                names[contig] = canonical_chromosome(contig)
                check_naming(names, str(self.path))
            chromosome = names[contig]
            if chromosome not in chromosomes:
                continue
            if block is not None and (len(block) == size or block.chromosome != chromosome):
                yield block.trimmed()
                block = None
            if block is None:
                block = RecordBlock.allocate(str(chromosome), size, n)
            self._fill(block, record)
        if block is not None:
            yield block.trimmed()

    def _records(self, chromosomes: Collection[str], threads: int) -> Iterator[cyvcf2.Variant]:
        place = "the first record"
        try:
            reader = cyvcf2.VCF(str(self.path.absolute()), threads=threads)
            if len(self.samples) < len(self.header.samples):
                reader.set_samples(self.samples)
            for region in self._regions(chromosomes):
                for record in reader if region is None else reader(region):
                    yield record
                    place = f"after {record.CHROM}:{record.POS}"
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"a record cannot be read ({error})", file=self.path, where=place,
                             remedy="check the file with `bcftools view`; copy or write it again") from error  # fmt: skip

    def _regions(self, chromosomes: Collection[str]) -> list[str | None]:
        """Contigs to fetch by index; ``[None]`` to stream the whole file."""
        if self.index is None:
            return [None]
        if self.header.is_bcf:
            names = self.header.contigs
        else:
            try:
                with pysam.TabixFile(str(self.path.absolute()), index=str(self.index.absolute())) as tabix:
                    names = list(tabix.contigs)
            except (OSError, ValueError) as error:
                raise InputError(f"the index cannot be read ({error})", file=self.index,
                                 remedy="index again with `bcftools index -t -f`") from None  # fmt: skip
            check_naming(names, str(self.path))
        return [name for name in names if canonical_chromosome(name) in chromosomes]

    def _fill(self, block: RecordBlock, record: cyvcf2.Variant) -> None:
        row = len(block)
        fields = record.FORMAT
        if "GT" not in fields:
            raise InputError("a record has no GT", file=self.path, where=f"record {record.CHROM}:{record.POS}",
                             value=":".join(fields), remedy="give a VCF with called genotypes")  # fmt: skip
        calls = record.genotype.array()
        block.first[row] = calls[:, 0]
        block.second[row] = calls[:, 1] if calls.shape[1] > 2 else -2
        if calls.shape[1] > 3:
            block.second[row][(calls[:, 2:-1] != -2).any(axis=1)] = -3
        for column, (name, target) in enumerate((("GQ", block.gq), ("DP", block.dp))):
            block.has[row, column] = name in fields
            if name in fields:
                target[row] = self._numbers(record, name)[:, 0]
        block.has[row, 2] = "AD" in fields
        if "AD" in fields:
            _reads_of_calls(self._numbers(record, "AD"), block.first[row], block.second[row], block.ad[row])
        block.position.append(record.POS)
        block.rs_id.append(record.ID or "")
        block.alleles.append((record.REF.upper(), *(_upper(alt) for alt in record.ALT)))
        block.filter.append(record.FILTER or "PASS")

    def _numbers(self, record: cyvcf2.Variant, name: str) -> np.ndarray:
        """Integer values of a FORMAT field, ``(n_samples, k)``, negative where missing."""
        values = record.format(name)
        if values is None or values.dtype.kind not in "if":
            raise InputError(f"{name} is not a number", file=self.path, where=f"record {record.CHROM}:{record.POS}",
                             remedy=f"declare {name} as Integer in the header")  # fmt: skip
        if values.dtype.kind == "f":
            values = np.where(np.isfinite(values), values, -1).astype(np.int32)
        return values


def open_assay(
    paths: Sequence[str | Path], build: str, n_samples: int | None, without: Collection[str] = ()
) -> list[VcfFile]:
    """Open the files of one assay and check that they belong together and to `build`; samples `without` are not read.

    Raises
    ------
    InputError
        Besides the errors of `VcfFile`: another build, samples that differ between files, or another number of them
        than the freeze says.
    """
    files = [VcfFile(path, without) for path in paths]
    for file in files:
        check_build(file.header, build, file.path)
        _check_same_samples(files[0], file)
    found = len(files[0].header.samples)
    if n_samples is not None and found != n_samples:
        raise InputError(f"the freeze says {n_samples} samples, the file has {found}", file=files[0].path,
                         where="header line #CHROM", value=found,
                         remedy="give the file of this freeze, or correct `n_samples`")  # fmt: skip
    return files


def _check_same_samples(one: VcfFile, other: VcfFile) -> None:
    if one.header.samples != other.header.samples:
        differing = sorted(set(one.header.samples) ^ set(other.header.samples))
        what = "samples differ" if differing else "samples stand in another order"
        raise InputError(f"{what} from those of {one.path}", file=other.path, where="header line #CHROM",
                         value=", ".join(differing[:5]) or None,
                         remedy="bring all files to one sample list with `bcftools view -S`")  # fmt: skip


def check_build(header: VcfHeader, build: str, path: str | Path) -> None:
    """Raise `InputError` if the header says another build than the freeze does.

    Contig lengths are facts about the file; ``##reference`` is believed only where there are none.
    """
    by_length = build_of_lengths(header.lengths)
    found = by_length or build_of_text(header.reference or "")
    if found is not None and found != build:
        what = "contig lengths" if by_length else f"##reference={header.reference}"
        raise InputError(
            f"the freeze says {build}, the header says {found}", file=path, where=what, value=found,
            remedy=f"set `build: {found}` for this assay, or mend the header with `bcftools reheader`",
        )  # fmt: skip


def read_header(path: Path) -> VcfHeader:
    """Read and check the header; see `VcfFile` for the errors."""
    if not path.is_file():
        raise InputError("no such file", file=path, remedy="check `root` and `files` in the freeze file")
    _check_not_truncated(path)
    try:
        is_bcf, lines = _header_lines(path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, struct.error) as error:
        raise InputError(f"not readable ({error})", file=path, where="header",
                         remedy="copy the file again, or write it with `bcftools view -Oz`") from None  # fmt: skip
    if not lines or not lines[0].startswith("##fileformat=VCF") or not lines[-1].startswith("#CHROM"):
        raise InputError("not a VCF or BCF: its header does not run from ##fileformat=VCF to #CHROM", file=path,
                         where="header", value=lines[0][:40] if lines else "", remedy="give a VCF or BCF")  # fmt: skip
    samples = lines[-1].split("\t")[9:]
    _check_samples(samples, path)
    contigs = {match[1]: line for line in lines if (match := _CONTIG.match(line))}
    lengths = {name: int(match[1]) for name, line in contigs.items() if (match := _LENGTH.search(line))}
    reference = next((line.split("=", 1)[1] for line in lines if line.startswith("##reference=")), None)
    return VcfHeader(samples, list(contigs), lengths, reference, is_bcf)


def _check_not_truncated(path: Path) -> None:
    """A complete BGZF file ends in an empty block."""
    with path.open("rb") as raw:
        start = raw.read(18)
        if len(start) == 0:
            raise InputError("the file is empty", file=path, remedy="copy or write it again")
        is_bgzf = start[:4] == b"\x1f\x8b\x08\x04" and start[12:14] == b"BC"
        if not is_bgzf:
            return
        raw.seek(0, 2)
        raw.seek(max(raw.tell() - len(BGZF_END), 0))
        if raw.read() != BGZF_END:
            raise InputError("the bgzip file is truncated: its end-of-file block is missing", file=path,
                             where="end of file", remedy="copy it again and compare checksums")  # fmt: skip


def _header_lines(path: Path) -> tuple[bool, list[str]]:
    """Whether the file is BCF, and its header."""
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if is_gzip else path.open("rb") as stream:
        if stream.read(3) == b"BCF":
            stream.read(2)
            (length,) = struct.unpack("<I", stream.read(4))
            return True, stream.read(length).rstrip(b"\0").decode().splitlines()
        stream.seek(0)
        return False, list(_text_header(stream))


def _text_header(stream: BinaryIO) -> Iterator[str]:
    for line in stream:
        text = line.decode().rstrip("\r\n")
        yield text
        if not text.startswith("##"):
            return


def _check_samples(samples: list[str], path: Path) -> None:
    where = "header line #CHROM"
    if not samples:
        raise InputError("no samples", file=path, where=where, remedy="give a VCF with genotypes")
    repeated = [name for name, count in Counter(samples).items() if count > 1]
    if repeated:
        raise InputError("sample ids occur twice", file=path, where=where, value=", ".join(repeated[:5]),
                         remedy="rename them with `bcftools reheader -s`")  # fmt: skip
    spaced = [name for name in samples if not name or re.search(r"\s", name)]
    if spaced:
        raise InputError("sample ids hold white space or are empty", file=path, where=where, value=spaced[0],
                         remedy="rename them with `bcftools reheader -s`, in the samples table too")  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _reads_of_calls(ad, first, second, out):
    """Fill `out` ``(n, 3)`` with the reads of the two alleles called and of all alleles; -1 where AD is missing."""
    n, width = ad.shape
    for j in range(n):
        total = np.int64(-1)
        for k in range(width):
            if ad[j, k] >= 0:
                total = max(total, 0) + ad[j, k]
        a, b = first[j], second[j]
        out[j, 0] = max(ad[j, a], 0) if 0 <= a < width else -1
        out[j, 1] = max(ad[j, b], 0) if 0 <= b < width else -1
        out[j, 2] = total


def _upper(alt: str) -> str:
    """Bases in capitals; symbolic alleles and breakends as they are."""
    return alt if alt[:1] in "<*." or "[" in alt or "]" in alt else alt.upper()
