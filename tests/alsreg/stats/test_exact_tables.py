"""Exact tests of 2 x 2 tables against R's fisher.test and mantelhaen.test, and against enumeration."""

from itertools import product
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.stats.exact_tables import conditional_distribution, exact_test, inflation

ANSWERS = pd.read_csv(Path(__file__).parents[2] / "reference/exact_tables/answers.csv")


def tables_of(text: str) -> np.ndarray:
    return np.array([[int(n) for n in table.split()] for table in text.split(";")])


def test_exact_test__nek1_in_taiwan() -> None:
    """Loss of function in 6 of 325 patients and 2 of 1,000 controls: Fisher's p = 0.0037 as published."""
    found = exact_test(np.array([[6, 319, 2, 998]]))
    assert round(found.p_value, 4) == 0.0037
    assert found.odds_ratio == pytest.approx(9.366, abs=0.01)


@pytest.mark.parametrize("answer", [row for _, row in ANSWERS.iterrows()], ids=lambda row: f"set{row['set']}")
def test_exact_test__is_that_of_r(answer: pd.Series) -> None:
    """R finds roots to about 1e-4 of the odds ratio (uniroot's default tolerance); its p is exact."""
    found = exact_test(tables_of(answer["tables"]))
    assert found.p_value == pytest.approx(answer["p"], rel=1e-9)
    for name in ("odds_ratio", "lower", "upper"):
        assert getattr(found, name) == pytest.approx(answer[name], rel=1e-3), name


def test_conditional_distribution__enumerated() -> None:
    tables = [(2, 3, 1, 6), (0, 4, 2, 2)]
    chances: dict[int, float] = {}
    for x, y in product(range(4), range(3)):
        weight = comb(5, x) * comb(7, 3 - x) * comb(4, y) * comb(4, 2 - y)
        chances[x + y] = chances.get(x + y, 0.0) + weight
    expected = np.array(list(chances.values())) / sum(chances.values())
    found = conditional_distribution(np.array(tables))
    np.testing.assert_allclose(found.probabilities(), expected, rtol=1e-12)
    p = expected[2]
    equal = np.isclose(expected, p)
    assert exact_test(np.array(tables)).p_mid == pytest.approx(
        expected[expected < p * 0.999].sum() + expected[equal].sum() / 2
    )


def test_exact_test__nobody_carries() -> None:
    found = exact_test(np.array([[0, 10, 0, 20]]))
    assert found.p_value == 1 and np.isnan(found.odds_ratio)


def test_inflation__is_one_under_the_null_and_sees_shifted_odds() -> None:
    rng = np.random.default_rng(5)
    found = {}
    for name, shift in (("null", 1.0), ("shifted", 1.6)):
        nulls, p = [], []
        for _ in range(800):
            rate = rng.uniform(0.01, 0.06)
            table = np.array([a := rng.binomial(400, rate * shift), 400 - a, c := rng.binomial(1200, rate), 1200 - c])[
                None
            ]
            nulls.append(conditional_distribution(table))
            p.append(exact_test(table).p_mid)
        found[name] = inflation(np.array(p), nulls)
    assert found["null"] == pytest.approx(1.0, abs=0.2) and found["shifted"] > 2
