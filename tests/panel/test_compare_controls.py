"""Carriers per gene against public allele counts: reading, matching and filters on both sides, then the tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.annotation import AnnotationConfig, Mask
from alsreg.config.annotation_sources import ControlSource
from alsreg.config.panel import SummaryControlsConfig
from alsreg.errors import AnalysisError, InputError
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.exact_tables import exact_test
from alsreg.tables.genotypes import COMPONENTS, MERGED_VARIANTS, VARIANT_QC
from alsreg.tables.panel import CONTROL_COUNTS, PANEL_CONTROL_LOSSES, PANEL_CONTROL_MASKS, PANEL_CONTROLS
from alsreg.tables.registry import PATIENTS
from alsreg.tables.results import ANNOTATION
from annotation.annotate_variants import Sources, annotate_variants
from annotation.read_controls import SourceFiles, read_controls
from helpers.filled import fill
from helpers.sites import variants_of, write_vcf
from panel.compare_controls import Cohort, compare_controls

N = 40  # P0 to P29 of EAS, the rest EUR; P0 is a relative
GENE_PRED = "0\tT\tchr4\t+\t100\t400\t100\t400\t1\t100,\t400,\t0\tNEK1\tcmpl\tcmpl\t0,\n"
# One variant per fate; carriers among EAS without P0.
VARIANTS = {
    "4_110_A_C": [1, 2], "4_120_A_C": [3], "4_130_A_C": [4], "4_140_A_C": [5], "4_150_A_C": [6], "4_160_A_C": [7], "4_170_A_C": [8, 9],
    "4_180_A_C": list(range(1, 29)), "4_500_A_C": [10],
}  # fmt: skip
GNOMAD = [
    '<ID=AC_eas,Number=A,Type=Integer,Description="Alternate allele count for samples of East Asian ancestry">',
    '<ID=AN_eas,Number=1,Type=Integer,Description="Total number of alleles">',
    '<ID=nhomalt_eas,Number=A,Type=Integer,Description="Count of homozygous individuals">',
]


def source(**changes) -> ControlSource:
    fields = {"copies": "AC_eas", "number": "AN_eas", "homozygotes": "nhomalt_eas"}
    return ControlSource(
        **{"format": "vcf", "kind": "wgs", "files": [{"path": "x"}], "populations": {"eas": fields}, **changes}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "coding.txt").write_text(GENE_PRED)
    names = list(VARIANTS)
    counts = np.zeros((len(names), N), np.int8)
    for row, carriers in zip(counts, VARIANTS.values(), strict=True):
        row[carriers] = 1
    counts[names.index("4_130_A_C"), 10:] = -9  # called in too few
    people = pd.DataFrame({"IID": [f"P{k}" for k in range(N)], "SEX": "F"})
    with PgenWriter(tmp_path / "s", people, len(names)) as writer:
        writer.append(variants_of(names), counts)
    placed = variants_of(names).rename(
        columns={"ID": "variant_id", "CHROM": "chromosome", "POS": "position", "REF": "ref", "ALT": "alt"}
    )
    MERGED_VARIANTS.write(
        fill(MERGED_VARIANTS, placed.assign(carrier_set="wes", is_excluded=False)), tmp_path / "s.variants.parquet"
    )
    VARIANT_QC.write(
        fill(VARIANT_QC, placed.assign(is_excluded=placed["variant_id"] == "4_140_A_C")), tmp_path / "qc.parquet"
    )
    PATIENTS.write(
        fill(PATIENTS, pd.DataFrame({"person": people["IID"], "sex": "F"})).assign(
            reported_ancestry=np.where(np.arange(N) < 30, "EAS", "EUR")
        ),
        tmp_path / "patients.parquet",
    )
    COMPONENTS.write(fill(COMPONENTS, pd.DataFrame({"person": people["IID"], "assays": "wes", "is_related": np.arange(N) == 0, "is_outlier": False,
                                                    "is_projected": False})), tmp_path / "components.tsv")  # fmt: skip
    (tmp_path / "capture.bed").write_text("chr4\t100\t165\nchr4\t168\t600\n")
    return tmp_path


def controls_of(folder: Path, rows: list[str], told: SourceFiles | None = None) -> Path:
    """gnomAD's layout; the second row's FILTER is not PASS."""
    path = write_vcf(folder / "gnomad.vcf", GNOMAD, rows)
    text = Path(path).read_text()
    Path(path).write_text(text.replace("chr4\t120\t.\tA\tC\t.\t.", "chr4\t120\t.\tA\tC\t.\tAC0;AS_VQSR"))
    files = told or SourceFiles(source(), [(path, "GRCh38")])
    read_controls(
        [f"{folder}/s.pvar.zst"],
        (f"{folder}/coding.txt", "GRCh38"),
        {"gnomad": files},
        ({}, ()),
        ["4"],
        0.05,
        f"{folder}/controls.parquet",
    )
    return folder / "controls.parquet"


ROWS = [
    "chr4 110 A C AC_eas=1;AN_eas=2000;nhomalt_eas=0", "chr4 120 A C AC_eas=3;AN_eas=2000;nhomalt_eas=0",
    "chr4 150 A C AC_eas=0;AN_eas=900;nhomalt_eas=0", "chr4 180 A C AC_eas=9;AN_eas=2000;nhomalt_eas=1",
    "chr4 200 G T,A AC_eas=4,0;AN_eas=2000;nhomalt_eas=1,0", "chr4 210 G T AC_eas=0;AN_eas=2000;nhomalt_eas=0",
    "chr4 405 G T AC_eas=2;AN_eas=2000;nhomalt_eas=0", "chr4 900 G T AC_eas=7;AN_eas=2000;nhomalt_eas=0",
    "chr4 167 G T AC_eas=5;AN_eas=2000;nhomalt_eas=0",
]  # fmt: skip


def test_read_controls__variants_on_coding_bases_and_ours(folder: Path) -> None:
    table = CONTROL_COUNTS.read(controls_of(folder, ROWS)).set_index("variant_id")
    # 4_210 is nobody's, 4_900 and our 4_500 are off the coding bases, 4_405 beside them; ours that the file lacks have no counts.
    assert set(table.index) == {"4_110_A_C", "4_120_A_C", "4_150_A_C", "4_180_A_C", "4_200_G_T", "4_405_G_T", "4_167_G_T", "4_130_A_C",
                                "4_140_A_C", "4_160_A_C", "4_170_A_C"}  # fmt: skip
    assert table.loc["4_200_G_T", ["n_copies", "n_alleles", "n_homozygotes"]].tolist() == [4, 2000, 1]
    assert table.loc["4_120_A_C", "is_pass"] == False and table.loc["4_110_A_C", "is_pass"] == True  # noqa: E712
    assert table.loc["4_160_A_C", ["n_copies", "is_pass"]].isna().all() and (table["population"] == "gnomad.eas").all()
    assert table["is_captured"].all() and table["share_covered"].isna().all()


def test_read_controls__capture_and_depth(folder: Path) -> None:
    path = write_vcf(folder / "gnomad.vcf", GNOMAD, ROWS)
    (folder / "their.bed").write_text("chr4\t100\t155\n")
    (folder / "depth.tsv").write_text("locus\tmean\tover_20\nchr4:110\t30\t0.97\nchr4:160\t2\t0.2\n")
    told = SourceFiles(source(kind="wes", coverage=[{"path": "x"}]), [(path, "GRCh38")], [(f"{folder}/depth.tsv", "GRCh38")],
                       [(f"{folder}/their.bed", "GRCh38")])  # fmt: skip
    table = CONTROL_COUNTS.read(controls_of(folder, ROWS, told)).set_index("variant_id")
    assert table.loc[["4_110_A_C", "4_160_A_C", "4_170_A_C"], "share_covered"].tolist() == [0.97, 0.2, 0.0]
    assert table.loc[["4_110_A_C", "4_160_A_C"], "is_captured"].tolist() == [True, False]


@pytest.mark.parametrize(("row", "message"), [
    ("chr4 110 A C AC_eas=x;AN_eas=2000;nhomalt_eas=0", "not a count"), ("chr4 110 A C AC_eas=0.5;AN_eas=2000;nhomalt_eas=0", "not a count"),
    ("chr4 110 A C AC_eas=9;AN_eas=2;nhomalt_eas=0", "more copies than alleles"), ("chr4 110 A C AC_eas=1;AN_eas=2;nhomalt_eas=1", "more copies"),
])  # fmt: skip
def test_read_controls__bad_counts_are_refused(folder: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        controls_of(folder, [row])
    with pytest.raises(InputError, match="stands twice"):
        controls_of(folder, [ROWS[0], ROWS[0]])


def test_an_exome_must_say_what_it_saw() -> None:
    with pytest.raises(ValueError, match="a wes needs `capture_bed` or `coverage`"):
        source(kind="wes")


@pytest.fixture
def compare(folder: Path) -> Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    def run(rows: list[str], strata: dict | None = None, **mask) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        path = controls_of(folder, rows)
        counts = CONTROL_COUNTS.read(path)
        known = counts.drop_duplicates("variant_id")
        consequence = np.where(known["position"] == 405, "synonymous_variant", "stop_gained")
        annotated = known[["variant_id", "chromosome", "position", "ref", "alt"]].assign(
            gene="NEK1", consequence=consequence, source="vcf", is_control_only=~known["variant_id"].isin(VARIANTS))  # fmt: skip
        ANNOTATION.write(fill(ANNOTATION, annotated), folder / "annotation.parquet")
        cohort = Cohort([f"{folder}/s.pgen"], [f"{folder}/s.variants.parquet"], f"{folder}/patients.parquet", f"{folder}/components.tsv",
                        {"wes": [f"{folder}/qc.parquet"]}, {"wes": (f"{folder}/capture.bed", "GRCh38")})  # fmt: skip
        settings = SummaryControlsConfig(
            strata=strata or {"asian": {"controls": "gnomad.eas", "reported_ancestry": ["EAS"]}},
            min_carriers_inflation=2,
        )
        masks = AnnotationConfig(masks={"lof": Mask(consequences=["stop_gained"], **mask)})
        outputs = {name: f"{folder}/{name}.tsv" for name in ("controls", "masks", "losses")}
        compare_controls(
            cohort,
            ([f"{folder}/annotation.parquet"], [], []),
            [str(path)],
            ({}, {"gnomad.eas": True}),
            (settings, masks),
            outputs,
        )
        tables = (PANEL_CONTROLS, PANEL_CONTROL_MASKS, PANEL_CONTROL_LOSSES)
        return tuple(table.read(outputs[name]) for table, name in zip(tables, outputs, strict=True))  # type: ignore[return-value]

    return run


def test_compare_controls__the_same_filters_on_both_sides(compare) -> None:
    """Of 29 patients; 4_180 is too common on both sides together, all others but four have a reason on one side."""
    controls, masks, losses = compare(ROWS, max_allele_frequency=0.01)
    fates = losses.set_index("reason")["n_variants"].to_dict()
    assert fates == {
        "compared": 6, "called in too few controls": 1, "called in too few patients": 1, "excluded by variant QC": 1,
        "not PASS among the controls": 1, "place not seen by wes": 1,
    }  # fmt: skip
    row = controls.set_index("mask").loc["lof"]
    # 4_110 (2 patients, 1 control), 4_160 (1), 4_170 (2), 4_200 (4 copies, 1 homozygote: 3 carriers).
    assert row[["n_variants", "n_cases", "n_case_carriers", "n_controls", "n_control_carriers"]].tolist() == [
        4,
        29,
        5,
        1000,
        4,
    ]
    assert (
        row["p_value"] == pytest.approx(exact_test(np.array([[5, 24, 4, 996]])).p_value) and row["method"] == "fisher"
    )
    assert controls.set_index("mask").loc["calibration", ["n_case_carriers", "n_control_carriers"]].tolist() == [0, 2]
    assert masks.set_index("mask").loc["lof", "odds_ratio"] == pytest.approx(row["odds_ratio"])
    assert controls["p_bonferroni"].isna().tolist() == [False, True]


def test_compare_controls__frequency_looks_at_both_sides_together(compare) -> None:
    """37 of 2,058 alleles (1.8 %) of 4_180: 28 of 58 among patients, 9 of 2,000 among controls; the others have at most 5."""
    for limit, n in ((0.5, 5), (0.019, 5), (0.01, 4), (0.001, 2)):
        row = compare(ROWS, max_allele_frequency=limit)[0].set_index("mask").loc["lof"]
        assert row["n_variants"] == n, limit


def test_compare_controls__nobody_of_the_stratum(compare) -> None:
    with pytest.raises(AnalysisError, match="nobody of the stratum"):
        compare(ROWS, {"x": {"controls": "gnomad.eas", "reported_ancestry": ["AFR"]}})


def test_annotate_variants__controls_have_their_consequences_by_the_same_route(folder: Path) -> None:
    table = folder / "table.tsv"
    table.write_text("chrom\tpos\tref\talt\tgene\tregion\n4\t110\tA\tC\tNEK1\texonic\n4\t200\tG\tT\tNEK1\texonic\n")
    outputs = {"variants": f"{folder}/v.parquet", "counts": f"{folder}/c.tsv"}
    sources = Sources(table=[str(table)], table_build=["GRCh38"])
    annotate_variants(
        [f"{folder}/s.pvar.zst"], sources, "s", outputs, AnnotationConfig(), [str(controls_of(folder, ROWS))]
    )
    found = ANNOTATION.read(outputs["variants"])
    assert found[["variant_id", "consequence", "is_control_only"]].to_numpy().tolist() == [
        ["4_110_A_C", "exonic", False], ["4_200_G_T", "exonic", True],
    ]  # fmt: skip
