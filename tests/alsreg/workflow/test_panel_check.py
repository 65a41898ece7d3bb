"""The panel asks only for what there is; which files its rules take."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from alsreg.config.freeze import Freeze
from alsreg.config.settings import Settings
from alsreg.errors import ConfigError
from alsreg.workflow import inputs
from alsreg.workflow.panel_check import check_panel
from alsreg.workflow.run import Run

CONTROLS = {"gnomad": {"format": "vcf", "kind": "wgs", "files": [{"path": "g1.vcf", "chromosomes": ["1"]}, {"path": "g2.vcf", "chromosomes": ["2"]}],
                       "populations": {"eas": {"copies": "AC_eas", "number": "AN_eas"}}, "capture_bed": {"path": "g.bed", "build": "GRCh37"}}}  # fmt: skip
STRATA = {"controls": {"strata": {"a": {"controls": "gnomad.eas", "reported_ancestry": ["EAS"]}}}}


def freeze(annotation: dict | None = None, bed: bool = True) -> Freeze:
    capture = {"capture_bed": {"path": "e.bed"}} if bed else {}
    return Freeze(**{
        "id": "f", "freeze_date": "2022-02-28", "clinical": {key: {"path": "x.csv"} for key in ("patients", "visits", "events", "samples")},
        "assays": {"chip": {"kind": "array", "build": "GRCh38", "files": [{"path": "a.vcf"}]},
                   "wes": {"kind": "wes", "build": "GRCh37", "files": [{"path": "e.vcf"}], **capture},
                   "wgs": {"kind": "wgs", "build": "GRCh38", "files": [{"path": "g.vcf"}]}},
        "chains": {"GRCh37": {"path": "19.chain"}}, "cohorts": {"all": {"assays": ["wgs", "chip", "wes"]}, "chip": {"assays": ["chip"]}},
        "shards": {"one": ["1"], "two": ["2"]}, "root": "/data", "repeats": {"assay": "wgs", "files": [{"path": "eh.vcf"}]},
        "annotation": {"gff3": {"path": "g.gff3"}, "controls": CONTROLS, **(annotation or {})},
    })  # fmt: skip


def settings(panel: dict, **others) -> Settings:
    return Settings(freeze="f", panel=panel, **others)


@pytest.mark.parametrize(("panel", "changes", "message"), [
    ({"genes": "none.tsv"}, {}, "no such list of genes"), ({"masks": ["x"]}, {}, "no such mask"), ({"controls": {"masks": ["x"]}}, {}, "no such mask"),
    ({"leave_out_of": ["x"]}, {}, "no such cohort"), ({"leave_out_of": ["all"], "leave_out_by": "clinvar_pathogenic"}, {}, "has no ClinVar"),
    ({"controls": {"strata": {"a": {"controls": "gnomad.afr", "reported_ancestry": ["AFR"]}}}}, {}, "no such controls.*gnomad.afr"),
    (STRATA, {"bed": False}, "an exome without capture regions.*wes"),
])  # fmt: skip
def test_what_is_not_there_is_named(panel: dict, changes: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        check_panel(settings(panel), freeze(**changes), tmp_path)


def test_a_mask_judged_by_the_controls_is_refused(tmp_path: Path) -> None:
    judged = {"masks": {"lof": {"consequences": ["stop_gained"], "max_external_frequency": 0.01}}}
    frequencies = {"g": {"format": "vcf", "files": [{"path": "g1.vcf"}], "populations": {"eas": "AF_eas"}}}
    with pytest.raises(ConfigError, match="judged by frequencies in the controls themselves"):
        check_panel(settings(STRATA, annotation=judged), freeze({"frequencies": frequencies}), tmp_path)
    other = {"g": {**frequencies["g"], "files": [{"path": "other.vcf"}]}}
    check_panel(settings(STRATA, annotation=judged), freeze({"frequencies": other}), tmp_path)


def test_two_strata_share_neither_people_nor_controls() -> None:
    strata = {
        "a": {"controls": "g.e", "reported_ancestry": ["X"]},
        "b": {"controls": "g.f", "reported_ancestry": ["X"]},
    }
    with pytest.raises(ValueError, match="stands in two strata"):
        settings({"controls": {"strata": strata}})
    strata["b"] = {"controls": "g.e", "reported_ancestry": ["Y"]}
    with pytest.raises(ValueError, match="their people would count twice"):
        settings({"controls": {"strata": strata}})


def test_files_of_the_rules() -> None:
    base, of = Path("/base"), SimpleNamespace(cohort="all", shard="two")
    assert inputs.control_files(freeze(), base, of) == ["/data/g2.vcf", "/data/g.bed"]
    assert [part["part"] for part in inputs.control_parts(freeze(), base, of)] == ["files", "capture"]
    assert inputs.reading_assays_of_cohort(freeze(), base, of) == ["wgs", "wes"]
    assert inputs.reading_assays_of_cohort(freeze(), base, SimpleNamespace(cohort="chip")) == ["chip"]
    assert inputs.variant_qc_of_reading_assays(freeze(), base, of)[:2] == [
        "variant_qc/f/wgs/one.variants.parquet",
        "variant_qc/f/wgs/two.variants.parquet",
    ]
    assert inputs.beds_of_reading_assays(freeze(), base, of) == ["/data/e.bed"] and inputs.lifted_bed_chains(
        freeze(), base, of
    ) == ["/data/19.chain"]
    assert inputs.repeat_files(freeze(), base, of) == ["/data/eh.vcf"] and inputs.control_homozygotes(
        freeze(), base, of
    ) == {"gnomad.eas": False}


def test_run__what_the_panel_makes_is_asked_for_only_where_it_is_wanted() -> None:
    of = SimpleNamespace(cohort="all", shard="one")
    off, on = (Run(settings(panel), freeze(), Path("/base")) for panel in ({}, {**STRATA, "leave_out_of": ["all"]}))
    assert (off.controls_of_shard(of), off.panel_controls_of_cohort(of), off.carriers_left_out(of)) == ([], [], [])
    assert on.controls_of_shard(of) == ["annotation/f/one.controls.parquet"] and on.carriers_left_out(of) == [
        "panel/f/all/people.parquet"
    ]
    assert (
        len(on.panel_controls_of_cohort(of)) == 3 and on.panel_controls_of_cohort(SimpleNamespace(cohort="chip")) == []
    )
    assert (
        on.panel_results(of)[-1] == "panel/f/all/controls.tsv"
        and off.gene_list(of) == "/base/resources/genes/als_genes.tsv"
    )
