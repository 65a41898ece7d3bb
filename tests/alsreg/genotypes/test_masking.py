"""What a mask selects, and the words that regenie reads."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from alsreg.config.annotation import AnnotationConfig, Mask
from alsreg.errors import AnalysisError
from alsreg.genotypes.masking import (
    ELSEWHERE,
    categories,
    external_frequency,
    mask_categories,
    select_rows,
)

ROWS = [  # consequence, LOFTEE, flags, revel, cadd, frequency elsewhere
    ("v1", "stop_gained", "HC", None, None, 40.0, 0.0001),
    ("v2", "stop_gained", "LC", None, None, 40.0, None),
    ("v3", "frameshift_variant", "HC", "PHYLOCSF_WEAK", None, None, None),
    ("v4", "missense_variant", None, None, 0.9, 30.0, 0.002),
    ("v5", "missense_variant", None, None, 0.9, 10.0, None),
    ("v6", "missense_variant", None, None, None, 30.0, None),
    ("v7", "start_lost", None, None, None, None, None),
    ("v8", "synonymous_variant", None, None, None, None, None),
]


@pytest.fixture
def table():
    names = ["variant_id", "consequence", "lof", "lof_flags", "score_revel", "score_cadd", ELSEWHERE]
    return pd.DataFrame(ROWS, columns=names).astype(dict.fromkeys(names[4:], float))


def selected(table, settings=None, **mask):
    fate = select_rows(table, "m", Mask(**mask), settings or AnnotationConfig(max_missing_scores=1))
    return table["variant_id"][fate.is_selected].tolist()


def missense(**scored):
    return [{"consequences": ["missense_variant"], **scored}]


@pytest.mark.parametrize(("mask", "expected"), [
    ({"consequences": ["stop_gained", "start_lost"]}, ["v1", "v2", "v7"]),
    ({"consequences": ["stop_gained", "frameshift_variant", "start_lost"], "loftee": "high_confidence"}, ["v1", "v3", "v7"]),
    ({"consequences": ["stop_gained", "frameshift_variant"], "loftee": "high_confidence_without_flags"}, ["v1"]),
    ({"scored": missense(min_scores={"revel": 0.9})}, ["v4", "v5"]),
    ({"scored": missense(min_scores={"revel": 0.5, "cadd": 20})}, ["v4"]),
    ({"scored": missense(min_scores={"revel": 0.5, "cadd": 20}, required="any")}, ["v4", "v5", "v6"]),
    ({"consequences": ["stop_gained"], "scored": missense(min_scores={"cadd": 20}), "max_external_frequency": 0.001}, ["v1", "v2", "v6"]),
    ({"consequences": ["missense_variant"], "max_external_frequency": 0}, ["v5", "v6"]),
])  # fmt: skip
def test_masks(table, mask, expected):
    assert selected(table, **mask) == expected


def test_counts_say_why_the_others_are_out(table):
    mask = Mask(scored=missense(min_scores={"revel": 0.5, "cadd": 20}), max_external_frequency=0.001)
    selection = select_rows(table, "m", mask, AnnotationConfig(max_missing_scores=1))
    counts = selection.counts(table["consequence"] == "missense_variant", table["variant_id"])
    assert counts == {
        "n_selected": 0,
        "n_not_confident": 0,
        "n_without_score": 1,
        "n_low_score": 1,
        "n_common_elsewhere": 1,
    }


def test_scores_missing_for_most_are_an_error(table):
    rule = {"scored": [{"consequences": ["missense_variant", "stop_gained"], "min_scores": {"revel": 0.5}}]}
    with pytest.raises(AnalysisError, match=r"3 of 5 variants that mask m judges have no score \(revel\)"):
        selected(table, AnnotationConfig(), **rule)
    assert selected(table, AnnotationConfig(max_missing_scores=0.6), **rule) == ["v4", "v5"]


@pytest.mark.parametrize(("mask", "missing"), [
    ({"scored": missense(min_scores={"spliceai": 0.5})}, "score_spliceai"),
    ({"consequences": ["stop_gained"], "loftee": "high_confidence"}, "lof"),
])  # fmt: skip
def test_what_no_file_gave_is_an_error(table, mask, missing):
    with pytest.raises(AnalysisError, match=f"mask m needs {missing}, which no file gave"):
        selected(table.drop(columns=["lof"]), **mask)


def test_frequency_elsewhere():
    table = pd.DataFrame(
        {"frequency_gnomad_eas": [None, 0.1, None], "frequency_tommo_all": [0.3, 0.2, None]}, dtype=float
    )
    assert external_frequency(table, ["gnomad.eas", "tommo.all"], "highest").tolist()[:2] == [0.3, 0.2]
    assert external_frequency(table, ["gnomad.eas", "tommo.all"], "first").tolist()[:2] == [0.3, 0.1]
    assert external_frequency(table, ["gnomad.eas"], "highest").isna().tolist() == [True, False, True]
    with pytest.raises(AnalysisError, match="needs frequency_hgvd_jpn"):
        external_frequency(table, ["hgvd.jpn"], "highest")


def test_words__plain_masks_are_the_consequences(table):
    masks = {"lof": Mask(consequences=["stop_gained", "frameshift_variant"])}
    selections = {name: select_rows(table, name, mask, AnnotationConfig()) for name, mask in masks.items()}
    words = categories(table, masks, selections)
    assert words.tolist() == table["consequence"].tolist()
    assert mask_categories(words, table["consequence"], "lof", masks["lof"]) == ["stop_gained", "frameshift_variant"]


def test_words__name_the_masks_that_ask_for_more(table):
    masks = {
        "all": Mask(consequences=["stop_gained", "missense_variant"]),
        "sure": Mask(consequences=["stop_gained"], loftee="high_confidence", scored=missense(min_scores={"cadd": 20})),
        "revel": Mask(scored=missense(min_scores={"revel": 0.5})),
    }
    settings = AnnotationConfig(max_missing_scores=1)
    selections = {name: select_rows(table, name, mask, settings) for name, mask in masks.items()}
    words = categories(table, masks, selections)
    assert words.tolist()[:6] == ["stop_gained:sure", "stop_gained", "frameshift_variant", "missense_variant:sure+revel",
                                  "missense_variant:revel", "missense_variant:sure"]  # fmt: skip
    for name, mask in masks.items():
        chosen = words.isin(mask_categories(words, table["consequence"], name, mask))
        assert chosen.tolist() == selections[name].is_selected.tolist()


@pytest.mark.parametrize(("mask", "message"), [
    ({}, "at least 1 consequence"),
    ({"consequences": ["missense_variant"], "scored": missense(min_scores={"cadd": 20})}, "both with and without scores"),
    ({"scored": missense(min_scores={})}, "at least 1"),
    ({"scored": missense(min_scores={"cadd": "high"})}, "valid number"),
    ({"consequences": ["exonic"], "max_mac": 0}, "greater than or equal to 1"),
    ({"consequences": ["exonic"], "loftee": "HC"}, "high_confidence"),
])  # fmt: skip
def test_faulty_masks_are_refused(mask, message):
    with pytest.raises(ValidationError, match=message):
        Mask(**mask)
