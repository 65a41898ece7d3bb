"""Why is this hit gone? One lead for every answer, from small files made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alsreg.engines.hits_compared import Freeze, compare_effects, compare_leads, explain_exclusions, find_tests, swapped
from alsreg.stats.heterogeneity import shift_of_overlapping
from alsreg.tables.genotypes import VARIANT_QC
from alsreg.tables.results import LEADS, VARIANT_TESTS
from helpers.filled import fill
from helpers.report_tables import lead

MAX_P = 1e-5


def row(name: str, beta: float, error: float, status: str = "tested", **more: object) -> dict[str, object]:
    """A test with the normal p of its effect; the name tells place and alleles."""
    chromosome, position, other, effect = name.split("_")
    p = 2 * stats.norm.sf(abs(beta / error)) if status == "tested" else None
    return {
        "variant_id": name, "chromosome": int(chromosome), "base_pair_location": int(position), "other_allele": other,
        "effect_allele": effect, "beta": beta if status == "tested" else None, "n": 100, "n_events": 50,
        "standard_error": error if status == "tested" else None, "p_value": p, "effect_allele_frequency": 0.3,
        "status": status, "p_method": "score", **more,
    }  # fmt: skip


def write_tests(folder: Path, *rows: dict[str, object]) -> list[str]:
    """Two shards."""
    folder.mkdir()
    frame, paths = fill(VARIANT_TESTS, [*rows]), []
    for k, part in enumerate((frame.iloc[::2], frame.iloc[1::2])):
        paths.append(str(folder / f"{k}.parquet"))
        with VARIANT_TESTS.stream(paths[-1]) as write:
            write(part)
    return paths


def leads(tests: list[str], *names: str) -> pd.DataFrame:
    frame = pd.concat([pd.read_parquet(path) for path in tests])
    kept = frame.loc[frame["variant_id"].isin(names), ["variant_id", "chromosome", "base_pair_location", "p_value"]]
    return fill(LEADS, [{**lead(), "trait": "t", **row} for row in kept.to_dict("records")])


def qc(path: Path, *rows: tuple[str, str]) -> dict[str, list[str]]:
    frame = [{"variant_id": name, "reason": reason, "is_excluded": bool(reason)} for name, reason in rows]
    path.mkdir()
    for variant in frame:
        variant |= {"chromosome": "1", "position": 1, "ref": "A", "alt": "C"}
    VARIANT_QC.write(fill(VARIANT_QC, frame), path / "v.parquet")
    return {"wgs": [str(path / "v.parquet")]}


OLDER = [
    row("1_100_A_C", 0.5, 0.1), row("1_9000000_A_C", 0.5, 0.1), row("2_100_A_C", 0.5, 0.1), row("3_100_A_C", 0.5, 0.1),
    row("4_100_A_C", 0.5, 0.1), row("5_100_A_C", 0.5, 0.1), row("6_100_A_C", 0.5, 0.1), row("7_100_A_C", 0.46, 0.1),
    row("8_100_A_C", 0.5, 0.1), row("9_100_A_C", 0.5, 0.1), row("10_100_A_C", 0.1, 0.1), row("11_100_G_T", 0.5, 0.1),
]  # fmt: skip
NEWER = [
    row("2_100_A_C", 0.5, 0.1, "mac < 20"), row("3_100_A_C", 0.2, 0.1), row("4_100_A_C", 0.5, 0.2),
    row("5_100_A_C", 0.2, 0.2), row("6_100_A_C", 0.48, 0.1), row("6_50000_A_G", 0.6, 0.1), row("7_100_A_C", 0.45, 0.103),
    row("8_100_A_C", 0.52, 0.1), row("9_100_A_C", 0.9, 0.1), row("10_100_A_C", 0.55, 0.1), row("11_100_T_G", -0.5, 0.1),
    row("12_100_A_C", 0.01, 0.1),
]  # fmt: skip


@pytest.fixture
def freezes(tmp_path: Path) -> tuple[Freeze, Freeze]:
    older, newer = write_tests(tmp_path / "older", *OLDER), write_tests(tmp_path / "newer", *NEWER)
    then = leads(older, *(str(test["variant_id"]) for test in OLDER if test["variant_id"] != "10_100_A_C"))
    now = leads(newer, "6_50000_A_G", "8_100_A_C", "9_100_A_C", "10_100_A_C", "11_100_T_G")
    flags = qc(tmp_path / "qc", ("1_100_A_C", "is_hwe_failure;is_low_call_rate"), ("8_100_A_C", ""))
    return Freeze(older, flags, then), Freeze(newer, flags, now)


def test_every_reason(freezes: tuple[Freeze, Freeze]) -> None:
    found = compare_leads(*freezes, max_p=MAX_P, window_kb=500, min_shift_z=2, overlap=0.5).set_index("variant_id")
    assert found["change"].value_counts().to_dict() == {"vanished": 8, "kept": 2, "moved": 1, "appeared": 2}
    assert found.loc[["8_100_A_C", "11_100_T_G", "9_100_A_C", "10_100_A_C"], "change"].tolist() == [
        "kept", "kept", "moved", "appeared",
    ]  # fmt: skip
    assert found["reason"].dropna().to_dict() == {
        "1_100_A_C": "excluded", "1_9000000_A_C": "absent", "2_100_A_C": "untestable", "3_100_A_C": "effect", "4_100_A_C": "precision",
        "5_100_A_C": "effect_or_precision", "6_100_A_C": "replaced", "7_100_A_C": "effect_and_precision", "10_100_A_C": "effect", "6_50000_A_G": "absent",
    }  # fmt: skip
    assert found["detail"].dropna().to_dict() == {
        "1_100_A_C": "wgs: hwe_failure, low_call_rate", "2_100_A_C": "mac < 20",
    }  # fmt: skip
    assert found["locus_lead"].dropna().to_dict() == {"6_100_A_C": "6_50000_A_G", "6_50000_A_G": "6_100_A_C"}
    # Correlation 0.5 of estimates with one standard error: their difference has that standard error.
    assert found.loc["9_100_A_C", "shift_z"] == pytest.approx(4.0)
    # Written the other way round in the older freeze: the same effect per the same allele.
    assert found.loc["11_100_T_G", ["older_beta", "newer_beta", "older_frequency"]].tolist() == pytest.approx(
        [-0.5, -0.5, 0.7]
    )


def test_rank__counts_the_smaller_p_of_all_shards(freezes: tuple[Freeze, Freeze]) -> None:
    found = find_tests(freezes[1].tests, ["9_100_A_C", "6_50000_A_G", "12_100_A_C", "2_100_A_C", "22_1_A_C"])
    p = np.sort([test["p_value"] for test in NEWER if test["status"] == "tested"])
    assert found["rank"].iloc[:3].tolist() == [1, 2, len(p)]
    assert found["rank"].iloc[3:].isna().all()
    assert found["status"].tolist() == ["tested", "tested", "tested", "mac < 20", "absent"]


def test_no_leads__no_rows(freezes: tuple[Freeze, Freeze]) -> None:
    bare = [Freeze(side.tests, side.variant_qc, side.leads[:0]) for side in freezes]
    assert not len(compare_leads(*bare, max_p=MAX_P, window_kb=500, min_shift_z=2, overlap=1.0))
    assert explain_exclusions(freezes[0].variant_qc, []) == {}


def test_effects__of_variants_tested_in_both(freezes: tuple[Freeze, Freeze]) -> None:
    found = compare_effects(
        freezes[0].tests, freezes[1].tests, ["11_100_G_T", "11_100_T_G", "2_100_A_C", "9_100_A_C"], ["9_100_A_C"]
    )
    assert found["variant_id"].tolist() == ["11_100_T_G", "9_100_A_C"]
    assert found["is_lead"].tolist() == [False, True]
    assert found.loc[0, ["older_beta", "newer_beta"]].tolist() == [-0.5, -0.5]


def test_shift__of_a_subset_has_the_difference_of_the_variances() -> None:
    """All of the older freeze's people are in the newer one: Hausman's variance a^2 - b^2, as n makes a/b = sqrt(n_b / n_a)."""
    r = 100 / np.sqrt(100 * 400)
    assert shift_of_overlapping(1.0, 0.2, 1.3, 0.1, r) == pytest.approx(0.3 / np.sqrt(0.2**2 - 0.1**2), rel=1e-12)
    assert np.isnan(shift_of_overlapping(1.0, 0.2, 1.0, 0.2, 1.0))


def test_shift__holds_its_level_in_overlapping_people() -> None:
    """OLS of one slope in 300 and 400 people, 200 of them in both, 2,000 times; seeded."""
    rng = np.random.default_rng(1)
    g, y = rng.normal(size=(2000, 500)), rng.normal(size=(2000, 500))
    sides = []
    for part in (slice(0, 300), slice(100, 500)):
        x, v = g[:, part], y[:, part]
        beta = (x * v).sum(axis=1) / (x**2).sum(axis=1)
        sides += [beta, 1 / np.sqrt((x**2).sum(axis=1))]
    z = shift_of_overlapping(*sides, 200 / np.sqrt(300 * 400))
    assert abs(np.std(z) - 1) < 3 / np.sqrt(2 * 2000)


def test_swapped() -> None:
    assert swapped("X_100_A_CT") == "X_100_CT_A"
