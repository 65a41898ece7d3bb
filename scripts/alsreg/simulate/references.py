"""Reference files of the synthetic genome: FASTA, gene models, capture regions, chains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam

from alsreg.errors import AnalysisError
from alsreg.simulate.assays import BUILDS
from alsreg.simulate.genome import ASSEMBLIES, BASES, Chromosome, gff3_lines

FASTA = "genome.GRCh38.fa"
GFF3 = "genes.GRCh38.gff3.gz"
CAPTURE = f"capture.{BUILDS['wes']}.bed"
CHAINS = {name: f"{name}_to_GRCh38.chain.gz" for name in ("NCBI36", "GRCh37")}
_LETTERS = np.append(BASES, ord("N")).astype(np.uint8)
_WIDTH = 60


def write_references(folder: Path, genome: dict[str, Chromosome]) -> None:
    """Write all reference files into `folder`."""
    _write_fasta(folder / FASTA, genome)
    genes = [line for chromosome in genome.values() for gene in chromosome.genes for line in gff3_lines(gene)]
    _write_bgzf(folder / GFF3, "##gff-version 3\n" + "\n".join(genes) + "\n")
    build = ASSEMBLIES[BUILDS["wes"]]
    regions = [
        f"{chromosome.name}\t{start - 1}\t{end}\n"
        for chromosome in genome.values()
        for start, end in build.from_grch38(chromosome, chromosome.capture_regions())
    ]
    (folder / CAPTURE).write_text("".join(regions), encoding="utf-8")
    for name, path in CHAINS.items():
        chains = (ASSEMBLIES[name].chain(c, number) for number, c in enumerate(genome.values(), start=1))
        _write_bgzf(folder / path, "".join(chains))


def _write_fasta(path: Path, genome: dict[str, Chromosome]) -> None:
    """FASTA with its index."""
    with path.open("wb") as file:
        for chromosome in genome.values():
            letters = _LETTERS[chromosome.bases]
            n_lines, rest = divmod(len(letters), _WIDTH)
            lines = np.full((n_lines, _WIDTH + 1), ord("\n"), dtype=np.uint8)
            lines[:, :-1] = letters[: n_lines * _WIDTH].reshape(-1, _WIDTH)
            last = letters[n_lines * _WIDTH :].tobytes() + b"\n" if rest else b""
            file.write(b">chr%s\n" % chromosome.name.encode() + lines.tobytes() + last)
    pysam.faidx(str(path))


def _write_bgzf(path: Path, text: str) -> None:
    """Compressed without a timestamp, so that the same text is the same bytes."""
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text.encode())


def check_reference_alleles(vcf: Path, fasta: Path) -> None:
    """Every REF of a GRCh38 VCF is what the FASTA holds there; an `AnalysisError` names the first that is not."""
    with pysam.FastaFile(str(fasta)) as reference, pysam.TabixFile(str(vcf)) as records:
        for contig in records.contigs:
            sequence = reference.fetch(contig)
            for line in records.fetch(contig):
                _, position, _, ref, _ = line.split("\t", 4)
                start = int(position) - 1
                if sequence[start : start + len(ref)] != ref:
                    where = f"{contig}:{position}"
                    raise AnalysisError("REF is not the reference base", file=vcf, where=where, value=ref)
