"""Who is a carrier, and whose repeat is long."""

import numpy as np
import pandas as pd
import pytest

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.panel import PanelConfig
from alsreg.formats.gene_list import GeneList
from alsreg.genotypes.panel import (
    classify_repeats,
    count_repeats,
    definitive_carriers,
    describe_genes,
    judge_variants,
    list_carriers,
    people_assessed,
    select_variants,
)

SETTINGS = PanelConfig(max_allele_frequency=0.1)
LISTED = GeneList(pd.DataFrame({"gene": ["SOD1", "C9orf72", "NEK1"], "tier": ["definitive", "definitive", "moderate"],
                                "source": "x", "date": ""}), "v1", "0" * 64)  # fmt: skip


def variants(**columns):
    n = len(next(iter(columns.values())))
    base = {"gene": "SOD1", "tier": "definitive", "variant_id": [f"21_{k}_A_C" for k in range(n)], "consequence": "missense_variant",
            "is_present": True, "is_excluded": False, "alt_frequency": 0.01, "is_pathogenic": False}  # fmt: skip
    return pd.DataFrame({**base, **columns})


def test_judge_variants__first_reason_and_a_single_carrier_always_counts() -> None:
    table = variants(is_present=[True, False, True, True, True, True], is_excluded=[False, True, True, False, False, False],
                     alt_frequency=[0.01, np.nan, 0.01, 0.0, 0.5, 0.5])  # fmt: skip
    counts = np.array([[1, 0, -9], [-9, -9, -9], [1, 0, 0], [0, 0, 0], [1, 2, 0], [0, 0, 1]], np.int8)
    found = judge_variants(table, counts, SETTINGS)
    assert found["status"].tolist() == [
        "counted", "not among the cohort's variants", "excluded by variant QC", "nobody carries it", "too common in the cohort", "counted",
    ]  # fmt: skip
    assert found["n_called"].tolist()[:2] == [2, 0] and found["n_carriers"].tolist() == [1, 0, 1, 0, 2, 1]
    carriers = list_carriers(found, counts, ["a", "b", "c"])
    assert carriers[["person", "variant_id", "copies"]].to_numpy().tolist() == [
        ["a", "21_0_A_C", 1],
        ["c", "21_5_A_C", 1],
    ]


def test_people_assessed__an_array_alone_reads_no_sequence() -> None:
    persons = pd.DataFrame(
        {
            "person": ["a", "a", "b", "c"],
            "assay": ["array", "wes", "array", "wgs"],
            "is_usable": [True, True, True, False],
        }
    )
    kinds = {"wgs": "wgs", "wes": "wes", "array": "array"}
    assert people_assessed(["a", "b", "c"], persons, kinds).tolist() == [True, False, False]
    assert people_assessed(["a", "b", "c"], persons, {"array": "array"}).tolist() == [True, True, False]


def repeats() -> pd.DataFrame:
    table = pd.DataFrame({
        "person": list("abcdef"), "gene": ["C9orf72"] * 3 + ["ATXN2"] * 3, "longer": [29, 30, None, 26, 27, 34],
        "lower": [29, 28, None, 26, 27, 33], "upper": [31, 40, None, 26, 27, 36], "status": ["called", "called", "not called"] + ["called"] * 3,
    })  # fmt: skip
    return classify_repeats(table, SETTINGS.repeats)


def test_classify_repeats__at_the_limits() -> None:
    found = repeats()
    assert found["repeat_class"].tolist() == ["normal", "expanded", None, "normal", "intermediate", "expanded"]
    assert found["is_uncertain"].tolist() == [True, True, None, False, False, True]
    assert count_repeats(found, "ATXN2") == {
        "n_repeat_assessed": 3,
        "n_intermediate": 1,
        "n_expanded": 1,
        "n_uncertain": 1,
    }


@pytest.mark.parametrize(("pathogenic_only", "expected"), [(False, [["a", "SOD1"], ["b", "C9orf72"], ["b", "SOD1"]]),
                                                           (True, [["b", "C9orf72"], ["b", "SOD1"]])])  # fmt: skip
def test_definitive_carriers__a_variant_or_an_expansion(pathogenic_only: bool, expected: list[list[str]]) -> None:
    carriers = pd.DataFrame(
        {
            "person": ["a", "b", "b", "c"],
            "gene": ["SOD1", "SOD1", "SOD1", "NEK1"],
            "is_pathogenic": [False, True, False, True],
        }
    )
    found = definitive_carriers(carriers, repeats(), ["SOD1", "C9orf72"], pathogenic_only=pathogenic_only)
    assert found.to_numpy().tolist() == expected


def test_select_variants__of_listed_genes_and_masks_and_not_of_a_namesake() -> None:
    table = pd.DataFrame({
        "variant_id": ["21_31660000_A_C", "21_31660001_A_C", "3_5_A_C", "4_170000000_A_C"], "chromosome": ["21", "21", "3", "4"],
        "position": [31_660_000, 31_660_001, 5, 170_000_000], "gene": ["SOD1", "SOD1", "NEK1", "OTHER"],
        "consequence": ["stop_gained", "synonymous_variant", "missense_variant", "stop_gained"],
    })  # fmt: skip
    places = pd.DataFrame(
        {"gene": ["SOD1", "NEK1"], "chromosome": ["21", "4"], "start": [31_659_000, 1], "end": [31_668_000, 9]}
    )
    rows, misplaced = select_variants(
        table, LISTED, places, (PanelConfig(masks=["protein_altering"]), AnnotationConfig())
    )
    assert rows[["variant_id", "masks", "tier"]].to_numpy().tolist() == [
        ["21_31660000_A_C", "protein_altering", "definitive"]
    ]
    assert misplaced == {"NEK1": "annotated at 3:5"}


def test_describe_genes__says_what_was_not_assessed() -> None:
    carriers = pd.DataFrame({"person": ["a", "z"], "gene": ["SOD1", "SOD1"], "is_pathogenic": [True, False]})
    table = variants(status=["counted", "counted"])
    given = {"clinvar": True, "repeats": False}
    found = describe_genes(
        LISTED,
        {"SOD1": "assessed", "NEK1": "annotated at 3:5"},
        table,
        (carriers, repeats()),
        {"a", "b"},
        SETTINGS,
        given,
    )
    rows = found.set_index("gene")
    assert rows.loc[
        "SOD1", ["n_assessed", "n_variants", "n_carriers", "n_pathogenic_carriers", "n_carriers_elsewhere"]
    ].tolist() == [2, 2, 1, 1, 1]
    assert rows["status"].tolist() == ["assessed", "no annotated variant has this gene symbol", "annotated at 3:5"]
    assert rows["repeat_status"].tolist() == ["no repeat judged here", "not assessed", "no repeat judged here"]
