"""ALSFRS-R: items, totals, and the rate of progression at registration."""

from __future__ import annotations

import numpy as np

N_ITEMS = 12
MAX_ITEM = 4
MAX_TOTAL = N_ITEMS * MAX_ITEM
# Three items each, in the order of the questionnaire; a domain score is 0-12.
DOMAINS = {"bulbar": slice(0, 3), "fine_motor": slice(3, 6), "gross_motor": slice(6, 9), "respiratory": slice(9, 12)}


def total_score(items: np.ndarray, max_missing_items: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Totals, shape (n,), NaN where too many items are missing; and whether each was prorated.

    Parameters
    ----------
    items
        Shape (n, 12), points 0-4, NaN where missing.
    max_missing_items
        A total with at most this many missing items is the mean of the known ones times 12.
    """
    if items.ndim != 2 or items.shape[1] != N_ITEMS:
        raise ValueError(f"items must have shape (n, {N_ITEMS}), not {items.shape}")
    n_missing = np.isnan(items).sum(axis=1)
    is_usable = n_missing <= max_missing_items
    n_known = np.where(is_usable, N_ITEMS - n_missing, 1)
    total = np.where(is_usable, np.nansum(items, axis=1) * N_ITEMS / n_known, np.nan)
    return total, is_usable & (n_missing > 0)


def domain_scores(items: np.ndarray) -> dict[str, np.ndarray]:
    """Sum of the three items of each of `DOMAINS`, shape (n,) each, NaN unless all three are known."""
    return {domain: items[:, columns].sum(axis=1) for domain, columns in DOMAINS.items()}


def score_rise(items: np.ndarray) -> np.ndarray:
    """Rise of the score from each visit to the next over the items known at both, points, shape (n - 1,).

    NaN where fewer than half of the items are comparable. `items` holds one person's visits in order of
    time, (n, 12).
    """
    change = np.diff(items, axis=0)
    n_known = (~np.isnan(change)).sum(axis=1)
    return np.where(n_known * 2 >= N_ITEMS, np.nansum(change, axis=1), np.nan)


def delta_fs(total: np.ndarray, months_since_onset: np.ndarray) -> np.ndarray:
    """(48 - total) / months since onset, points per month; NaN unless months > 0 [Kimura 2006]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(months_since_onset > 0, (MAX_TOTAL - total) / months_since_onset, np.nan)
