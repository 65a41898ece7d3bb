"""The script reads what import_registry writes."""

from __future__ import annotations

from pathlib import Path

from alsreg.config.freeze import Clinical
from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import PHENOTYPES, STAGE_TIMES, STAGES
from registry import derive_traits, import_registry
from registry_tables import clean_tables, write_tables


def test_from_text_to_traits(tmp_path: Path) -> None:
    inputs = write_tables(clean_tables(), tmp_path)
    names = ("patients", "visits", "events", "samples", "pedigree", "issues", "imports")
    between = {
        name: tmp_path / "out" / f"{name}.{'tsv' if name in ('issues', 'imports') else 'parquet'}" for name in names
    }
    source = import_registry.Source("f", "2022-02-28", Clinical(**{name: {"path": name} for name in inputs}), ["array"])
    import_registry.import_registry(inputs, source, RegistryConfig(), "v1", between, tmp_path / "trail.jsonl")
    outputs = [tmp_path / f"{name}.parquet" for name in ("phenotypes", "stages", "stage_times")]
    phenotypes, stages, times = outputs
    derive_traits.derive_traits(between, "2022-02-28", RegistryConfig(), *outputs)
    people = PHENOTYPES.read(phenotypes)
    assert people["person"].tolist() == [f"P{number:02d}" for number in range(1, 21)]
    assert people["is_event"].sum() == 10 and people["entry_months"].nunique() == 1
    assert len(STAGES.read(stages)) == 60 + 10
    # Every second person died after the last visit: that is when they reached the stages nobody saw.
    assert (STAGE_TIMES.read(times)["status"] == "reached").sum() == 20 + 3 * 10 and people["is_mitos_2"].sum() == 10
    once = [path.read_bytes() for path in outputs]
    derive_traits.derive_traits(between, "2022-02-28", RegistryConfig(), *outputs)
    assert [path.read_bytes() for path in outputs] == once
