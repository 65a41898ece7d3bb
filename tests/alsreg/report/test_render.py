"""How numbers are printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.report.render import SUPERSCRIPTS, fixed, probability, whole, words

PLAIN = {superscript: plain for plain, superscript in SUPERSCRIPTS.items()}


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "–"), (1.0, "1"), (0.5, "0.5"), (0.04999, "0.05"), (0.001, "0.001"), (0.0123456, "0.0123"),
        (0.00099949, "9.99×10⁻⁴"), (2.84e-11, "2.84×10⁻¹¹"), (5e-8, "5.00×10⁻⁸"), (1.2345e-300, "1.23×10⁻³⁰⁰"),
        (9.999e-5, "1.00×10⁻⁴"),
    ],
)  # fmt: skip
def test_probability(value: float | None, printed: str) -> None:
    assert probability(value) == printed


@given(st.floats(1e-300, 1))
def test_probability__has_three_digits(value: float) -> None:
    printed = probability(value).translate(PLAIN).replace("×10", "e")
    assert float(printed) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [(None, 2, "–"), (1.005, 1, "1.0"), (-0.125, 3, "−0.125"), (12345.678, 2, "12345.68"), (2, 0, "2"), (0, 2, "0.00")],
)
def test_fixed(value: float | None, digits: int, printed: str) -> None:
    assert fixed(value, digits) == printed


@pytest.mark.parametrize(
    ("value", "printed"), [(None, "–"), (0, "0"), (999, "999"), (1234567, "1,234,567"), (10.9, "11")]
)
def test_whole(value: float | None, printed: str) -> None:
    assert whole(value) == printed


def test_words() -> None:
    assert words("is_low_call_rate") == "is low call rate"
