"""Preflight says every fault of a run at once, and nothing but 'ok' where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from alsreg import cli
from alsreg.provenance import sha256
from alsreg.workflow.preflight import preflight

Edit = Callable[[Callable[[dict], object]], None]


def write_config(data: Path, **changes: object) -> Path:
    path = data.parent / "config.yaml"
    path.write_text(yaml.safe_dump({"freeze": str(data / "freeze.yaml"), **changes}))
    return path


def errors(data: Path, base: Path, **changes: object) -> list[str]:
    return [finding.message for finding in preflight(write_config(data, **changes), base) if finding.is_error]


def rename_samples(path: Path, assay: str) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    mine = table["assay"] == assay
    table.loc[mine, "sample_id"] = "other-" + table.loc[mine, "sample_id"]
    table.to_csv(path, index=False)


def test_preflight__sound_data(data: Path, base: Path) -> None:
    findings = preflight(write_config(data), base)
    assert [str(finding) for finding in findings if finding.is_error] == []
    lines = [str(finding) for finding in findings]
    freeze = yaml.safe_load((data / "freeze.yaml").read_text())
    for assay, described in freeze["assays"].items():
        assert any(
            line.startswith(f"ok    assay {assay}: {described['n_samples']} samples, {described['build']}, indexed")
            for line in lines
        )
    assert any("clinical tables: " in line and " persons, " in line for line in lines)


def test_preflight__all_faults_in_one_run(data: Path, base: Path, edit: Edit) -> None:
    def spoil(freeze: dict) -> None:
        freeze["fasta"]["sha256"] = "0" * 64
        freeze["chains"]["GRCh37"]["path"] = "reference/absent.chain"
        freeze["assays"]["wes"]["n_samples"] += 1

    edit(spoil)
    rename_samples(data / "registry/samples.csv", "wgs")
    found = errors(data, base)
    fasta = (data / "reference").glob("*.fa*")
    assert [message for message in found if "key fasta: SHA-256 differs" in message]
    assert any(f"{path}, key fasta" in message for path in fasta for message in found)
    assert [m for m in found if "absent.chain, key chains.GRCh37: no such file" in m]
    assert [m for m in found if m.startswith("assay wes: ") and "the freeze says" in m and "genotypes/wes" in m]
    assert [m for m in found if m.startswith("assay wgs: none of the ") and "table: other-" in m]
    assert len(found) == 4


def test_preflight__settings_and_freeze_faults_together(data: Path, base: Path, edit: Edit) -> None:
    edit(lambda freeze: freeze["assays"]["wes"].update(kind="exome"))
    found = errors(data, base, sample_qc={"min_callrate": 0.9})
    assert len(found) == 2
    assert "unknown key sample_qc.min_callrate, did you mean min_call_rate?" in found[0]
    assert "config.yaml" in found[0]
    assert "key assays.wes.kind" in found[1]
    assert "'exome'" in found[1]
    assert "freeze.yaml" in found[1]


def test_preflight__unknown_key_does_not_hide_faults_of_files(data: Path, base: Path, edit: Edit) -> None:
    edit(lambda freeze: freeze["assays"]["array"].update(n_samples=1))
    found = errors(data, base, nonsense=1)
    assert len(found) == 2
    assert "unknown key nonsense" in found[0]
    assert found[1].startswith("assay array: ")


def test_preflight__missing_vcf_is_said_once(data: Path, base: Path) -> None:
    next((data / "genotypes").glob("wgs*.vcf.gz")).unlink()
    found = errors(data, base)
    assert len(found) == 1
    assert "key assays.wgs.files[0]: no such file" in found[0]


def test_preflight__missing_clinical_table_leaves_the_assays_checked(data: Path, base: Path) -> None:
    (data / "registry/visits.csv").unlink()
    findings = preflight(write_config(data), base)
    assert [f.message.split(": ")[0].endswith("key clinical.visits") for f in findings if f.is_error] == [True]
    assert sum(str(finding).startswith("ok    assay ") for finding in findings) == 3


def test_preflight__assay_without_samples_in_the_table(data: Path, base: Path) -> None:
    path = data / "registry/samples.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table[table["assay"] != "wes"].to_csv(path, index=False)
    found = errors(data, base)
    assert len(found) == 1
    assert found[0].startswith("assay wes: none of the ")
    assert "table: none" in found[0]


def test_preflight__some_unknown_samples_are_told_not_refused(data: Path, base: Path) -> None:
    path = data / "registry/samples.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    first = table.index[table["assay"] == "wgs"][0]
    name = table.loc[first, "sample_id"]
    table.drop(index=first).to_csv(path, index=False)
    findings = preflight(write_config(data), base)
    assert not any(finding.is_error for finding in findings)
    told = [
        f.message for f in findings if "in the VCF but not in the samples table" in f.message and "wgs" in f.message
    ]
    assert len(told) == 1
    assert name in told[0]


@pytest.mark.parametrize("check_sums", [True, False])
def test_preflight__checksums_are_compared_unless_told_not_to(
    data: Path, base: Path, edit: Edit, check_sums: bool
) -> None:
    edit(lambda freeze: freeze["clinical"]["patients"].update(sha256="f" * 64))
    findings = preflight(write_config(data), base, check_sums=check_sums)
    assert any("SHA-256 differs" in finding.message for finding in findings if finding.is_error) is check_sums


def test_preflight__right_checksum_passes(data: Path, base: Path, edit: Edit) -> None:
    right = sha256(data / "registry/patients.csv")
    edit(lambda freeze: freeze["clinical"]["patients"].update(sha256=right))
    findings = preflight(write_config(data), base)
    assert not any(finding.is_error for finding in findings)
    assert any("checksums: 1 of " in finding.message for finding in findings)


@pytest.mark.parametrize("content", [None, "freeze: [", "- a\n- b\n", "freeze: 3\n", "freeze: nowhere\n"])
def test_preflight__unusable_configuration(base: Path, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_text(content)
    findings = preflight(path, base)
    assert [finding.is_error for finding in findings] == [True]
    assert "Remedy: " in findings[0].message


def test_command__exit_status_and_last_line(
    data: Path, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "BASE", base)
    assert cli.main(["preflight", str(write_config(data))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "ready to run"
    (data / "registry/events.csv").unlink()
    (data / "registry/visits.csv").unlink()
    assert cli.main(["preflight", "--no-checksums", str(write_config(data))]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "2 errors"
    assert sum(line.startswith("ERROR ") for line in out) == 2


def test_preflight__says_where_an_index_is_absent(data: Path, base: Path) -> None:
    next((data / "genotypes").glob("wes*.vcf.gz.[ct][sb]i")).unlink()
    findings = preflight(write_config(data), base)
    assert not any(finding.is_error for finding in findings)
    told = [finding.message for finding in findings if "no index for wes" in finding.message]
    assert len(told) == 1
    assert told[0].endswith("every shard reads the whole file")


def test_preflight__columns_that_traits_name(data: Path, base: Path) -> None:
    traits = {
        "age_at_onset": {"covariates": ["sexx", "PC1"]},
        "slope": {"value": "totals", "joint": {"time": "months_since"}},
    }
    predictors = {"is_bulbar": {}, "fvc": {"is_optional": True}, "el_escorial": {"level": "definite"}}
    assert errors(data, base, traits=traits, registry={"prognosis": {"predictors": predictors}}) == [
        "key registry.prognosis.predictors.is_bulbar: no column 'is_bulbar' in the tables. Remedy: did you mean is_bulbar_onset?",
        "key traits.age_at_onset: no column 'sexx' in the tables. Remedy: did you mean sex?",
        "key traits.slope: no column 'totals' in the tables. Remedy: did you mean total?",
        "key traits.slope: no column 'months_since' in the tables. Remedy: did you mean months_since_onset?",
    ]


def test_preflight__masks_that_the_freeze_cannot_serve(data: Path, base: Path) -> None:
    (message,) = errors(data, base, annotation={"transcripts": ["mane"]})
    assert "only an annotated VCF tells kinds of transcript" in message
