"""ClinVar's significance by allele, from a file in its layout."""

from collections import Counter

import pytest

from alsreg.genotypes.clinvar import is_pathogenic, look_up_clinvar
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import VariantPlaces
from helpers.sites import variants_of, write_vcf

INFO = [
    '<ID=ALLELEID,Number=1,Type=Integer,Description="the ClinVar Allele ID">',
    '<ID=CLNREVSTAT,Number=.,Type=String,Description="ClinVar review status of germline classification for the Variation ID">',
    '<ID=CLNSIG,Number=.,Type=String,Description="Aggregate germline classification for this single variant">',
]


@pytest.mark.parametrize(("text", "expected"), [
    ("Pathogenic", True), ("Likely_pathogenic", True), ("Pathogenic/Likely_pathogenic", True), ("Pathogenic|risk_factor", True),
    ("Pathogenic/Likely_pathogenic|other", True), ("Likely_pathogenic,_risk_factor", True),
    ("Conflicting_classifications_of_pathogenicity", False), ("Uncertain_significance", False), ("Benign/Likely_benign", False),
    ("Pathogenic,_low_penetrance", False), ("Likely_risk_allele", False), ("not_provided", False),
])  # fmt: skip
def test_is_pathogenic(text: str, expected: bool) -> None:
    assert is_pathogenic(text) is expected


def test_look_up__matches_alleles_and_leaves_out_what_has_no_germline_classification(tmp_path) -> None:
    places = VariantPlaces(variants_of(["21_100_A_C", "21_200_G_T", "21_300_C_T", "21_400_A_G"]))
    path = write_vcf(tmp_path / "clinvar.vcf", INFO, [
        "21 100 A C ALLELEID=1;CLNREVSTAT=criteria_provided,_single_submitter;CLNSIG=Pathogenic",
        "21 200 G A ALLELEID=2;CLNREVSTAT=no_assertion;CLNSIG=Pathogenic",
        "21 300 C T ALLELEID=3;CLNREVSTAT=no_classification_for_the_single_variant",
        "21 400 A G ALLELEID=4;CLNREVSTAT=no_assertion_criteria_provided;CLNSIG=Uncertain_significance",
    ])  # fmt: skip
    counts: Counter = Counter()
    found = look_up_clinvar([(path, "GRCh38")], places, References(None, None, {}), 0.05, counts)
    assert found.to_dict("index") == {
        "21_100_A_C": {"clinvar_significance": "Pathogenic", "clinvar_review": "criteria_provided,_single_submitter", "is_pathogenic": True},
        "21_400_A_G": {"clinvar_significance": "Uncertain_significance", "clinvar_review": "no_assertion_criteria_provided", "is_pathogenic": False},
    }  # fmt: skip
    assert counts["alleles_differ", True] == 1
