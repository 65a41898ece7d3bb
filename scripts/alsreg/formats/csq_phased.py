"""Consequences of phased genotypes: variants of one codon or reading frame on one haplotype are judged together.

``bcftools view`` takes the coding regions, ``norm`` splits and left-aligns as ingest does, and ``csq`` walks along every haplotype;
unphased heterozygotes are left to the judgement of each variant alone. A compound entry of BCSQ names its parts in the last
field (``117T>C+119G>A``) and stands at the first of them; the others point to it (``@117``).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from alsreg.config.consequences import SEVERITY
from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome
from alsreg.formats.csq import COLUMNS, fasta_prefix, run_bcftools, severest_term, write_models

log = logging.getLogger("alsreg.annotation")
PADDING = 50  # bases on both sides of coding regions: splice sites, and deletions that reach in


@dataclass(frozen=True)
class PhasedGenotypes:
    """VCFs of one assay on GRCh38, samples that must not be read, and whether FILTER decides."""

    vcfs: Sequence[str]
    without: Collection[str]
    is_pass_only: bool


def call_phased_consequences(
    genotypes: PhasedGenotypes, chromosomes: Collection[str], fasta: str | Path, gff3: str | Path
) -> pd.DataFrame:
    """The most severe consequence that each variant has on any haplotype that carries it.

    Returns
    -------
    DataFrame with ``variant_id``, ``gene``, ``consequence``, ``transcript``; variants without a phased carrier are absent.

    Raises
    ------
    InputError
        If bcftools refuses a file, or phase holds only within blocks (FORMAT PS), which csq ignores.
    """
    rows: list[tuple[str, str, str, str]] = []
    with tempfile.TemporaryDirectory(prefix="csq-") as folder:
        models = f"{folder}/models.gff3"
        covered = write_models(gff3, set(chromosomes), models)
        for vcf in genotypes.vcfs if covered else ():
            _check_phase(vcf)
            annotated = _annotate(vcf, genotypes, (folder, models, str(fasta)), covered)
            found = _entries(annotated, gff3) if annotated else []
            if not found:
                log.warning("%s: no coding variant of chromosomes %s is phased", vcf, ", ".join(sorted(covered)))
            rows += found
    table = pd.DataFrame(rows, columns=COLUMNS)
    ranked = table.assign(rank=table["consequence"].map(SEVERITY))
    ordered = ranked.sort_values(["variant_id", "gene", "rank", "transcript"], kind="stable")
    return ordered.drop_duplicates(["variant_id", "gene"]).drop(columns="rank").reset_index(drop=True)


def _check_phase(vcf: str) -> None:
    with pysam.VariantFile(vcf) as file:
        if "PS" in file.header.formats:
            raise InputError("phase holds within blocks only (FORMAT PS)", file=vcf, where="header", value="PS",
                             remedy="leave the assay out of `phased_assays`, or phase whole chromosomes")  # fmt: skip


def _annotate(vcf: str, genotypes: PhasedGenotypes, paths: tuple[str, str, str], covered: set[str]) -> str | None:
    """Coding variants of the chromosomes, split, left-aligned and annotated; None if the file has none of them."""
    folder, models, fasta = paths
    with pysam.VariantFile(vcf) as file:
        names = [name for name in file.header.contigs if canonical_chromosome(name) in covered]
        drop = sorted(set(genotypes.without) & set(file.header.samples))
    if not names:
        return None
    prefix, target = ("chr" if names[0].startswith("chr") else ""), fasta_prefix(fasta)
    Path(f"{folder}/coding.bed").write_text("".join(_coding_bed(models, prefix)), encoding="ascii")
    Path(f"{folder}/names.txt").write_text(
        "".join(f"{name} {target.strip('-')}{name.removeprefix('chr')}\n" for name in names), encoding="ascii"
    )
    has_index = any(Path(f"{vcf}{suffix}").exists() for suffix in (".tbi", ".csi"))
    view = ["-T", f"{folder}/coding.bed", *(["-r", ",".join(names)] if has_index else [])]
    view += [*(["-s", "^" + ",".join(drop)] if drop else []), *(["-f", "PASS,."] if genotypes.is_pass_only else [])]
    steps = [
        ["view", *view, "-Ob", "-o", f"{folder}/1.bcf", vcf],
        ["annotate", "--rename-chrs", f"{folder}/names.txt", "-x", "INFO,^FORMAT/GT", "-Ob", "-o", f"{folder}/2.bcf", f"{folder}/1.bcf"],
        ["norm", "-m", "-any", "-f", fasta, "-c", "x", "-Ob", "-o", f"{folder}/3.bcf", f"{folder}/2.bcf"],
        ["csq", "--phase", "s", "--verbosity", "0", "-f", fasta, "-g", models, "--unify-chr-names", f"{target},-,{target}",
         "-Ov", "-o", f"{folder}/4.vcf", f"{folder}/3.bcf"],
    ]  # fmt: skip
    for step in steps:
        run_bcftools(step, vcf, "check the file with `bcftools view`")
    return f"{folder}/4.vcf"


def _coding_bed(models: str, prefix: str) -> Iterator[str]:
    """Coding regions with their surroundings, merged, as BED lines."""
    table = pd.read_csv(models, sep="\t", comment="#", header=None, usecols=[0, 2, 3, 4], dtype={0: str})
    coding = table[table[2] == "CDS"].sort_values([0, 3])
    for chromosome, rows in coding.groupby(0, sort=False):
        start, end = (
            np.maximum(rows[3].to_numpy() - 1 - PADDING, 0),
            np.maximum.accumulate(rows[4].to_numpy() + PADDING),
        )
        is_new = np.append(True, start[1:] > end[:-1])
        for first, last in zip(start[is_new], end[np.append(is_new[1:], True)], strict=True):
            yield f"{prefix}{chromosome}\t{first}\t{last}\n"


def _entries(path: str, gff3: str | Path) -> list[tuple[str, str, str, str]]:
    """One row per variant and entry of BCSQ, pointers resolved."""
    ids: list[tuple[str, int, str, str, str]] = []
    compound: dict[tuple[str, int], list[list[str]]] = {}
    entries: list[tuple[str, list[str]]] = []
    with pysam.VariantFile(path) as file:
        for record in file:
            if not record.alts or set(record.alts[0]) - set("ACGT"):
                continue
            chromosome = str(canonical_chromosome(record.chrom))
            name = f"{chromosome}_{record.pos}_{record.ref}_{record.alts[0]}"
            for text in record.info.get("BCSQ", ()):
                if text.startswith("@"):
                    ids.append((chromosome, int(text[1:]), name, record.ref, record.alts[0]))
                    continue
                parts = text.split("|")
                entries.append((name, parts))
                if "+" in parts[-1]:
                    compound.setdefault((chromosome, record.pos), []).append(parts)
    for chromosome, position, name, ref, alt in ids:
        change = f"{name.split('_')[1]}{ref}>{alt}"
        entries += [
            (name, parts) for parts in compound.get((chromosome, position), ()) if change in parts[-1].split("+")
        ]
    return [(name, parts[1], severest_term(parts[0], gff3, name), parts[2]) for name, parts in entries if parts[1]]
