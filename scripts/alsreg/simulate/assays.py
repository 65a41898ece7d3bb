"""The three assays' VCFs: array exports without a reference, exomes on GRCh37, genomes on GRCh38."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pysam

from alsreg.simulate.genome import ASSEMBLIES, COMPLEMENT, Assembly, Chromosome, region_index
from alsreg.simulate.kernels import BYTES_PER_GENOTYPE, read_tables, write_array, write_sequenced
from alsreg.simulate.people import ASSAYS
from alsreg.simulate.sizes import stream, stream_seed
from alsreg.simulate.variants import LocusVariants

BUILDS = {"array": "NCBI36", "wes": "GRCh37", "wgs": "GRCh38"}
_PREFIXES = {"array": "", "wes": "", "wgs": "chr"}
_BLOCK_GENOTYPES = 2_000_000
_BGZF_END = 28  # bytes of the empty block that ends a BGZF file
# ASSUME: 0.4 % missing and 0.1 % wrong array genotypes; strand and allele order as an export happens to have them.
_ARRAY_MISSING, _ARRAY_ERROR = 0.004, 0.001
_ARRAY_FLIPPED, _ARRAY_SWAPPED = 0.3, 0.4
_PALINDROMIC_ON_ARRAY = 0.3
_RARE_ON_ARRAY = 0.15
_SITE_SPREAD = {"wes": 0.45, "wgs": 0.12}
_KIT_GAP = 0.04  # share of capture regions a kit misses


@dataclass(frozen=True)
class Samples:
    """The samples of an assay, one per VCF column.

    `person` is the person whose DNA it is; `depth` the mean read depth (sequenced), `missing_rate` extra missing
    genotypes (array); `contaminant` the column mixed into the sample with `fraction`, or -1; `kit` the capture kit.
    """

    assay: str
    names: list[str]
    person: np.ndarray
    is_male: np.ndarray
    depth: np.ndarray
    missing_rate: np.ndarray
    contaminant: np.ndarray
    fraction: np.ndarray
    kit: np.ndarray


@dataclass(frozen=True)
class Records:
    """All variants of a chromosome; `locus` is the locus of each."""

    positions: np.ndarray
    ref: list[bytes]
    alt: list[bytes]
    ids: list[bytes]
    alt_base: np.ndarray
    locus: np.ndarray
    n_alleles: np.ndarray
    alleles: np.ndarray
    is_on_array: np.ndarray

    @classmethod
    def of(
        cls,
        chromosome: Chromosome,
        loci: list[LocusVariants],
        array_fraction: float,
        forced: set[int],
        rng: np.random.Generator,
    ) -> Records:
        """Join loci, name the variants that a public database would know, choose the SNPs of the array.

        `forced` positions are on the array whatever chance says.
        """
        positions = np.concatenate([locus.positions for locus in loci])
        ref = [allele for locus in loci for allele in locus.ref]
        alt = [allele for locus in loci for allele in locus.alt]
        alt_base = np.concatenate([locus.alt_base for locus in loci])
        alleles = np.concatenate([locus.alleles for locus in loci])
        frequency = (alleles > 0).mean(axis=1)
        minor = np.minimum(frequency, 1 - frequency)
        number = "XY".index(chromosome.name) + 23 if chromosome.name in "XY" else int(chromosome.name)
        ids = [b"rs9%02d%07d" % (number, index) if common else b"." for index, common in enumerate(minor > 0.01)]
        chance = np.where(minor >= 0.05, array_fraction, np.where(minor >= 0.01, array_fraction * _RARE_ON_ARRAY, 0.0))
        chance[COMPLEMENT[chromosome.bases[positions - 1]] == alt_base] *= _PALINDROMIC_ON_ARRAY
        is_on_array = (rng.random(len(positions)) < chance) & (alt_base >= 0)
        is_on_array |= np.isin(positions, list(forced)) & (alt_base >= 0)
        locus = np.repeat(np.arange(len(loci)), [len(locus.positions) for locus in loci])
        n_alleles = np.array([2 + allele.count(b",") for allele in alt], dtype=np.int64)
        return cls(positions, ref, alt, ids, alt_base, locus, n_alleles, alleles, is_on_array)

    def genotypes(self, rows: np.ndarray, origin: np.ndarray) -> np.ndarray:
        """True alleles (rows, samples, 2) given the founder haplotypes `origin` (loci, samples, 2)."""
        return self.alleles[rows[:, None, None], origin[self.locus[rows]]]


def write_chromosome(
    folder: Path,
    chromosome: Chromosome,
    records: Records,
    origin: np.ndarray,
    samples: dict[str, Samples],
    seed: int,
) -> dict[str, np.ndarray]:
    """Write the headless VCF parts ``{assay}.{chromosome}.part.gz``; returns the rows of `records` in each assay."""
    regions = chromosome.capture_regions()
    is_captured = region_index(regions, records.positions) >= 0
    written = {}
    for assay in ASSAYS:
        kept = {"array": records.is_on_array, "wes": is_captured, "wgs": np.ones_like(is_captured)}[assay]
        rows = np.flatnonzero(kept)
        assay_origin = origin[:, samples[assay].person]
        if assay == "array":
            blocks = _array_blocks(chromosome, records, rows, assay_origin, samples[assay], seed)
        else:
            rows = rows[_is_carried(records, rows, assay_origin)]
            blocks = _sequenced_blocks(chromosome, records, rows, assay_origin, samples[assay], seed)
        with pysam.BGZFile(str(part_path(folder, assay, chromosome.name)), "w1") as file:
            for block in blocks:
                file.write(block)
        written[assay] = rows
    return written


def part_path(folder: Path, assay: str, chromosome: str) -> Path:
    """Where `write_chromosome` puts the records of an assay."""
    return folder / f"{assay}.{chromosome}.part.gz"


def _is_carried(records: Records, rows: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Rows where somebody in the assay has an ALT allele (and, for two ALT alleles, somebody has each)."""
    kept = np.zeros(len(rows), dtype=bool)
    for locus in np.unique(records.locus[rows]):
        here = np.flatnonzero(records.locus[rows] == locus)
        carried = records.alleles[rows[here]][:, np.unique(origin[locus])]
        kept[here] = (carried == 1).any(axis=1) & ((records.n_alleles[rows[here]] == 2) | (carried == 2).any(axis=1))
    return kept


def _row_blocks(rows: np.ndarray, n_samples: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of rows that keep memory bounded."""
    step = max(1, _BLOCK_GENOTYPES // n_samples)
    for start in range(0, len(rows), step):
        block = slice(start, min(start + step, len(rows)))
        yield block, rows[block]


def _join_prefixes(lines: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """The fixed columns of all records as one array of bytes, and where each ends."""
    ends = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    return np.frombuffer(b"".join(lines), dtype=np.uint8), ends


def _fixed_columns(
    assay: str, chromosome: Chromosome, records: Records, rows: np.ndarray, alleles: list[tuple[bytes, bytes]]
) -> list[bytes]:
    """CHROM to FORMAT of each record, on the assay's build."""
    name = (_PREFIXES[assay] + chromosome.name).encode()
    positions = ASSEMBLIES[BUILDS[assay]].from_grch38(chromosome, records.positions[rows])
    form = b"GT" if assay == "array" else b"GT:AD:DP:GQ"
    return [
        b"%s\t%d\t%s\t%s\t%s\t.\tPASS\t.\t%s" % (name, position, records.ids[row], *pair, form)
        for row, position, pair in zip(rows, positions, alleles, strict=True)
    ]


def _array_blocks(
    chromosome: Chromosome,
    records: Records,
    rows: np.ndarray,
    origin: np.ndarray,
    samples: Samples,
    seed: int,
) -> Iterator[bytes]:
    """Array records: some on the other strand, some with the alleles in the other order, errors and missing calls."""
    rng = stream(seed, "array", chromosome.name)
    flipped, swapped = rng.random(len(rows)) < _ARRAY_FLIPPED, rng.random(len(rows)) < _ARRAY_SWAPPED
    pairs = []
    for row, flip, swap in zip(rows, flipped, swapped, strict=True):
        pair = [records.ref[row], records.alt[row]]
        if flip:
            pair = [allele.translate(bytes.maketrans(b"ACGT", b"TGCA")) for allele in pair]
        pairs.append(tuple(pair[::-1] if swap else pair))
    prefixes = _fixed_columns("array", chromosome, records, rows, pairs)
    for block, block_rows in _row_blocks(rows, len(samples.names)):
        dosage = _array_dosages(records.genotypes(block_rows, origin).sum(axis=2, dtype=np.int8), samples, rng)
        exported = np.where(swapped[block, None] & (dosage >= 0), 2 - dosage, dosage).astype(np.int8)
        prefix, ends = _join_prefixes(prefixes[block])
        out = np.empty(len(prefix) + exported.size * 4 + len(exported), dtype=np.uint8)
        yield out[: write_array(out, prefix, ends, exported)].tobytes()


def _array_dosages(dosage: np.ndarray, samples: Samples, rng: np.random.Generator) -> np.ndarray:
    """Add contamination, wrong and missing calls to true dosages."""
    for sample in np.flatnonzero(samples.contaminant >= 0):
        other = dosage[:, samples.contaminant[sample]]
        # A homozygote is read as heterozygote when enough of the other person's alleles shine through.
        is_drawn = rng.random(len(dosage)) < 2 * samples.fraction[sample]
        is_changed = is_drawn & (dosage[:, sample] != 1) & (other != dosage[:, sample])
        dosage[is_changed, sample] = 1
    is_wrong = rng.random(dosage.shape) < _ARRAY_ERROR
    dosage[is_wrong] = (dosage[is_wrong] + rng.integers(1, 3, is_wrong.sum())) % 3
    dosage[rng.random(dosage.shape) < np.maximum(samples.missing_rate, _ARRAY_MISSING)] = -1
    return dosage


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return read_tables()


def _sequenced_blocks(
    chromosome: Chromosome,
    records: Records,
    rows: np.ndarray,
    origin: np.ndarray,
    samples: Samples,
    seed: int,
) -> Iterator[bytes]:
    """WES or WGS records: depth, reads, the most likely genotype and its quality."""
    assay = samples.assay
    rng = stream(seed, assay, chromosome.name)
    spread = _SITE_SPREAD[assay]
    factor = np.exp(rng.normal(-(spread**2) / 2, spread, len(rows)))
    kits = _kit_factors(chromosome, records.positions[rows], rng) if assay == "wes" else None
    # GATK writes men's X diploid unless told the ploidy: the exomes do, the genomes do not.
    on_x = samples.is_male & (chromosome.name == "X")
    is_haploid = (on_x * (1 if assay == "wgs" else 2)).astype(np.int64)
    pairs = [(records.ref[row], records.alt[row]) for row in rows]
    prefixes = _fixed_columns(assay, chromosome, records, rows, pairs)
    for number, (block, block_rows) in enumerate(_row_blocks(rows, len(samples.names))):
        genotypes = records.genotypes(block_rows, origin)
        site = factor[block, None] * (np.ones((1, 1)) if kits is None else kits[block][:, samples.kit])
        prefix, ends = _join_prefixes(prefixes[block])
        out = np.empty(len(prefix) + genotypes[..., 0].size * BYTES_PER_GENOTYPE + len(genotypes), dtype=np.uint8)
        size = write_sequenced(
            out, prefix, ends, genotypes, records.n_alleles[block_rows], site, samples.depth, is_haploid,
            samples.contaminant, samples.fraction, *_tables(), stream_seed(seed, assay, chromosome.name, number),
        )  # fmt: skip
        yield out[:size].tobytes()


def _kit_factors(chromosome: Chromosome, positions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Capture efficiency (positions, 2 kits): lower towards the edges of a region, almost none where a kit lacks it."""
    regions = chromosome.capture_regions()
    efficiency = np.where(rng.random((len(regions), 2)) < _KIT_GAP, 0.02, 1.0)
    # No region is absent from both kits, or nobody would be covered there.
    efficiency[(efficiency < 1).all(axis=1), 0] = 1.0
    index = region_index(regions, positions)
    edge = np.minimum(positions - regions[index, 0], regions[index, 1] - positions)
    return efficiency[index] * np.clip(0.35 + edge / 150, 0.35, 1.0)[:, None]


def vcf_header(assay: str, chromosomes: list[Chromosome], names: list[str]) -> bytes:
    """Header of an assay's VCF."""
    build: Assembly = ASSEMBLIES[BUILDS[assay]]
    lines = [
        "##fileformat=VCFv4.2",
        f"##reference={build.name}",
        "##source=alsreg simulate, synthetic people",
    ]
    lines += [
        f"##contig=<ID={_PREFIXES[assay]}{chromosome.name},length={build.length(chromosome)}>"
        for chromosome in chromosomes
    ]
    lines += [
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    ]
    if assay != "array":
        lines += [
            '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">',
            '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">',
            '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
        ]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]
    return ("\n".join([*lines, "\t".join(columns)]) + "\n").encode()


def join_parts(path: Path, header: bytes, parts: list[Path]) -> None:
    """Join a header and BGZF parts into one indexed VCF; the parts are removed."""
    with pysam.BGZFile(str(path), "w1") as file:
        file.write(header)
    with path.open("r+b") as file:
        file.seek(-_BGZF_END, 2)
        end = file.read()
        file.seek(-_BGZF_END, 2)
        for part in parts:
            with part.open("rb") as source:
                remaining = part.stat().st_size - _BGZF_END
                while remaining:
                    chunk = source.read(min(remaining, 1 << 24))
                    file.write(chunk)
                    remaining -= len(chunk)
            part.unlink()
        file.write(end)
        file.truncate()
    pysam.tabix_index(str(path), preset="vcf", force=True)
