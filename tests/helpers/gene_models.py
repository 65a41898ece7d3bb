"""A genome of 1,000 bases with two genes, small enough to translate by hand."""

from __future__ import annotations

from pathlib import Path

import pysam

# 5'UTR 101-110; coding 111-160 (50 bases) and 261-300 (40): 30 codons; intron 161-260 with GT..AG; 3'UTR
# 301-330. Codons repeat GCT TGG CGA TAC (Ala Trp Arg Tyr) between ATG and TAA. On the other strand lies gene
# REV, 601-660.
CODING = "ATG" + ("GCTTGGCGATAC" * 7) + "TAA"
FORWARD = [
    ("gene", 101, 330, "+", ".", "ID=gene:ENSG1;Name=FWD;biotype=protein_coding;gene_id=ENSG1"),
    ("mRNA", 101, 330, "+", ".", "ID=transcript:ENST1;Parent=gene:ENSG1;biotype=protein_coding;transcript_id=ENST1"),
    ("exon", 101, 160, "+", ".", "Parent=transcript:ENST1"),
    ("exon", 261, 330, "+", ".", "Parent=transcript:ENST1"),
    ("five_prime_UTR", 101, 110, "+", ".", "Parent=transcript:ENST1"),
    ("CDS", 111, 160, "+", "0", "ID=CDS:P1;Parent=transcript:ENST1"),
    ("CDS", 261, 300, "+", "1", "ID=CDS:P1;Parent=transcript:ENST1"),
    ("three_prime_UTR", 301, 330, "+", ".", "Parent=transcript:ENST1"),
]
REVERSE = [
    ("gene", 601, 660, "-", ".", "ID=gene:ENSG2;Name=REV;biotype=protein_coding;gene_id=ENSG2"),
    ("mRNA", 601, 660, "-", ".", "ID=transcript:ENST2;Parent=gene:ENSG2;biotype=protein_coding;transcript_id=ENST2"),
    ("exon", 601, 660, "-", ".", "Parent=transcript:ENST2"),
    ("CDS", 601, 660, "-", "0", "ID=CDS:P2;Parent=transcript:ENST2"),
]
REVERSE_CODING = "ATG" + "GCTTGGCGATAC" * 4 + "GCTTGG" + "TAA"


def write_gene_models(tmp_path: Path) -> Path:
    """``genome.fa`` with its index and ``genes.gff3``; returns the folder."""
    bases = ["A"] * 1000
    bases[110:160], bases[260:300] = CODING[:50], CODING[50:]
    bases[160:162], bases[258:260] = "GT", "AG"
    complement = REVERSE_CODING.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    bases[600:660] = complement
    (tmp_path / "genome.fa").write_text(">KI270728.1\nACGT\n>chr1\n" + "".join(bases) + "\n>chr2\nACGTACGT\n")
    pysam.faidx(str(tmp_path / "genome.fa"))
    lines = [
        f"1\ttest\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\t{attributes}"
        for kind, start, end, strand, phase, attributes in FORWARD + REVERSE
    ]
    (tmp_path / "genes.gff3").write_text("\n".join(["##gff-version 3", *lines]) + "\n")
    return tmp_path
