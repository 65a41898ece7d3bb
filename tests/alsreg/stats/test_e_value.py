"""E-values against published examples."""

from __future__ import annotations

import pytest

from alsreg.stats.e_value import e_value, risk_ratio_of_hazard_ratio


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((3.9, 1.8, 8.7), (7.26, 3.00)),  # VanderWeele & Ding 2017: breast-feeding and respiratory deaths
        ((0.80, 0.71, 0.91), (1.81, 1.43)),  # the same paper: a preventive effect
        ((10.73, 8.02, 14.36), (20.95, 15.5)),  # Hammond & Horn 1958, as the paper's table has it
    ],
)
def test_e_value__published_examples(interval: tuple, expected: tuple) -> None:
    assert e_value(*interval) == pytest.approx(expected, abs=0.03)


def test_e_value__interval_over_one_needs_no_confounding() -> None:
    point, limit = e_value(1.2, 0.9, 1.6)
    assert point == pytest.approx(1.69, abs=0.005)
    assert limit == 1.0


def test_e_value__same_for_a_ratio_and_its_inverse() -> None:
    assert e_value(0.5, 0.4, 0.625) == pytest.approx(e_value(2.0, 1.6, 2.5))


def test_risk_ratio_of_hazard_ratio__symmetric_and_nearer_to_one() -> None:
    assert risk_ratio_of_hazard_ratio(1.0) == pytest.approx(1.0)
    assert risk_ratio_of_hazard_ratio(4.0) == pytest.approx(0.75 / (1 - 0.5**0.5))  # by hand
    assert risk_ratio_of_hazard_ratio(1 / 0.56) == pytest.approx(1 / risk_ratio_of_hazard_ratio(0.56))
