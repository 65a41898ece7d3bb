"""Consequences from gene models with ``bcftools csq``, run through pysam.

Each variant is judged alone (``--local-csq``): sites carry no phase; `csq_phased` judges phased genotypes. Output field BCSQ is
``consequence|gene|transcript|biotype|strand|amino_acid_change|dna_change``, several separated by commas.
Source: Danecek & McCarthy 2017, doi:10.1093/bioinformatics/btx100;
https://samtools.github.io/bcftools/howtos/csq-calling.html
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pysam

from alsreg.config.consequences import BCFTOOLS_TERMS, SEVERITY
from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome

COLUMNS = ["variant_id", "gene", "consequence", "transcript"]
_RUN = "import sys; from pysam import bcftools; getattr(bcftools, sys.argv[1])(*sys.argv[2:], catch_stdout=False)"
_OPTIONS = ("--local-csq", "--phase", "a", "--verbosity", "0")


def call_consequences(variants: pd.DataFrame, fasta: str | Path, gff3: str | Path) -> pd.DataFrame:
    """The most severe consequence of each variant in each gene.

    Parameters
    ----------
    variants
        ``CHROM`` (without ``chr``), ``POS``, ``ID``, ``REF``, ``ALT``; REF must be the FASTA's.
    fasta, gff3
        Genome with index, and Ensembl-style gene models; either may name contigs with or without ``chr``.

    Returns
    -------
    DataFrame with ``variant_id``, ``gene``, ``consequence`` (Sequence Ontology), ``transcript``, in the order
    of `variants`, genes by name.

    Raises
    ------
    InputError
        If bcftools refuses the files, there is no gene model at all, or a consequence is unknown. A
        chromosome without gene models is no error: its variants have no consequence.
    """
    if not len(variants):
        return pd.DataFrame(columns=COLUMNS)
    with tempfile.TemporaryDirectory(prefix="csq-") as folder:
        sites, models, annotated = (f"{folder}/{name}" for name in ("sites.vcf", "models.gff3", "annotated.vcf"))
        covered = variants["CHROM"].isin(write_models(gff3, set(variants["CHROM"]), models))
        if not covered.any():
            return pd.DataFrame(columns=COLUMNS)
        _write_sites(variants[covered], sites)
        names = ["--unify-chr-names", f"-,-,{fasta_prefix(fasta)}"]
        run_bcftools(["csq", "-f", str(fasta), "-g", models, *names, *_OPTIONS, "-o", annotated, sites], gff3,
                     "give Ensembl-style GFF3 and an indexed FASTA of one build")  # fmt: skip
        with pysam.VariantFile(annotated) as records:
            rows = [row for record in records for row in _most_severe(record, gff3)]
    order = {name: rank for rank, name in enumerate(variants["ID"])}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return pd.DataFrame(rows, columns=COLUMNS)


def _write_sites(variants: pd.DataFrame, path: str) -> None:
    """Sites only, sorted within contigs, as csq wants."""
    ranked = variants.sort_values(["CHROM", "POS", "REF", "ALT"], kind="stable")
    contigs = "".join(f"##contig=<ID={name}>\n" for name in ranked["CHROM"].unique())
    with Path(path).open("w", encoding="ascii") as stream:
        stream.write(f"##fileformat=VCFv4.2\n{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for chromosome, position, name, ref, alt in ranked[["CHROM", "POS", "ID", "REF", "ALT"]].itertuples(
            index=False, name=None
        ):
            stream.write(f"{chromosome}\t{position}\t{name}\t{ref}\t{alt}\t.\t.\t.\n")


def run_bcftools(arguments: list[str], file: str | Path, remedy: str) -> None:
    """Run a bcftools command in a process of its own: bcftools keeps its state between calls, a failed one's too."""
    done = subprocess.run([sys.executable, "-c", _RUN, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split("stderr=")[-1].split())
        raise InputError(f"bcftools {arguments[0]} failed: {said}", file=file, remedy=remedy)


def write_models(gff3: str | Path, chromosomes: set[str], path: str) -> set[str]:
    """Copy the lines of these chromosomes, named without ``chr``, newlines plain; return the chromosomes found."""
    with Path(gff3).open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    found: set[str] = set()
    with gzip.open(gff3, "rt") if is_gzip else Path(gff3).open() as source, Path(path).open("w") as target:
        target.write("##gff-version 3\n")
        for line in source:
            contig, tab, rest = line.rstrip("\r\n").partition("\t")
            name = canonical_chromosome(contig) if tab and not contig.startswith("#") else None
            if name is not None:
                found.add(name)
            if name in chromosomes:
                target.write(f"{name}\t{rest}\n")
    if not found:
        raise InputError("no gene model on a chromosome", file=gff3, remedy="give Ensembl-style GFF3 of GRCh38")
    return found & chromosomes


def fasta_prefix(fasta: str | Path) -> str:
    """``chr`` if the FASTA's chromosomes are named so, else ``-``: none."""
    with pysam.FastaFile(str(fasta)) as genome:
        return "chr" if any(name.startswith("chr") for name in genome.references) else "-"


def _most_severe(record: pysam.VariantRecord, gff3: str | Path) -> Iterable[tuple[str, str, str, str]]:
    """One row per gene: its most severe consequence; among equals, the transcript first in name."""
    best: dict[str, tuple[int, str, str]] = {}
    for entry in record.info.get("BCSQ", ()):
        if entry.startswith("@"):
            continue  # part of a compound variant, described at another record; not made by --local-csq
        terms, gene, transcript = (*entry.split("|"), "", "")[:3]
        if not gene:
            continue
        name = severest_term(terms, gff3, str(record.id))
        best[gene] = min(best.get(gene, (len(SEVERITY), "", "")), (SEVERITY[name], transcript, name))
    return [(str(record.id), gene, name, transcript) for gene, (_, transcript, name) in sorted(best.items())]


def severest_term(terms: str, gff3: str | Path, where: str) -> str:
    """The most severe of the terms that csq joined, as the ontology names it; a star marks what follows a stop."""
    names = [BCFTOOLS_TERMS.get(term.lstrip("*"), term.lstrip("*")) for term in terms.split("&")]
    for name in names:
        if name not in SEVERITY:
            raise InputError("bcftools csq printed an unknown consequence", file=gff3, where=where, value=name,
                             remedy="report it: the vocabulary of this version lacks it")  # fmt: skip
    return min(names, key=SEVERITY.__getitem__)
