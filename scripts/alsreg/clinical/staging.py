"""King's and MiToS stages from ALSFRS-R items, with what cannot be assessed said so.

Both stages can only rise when an item falls or a gastrostomy is added. An unknown item or gastrostomy
therefore bounds the stage: from below with the unknown at its best, from above at its worst. Where the two
agree the stage is known.
"""

from __future__ import annotations

import numpy as np

NOT_ASSESSABLE = -1
DEATH = 5

# Columns of the item matrix, in the order of the questionnaire.
_Q1, _Q2, _Q3, _Q4, _Q5, _Q6, _Q8, _Q10, _Q12 = 0, 1, 2, 3, 4, 5, 7, 9, 11


def kings_stage(items: np.ndarray, has_gastrostomy: np.ndarray) -> np.ndarray:
    """King's stage 0-4, or `NOT_ASSESSABLE`, shape (n,) [Balendra 2014].

    Regions bulbar (Q1-Q3), upper limb (Q4, Q5a) and lower limb (Q8) count when an item is below 4: stages
    1-3. Stage 4 is a gastrostomy in use, Q10 = 0 or Q12 < 4, whatever the regions.

    Parameters
    ----------
    items
        Shape (n, 12), NaN where missing; the fifth is Q5a (cutting without gastrostomy).
    has_gastrostomy
        Shape (n,): 1, 0, or NaN where nobody recorded it. Unknown is never taken for absent.
    """
    return _agreed(*kings_bounds(items, has_gastrostomy))


def kings_bounds(items: np.ndarray, has_gastrostomy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest King's stage that the known items allow, shape (n,) each; arguments as of `kings_stage`."""
    return _kings(*_filled(items, has_gastrostomy, 4, 0)), _kings(*_filled(items, has_gastrostomy, 0, 1))


def mitos_stage(items: np.ndarray) -> np.ndarray:
    """MiToS stage 0-4 (domains lost), or `NOT_ASSESSABLE`, shape (n,) [JNNP 2015].

    Movement: Q8 <= 1 or Q6 <= 1. Swallowing: Q3 <= 1. Communicating: Q1 <= 1 and Q4 <= 1. Breathing: Q10 <=
    1 or Q12 <= 2.
    """
    return _agreed(*mitos_bounds(items))


def mitos_bounds(items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest MiToS stage that the known items allow, shape (n,) each."""
    return _mitos(np.where(np.isnan(items), 4, items)), _mitos(np.where(np.isnan(items), 0, items))


def _filled(
    items: np.ndarray, has_gastrostomy: np.ndarray, item: int, gastrostomy: int
) -> tuple[np.ndarray, np.ndarray]:
    filled = np.where(np.isnan(items), item, items)
    return filled, np.where(np.isnan(has_gastrostomy), gastrostomy, has_gastrostomy) == 1


def _kings(items: np.ndarray, has_gastrostomy: np.ndarray) -> np.ndarray:
    bulbar = (items[:, [_Q1, _Q2, _Q3]] < 4).any(axis=1)
    upper_limb = (items[:, [_Q4, _Q5]] < 4).any(axis=1)
    regions = bulbar.astype(int) + upper_limb + (items[:, _Q8] < 4)
    return np.where(has_gastrostomy | (items[:, _Q10] == 0) | (items[:, _Q12] < 4), 4, regions)


def _mitos(items: np.ndarray) -> np.ndarray:
    movement = (items[:, _Q8] <= 1) | (items[:, _Q6] <= 1)
    communicating = (items[:, _Q1] <= 1) & (items[:, _Q4] <= 1)
    breathing = (items[:, _Q10] <= 1) | (items[:, _Q12] <= 2)
    return movement.astype(int) + (items[:, _Q3] <= 1) + communicating + breathing


def _agreed(lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    return np.where(lowest == highest, lowest, NOT_ASSESSABLE)
