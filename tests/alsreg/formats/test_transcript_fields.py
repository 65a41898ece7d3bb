"""CSQ and ANN, entry by entry."""

from __future__ import annotations

import pytest

from alsreg.errors import InputError
from alsreg.formats.sites import SitesHeader
from alsreg.formats.transcript_fields import EntryReader, find_field, vep_alleles

VEP = "Allele|Consequence|IMPACT|SYMBOL|Gene|Feature|CANONICAL|MANE_SELECT|LoF|LoF_filter|LoF_flags|CADD_PHRED"
ANN = (
    "Functional annotations: 'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | "
    "Transcript_BioType | Rank | HGVS.c | HGVS.p | cDNA.pos / cDNA.length | CDS.pos / CDS.length | AA.pos / AA.length | "
    "Distance | ERRORS / WARNINGS / INFO' "
)


def header(name, description):
    return SitesHeader({name: (".", description)}, None, (), "\t")


def vep(parts=VEP, name="CSQ", scores=None, wanted=("all",)):
    told = find_field(
        header(name, f"Consequence annotations from Ensembl VEP. Format: {parts}"), "f", scores or {}, wanted
    )
    return EntryReader(told, "f")


# Worked from create_VariationFeatures of VEP's VCF parser.
@pytest.mark.parametrize(("ref", "alts", "expected"), [
    ("A", ["C", "T"], ["C", "T"]),
    ("CTT", ["C", "CT", "CTTT"], ["-", "T", "TTT"]),
    ("A", ["AT", "G"], ["AT", "G"]),  # a SNP beside an insertion: not all share the first base
    ("CA", ["CG", "C"], ["G", "-"]),
    ("CA", ["TG"], ["TG"]),
    ("CA", ["CG", "*"], ["G", "*"]),  # the star has another length
    ("C", ["CAT"], ["AT"]),
    ("AT", ["GCC"], ["GCC"]),
])  # fmt: skip
def test_alleles_as_vep_trims_them(ref, alts, expected):
    assert vep_alleles(ref, alts) == expected


def test_csq__entries_go_to_their_allele():
    reader = vep()
    text = (
        "-|frameshift_variant|HIGH|G1|E1|T1|YES|NM_1|HC||PHYLOCSF_WEAK|33&20,T|inframe_deletion&splice_region_variant||G1|E1|T1||||||,"
        "-|intron_variant||G2|E2|T2|||||,T|intergenic_variant|MODIFIER||||||||"
    )
    first = reader.read(text, "CTT", ["C", "CT"], 1, "1:1")
    assert first == [
        ("G1", "frameshift_variant", "T1", True, True, "HC", "", "PHYLOCSF_WEAK"),
        ("G2", "intron_variant", "T2", False, False, "", "", ""),
    ]
    assert [row[:2] for row in reader.read(text, "CTT", ["C", "CT"], 2, "1:1")] == [("G1", "inframe_deletion")]
    assert reader.n_unmatched == 0


def test_csq__allele_number_decides_where_it_is_given():
    reader = vep("Allele|ALLELE_NUM|Consequence|SYMBOL|Gene|Feature", name="vep")
    text = "-|1|frameshift_variant|G1|E1|T1,-|2|inframe_deletion|G1|E1|T1"
    assert [row[1] for row in reader.read(text, "CATCA", ["C", "CA"], 2, "1:1")] == ["inframe_deletion"]


def test_csq__scores_are_the_highest_of_a_transcript_and_genes_without_symbol_go_by_id():
    reader = vep(scores={"cadd": "CADD_PHRED"})
    rows = reader.read(
        "C|missense_variant|M||E1|T1||||||12.5&31.0&.,C|missense_variant|M|G2|E2|T2||||||", "A", ["C"], 1, "1:1"
    )
    assert [(row[0], row[-1]) for row in rows] == [("E1", 31.0), ("G2", None)]


def test_ann__snpeff_repeats_alt_and_has_words_of_its_own():
    reader = EntryReader(find_field(header("ANN", ANN), "f", {}, ["all"]), "f")
    text = (
        "CA|conservative_inframe_insertion|MODERATE|G1|E1|transcript|T1|protein_coding|2/5|c.1|p.1|1/9|1/9|1/3||,"
        "CA|structural_interaction_variant|HIGH|G1|E1|interaction|I1|protein_coding|||||||,"
        "CA|splice_branch_variant&intron_variant|LOW|G2|E2|transcript|T2|protein_coding|||||||,"
        "CA|intergenic_region|MODIFIER|G1-G2|E1-E2|intergenic_region||||n.1|||||,"
        "G|missense_variant|MODERATE|G1|E1|transcript|T1|protein_coding|||||||"
    )
    rows = reader.read(text, "C", ["CA", "G"], 1, "1:1")
    assert [row[:3] for row in rows] == [
        ("G1", "inframe_insertion", "T1"),
        ("G2", "splice_polypyrimidine_tract_variant", "T2"),
    ]


def test_unknown_consequence_names_the_record():
    with pytest.raises(InputError, match=r"f, 1:77: unknown consequence \(value: 'misssense_variant'\)"):
        vep().read("C|misssense_variant||G1|E1|T1||||||", "A", ["C"], 1, "1:77")


def test_entries_about_no_allele_of_the_record_are_counted_and_refused_if_most():
    reader = vep()
    for _ in range(20):
        assert reader.read("T|missense_variant||G1|E1|T1||||||", "A", ["C"], 1, "1:1") == []
    assert reader.n_unmatched == 20
    with pytest.raises(InputError, match="20 of 20 entries of CSQ name an allele"):
        reader.check()


@pytest.mark.parametrize(("name", "description", "wanted", "message"), [
    ("CSQ", "something", ["all"], "does not say its parts"),
    ("AC", "count", ["all"], "no INFO field of transcripts"),
    ("ANN", ANN, ["mane", "all"], "does not tell mane transcripts"),
    ("CSQ", "Format: Allele|Consequence|SYMBOL", ["canonical"], "does not tell canonical transcripts"),
])  # fmt: skip
def test_headers_that_cannot_serve_are_refused(name, description, wanted, message):
    with pytest.raises(InputError, match=message):
        find_field(header(name, description), "f", {}, wanted)
    with pytest.raises(InputError, match="no part REVEL"):
        vep(scores={"revel": "REVEL"})
