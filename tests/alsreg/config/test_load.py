"""Faults in the configuration are said with key, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from alsreg.config.freeze import Freeze, expand_variables
from alsreg.config.load import load_freeze, parse, parse_settings, read_yaml
from alsreg.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sample_qcs": {}}, ["unknown key sample_qcs", "did you mean sample_qc?"]),
        ({"sample_qc": {"min_callrate": 0.9}}, ["unknown key sample_qc.min_callrate", "min_call_rate"]),
        (
            {"sample_qc": {"min_call_rate": 1.5}},
            ["key sample_qc.min_call_rate", "1.5", "less than or equal to 1"],
        ),
        ({"traits": {"x": {"type": "ordinal", "column": "y"}}}, ["traits.x", "ordinal", "quantitative"]),
        ({"traits": {"x": {"type": "quantitative", "column": "sex"}}}, ["trait x", "own column 'sex'"]),
        ({"traits": {"1 bad": {"type": "binary", "column": "y"}}}, ["1 bad"]),
    ],
    ids=["section", "key", "bound", "type", "self-adjustment", "name"],
)
def test_parse_settings__names_the_fault(values: dict, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings({"freeze": "kg3", **values})
    assert [word for word in words if word not in str(caught.value)] == []


def test_parse_settings__says_all_faults_at_once() -> None:
    with pytest.raises(ConfigError, match=r"(?s)nonsense.*gibberish"):
        parse_settings({"freeze": "kg3", "nonsense": 1, "gibberish": 2})


def test_parse_settings__freeze_is_required() -> None:
    with pytest.raises(ConfigError, match="key freeze: Field required"):
        parse_settings({})


def test_load_freeze__unknown_id_lists_the_known() -> None:
    with pytest.raises(ConfigError, match=r"no such freeze.*kg3"):
        load_freeze("1999-12", ROOT)


def test_load_freeze__id_must_be_the_file_name(tmp_path: Path) -> None:
    (tmp_path / "config/freezes").mkdir(parents=True)
    (tmp_path / "config/freezes/other.yaml").write_text((ROOT / "config/freezes/kg3.yaml").read_text())
    with pytest.raises(ConfigError, match="id differs"):
        load_freeze("other", tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("assays", "wes", "build"), "hg18", "assays.wes.build"),
        (("chains",), {}, "give its chain file"),
        (("cohorts", "all", "assays"), ["wgs", "gsa"], "unknown assays"),
        (("shards",), {"a": ["1", "2"], "b": ["2"]}, "stands in two shards"),
        (("shards",), {"a": ["chr1"]}, "is not one of"),
        (("annotation", "table_build"), None, "go together"),
    ],
    ids=["build", "chain", "cohort", "twice", "naming", "annotation"],
)
def test_freeze__faults_are_named(path: tuple[str, ...], value: object, words: str) -> None:
    values = yaml.safe_load((ROOT / "config/freezes/kg3.yaml").read_text())
    place = values
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ConfigError, match=words):
        parse(Freeze, values, "freeze.yaml")


def test_read_yaml__syntax_error_names_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "a b.yaml"
    path.write_text("freeze: [kg3\n")
    with pytest.raises(ConfigError, match=r"a b\.yaml: not readable as YAML.*line 2"):
        read_yaml(path)


def test_expand_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALS_HOME", "/data/a b")
    monkeypatch.delenv("ALS_NOWHERE", raising=False)
    assert expand_variables("${ALS_HOME}/x/${ALS_NOWHERE:-y}") == "/data/a b/x/y"
    with pytest.raises(ConfigError, match="ALS_NOWHERE is not set"):
        expand_variables("${ALS_NOWHERE}")


SURVIVAL = {"type": "survival", "entry": "entry_months", "exit": "exit_months", "event": "is_event"}
SLOPE = {"type": "longitudinal"}
GIVEN = {"covariates": ["sex", "prognostic_index"]}


@pytest.mark.parametrize(
    "traits",
    [
        {"given": SURVIVAL | GIVEN},
        {"given": SURVIVAL | GIVEN, "death": SURVIVAL | {"event": "is_death"}},
        {"given": SLOPE | {"covariates_by_time": ["prognostic_index"]}, "survival": SURVIVAL},
        {"given": SURVIVAL | GIVEN, "again": SURVIVAL | GIVEN | {"ties": "breslow"}},
        {"given": SURVIVAL | {"prognostic_index": "own_index", "covariates": ["own_index"]}},
    ],
    ids=["alone", "other event", "by time", "both given", "own column"],
)
def test_trait_given_the_prognostic_index__needs_the_unadjusted_one(traits: dict) -> None:
    with pytest.raises(ConfigError, match=r"trait (given|again) is adjusted for the prognostic index.*same outcome"):
        parse_settings({"freeze": "kg3", "traits": traits})


def test_trait_given_the_prognostic_index__stands_beside_the_unadjusted_one() -> None:
    traits = {"survival": SURVIVAL, "given": SURVIVAL | GIVEN | {"ties": "breslow"}}
    assert list(parse_settings({"freeze": "kg3", "traits": traits}).traits) == ["survival", "given"]


def test_common_covariates__cannot_hide_the_prognostic_index() -> None:
    with pytest.raises(ConfigError, match="adjusted for the prognostic index"):
        parse_settings({"freeze": "kg3", "covariates": ["prognostic_index"], "traits": {"survival": SURVIVAL}})
