"""A small genome with GRCh38 names: sequence, genes, capture regions, older assemblies and their chain files."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from alsreg.simulate.sizes import SimulationSize, stream

CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X")
BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = np.array([3, 2, 1, 0], dtype=np.uint8)
UNKNOWN = 4
# ASSUME: human base composition (41 % GC); an unsequenced telomere; X begins beyond PAR1 of GRCh38 (chrX:2,781,479).
_BASE_FREQUENCY = (0.295, 0.205, 0.205, 0.295)
_TELOMERE_BP = 10_000
_PAR1_BP = 2_790_000
_UTR_BP = 60
_CAPTURE_FLANK_BP = 100
_SHIFTS = {"NCBI36": (1_500, 2_700), "GRCh37": (400, 900)}
_STANDARD_CODE = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"  # codons AAA, AAC, ... TTT


@dataclass(frozen=True)
class Gene:
    """A protein-coding gene with one transcript; intervals are 1-based, closed, ascending; CDS includes the stop."""

    name: str
    gene_id: str
    transcript_id: str
    chromosome: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[tuple[int, int], ...]

    def coding_positions(self) -> np.ndarray:
        """Genomic positions of the coding bases in the order of translation."""
        positions = np.concatenate([np.arange(start, end + 1) for start, end in self.cds])
        return positions if self.strand == "+" else positions[::-1]


@dataclass(frozen=True)
class Locus:
    """A stretch of sequence in linkage disequilibrium; `start` is 1-based."""

    start: int
    length: int
    gene: Gene | None


@dataclass(frozen=True)
class Chromosome:
    """Loci and bases (0-3 for ACGT, 4 for N; index 0 is position 1)."""

    name: str
    loci: tuple[Locus, ...]
    bases: np.ndarray = field(repr=False)

    @property
    def length(self) -> int:
        return len(self.bases)

    @property
    def genes(self) -> list[Gene]:
        return [locus.gene for locus in self.loci if locus.gene]

    def capture_regions(self) -> np.ndarray:
        """Merged exons with flanks, (regions, 2), 1-based closed."""
        return capture_regions(self.genes)

    def is_captured(self, positions: np.ndarray) -> np.ndarray:
        """Whether each position lies in a capture region."""
        return region_index(self.capture_regions(), positions) >= 0


def capture_regions(genes: list[Gene]) -> np.ndarray:
    """Exons with flanks of genes that are in genomic order, merged where they touch: (regions, 2), 1-based closed."""
    merged: list[list[int]] = []
    for gene in genes:
        for start, end in gene.exons:
            if merged and start - _CAPTURE_FLANK_BP <= merged[-1][1] + 1:
                merged[-1][1] = end + _CAPTURE_FLANK_BP
            else:
                merged.append([start - _CAPTURE_FLANK_BP, end + _CAPTURE_FLANK_BP])
    return np.array(merged, dtype=np.int64).reshape(-1, 2)


def region_index(regions: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Index of the region that holds each position; -1 outside all."""
    if not len(regions):
        return np.full(len(positions), -1)
    index = np.searchsorted(regions[:, 0], positions, side="right") - 1
    return np.where((index >= 0) & (positions <= regions[np.maximum(index, 0), 1]), index, -1)


def build_chromosome(name: str, size: SimulationSize, seed: int, planted: dict[tuple[str, int], int]) -> Chromosome:
    """Draw genes and sequence of a chromosome; `planted` gives loci that must hold a gene of so many codons."""
    rng = stream(seed, "genome", name)
    start = (_PAR1_BP if name == "X" else _TELOMERE_BP) + 1
    first = start
    loci = []
    for index in range(size.loci_per_chromosome):
        codons = planted.get((name, index))
        length = size.locus_bp if codons is None else max(size.locus_bp, int(3 * codons * 1.6) + 1_500)
        largest = (length - 1_000) // 4
        if codons is None and rng.random() < size.gene_fraction:
            codons = int(np.clip(rng.lognormal(np.log(330), 0.5), 80, largest))
        gene = _draw_gene(rng, name, index, start, length, codons) if codons else None
        loci.append(Locus(start, length, gene))
        start += length + size.gap_bp
    bases = rng.choice(4, size=start + _TELOMERE_BP, p=_BASE_FREQUENCY).astype(np.uint8)
    bases[: first - 1] = UNKNOWN
    bases[-_TELOMERE_BP:] = UNKNOWN
    for locus in loci:
        if locus.gene:
            _write_gene(bases, locus.gene, rng)
    return Chromosome(name, tuple(loci), bases)


def _draw_gene(rng: np.random.Generator, chromosome: str, index: int, start: int, length: int, codons: int) -> Gene:
    """Cut a coding sequence into exons and lay them over the middle of the locus."""
    n_exons = int(np.clip(3 * codons // 250, 2, 14))
    exon_bp = 30 + rng.multinomial(3 * codons - 30 * n_exons, rng.dirichlet(np.full(n_exons, 4.0)))
    exon_bp[0] += _UTR_BP
    exon_bp[-1] += _UTR_BP
    spare = length - 400 - exon_bp.sum() - 60 * (n_exons - 1)
    intron_bp = 60 + rng.multinomial(int(spare * 0.8), rng.dirichlet(np.full(n_exons - 1, 2.0)))
    at = start + 200 + int(rng.integers(0, max(1, int(spare * 0.2))))
    exons = []
    for number, bp in enumerate(exon_bp):
        exons.append((at, at + int(bp) - 1))
        at += int(bp) + (int(intron_bp[number]) if number < n_exons - 1 else 0)
    cds = [*exons]
    cds[0] = (cds[0][0] + _UTR_BP, cds[0][1])
    cds[-1] = (cds[-1][0], cds[-1][1] - _UTR_BP)
    number = CHROMOSOMES.index(chromosome) * 1_000 + index
    return Gene(
        name=f"SYN{number:05d}", gene_id=f"ENSG9{number:010d}", transcript_id=f"ENST9{number:010d}",
        chromosome=chromosome, strand="+-"[int(rng.integers(2))], exons=tuple(exons), cds=tuple(cds),
    )  # fmt: skip


def _write_gene(bases: np.ndarray, gene: Gene, rng: np.random.Generator) -> None:
    """Write ATG, sense codons, a stop and the GT..AG ends of introns into the sequence."""
    positions = gene.coding_positions()
    sense = np.array([code for code in range(64) if _STANDARD_CODE[code] != "*"])
    stops = np.array([code for code in range(64) if _STANDARD_CODE[code] == "*"])
    codes = rng.choice(sense, size=len(positions) // 3)
    codes[0], codes[-1] = 14, rng.choice(stops)  # 14 is ATG
    coding = np.stack([codes // 16, codes // 4 % 4, codes % 4], axis=1).ravel().astype(np.uint8)
    is_forward = gene.strand == "+"
    bases[positions - 1] = coding if is_forward else COMPLEMENT[coding]
    for (_, left), (right, _) in zip(gene.exons[:-1], gene.exons[1:], strict=True):
        # GT..AG read forward; on the reverse strand an intron reads CT..AC in genomic order
        bases[left : left + 2] = (2, 3) if is_forward else (1, 3)
        bases[right - 3 : right - 1] = (0, 2) if is_forward else (0, 1)


def coding_consequence(chromosome: Chromosome, gene: Gene, position: int, alternate: int) -> str | None:
    """Consequence of a SNP by translating its codon: synonymous, missense, stop_gained, stop_lost, start_lost, None."""
    where = np.flatnonzero(gene.coding_positions() == position)
    if not len(where):
        return None
    index = int(where[0])
    codon_positions = gene.coding_positions()[index - index % 3 : index - index % 3 + 3]
    codon = chromosome.bases[codon_positions - 1].copy()
    changed = codon.copy()
    changed[index % 3] = alternate
    if gene.strand == "-":
        codon, changed = COMPLEMENT[codon], COMPLEMENT[changed]
    before, after = (_STANDARD_CODE[int(c[0]) * 16 + int(c[1]) * 4 + int(c[2])] for c in (codon, changed))
    if before == after:
        return "synonymous"
    if index < 3:
        return "start_lost"
    if after == "*":
        return "stop_gained"
    return "stop_lost" if before == "*" else "missense"


@dataclass(frozen=True)
class Assembly:
    """An older build: each chromosome shifted by `first` up to a break, by `second` beyond it."""

    name: str
    first: int
    second: int

    def break_position(self, chromosome: Chromosome) -> int:
        """Last GRCh38 position before the break: the end of the gap in front of the middle locus."""
        return chromosome.loci[len(chromosome.loci) // 2].start - 1

    def length(self, chromosome: Chromosome) -> int:
        return chromosome.length + self.second

    def from_grch38(self, chromosome: Chromosome, positions: np.ndarray) -> np.ndarray:
        """Positions on this build."""
        shift = np.where(positions <= self.break_position(chromosome), self.first, self.second)
        return positions + shift

    def chain(self, chromosome: Chromosome, number: int) -> str:
        """UCSC chain from this build to GRCh38, Ensembl names."""
        end = self.break_position(chromosome)
        rest = chromosome.length - end
        size = self.length(chromosome)
        return (
            f"chain {chromosome.length} {chromosome.name} {size} + {self.first} {size} "
            f"{chromosome.name} {chromosome.length} + 0 {chromosome.length} {number}\n"
            f"{end}\t{self.second - self.first}\t0\n{rest}\n\n"
        )


GRCH38 = Assembly("GRCh38", 0, 0)
ASSEMBLIES = {"GRCh38": GRCH38, **{name: Assembly(name, *shift) for name, shift in _SHIFTS.items()}}


def gff3_lines(gene: Gene) -> list[str]:
    """Ensembl-style records of a gene, its transcript, exons, UTRs and CDS."""
    start, end = gene.exons[0][0], gene.exons[-1][1]
    parent = f"Parent=transcript:{gene.transcript_id}"

    def record(kind: str, first: int, last: int, phase: str, attributes: str) -> str:
        return f"chr{gene.chromosome}\tsynthetic\t{kind}\t{first}\t{last}\t.\t{gene.strand}\t{phase}\t{attributes}"

    lines = [
        record("gene", start, end, ".", f"ID=gene:{gene.gene_id};Name={gene.name};biotype=protein_coding;gene_id={gene.gene_id}"),
        record("mRNA", start, end, ".", f"ID=transcript:{gene.transcript_id};Parent=gene:{gene.gene_id};Name={gene.name}-201;"
                                        f"biotype=protein_coding;transcript_id={gene.transcript_id}"),
    ]  # fmt: skip
    ordered = list(zip(gene.exons, gene.cds, strict=True))[:: 1 if gene.strand == "+" else -1]
    done = 0
    for rank, (exon, cds) in enumerate(ordered, start=1):
        lines.append(record("exon", *exon, ".", f"{parent};Name={gene.transcript_id}.{rank};rank={rank}"))
        lines.append(record("CDS", *cds, str(-done % 3), f"ID=CDS:{gene.transcript_id};{parent}"))
        done += cds[1] - cds[0] + 1
    first, last = ("five", "three") if gene.strand == "+" else ("three", "five")
    lines.append(record(f"{first}_prime_UTR", start, gene.cds[0][0] - 1, ".", parent))
    lines.append(record(f"{last}_prime_UTR", gene.cds[-1][1] + 1, end, ".", parent))
    return lines
