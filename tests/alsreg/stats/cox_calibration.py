"""Null simulation of Cox tests: how often each correction rejects, by allele count and event fraction.

``python tests/alsreg/stats/cox_calibration.py`` writes ``docs/calibration-cox.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import special

from alsreg.stats.cox import CoxNull, fit_cox_null
from alsreg.stats.cox_path import maximise_paths, modified_root, signed_root
from alsreg.stats.risk_sets import build_risk_sets

LEVELS = (0.05, 1e-3, 1e-4)
PEOPLE = (500, 800, 1000)
METHODS = ("score", "signed root", "saddlepoint", "used")
CENSORING_MONTHS = {0.2: 9.0, 0.5: 30.0, 0.9: 250.0}  # mean follow-up that gives about this event fraction
BATCH = 5000


def simulate_null(rng: np.random.Generator, n: int, event_fraction: float) -> CoxNull:
    """Registry-like data: Weibull survival from onset, late entry, whole months, two covariates."""
    many = 6 * n
    age, sex = rng.normal(size=many), rng.integers(0, 2, many)
    time = 40 * np.exp(-(0.4 * age + 0.2 * sex)) * rng.weibull(1.3, many)
    entry = np.floor(rng.exponential(12, many))
    seen = np.flatnonzero(time > entry)[:n]
    age, sex, time, entry = age[seen], sex[seen], time[seen], entry[seen]
    leave = entry + rng.exponential(CENSORING_MONTHS[event_fraction], n)
    exit = np.maximum(np.ceil(np.minimum(time, leave)), entry + 1)
    return fit_cox_null(build_risk_sets(entry, exit, time <= leave), np.column_stack([age, sex]), np.arange(n))


def z_values(null: CoxNull, rng: np.random.Generator, mac: int) -> dict[str, np.ndarray]:
    """Normal deviates of one batch of variants with `mac` random carriers, by method."""
    n = len(null.people)
    g = np.zeros((BATCH, n))
    np.put_along_axis(g, rng.random(g.shape).argpartition(mac, axis=1)[:, :mac], 1.0, axis=1)
    g -= mac / n
    parts = null._sum(g)
    u, v, cross = parts.u, parts.v, parts.cross
    z = u / np.sqrt(v)
    large = np.flatnonzero(np.abs(z) > 2.0)
    fit = null.fit
    rows = null.residualise(g[large], cross[large])
    effect, ratio, information = maximise_paths(fit.sets, fit.hazards, rows, (u / v)[large], fit.ties)
    root = signed_root(effect, ratio)
    modified, exists = modified_root(effect, ratio, information)
    used = np.where(exists & (np.abs(modified) < np.abs(root)), modified, root)
    out = {"score": z}
    for name, values in (("signed root", root), ("saddlepoint", modified), ("used", used)):
        out[name] = z.copy()
        out[name][large] = values
    return out


def count_rejections(
    n: int, event_fraction: float, mac: int, n_datasets: int
) -> tuple[int, float, dict[str, dict[float, np.ndarray]]]:
    """Tests made, events expected among carriers, and rejections by method, level and data set (one batch each)."""
    rng = np.random.default_rng([n, mac, round(100 * event_fraction)])
    counts = {method: {level: np.zeros(n_datasets) for level in LEVELS} for method in METHODS}
    expected = 0.0
    for k in range(n_datasets):
        null = simulate_null(rng, n, event_fraction)
        expected += null.n_events / n * mac / n_datasets
        for method, z in z_values(null, rng, mac).items():
            for level in LEVELS:
                counts[method][level][k] = (np.abs(z) > -special.ndtri(level / 2)).sum()
    return n_datasets * BATCH, expected, counts


def write_page(path: Path, n_datasets: int) -> None:
    """Run every cell and write the page."""
    lines = [
        "# Calibration of the Cox tests",
        "",
        "Written by `python tests/alsreg/stats/cox_calibration.py`. Null data as a registry has them: Weibull survival from",
        "onset with two covariates, entry after onset (exponential, mean 12 months), whole months, Efron ties; carriers drawn",
        f"at random. {n_datasets * BATCH:,} tests per cell ({n_datasets} data sets). Numbers are rejection rates over the",
        f"nominal rate; their binomial standard error is {np.sqrt(1 / (n_datasets * BATCH * 1e-3)):.2f} at 1e-3 and "
        f"{np.sqrt(1 / (n_datasets * BATCH * 1e-4)):.2f} at 1e-4,",
        "and the true one larger, since the tests of a data set share its survival times.",
        "",
        "The rule was chosen on the cells of 500 people; the others were simulated afterwards.",
        "",
        "- **score**: normal tail of the score test throughout.",
        "- **signed root**: signed root of the likelihood ratio where |z| > 2.",
        "- **saddlepoint**: its modification r* where |z| > 2.",
        "- **used**: where |z| > 2, the one of both nearer to zero. This is what `alsreg` reports.",
        "",
        "| people | event fraction | copies | events among carriers | rate at | " + " | ".join(METHODS) + " |",
        "|---|---|---|---|---|" + "---|" * len(METHODS),
    ]
    for n in PEOPLE:
        for fraction in CENSORING_MONTHS:
            for mac in (5, 10, 20, 50):
                total, expected, counts = count_rejections(n, fraction, mac, n_datasets)
                for level in LEVELS:
                    rates = " | ".join(f"{counts[m][level].sum() / total / level:.2f}" for m in METHODS)
                    lines.append(f"| {n} | {fraction} | {mac} | {expected:.1f} | {level:g} | {rates} |")
    path.write_text("\n".join([*lines, "", *CONCLUSIONS]) + "\n", encoding="utf-8")


CONCLUSIONS = [
    "## What follows",
    "",
    "- The score's normal tail is unusable for rare variants: it rejects too often, always on the side of carriers who die",
    "  early.",
    "- The signed root alone is bolder on the side of carriers who live long, r* alone on the other (rates by side, not shown);",
    "  the nearer to zero of both is the most careful of the three corrections in every cell.",
    "- With 10 copies or fewer and most people having the event, the corrected test still rejects somewhat too often (10 copies,",
    "  event fraction 0.9, 1e-3: 1.10, 1.23, 1.09 in 500, 800, 1,000 people; the second is 3 standard errors above 1). The floor",
    "  was 10 copies until that was seen; the default `min_mac` of the association stage is therefore 20. Cells with few events",
    "  are conservative.",
]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=60)
    page = Path(__file__).resolve().parents[3] / "docs/calibration-cox.md"
    write_page(page, parser.parse_args().datasets)
