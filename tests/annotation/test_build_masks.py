"""Masks in regenie's files, and a count of what each selects."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import AnalysisError
from alsreg.formats.regenie import read_annotations, read_masks, read_set_list
from alsreg.tables.results import ANNOTATION, MASK_COUNTS, SITE_VALUES
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


def test_scores_frequencies_and_regenies_files_round_trip(tmp_path, annotations):
    """What the masks select comes back from regenie's three files, variant by variant."""
    values = pd.DataFrame({"variant_id": ["1_30_A_C", "1_10_A_C", "X_5_G_T", "Y_5_G_T"], "score_cadd": [30.0, None, 10.0, 25.0],
                           "frequency_gnomad_eas": [0.01, None, None, 0.2]})  # fmt: skip
    SITE_VALUES.write(values, tmp_path / "s.parquet")
    masks = {
        "every": {"consequences": ["missense_variant", "stop_gained"]},
        "damaging": {"consequences": ["stop_gained"],
                     "scored": [{"consequences": ["missense_variant"], "min_scores": {"cadd": 20}}]},
        "rare": {"consequences": ["missense_variant"], "max_external_frequency": 0.05},
        "none": {"scored": [{"consequences": ["missense_variant"], "min_scores": {"cadd": 99}}]},
    }  # fmt: skip
    outputs = {name: str(tmp_path / f"{name}.tsv") for name in ("annotations", "set_list", "masks", "counts")}
    build_masks(annotations, AnnotationConfig(masks=masks), outputs, [str(tmp_path / "s.parquet")], ["gnomad.eas"])
    table = read_annotations(outputs["annotations"])
    written = read_masks(outputs["masks"], table)
    chosen = {
        name: sorted(table.loc[table["consequence"].isin(words), "variant_id"]) for name, words in written.items()
    }
    assert chosen == {
        "every": ["1_10_A_C", "1_30_A_C", "X_5_G_T", "Y_5_G_T"], "damaging": ["1_10_A_C", "1_30_A_C", "Y_5_G_T"],
        "rare": ["1_30_A_C", "X_5_G_T"],
    }  # fmt: skip
    counts = MASK_COUNTS.read(outputs["counts"]).set_index(["mask", "consequence"])
    assert counts.loc[("damaging", "missense_variant"), ["n_selected", "n_low_score"]].tolist() == [2, 1]
    assert counts.loc[("rare", "missense_variant"), ["n_selected", "n_common_elsewhere"]].tolist() == [2, 1]
    assert counts.loc[("none", "missense_variant"), "status"] == "the mask matches no variant"
    assert "intron_variant" in set(table["consequence"])


def test_plain_masks_write_what_they_always_wrote(tmp_path, annotations):
    """With an unused score file at hand the bytes are those without."""
    SITE_VALUES.write(pd.DataFrame({"variant_id": ["1_30_A_C"], "score_cadd": [30.0]}), tmp_path / "s.parquet")
    masks = {"m": {"consequences": ["missense_variant", "stop_gained"], "max_mac": 3}}
    written = []
    for values in ([], [str(tmp_path / "s.parquet")]):
        outputs = {
            name: str(tmp_path / f"{len(values)}.{name}") for name in ("annotations", "set_list", "masks", "counts")
        }
        build_masks(annotations, AnnotationConfig(masks=masks), outputs, values)
        written.append({name: Path(path).read_bytes() for name, path in outputs.items()})
    assert written[0] == written[1] and written[0]["masks"] == b"m\tmissense_variant,stop_gained\n"
    assert written[0]["annotations"].splitlines()[0] == b"1_30_A_C\tSOD1\tmissense_variant"
    assert written[0]["counts"].splitlines()[0] == b"mask\tconsequence\tn_variants\tn_genes\tstatus"
