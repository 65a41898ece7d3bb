"""Conditional Kendall's tau: against its definition, its null distribution, and data that depend on entry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from alsreg.errors import AnalysisError
from alsreg.stats.truncation import conditional_tau


def registry(
    rng: np.random.Generator, n: int, dependence: float, step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truncated and censored times; `step` rounds them (0: exact), `dependence` lengthens life with late entry."""
    entry = rng.exponential(8, 20 * n)
    time = rng.weibull(1.2, 20 * n) * 20 * np.exp(dependence * (entry - 8) / 8)
    if step:
        entry, time = np.floor(entry / step) * step, np.ceil(time / step) * step
    seen = np.flatnonzero(time > entry)[:n]
    entry, time = entry[seen], time[seen]
    censoring = entry + rng.exponential(30, n)
    return entry, np.minimum(time, censoring), time <= censoring


def test_equals_the_definition_over_pairs() -> None:
    entry, exit, event = registry(np.random.default_rng(1), 90, 0.3, 1.0)
    total, pairs = 0.0, 0
    for i in range(90):
        for j in range(i):
            first, second = (i, j) if (exit[i], not event[i]) < (exit[j], not event[j]) else (j, i)
            is_ordered = exit[first] < exit[second] or (exit[i] == exit[j] and event[first] != event[second])
            if is_ordered and event[first] and max(entry[i], entry[j]) < exit[first] and entry[i] != entry[j]:
                pairs += 1
                total += np.sign((entry[i] - entry[j]) * (1 if second == i else -1))
    result = conditional_tau(entry, exit, event)
    assert result.n_pairs == pairs
    assert result.tau == pytest.approx(total / pairs, abs=1e-12)


def test_without_truncation_it_is_kendalls_tau() -> None:
    rng = np.random.default_rng(2)
    entry, exit = rng.random(60), 5.0 + rng.random(60)
    result = conditional_tau(entry, exit, np.ones(60, dtype=bool))
    expected = stats.kendalltau(entry, exit)
    assert result.tau == pytest.approx(expected.statistic, abs=1e-12)
    n = 60
    variance = n * (n - 1) * (2 * n + 5) / 18  # of Kendall's score, without ties
    z = expected.statistic * n * (n - 1) / 2 / np.sqrt(variance)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_p_values_are_uniform_under_quasi_independence(step: float) -> None:
    rng = np.random.default_rng(3)
    p = np.array([conditional_tau(*registry(rng, 60, 0.0, step)).p_value for _ in range(500)])
    for level in (0.05, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / len(p))
        assert abs((p < level).mean() - level) < 3.5 * error


def test_dependence_is_found_with_its_sign() -> None:
    late_live_long = conditional_tau(*registry(np.random.default_rng(4), 400, 0.6, 1.0))
    assert late_live_long.tau > 0.1 and late_live_long.p_value < 1e-3


def test_nobody_at_risk_together_is_refused() -> None:
    with pytest.raises(AnalysisError, match="not testable"):
        conditional_tau(np.array([0.0, 5.0]), np.array([1.0, 6.0]), np.array([True, True]))
