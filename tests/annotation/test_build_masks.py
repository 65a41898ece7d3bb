"""Masks in regenie's files, and a count of what each selects."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import AnalysisError
from alsreg.formats.regenie import read_annotations, read_masks, read_set_list
from alsreg.tables.results import ANNOTATION, MASK_COUNTS
from annotation.build_masks import build_masks

ROWS = [
    ("1_30_A_C", "1", 30, "SOD1", "missense_variant"),
    ("1_10_A_C", "1", 10, "SOD1", "stop_gained"),
    ("1_10_A_C", "1", 10, "NEXT", "intron_variant"),
    ("X_5_G_T", "X", 5, "TWIN", "missense_variant"),
    ("Y_5_G_T", "Y", 5, "TWIN", "missense_variant"),
]


@pytest.fixture
def annotations(tmp_path):
    paths = []
    for shard, chromosomes in (("a", ["1"]), ("b", ["X", "Y"])):
        rows = [
            (name, chromosome, position, *name.split("_")[2:], gene, consequence, None, "table")
            for name, chromosome, position, gene, consequence in ROWS
            if chromosome in chromosomes
        ]
        paths.append(str(tmp_path / f"{shard}.variants.parquet"))
        ANNOTATION.write(pd.DataFrame(rows, columns=ANNOTATION.column_names[:9]), paths[-1])
    return paths


def run(tmp_path, annotations, masks):
    outputs = {name: str(tmp_path / f"{name}.tsv") for name in ("annotations", "set_list", "masks", "counts")}
    build_masks(annotations, AnnotationConfig(masks=masks), outputs)
    return outputs


def test_files_and_counts(tmp_path, annotations):
    masks = {
        "lof": {"consequences": ["stop_gained", "frameshift_variant"]},
        "missense": {"consequences": ["missense_variant"]},
        "empty": {"consequences": ["exonic"]},
    }
    outputs = run(tmp_path, annotations, masks)
    table = read_annotations(outputs["annotations"])
    assert len(table) == 5
    sets = {s.gene: s for s in read_set_list(outputs["set_list"])}
    assert list(sets) == ["NEXT", "SOD1", "TWIN_chrX", "TWIN_chrY"]
    assert sets["SOD1"].variants == ("1_10_A_C", "1_30_A_C") and sets["SOD1"].position == 10
    assert set(read_masks(outputs["masks"], table)) == {"lof", "missense"}
    counts = MASK_COUNTS.read(outputs["counts"]).set_index(["mask", "consequence"])
    assert counts.loc[("missense", "missense_variant"), ["n_variants", "n_genes"]].tolist() == [3, 2]
    assert counts.loc[("lof", "frameshift_variant"), "status"] == "no variant has this consequence"
    assert counts.loc[("empty", "exonic"), "status"] == "the mask matches no variant"


def test_masks_that_all_match_nothing_are_an_error(tmp_path, annotations):
    with pytest.raises(AnalysisError, match="no mask selects any variant") as caught:
        run(tmp_path, annotations, {"empty": {"consequences": ["exonic"]}})
    assert "missense_variant" in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ({"consequences": ["missense"]}, "did you mean missense_variant"),
        ({"consequences": []}, "at least 1"),
        ({"consequences": ["exonic", "exonic"]}, "stands twice"),
        ({"consequences": ["exonic"], "max_allele_frequency": 0.6}, "less than or equal to 0.5"),
    ],
)
def test_faulty_masks_are_refused(mask, message):
    with pytest.raises(ValidationError, match=message):
        AnnotationConfig(masks={"m": mask})
