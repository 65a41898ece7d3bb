"""Genes are genes to bcftools, and older builds lift back to where they came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from alsreg.simulate.genome import (
    ASSEMBLIES,
    BASES,
    Chromosome,
    build_chromosome,
    capture_regions,
    coding_consequence,
    region_index,
)
from alsreg.simulate.references import FASTA, GFF3, write_references
from alsreg.simulate.sizes import PRESETS


@pytest.fixture(scope="module")
def chromosome() -> Chromosome:
    return build_chromosome("7", PRESETS["mini"], 5, {("7", 2): 400, ("7", 5): 250})


def test_consequences_agree_with_bcftools_csq(chromosome: Chromosome, tmp_path: Path) -> None:
    write_references(tmp_path, {"7": chromosome})
    ours, lines = {}, []
    rng = np.random.default_rng(1)
    for gene in chromosome.genes:
        for position in np.sort(rng.choice(gene.coding_positions(), 120, replace=False)):
            reference = chromosome.bases[position - 1]
            alternate = (reference + rng.integers(1, 4)) % 4
            ours[position] = coding_consequence(chromosome, gene, int(position), int(alternate))
            pair = f"{chr(BASES[reference])}\t{chr(BASES[alternate])}"
            lines.append(f"chr7\t{position}\t.\t{pair}\t.\tPASS\t.\n")
    header = f"##fileformat=VCFv4.2\n##contig=<ID=chr7,length={chromosome.length}>\n"
    vcf, annotated = tmp_path / "all.vcf", tmp_path / "csq.vcf"
    vcf.write_text(header + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(lines))
    pysam.bcftools.csq("-f", str(tmp_path / FASTA), "-g", str(tmp_path / GFF3), "-l", "-o", str(annotated), str(vcf),
                       catch_stdout=False)  # fmt: skip
    theirs = {}
    with pysam.VariantFile(str(annotated)) as file:
        for record in file:
            terms = {term for entry in record.info["BCSQ"] for term in entry.split("|")[0].split("&")}
            theirs[record.pos] = terms - {"splice_region", "stop_retained"} or {"synonymous"}
    assert len(theirs) == len(ours) >= 500
    assert {position: {term} for position, term in ours.items()} == theirs
    assert {"missense", "synonymous", "stop_gained"} <= set(ours.values())


def test_coding_sequences_are_open_reading_frames(chromosome: Chromosome) -> None:
    assert {gene.strand for gene in chromosome.genes} == {"+", "-"}
    for gene in chromosome.genes:
        codes = chromosome.bases[gene.coding_positions() - 1]
        sequence = BASES[codes if gene.strand == "+" else 3 - codes].tobytes().decode()
        codons = [sequence[start : start + 3] for start in range(0, len(sequence), 3)]
        assert len(codons[-1]) == 3 and codons[0] == "ATG"
        assert [codon in ("TAA", "TAG", "TGA") for codon in codons] == [False] * (len(codons) - 1) + [True]


def test_planted_genes_have_the_length_asked_for(chromosome: Chromosome) -> None:
    for locus, codons in ((2, 400), (5, 250)):
        gene = chromosome.loci[locus].gene
        assert gene is not None and len(gene.coding_positions()) == 3 * codons
        assert chromosome.loci[locus].start <= gene.exons[0][0]
        assert gene.exons[-1][1] < chromosome.loci[locus].start + chromosome.loci[locus].length


@pytest.mark.parametrize("build", ["NCBI36", "GRCh37"])
def test_chain_lifts_positions_back(chromosome: Chromosome, build: str) -> None:
    positions = np.concatenate([locus.start + np.arange(0, locus.length, 97) for locus in chromosome.loci])
    old = ASSEMBLIES[build].from_grch38(chromosome, positions)
    assert (old != positions).all() and len(np.unique(old - positions)) == 2
    assert [_lift(ASSEMBLIES[build].chain(chromosome, 1), position) for position in old] == positions.tolist()


def _lift(chain: str, position: int) -> int:
    """A chain read block by block, as the UCSC format says."""
    header, *blocks = chain.strip().splitlines()
    fields = header.split()
    source, target = int(fields[5]), int(fields[10])
    assert fields[4] == fields[9] == "+"
    for line in blocks:
        size, *gaps = (int(value) for value in line.split())
        if source <= position - 1 < source + size:
            return target + position - source
        source, target = source + size + (gaps[0] if gaps else 0), target + size + (gaps[1] if gaps else 0)
    assert (source, target) == (int(fields[6]), int(fields[11])), "the blocks do not add up to the chain's ends"
    raise AssertionError(f"{position} is not in the chain")


def test_chain_blocks_fill_the_chromosomes(chromosome: Chromosome) -> None:
    for build in ("NCBI36", "GRCh37"):
        header, first, last = ASSEMBLIES[build].chain(chromosome, 1).strip().splitlines()
        fields = header.split()
        size, source_gap, target_gap = (int(value) for value in first.split())
        assert int(fields[5]) + size + source_gap + int(last) == int(fields[6]) == int(fields[3])
        assert size + target_gap + int(last) == int(fields[11]) == chromosome.length


def test_x_begins_beyond_the_pseudoautosomal_region() -> None:
    x = build_chromosome("X", PRESETS["mini"], 1, {})
    assert x.loci[0].start > 2_781_479
    assert set(x.bases[: x.loci[0].start - 1]) == {4}


def test_capture_regions_hold_exons_with_flanks(chromosome: Chromosome) -> None:
    regions = capture_regions(chromosome.genes)
    assert (regions[1:, 0] > regions[:-1, 1] + 1).all()
    exon = chromosome.genes[0].exons[0]
    inside = region_index(regions, np.array([exon[0] - 100, exon[0], exon[1] + 100]))
    assert (inside == inside[0]).all() and inside[0] >= 0
    assert region_index(regions, np.array([exon[0] - 101])).tolist() == [-1]
    assert region_index(np.empty((0, 2), dtype=int), np.array([5, 6])).tolist() == [-1, -1]
