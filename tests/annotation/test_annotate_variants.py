"""Annotate the union of the assays' variants, by either route."""

from __future__ import annotations

import pandas as pd
import pysam
import pytest

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.results import ANNOTATION, ANNOTATION_COUNTS
from annotation.annotate_variants import Sources, annotate_variants, phased_genotypes
from helpers.sites import write_vcf

GFF3 = """##gff-version 3
1\tx\tgene\t11\t40\t.\t+\t.\tID=gene:G1;Name=GENE;biotype=protein_coding;gene_id=G1
1\tx\tmRNA\t11\t40\t.\t+\t.\tID=transcript:T1;Parent=gene:G1;biotype=protein_coding;transcript_id=T1
1\tx\texon\t11\t40\t.\t+\t.\tParent=transcript:T1
1\tx\tCDS\t11\t40\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1
"""
CODING = "ATGGCTTGGCGATACGCTTGGCGATACTAA"


def write_fileset(prefix, names):
    parts = [name.split("_") for name in names]
    variants = pd.DataFrame(
        {"CHROM": [p[0] for p in parts], "POS": [p[1] for p in parts], "ID": names, "REF": [p[2] for p in parts],
         "ALT": [p[3] for p in parts]}
    )  # fmt: skip
    samples = pd.DataFrame({"IID": ["s1"], "SEX": ["M"]})
    with PgenWriter(prefix, samples, len(names)) as writer:
        writer.append(variants, [[1]] * len(names))
    return f"{prefix}.pvar.zst"


@pytest.fixture
def pvars(tmp_path):
    array = write_fileset(tmp_path / "array", ["1_14_G_A", "1_50_C_T"])
    wgs = write_fileset(tmp_path / "wgs", ["1_14_G_A", "1_19_G_A", "2_5_A_C"])
    return [array, wgs]


def run(tmp_path, pvars, settings=None, **sources):
    outputs = {"variants": str(tmp_path / "v.parquet"), "counts": str(tmp_path / "c.tsv")}
    annotate_variants(pvars, Sources(**sources), "s1", outputs, settings or AnnotationConfig())
    counts = ANNOTATION_COUNTS.read(outputs["counts"]).set_index(["unit", "reason"])["count"]
    return ANNOTATION.read(outputs["variants"]), counts


def genome(tmp_path):
    (tmp_path / "g.fa").write_text(">1\n" + "C" * 10 + CODING + "C" * 20 + "\n>2\nCCCCACCC\n")
    pysam.faidx(str(tmp_path / "g.fa"))
    return [str(tmp_path / "g.fa")]


def test_gene_models(tmp_path, pvars):
    (tmp_path / "g.gff3").write_text(GFF3)
    found, counts = run(tmp_path, pvars, gff3=[str(tmp_path / "g.gff3")], fasta=genome(tmp_path))
    assert found[["variant_id", "gene", "consequence", "transcript", "source"]].to_numpy().tolist() == [
        ["1_14_G_A", "GENE", "missense_variant", "T1", "bcftools_csq"],
        ["1_19_G_A", "GENE", "stop_gained", "T1", "bcftools_csq"],
    ]
    assert found["position"].tolist() == [14, 19]
    assert counts["variant", "annotated"] == 2 and counts["variant", "without_consequence"] == 2
    assert counts["variant", "ref_differs_from_fasta"] == 0


def test_variants_whose_reference_allele_is_not_the_genomes_are_counted(tmp_path, pvars):
    (tmp_path / "g.gff3").write_text(GFF3)
    pvars.append(write_fileset(tmp_path / "wes", ["1_20_T_A"]))
    found, counts = run(tmp_path, pvars, gff3=[str(tmp_path / "g.gff3")], fasta=genome(tmp_path))
    assert counts["variant", "ref_differs_from_fasta"] == 1 and len(found) == 2


def test_gene_models_without_a_genome_are_refused(tmp_path, pvars):
    (tmp_path / "g.gff3").write_text(GFF3)
    with pytest.raises(InputError, match="gene models need the reference genome"):
        run(tmp_path, pvars, gff3=[str(tmp_path / "g.gff3")])


def test_ready_table_on_the_target_build(tmp_path, pvars):
    rows = ["1\t14\tG\tA\tGENE\texonic", "1\t14\tG\tA\tGENE\tsplicing", "1\t99\tG\tA\tGENE\texonic"]
    (tmp_path / "t.tsv").write_text("chrom\tpos\tref\talt\tgene\tregion\n" + "\n".join(rows) + "\n")
    found, counts = run(tmp_path, pvars, table=[str(tmp_path / "t.tsv")], table_build=["GRCh38"])
    assert found[["variant_id", "gene", "consequence", "source"]].to_numpy().tolist() == [
        ["1_14_G_A", "GENE", "exonic", "table"]
    ]
    assert found["transcript"].isna().all()
    assert counts["row", "read"] == 3 and counts["row", "matched"] == 2
    assert counts["row", "not_among_the_variants"] == 1 and counts["variant", "without_consequence"] == 3


def test_chain_of_another_build_than_claimed_is_refused(tmp_path, pvars, alsreg_data):
    (tmp_path / "t.tsv").write_text("chrom\tpos\tref\talt\tgene\tregion\n1\t14\tG\tA\tGENE\texonic\n")
    chain = str(alsreg_data / "reference/NCBI36_to_GRCh38.chain.gz")
    with pytest.raises(InputError, match="not from GRCh37"):
        run(tmp_path, pvars, table=[str(tmp_path / "t.tsv")], chains={"GRCh37": chain}, table_build=["GRCh37"])


CSQ = '<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: Allele|Consequence|SYMBOL|Feature|CANONICAL|MANE_SELECT|LoF|LoF_filter|LoF_flags|CADD_PHRED">'


def test_annotated_vcf(tmp_path, pvars):
    vcf = write_vcf(tmp_path / "v.vcf.gz", [CSQ], [
        "chr1 14 G A,T CSQ=A|missense_variant|GENE|T1|YES|NM_1||||25,A|stop_gained|GENE|T2|||HC|||31,T|stop_lost|GENE|T1|YES|NM_1||||",
        "chr1 19 G A CSQ=A|intron_variant|OTHER|T7||||||",
    ])  # fmt: skip
    settings = AnnotationConfig(transcripts=["mane", "canonical"])
    sources = {"vcf": [(vcf, "GRCh38")], "csq_scores": {"cadd": "CADD_PHRED"}}
    found, counts = run(tmp_path, pvars, settings, **sources)
    columns = ["variant_id", "gene", "consequence", "transcript", "source", "score_cadd"]
    assert found[columns].to_numpy().tolist() == [["1_14_G_A", "GENE", "missense_variant", "T1", "vcf", 25.0]]
    assert (
        counts["row", "read"] == 2
        and counts["row", "transcript_not_chosen"] == 2
        and counts["row", "alleles_differ"] == 1
    )
    found, _ = run(tmp_path, pvars, **sources)
    assert found["consequence"].tolist() == ["stop_gained", "intron_variant"]
    assert found["lof"].fillna("").tolist() == ["HC", ""] and found["score_cadd"].iloc[0] == 31


def test_phased_genotypes_are_judged_on_their_haplotypes(tmp_path, pvars):
    """TGG at 17-19: G19A alone stops; on one haplotype with T17C it is CGA, arginine."""
    (tmp_path / "g.gff3").write_text(GFF3)
    pvars.append(write_fileset(tmp_path / "more", ["1_17_T_C"]))
    header = '##fileformat=VCFv4.2\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
    rows = ["1\t17\t.\tT\tC\t.\t.\t.\tGT\t0|1", "1\t19\t.\tG\tA\t.\t.\t.\tGT\t0|1", "1\t25\t.\tT\tA\t.\t.\t.\tGT\t0|1"]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n"
    (tmp_path / "p.vcf").write_text(header + columns + "\n".join(rows) + "\n")
    models = {"gff3": [str(tmp_path / "g.gff3")], "fasta": genome(tmp_path)}
    alone, _ = run(tmp_path, pvars, **models)
    phased = phased_genotypes([str(tmp_path / "p.vcf")], {"wgs": 1}, ([], []), True)
    found, counts = run(tmp_path, pvars, phased=phased, **models)
    assert alone.set_index("variant_id").loc["1_19_G_A", "consequence"] == "stop_gained"
    table = found.set_index("variant_id")
    assert table.loc["1_19_G_A", ["consequence", "source"]].tolist() == ["missense_variant", "bcftools_csq_phased"]
    assert table.loc["1_14_G_A", "source"] == "bcftools_csq" and "1_25_T_A" not in table.index
    assert counts["variant", "judged_on_haplotypes"] == 2
