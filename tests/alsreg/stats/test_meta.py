"""Joined effects against metafor (tests/reference/meta), and cases worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.stats.meta import join_effects, join_z, one_sided_p, signed_z

REFERENCE = Path(__file__).parents[2] / "reference/meta"
# metafor inverts weighted sums in another order: rounding only. I2 and p in the far tail are sensitive to it.
TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def studies() -> dict[str, np.ndarray]:
    rows = pd.read_csv(REFERENCE / "studies.csv", float_precision="round_trip")
    names = ("beta", "standard_error", "p_value", "n")
    return {name: rows.pivot_table(index="study", columns="variant", values=name).to_numpy() for name in names}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "answers.csv", float_precision="round_trip")


@pytest.mark.parametrize(
    "name",
    ["beta", "standard_error", "p_value", "q", "q_p", "i2", "tau2", "beta_random", "standard_error_random", "p_random"],
)
def test_inverse_variance__as_metafor(studies: dict[str, np.ndarray], answers: pd.DataFrame, name: str) -> None:
    joined = join_effects(studies["beta"], studies["standard_error"])
    np.testing.assert_allclose(
        getattr(joined, name), answers[name], rtol=1e-8 if "p" in name else TOLERANCE, atol=1e-13
    )


def test_i2__is_metafors_own(studies: dict[str, np.ndarray], answers: pd.DataFrame) -> None:
    """With the DerSimonian-Laird estimate metafor's I2 is Higgins and Thompson's."""
    joined = join_effects(studies["beta"], studies["standard_error"])
    np.testing.assert_allclose(joined.i2, answers["i2_metafor"], rtol=1e-8, atol=1e-12)


def test_sample_size__as_R(studies: dict[str, np.ndarray], answers: pd.DataFrame) -> None:
    z = signed_z(studies["beta"], studies["p_value"], studies["standard_error"])
    joined, p = join_z(z, studies["n"])
    np.testing.assert_allclose(joined, answers["z_sample_size"], rtol=TOLERANCE)
    np.testing.assert_allclose(p, answers["p_sample_size"], rtol=1e-8)


def test_one_study__is_itself() -> None:
    joined = join_effects([[0.3], [np.nan]], [[0.1], [np.nan]])
    assert (joined.n_studies[0], joined.beta[0], joined.standard_error[0]) == (
        1,
        pytest.approx(0.3),
        pytest.approx(0.1),
    )
    assert np.isnan([joined.q[0], joined.i2[0], joined.tau2[0], joined.beta_random[0], joined.p_random[0]]).all()


def test_underflown_p__is_walds() -> None:
    assert signed_z([-5.0], [0.0], [0.1])[0] == pytest.approx(-50.0)
    assert signed_z([1.0], [1.0], [0.1])[0] == 0.0


def test_one_sided() -> None:
    assert one_sided_p([1.6448536269514722, 1.6448536269514722], [1, -1]).tolist() == pytest.approx([0.05, 0.95])
