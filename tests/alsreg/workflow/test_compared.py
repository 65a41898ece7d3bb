"""Two freezes named for a comparison, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from alsreg.config.load import parse_settings
from alsreg.errors import ConfigError
from alsreg.workflow.compared import Comparison, Side, find_comparison
from alsreg.workflow.run import start_run


def older_of(data: Path, **changes: object) -> Path:
    """A second freeze file beside the first."""
    values = yaml.safe_load((data / "freeze.yaml").read_text())
    path = data / "older.yaml"
    path.write_text(yaml.safe_dump({**values, "id": "older", **changes}))
    return path


def has_run(results: Path, **record: object) -> None:
    for name in ("report/older/provenance.json", "quality/older/numbers.tsv"):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(json.dumps({"settings": {"traits": {"survival": {}, "age": {}}}} | record))


def settings(data: Path) -> dict[str, object]:
    return {"freezes": [str(data / "older.yaml"), str(data / "freeze.yaml")]}


def test_the_second_freeze_is_in_force(data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older_of(data, freeze_date="2020-01-01")
    has_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    run = start_run({"freeze": "kg3", **settings(data)}, base)
    alone = start_run({"freeze": str(data / "freeze.yaml")}, base)
    assert run.freeze.id == alone.freeze.id
    assert run.settings_digest == alone.settings_digest  # or comparing would make the newer freeze's reports again
    assert run.older_freezes == ["older"]
    assert run.compared("older")["traits"] == ["survival", "age"]
    assert run.comparison_results(None) == [f"compare/{run.freeze.id}/older/index.html"]
    assert run.older("a/{freeze}/{cohort}/{trait}.tsv") == ["a/older/{cohort}/survival.tsv", "a/older/{cohort}/age.tsv"]
    assert alone.older_freezes == alone.older("x/{freeze}") == alone.newer("x/{freeze}") == []
    with pytest.raises(ConfigError, match="key freezes: no two freezes to compare"):
        alone.comparison_results(None)


@pytest.mark.parametrize(
    ("changes", "ran", "words"),
    [
        ({"id": "mini"}, True, "both freezes have the same id"),
        ({"freeze_date": "2030-01-01"}, True, "name the older freeze first"),
        ({"freeze_date": "2020-01-01"}, False, "the older freeze has not been run .*--config freeze="),
    ],
)
def test_bad_pairs(data: Path, base: Path, tmp_path: Path, changes: dict[str, str], ran: bool, words: str) -> None:
    from alsreg.config.load import load_freeze

    older_of(data, **changes)
    if ran:
        has_run(tmp_path)
    parsed = parse_settings({"freeze": "kg3", **settings(data)})
    with pytest.raises(ConfigError, match=words):
        find_comparison(parsed, load_freeze(str(data / "freeze.yaml"), base), base, tmp_path)


@pytest.mark.parametrize("names", ["2021-08", ["2021-08"], ["a", "a"], ["a", "b", "c"], [2021, 2022]])
def test_not_two_names(names: object) -> None:
    with pytest.raises(ConfigError, match="name two different freezes, the older first"):
        parse_settings({"freeze": "kg3", "freezes": names})


def test_files__of_cohorts_in_both_only() -> None:
    older = Side("a", ("x",), {"one": ("x",), "old": ("x",)}, ("s1", "s2"), ("t",))
    newer = Side("b", ("x", "y"), {"new": ("y",), "one": ("x", "y")}, ("s1",), ("t", "u"))
    pair = Comparison(older, newer)
    assert pair.cohorts == ["one"]
    assert pair.files(newer, "{freeze}/{each_cohort}/{shard}.{trait}") == ["b/one/s1.t", "b/one/s1.u"]
    assert pair.files(older, "{freeze}/{assay}/{shard}", "{freeze}") == ["a/x/s1", "a/x/s2", "a"]
