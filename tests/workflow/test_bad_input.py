"""Bad input stops a run with one clear sentence, a non-zero exit, and nothing half-written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from alsreg.config.annotation import AnnotationConfig
from workflow.running import run, write_mini_config


@pytest.fixture
def data(mini_freeze: Path, tmp_path: Path) -> Path:
    """A copy of the mini registry that a test may spoil."""
    folder = tmp_path / "data"
    shutil.copytree(mini_freeze.parent, folder)
    freeze = yaml.safe_load((folder / "freeze.yaml").read_text())
    (folder / "freeze.yaml").write_text(yaml.safe_dump({**freeze, "root": str(folder)}))
    return folder


def fail(data: Path, target: str = "ingest", **changes: object) -> str:
    """Run a target that must fail; return its one sentence."""
    results = data.parent / "results"
    done = run(results, write_mini_config(data.parent / "config.yaml", data / "freeze.yaml", **changes), target)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    sentences = {line[line.index("alsreg: error:") :] for line in done.stdout.splitlines() if "alsreg: error:" in line}
    assert len(sentences) == 1, done.stdout[-3000:]
    assert not list(results.rglob(".partial-*"))
    return sentences.pop()


def vcf(data: Path, assay: str) -> Path:
    return next((data / "genotypes").glob(f"{assay}.*.vcf.gz"))


def edit_freeze(data: Path, change: Callable[[dict], None]) -> None:
    values = yaml.safe_load((data / "freeze.yaml").read_text())
    change(values)
    (data / "freeze.yaml").write_text(yaml.safe_dump(values))


def test_unknown_key(data: Path) -> None:
    assert "unknown key sample_qc.min_callrate, did you mean min_call_rate?" in fail(
        data, sample_qc={"min_callrate": 0.9}
    )


def test_threshold_out_of_bounds(data: Path) -> None:
    sentence = fail(data, variant_qc={"min_call_rate": 2})
    assert "variant_qc.min_call_rate" in sentence
    assert "less than or equal to 1" in sentence


def test_missing_file(data: Path) -> None:
    path = vcf(data, "wes")
    path.unlink()
    sentence = fail(data)
    assert str(path) in sentence
    assert "Remedy" in sentence


def test_truncated_vcf(data: Path) -> None:
    path = vcf(data, "array")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sentence = fail(data)
    assert path.name in sentence
    assert "Remedy" in sentence
    assert not list((data.parent / "results").glob("ingest/*/array/*.pgen"))


def test_build_that_does_not_match_the_positions(data: Path) -> None:
    edit_freeze(data, lambda freeze: freeze["assays"]["wes"].update(build="GRCh38"))
    sentence = fail(data)
    assert vcf(data, "wes").name in sentence
    assert "GRCh38" in sentence


def test_wrong_number_of_samples(data: Path) -> None:
    edit_freeze(data, lambda freeze: freeze["assays"]["wgs"].update(n_samples=7))
    assert "the freeze says 7 samples" in fail(data)


def test_missing_column(data: Path) -> None:
    path = data / "registry/patients.csv"
    path.write_text(path.read_text().replace("onset_date", "onset", 1))
    sentence = fail(data, "registry")
    assert "patients.csv" in sentence
    assert "onset_date" in sentence


def test_samples_table_names_other_samples(data: Path) -> None:
    path = data / "registry/samples.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *(f"Z{row}" if row.startswith("E") else row for row in rows)]) + "\n")
    sentence = fail(data, "sample_qc")
    assert "no sample of assay wes stands in the samples table" in sentence
    assert "Remedy" in sentence


def test_masks_that_select_nothing(data: Path) -> None:
    nothing = {"consequences": ["transcript_ablation"]}
    sentence = fail(data, "annotation", annotation={"masks": dict.fromkeys(AnnotationConfig().masks, nothing)})
    assert "no mask selects any variant" in sentence
    assert "missense_variant" in sentence  # the remedy lists what there is


def test_odd_paths_and_ids_work(data: Path, tmp_path: Path) -> None:
    odd = tmp_path / '-o\'dd $(touch pwned) "ü日本" data'
    data.rename(odd)
    edit_freeze(odd, lambda freeze: freeze.update(root=str(odd)))
    for name in ("patients", "visits", "events", "samples", "pedigree"):
        path = odd / f"registry/{name}.csv"
        if path.exists():
            path.write_text(path.read_text().replace("SYN00001", "-$(touch_pwned)'ü"))
    results = tmp_path / "results"
    done = run(results, write_mini_config(tmp_path / "config.yaml", odd / "freeze.yaml"), "ingest", "registry")
    assert done.returncode == 0, done.stdout[-3000:]
    assert not list(tmp_path.rglob("pwned"))
    assert "-$(touch_pwned)'ü" in (results / "registry/mini/phenotypes.parquet").read_bytes().decode("utf-8", "ignore")
