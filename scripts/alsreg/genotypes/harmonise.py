"""Records of an assay to biallelic variants on the forward strand of GRCh38, every loss counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alsreg.config.freeze import Assay
from alsreg.config.ingest import IngestConfig
from alsreg.formats.chain import AMBIGUOUS, UNMAPPED, Chain, Lifted
from alsreg.formats.contigs import CHROMOSOMES, ORDER
from alsreg.formats.fasta import Genome
from alsreg.formats.vcf import RecordBlock
from alsreg.genotypes import alleles as al
from alsreg.genotypes.builds import BuildEvidence
from alsreg.genotypes.filters import CALLED, count_allele
from alsreg.genotypes.sites import ReferenceSites, site_keys


@dataclass(frozen=True)
class Conventions:
    """How an assay names places and alleles.

    `is_reference` marks a sequencing assay on GRCh38: its REF is the genome's by construction.
    """

    build: str
    has_reference_alleles: bool
    is_reference: bool
    is_pass_only: bool
    max_palindromic_maf: float
    max_palindromic_frequency_difference: float


def conventions_of(assay: Assay, settings: IngestConfig) -> Conventions:
    """What the freeze and the configuration say about an assay."""
    is_sequencing = assay.kind != "array" and assay.has_reference_alleles
    return Conventions(
        assay.build, assay.has_reference_alleles, is_sequencing and assay.build == "GRCh38", settings.is_pass_only,
        settings.max_palindromic_maf, settings.max_palindromic_frequency_difference,
    )  # fmt: skip


@dataclass(frozen=True)
class References:
    """What alleles are held against: the genome where there is a FASTA, sites of sequencing assays, chains by build."""

    genome: Genome | None
    sites: ReferenceSites | None
    chains: dict[str, Chain]


@dataclass
class Variants:
    """Biallelic variants, arrays or lists ``(k,)``.

    Attributes
    ----------
    records
        Rows of the block whose records were used, whatever became of their alleles.
    row
        Record of the block that each variant comes from.
    allele, ref_index
        Index, among the record's alleles, of the ALT to count and of the genome's allele.
    """

    records: np.ndarray
    row: list[int] = field(default_factory=list)
    allele: list[int] = field(default_factory=list)
    ref_index: list[int] = field(default_factory=list)
    chromosome: list[int] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    ref: list[str] = field(default_factory=list)
    alt: list[str] = field(default_factory=list)
    is_ref_verified: list[bool] = field(default_factory=list)

    def table(self, block: RecordBlock, counts: np.ndarray) -> pd.DataFrame:
        """One row per variant; `counts` are the copies of ALT, ``(k, n)``."""
        n_called = (counts >= 0).sum(axis=1)
        n_alt = np.where(counts > 0, counts, 0).sum(axis=1)
        return pd.DataFrame({
            "chromosome": [CHROMOSOMES[rank] for rank in self.chromosome], "position": self.position,
            "ref": self.ref, "alt": self.alt, "rs_id": [block.rs_id[row] for row in self.row],
            "is_ref_verified": self.is_ref_verified, "n_called": n_called,
            "alt_frequency": np.where(n_called > 0, n_alt / np.maximum(2 * n_called, 1), np.nan),
        })  # fmt: skip


class Harmoniser:
    """Turns blocks of records into variants of the target chromosomes.

    Attributes
    ----------
    counts
        ``(unit, reason, is_loss)`` to how many.
    evidence
        Tallies for and against the claimed build.
    """

    def __init__(self, conventions: Conventions, references: References, chromosomes: set[str]) -> None:
        self.conventions, self.references = conventions, references
        self.counts: Counter[tuple[str, str, bool]] = Counter()
        self.evidence = BuildEvidence()
        self._targets = np.array([name in chromosomes for name in CHROMOSOMES])
        self._candidates = {"GRCh38": None, **references.chains}

    def harmonise(self, block: RecordBlock, reason: np.ndarray) -> Variants:
        """Variants of a block; `reason` as `judge_genotypes` gives it."""
        rows = self._usable_records(block)
        out = Variants(rows)
        n_alts = np.array([len(block.alleles[row]) - 1 for row in rows], np.int64)
        self._count("record", "split", False, int((n_alts > 1).sum()))
        self._count("variant", "from_records", False, int(n_alts.sum()))
        lifted = self._lift(block, rows)
        self._gather_evidence(block, rows, lifted)
        for why, lost in self._lift_losses(lifted):
            self._count("variant", why, True, int(n_alts[lost].sum()))
        if self.references.chains.get(self.conventions.build) is not None:
            self._count("variant", "lifted", False, int(n_alts[lifted.chromosome >= 0].sum()))
        here = (lifted.chromosome >= 0) & self._targets[lifted.chromosome]
        is_snp = np.array(
            [len(block.alleles[row]) == 2 and all(len(a) == 1 for a in block.alleles[row]) for row in rows],
            bool,
        )
        is_snp[is_snp] = self._both_bases(block, rows[is_snp])
        for chromosome in np.unique(lifted.chromosome[here]):
            on = here & (lifted.chromosome == chromosome)
            self._harmonise_snps(block, reason, rows[on & is_snp], _take(lifted, on & is_snp), out)
            self._harmonise_others(block, rows[on & ~is_snp], _take(lifted, on & ~is_snp), out)
        return out

    def refutation(self, max_mismatch_rate: float, min_evidence: int) -> str | None:
        """Why the claimed build cannot be right, from all blocks so far; None if nothing speaks against it."""
        build, sites = self.conventions.build, self.references.sites
        n = self.counts["variant", "from_records", False]
        problem = self.evidence.verdict(build, max_mismatch_rate, min_evidence)
        if problem is not None:
            return problem
        needs_sites = not self.conventions.has_reference_alleles and self.references.genome is None
        if (
            needs_sites
            and sites is not None
            and min(n, len(sites)) >= min_evidence
            and not self.evidence.overlap[build]
        ):
            return f"none of {n} variants stands where one of {len(sites)} sites of the sequencing assays does"
        return None

    def _count(self, unit: str, reason: str, is_loss: bool, number: int = 1) -> None:
        if number:
            self.counts[(unit, reason, is_loss)] += number

    def _usable_records(self, block: RecordBlock) -> np.ndarray:
        self._count("record", "read", False, len(block))
        rows = []
        for row, (alleles, filters) in enumerate(zip(block.alleles, block.filter, strict=True)):
            if self.conventions.is_pass_only and filters not in ("PASS", "."):
                self._count("record", "filter_not_pass", True)
            elif len(alleles) < 2 or alleles[1:] == (".",):
                self._count("record", "no_alternate_allele", True)
            else:
                rows.append(row)
        self._count("record", "used", False, len(rows))
        return np.array(rows, np.int64)

    @staticmethod
    def _both_bases(block: RecordBlock, rows: np.ndarray) -> np.ndarray:
        pairs = [block.alleles[row] for row in rows]
        first, second = (al.base_codes([pair[k] for pair in pairs]) for k in (0, 1))
        return (first < al.UNKNOWN) & (second < al.UNKNOWN) & (first != second)

    def _lift(self, block: RecordBlock, rows: np.ndarray) -> Lifted:
        position = np.array(block.position, np.int64)[rows]
        length = np.array([len(block.alleles[row][0]) for row in rows], np.int64)
        return _lift_to(self.references.chains.get(self.conventions.build), block.chromosome, position, length)

    def _lift_losses(self, lifted: Lifted) -> list[tuple[str, np.ndarray]]:
        elsewhere = (lifted.chromosome >= 0) & ~self._targets[lifted.chromosome]
        return [
            ("lift_unmapped", lifted.chromosome == UNMAPPED),
            ("lift_ambiguous", lifted.chromosome == AMBIGUOUS),
            ("lift_other_shard", elsewhere),
        ]

    def _gather_evidence(self, block: RecordBlock, rows: np.ndarray, lifted: Lifted) -> None:
        sites = self.references.sites
        if sites is None or not len(sites) or not len(rows):
            return
        known = sites.keys_of_rs([block.rs_id[row] for row in rows])
        keys = site_keys(lifted.chromosome, lifted.position)
        self.evidence.add("rs", (keys == known)[known >= 0])
        position = np.array(block.position, np.int64)[rows]
        others = {name: _lift_to(chain, block.chromosome, position, 1) for name, chain in self._candidates.items()}
        self.evidence.add_overlap(sites, {n: site_keys(x.chromosome, x.position) for n, x in others.items()})

    def _harmonise_snps(
        self, block: RecordBlock, reason: np.ndarray, rows: np.ndarray, lifted: Lifted, out: Variants
    ) -> None:
        if not len(rows):
            return
        first, second = (al.base_codes([block.alleles[row][k] for row in rows]) for k in (0, 1))
        first, second = (np.where(lifted.is_reversed, 3 - codes, codes) for codes in (first, second))
        keys = site_keys(lifted.chromosome, lifted.position)
        genome, is_verified = self._genome_bases(lifted, keys)
        if self.conventions.has_reference_alleles:
            is_lost, is_flipped = self._check_reference(first, second, genome), np.zeros(len(rows), bool)
            self._count("variant", "strand_flipped", False, int((lifted.is_reversed & ~is_lost).sum()))
        else:
            is_lost, is_flipped = self._resolve_array(block, reason, rows, (first, second, genome, keys))
            first, second = (np.where(is_flipped, 3 - codes, codes) for codes in (first, second))
        is_off = self._is_off_genome(lifted, genome)
        self._count("variant", "off_genome", True, int((is_off & ~is_lost).sum()))
        is_lost = is_lost | is_off
        is_swapped = (second == genome) & (genome < al.UNKNOWN)
        self._count("variant", "ref_alt_swapped", False, int((is_swapped & ~is_lost).sum()))
        ref, alt = np.where(is_swapped, second, first), np.where(is_swapped, first, second)
        keep = ~is_lost
        out.row += rows[keep].tolist()
        out.allele += np.where(is_swapped, 0, 1)[keep].tolist()
        out.ref_index += np.where(is_swapped, 1, 0)[keep].tolist()
        out.chromosome += lifted.chromosome[keep].tolist()
        out.position += lifted.position[keep].tolist()
        out.ref += [al.BASES[code] for code in ref[keep]]
        out.alt += [al.BASES[code] for code in alt[keep]]
        out.is_ref_verified += is_verified[keep].tolist()

    def _genome_bases(self, lifted: Lifted, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Code of the genome's base and whether REF is thereby verified; all of `lifted` on one chromosome."""
        genome = np.full(len(keys), al.UNKNOWN, np.uint8)
        is_verified = np.full(len(keys), self.conventions.is_reference)
        if self.references.genome is not None:
            name = CHROMOSOMES[lifted.chromosome[0]]
            genome = al.codes_of_ascii(self.references.genome.bases(name, lifted.position))
            is_verified = genome < al.UNKNOWN
        elif self.references.sites is not None:
            genome, by_site = self.references.sites.genome_base(keys)
            is_verified = is_verified | by_site
        return genome, is_verified

    def _is_off_genome(self, lifted: Lifted, genome: np.ndarray) -> np.ndarray:
        """Beyond the end of a chromosome of the FASTA, or where it has no base (N)."""
        fasta = self.references.genome
        is_known = fasta is not None and CHROMOSOMES[lifted.chromosome[0]] in fasta.lengths
        return (genome == al.UNKNOWN) & is_known

    def _check_reference(self, first: np.ndarray, second: np.ndarray, genome: np.ndarray) -> np.ndarray:
        """Losses among SNPs whose strand is known: neither allele is the genome's."""
        known = genome < al.UNKNOWN
        is_lost = known & (first != genome) & (second != genome)
        self.evidence.add("ref", ~is_lost[known])
        self._count("variant", "ref_mismatch", True, int(is_lost.sum()))
        return is_lost

    def _resolve_array(
        self, block: RecordBlock, reason: np.ndarray, rows: np.ndarray, codes: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Losses and strand flips among SNPs on an unknown strand."""
        first, second, genome, keys = codes
        n = len(rows)
        nothing = al.StrandEvidence(genome, np.full(n, al.UNKNOWN, np.uint8), np.full(n, np.nan))
        sites = self.references.sites
        evidence = sites.evidence(keys, genome, first, second) if sites is not None else nothing
        counts = count_allele(block.first[rows], block.second[rows], reason[rows] == CALLED, np.ones(n, np.int8))
        n_called = (counts >= 0).sum(axis=1)
        frequency = np.where(counts > 0, counts, 0).sum(axis=1) / np.maximum(2 * n_called, 1)
        c = self.conventions
        palindromic = al.is_palindromic(first, second) & (genome < al.UNKNOWN)
        # The other pairs hold, with their complements, all four bases: they can never contradict a genome.
        self.evidence.add("ref", ((first == genome) | (second == genome))[palindromic])
        strand = al.resolve_strand(
            first, second, frequency, evidence, c.max_palindromic_maf, c.max_palindromic_frequency_difference
        )
        for code, why in (
            (al.MISMATCH, "allele_mismatch"),
            (al.PALINDROMIC_UNDECIDED, "palindromic_undecided"),
            (al.PALINDROMIC_UNREFERENCED, "palindromic_unreferenced"),
        ):
            self._count("variant", why, True, int((strand == code).sum()))
        # ASSUME: a SNP that no reference holds keeps the alleles and the strand of the export; is_ref_verified says so.
        self._count("variant", "alleles_as_exported", False, int((strand == al.UNREFERENCED).sum()))
        self._count("variant", "strand_flipped", False, int((strand == al.FLIPPED).sum()))
        is_lost = ~np.isin(strand, (al.FORWARD, al.FLIPPED, al.UNREFERENCED))
        return is_lost, strand == al.FLIPPED

    def _harmonise_others(self, block: RecordBlock, rows: np.ndarray, lifted: Lifted, out: Variants) -> None:
        """Indels, multi-base and multiallelic records, one at a time."""
        for k, row in enumerate(rows.tolist()):
            names = block.alleles[row]
            if not self.conventions.has_reference_alleles:
                self._count("variant", "array_not_biallelic_snp", True, len(names) - 1)
                continue
            if lifted.is_reversed[k]:
                names = tuple(al.reverse_complement(a) if al.kind_of_allele(a) == "bases" else a for a in names)
            place = (int(lifted.chromosome[k]), int(lifted.position[k]), bool(lifted.is_reversed[k]))
            self._split_record(row, names, place, out)

    def _split_record(self, row: int, names: tuple[str, ...], place: tuple[int, int, bool], out: Variants) -> None:
        """One variant for each ALT allele; the others count as not that allele, as in `bcftools norm -m-`."""
        rank, position, is_reversed = place
        kinds = [al.kind_of_allele(name) for name in names]
        for kind in kinds[1:]:
            self._count("variant", kind, True, int(kind != "bases"))
        wanted = [k for k in range(1, len(names)) if kinds[k] == "bases"]
        is_indel = any(len(names[k]) != len(names[0]) for k in wanted)
        if is_reversed and is_indel and self.references.genome is None:
            self._count("variant", "lift_reversed_indel", True, len(wanted))  # its new anchor base is unknown
            return
        ref_index, is_verified = self._reference_allele(names, kinds, rank, position)
        if ref_index is None or kinds[0] != "bases":
            self._count("variant", "ref_mismatch", True, len(wanted))
            return
        if is_reversed:
            self._count("variant", "strand_flipped", False, len(wanted))
        if ref_index:
            self._count("variant", "ref_alt_swapped", False, len(wanted))
            wanted = [0] + [k for k in wanted if k != ref_index]
        for allele in wanted:
            self._emit(row, allele, ref_index, (rank, position, names[ref_index], names[allele]), is_verified, out)

    def _reference_allele(
        self, names: tuple[str, ...], kinds: list[str], rank: int, position: int
    ) -> tuple[int | None, bool]:
        """Which allele is the genome's (None: none of them), and whether that is verified."""
        genome, sites = self.references.genome, self.references.sites
        single = [k for k, name in enumerate(names) if kinds[k] == "bases"]
        may_swap = all(len(names[k]) == 1 for k in single)
        if genome is not None:
            sequence = genome.sequence(CHROMOSOMES[rank])
            found = sequence[position - 1 : position - 1 + len(names[0])].decode()
            if found == names[0]:
                return 0, True
            return (next((k for k in single if names[k] == found), None) if may_swap else None), True
        if sites is not None:
            code, by_site = sites.genome_base(site_keys(np.array([rank]), np.array([position])))
            if code[0] < al.UNKNOWN:
                base = al.BASES[code[0]]
                if names[0][:1] == base:
                    return 0, (bool(by_site[0]) and may_swap) or self.conventions.is_reference
                return (next((k for k in single if names[k] == base), None) if may_swap else None), bool(by_site[0])
        return 0, self.conventions.is_reference

    def _emit(
        self,
        row: int,
        allele: int,
        ref_index: int,
        variant: tuple[int, int, str, str],
        is_verified: bool,
        out: Variants,
    ) -> None:
        rank, position, ref, alt = variant
        if ref == alt:
            self._count("variant", "alt_equals_ref", True)
            return
        shortest = al.trim(position, ref, alt)
        self._count("variant", "trimmed", False, int(shortest != (position, ref, alt)))
        if self.references.genome is not None and len(shortest[1]) != len(shortest[2]):
            aligned = al.left_align(*shortest, self.references.genome.sequence(CHROMOSOMES[rank]))
            self._count("variant", "left_aligned", False, int(aligned != shortest))
            shortest = aligned
        if not is_verified and self.references.sites is not None:
            key = int(site_keys(np.array([rank]), np.array([shortest[0]]))[0])
            is_verified = self.references.sites.holds(key, shortest[1], shortest[2])
        for column, value in zip(
            (out.row, out.allele, out.ref_index, out.chromosome, out.position, out.ref, out.alt, out.is_ref_verified),
            (row, allele, ref_index, rank, *shortest, is_verified), strict=True,
        ):  # fmt: skip
            column.append(value)


def _lift_to(chain: Chain | None, chromosome: str, position: np.ndarray, length: np.ndarray | int) -> Lifted:
    """Lift, or stay where no chain is needed."""
    if chain is not None:
        return chain.lift(chromosome, position, length)
    return Lifted(np.full(position.shape, ORDER[chromosome], np.int8), position, np.zeros(position.shape, bool))


def _take(lifted: Lifted, rows: np.ndarray) -> Lifted:
    return Lifted(lifted.chromosome[rows], lifted.position[rows], lifted.is_reversed[rows])
