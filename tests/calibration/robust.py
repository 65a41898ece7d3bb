"""Write docs/calibration/robust.md: least squares and its robust standard errors where carriers differ in spread, not in mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alsreg.stats.linear import t_test_p
from alsreg.stats.null import FloatArray
from alsreg.stats.robust import sandwich

N_PEOPLE, N_COVARIATES = 500, 7
N_DATA_SETS, N_VARIANTS = 500, 400
COPIES = (20, 50, 300)
SPREADS = (1.0, 2.0, 0.5)
LEVELS = (0.05, 1e-3, 1e-4)
METHODS = ("one spread (`ols`)", "HC1, n − p", "HC3, n − p", "HC2, Bell–McCaffrey (`robust`)")
TEXT = Path(__file__).with_name("robust.md")


def write_page(path: Path) -> None:
    """Simulate every cell and write the page."""
    lines = ["| copies | spread of carriers | method | " + " | ".join(f"{level:g}" for level in LEVELS) + " |"]
    lines.append("|" + "---|" * (3 + len(LEVELS)))
    for copies in COPIES:
        for spread in SPREADS:
            rates = reject(np.random.default_rng(copies), copies, spread, N_DATA_SETS)
            for method, row in zip(METHODS, rates, strict=True):
                cells = " | ".join(f"{rate / level:.2f}" for rate, level in zip(row, LEVELS, strict=True))
                lines.append(f"| {copies} | {spread:g} | {method} | {cells} |")
    text = TEXT.read_text(encoding="utf-8").replace("{rates}", "\n".join(lines))
    path.write_text(text, encoding="utf-8")


def reject(rng: np.random.Generator, copies: int, spread: float, n_data_sets: int) -> FloatArray:
    """Share of null tests at or below each level, ``(methods, levels)``.

    Each variant has a trait of its own, in whose carriers errors are `spread` times as wide, so that all tests are
    independent given the covariates.
    """
    found = np.zeros((len(METHODS), len(LEVELS)))
    for _ in range(n_data_sets):
        p = _tests(rng, spread, np.array([_draw(rng, copies) for _ in range(N_VARIANTS)]))
        found += np.array([[np.sum(values <= level) for level in LEVELS] for values in p])
    return found / (n_data_sets * N_VARIANTS)


def _draw(rng: np.random.Generator, copies: int) -> FloatArray:
    return np.bincount(rng.choice(2 * N_PEOPLE, copies, replace=False) // 2, minlength=N_PEOPLE).astype(np.float64)


def _tests(rng: np.random.Generator, spread: float, g: FloatArray) -> list[FloatArray]:
    """p of every method ``(m,)`` for variants ``(m, n)``."""
    design = np.column_stack([np.ones(N_PEOPLE), rng.normal(size=(N_PEOPLE, N_COVARIATES))])
    basis, _ = np.linalg.qr(design)
    y = rng.normal(size=g.shape) * np.where(g > 0, spread, 1.0)
    y, residual = (rows - (rows @ basis) @ basis.T for rows in (y, g))
    v = np.sum(residual**2, axis=1)
    beta = np.sum(residual * y, axis=1) / v
    error = y - beta[:, None] * residual
    left = 1.0 - np.sum(basis**2, axis=1) - residual**2 / v[:, None]
    dof = np.full(len(g), N_PEOPLE - basis.shape[1] - 1.0)
    variances = (
        np.sum(error**2, axis=1) / dof / v,
        np.sum((residual * error) ** 2, axis=1) / v**2 * N_PEOPLE / dof,
        np.sum((residual * error / left) ** 2, axis=1) / v**2,
    )
    # Every variant has a trait of its own, so the scan's sums are called variant by variant.
    robust = np.array([sandwich(row[None], basis, trait) for row, trait in zip(g, y, strict=True)])[:, :, 0]
    u, v, variance, own_dof, _ = robust.T
    p = [t_test_p(beta / np.sqrt(variance), dof) for variance in variances]
    return [*p, t_test_p(u / v / np.sqrt(variance), own_dof)]
