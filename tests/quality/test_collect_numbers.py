"""QC numbers counted by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from alsreg.tables.compare import QC_NUMBERS
from helpers import report_tables as tables
from quality.collect_numbers import collect_numbers


def test_numbers_of_every_stage(tmp_path: Path) -> None:
    inputs = tables.write_inputs(tmp_path)
    for name in ("wgs", "array"):
        assert any(f"{name}" in str(path) for path in inputs.samples)
    one = SimpleNamespace(**{**vars(inputs), "components": [inputs.components], "diagnostics": [inputs.diagnostics]})
    collect_numbers(one, tmp_path / "numbers.tsv")
    table = QC_NUMBERS.read(tmp_path / "numbers.tsv")
    found = table.set_index(["stage", "unit", "metric"])["value"]
    assert found.index.is_unique
    assert found["ingest", "array", "n_record_read"] == 1000
    assert found["sample_qc", "array", "n_samples"] == 13
    assert found["sample_qc", "array", "n_excluded"] == found["sample_qc", "array", "n_low_call_rate"] == 1
    assert found["variant_qc", "array", "n_variants"] == 6
    assert found["variant_qc", "array", "n_excluded"] == 3
    assert set(table["stage"]) == {"ingest", "sample_qc", "variant_qc", "identity", "merge", "structure", "association"}
