"""Files as MultiQC's documentation asks for custom content: settings as commented YAML, then a table."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
import yaml

from alsreg.config.quality import QualityConfig
from alsreg.tables.compare import QC_NUMBERS
from alsreg.tables.genotypes import SAMPLE_QC
from helpers.report_tables import sample_qc
from quality.write_multiqc import write_multiqc

ROWS = [
    ("sample_qc", "wgs", "n_samples", 12.0), ("sample_qc", "wgs", "median_call_rate", 0.991), ("sample_qc", "array", "n_samples", 1300.0),
    ("association", "all/survival", "n", 40.0), ("association", "all/survival", "n_events", 3.0), ("association", "all/age", "n_events", 9.0),
    ("association", "all/age", "lambda_gc", float("nan")),
]  # fmt: skip
# https://docs.seqera.io/multiqc/custom_content
PLOT_TYPES = {"generalstats", "table", "bargraph", "linegraph", "scatter", "heatmap", "box", "violin", "html", "image"}
KEYS = {
    "id",
    "section_name",
    "description",
    "parent_id",
    "parent_name",
    "parent_description",
    "plot_type",
    "pconfig",
    "headers",
}


def write(tmp_path: Path, per_sample: bool = False) -> Path:
    QC_NUMBERS.write(pd.DataFrame(ROWS, columns=QC_NUMBERS.column_names), tmp_path / "numbers.tsv")
    samples = sample_qc(12)
    SAMPLE_QC.write(samples[samples["assay"] == "wgs"], tmp_path / "wgs.samples.tsv")
    write_multiqc(
        str(tmp_path / "numbers.tsv"),
        [str(tmp_path / "wgs.samples.tsv")],
        "f1",
        QualityConfig(per_sample=per_sample),
        5,
        tmp_path / "mqc",
    )
    return tmp_path / "mqc"


def parsed(path: Path) -> tuple[dict, pd.DataFrame]:
    lines = path.read_text().splitlines()
    header = "\n".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    body = "\n".join(line for line in lines if not line.startswith("#"))
    return yaml.safe_load(header), pd.read_csv(io.StringIO(body), sep="\t")


@pytest.mark.parametrize("per_sample", [False, True])
def test_format(tmp_path: Path, per_sample: bool) -> None:
    folder = write(tmp_path, per_sample)
    paths = sorted(folder.iterdir())
    assert len(paths) == 2 + per_sample
    ids = set()
    for path in paths:
        assert path.name.endswith("_mqc.tsv")  # how MultiQC finds them
        settings, table = parsed(path)
        assert set(settings) == KEYS
        assert settings["plot_type"] in PLOT_TYPES
        assert settings["id"].isidentifier() and settings["pconfig"]["id"] not in ids
        ids |= {settings["id"], settings["pconfig"]["id"]}
        assert table.columns[0] == "Sample" and table["Sample"].is_unique
        assert list(settings["headers"]) == list(table.columns[1:])


def test_numbers__small_counts_of_people_are_empty(tmp_path: Path) -> None:
    folder = write(tmp_path)
    _, samples = parsed(folder / "alsreg_sample_qc_mqc.tsv")
    assert samples.set_index("Sample").loc["wgs"].to_dict() == {"n_samples": 12, "median_call_rate": 0.991}
    text = (folder / "alsreg_association_mqc.tsv").read_text()
    assert "all/age\t\t9\t" in text
    assert "all/survival\t40\t\t" in text


def test_no_sample_is_named__unless_asked_for(tmp_path: Path) -> None:
    folder = write(tmp_path, per_sample=True)
    table = parsed(folder / "alsreg_samples_mqc.tsv")[1]
    assert len(table) == 7
    assert set(table["verdict"]) <= {"used", "excluded"}
    again = write(tmp_path, per_sample=False)
    assert not (again / "alsreg_samples_mqc.tsv").exists()
