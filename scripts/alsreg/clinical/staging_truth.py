"""Stages worked by hand, for the page of definitions and for the tests: public scripts disagree on some lines, these are ours.

Items not named have 4 points. A gastrostomy is in use (1), not in use (0) or not recorded (NaN).
"""

from __future__ import annotations

import math

from alsreg.clinical.staging import NOT_ASSESSABLE

NAN = math.nan

# One item alone at 0, 1, 2, 3 and 4 points, without a gastrostomy.
KINGS_BY_ITEM = {
    1: (1, 1, 1, 1, 0), 2: (1, 1, 1, 1, 0), 3: (1, 1, 1, 1, 0), 4: (1, 1, 1, 1, 0), 5: (1, 1, 1, 1, 0), 6: (0, 0, 0, 0, 0),
    7: (0, 0, 0, 0, 0), 8: (1, 1, 1, 1, 0), 9: (0, 0, 0, 0, 0), 10: (4, 0, 0, 0, 0), 11: (0, 0, 0, 0, 0), 12: (4, 4, 4, 4, 0),
}  # fmt: skip
MITOS_BY_ITEM = {
    1: (0, 0, 0, 0, 0), 2: (0, 0, 0, 0, 0), 3: (1, 1, 0, 0, 0), 4: (0, 0, 0, 0, 0), 5: (0, 0, 0, 0, 0), 6: (1, 1, 0, 0, 0),
    7: (0, 0, 0, 0, 0), 8: (1, 1, 0, 0, 0), 9: (0, 0, 0, 0, 0), 10: (1, 1, 0, 0, 0), 11: (0, 0, 0, 0, 0), 12: (1, 1, 1, 0, 0),
}  # fmt: skip

# Points of items by number, gastrostomy, stage.
KINGS: list[tuple[dict[int, float], float, int]] = [
    ({}, 0, 0),
    # Several items of one region are one region.
    ({1: 0, 2: 0, 3: 0}, 0, 1), ({4: 3, 5: 3}, 0, 1),
    ({1: 3, 4: 3}, 0, 2), ({2: 3, 5: 3}, 0, 2), ({1: 3, 8: 3}, 0, 2), ({4: 3, 8: 3}, 0, 2), ({5: 3, 8: 3}, 0, 2),
    ({3: 3, 4: 3, 8: 3}, 0, 3), ({2: 0, 5: 0, 8: 0, 10: 1}, 0, 3),
    # Stage 4 whatever the regions.
    ({1: 3, 10: 0}, 0, 4), ({1: 3, 4: 3, 8: 3, 12: 3}, 0, 4), ({}, 1, 4), ({1: 3, 4: 3, 8: 3}, 1, 4),
    # Nobody recorded gastrostomy: only stage 4 by breathing is certain.
    ({}, NAN, NOT_ASSESSABLE), ({1: 3}, NAN, NOT_ASSESSABLE), ({1: 3, 4: 3, 8: 3}, NAN, NOT_ASSESSABLE),
    ({10: 0}, NAN, 4), ({12: 3}, NAN, 4), ({12: 3, 10: NAN, 1: NAN}, NAN, 4),
    # A missing item matters only where it could change the stage.
    ({1: 3, 2: NAN}, 0, 1), ({2: NAN}, 0, NOT_ASSESSABLE), ({6: NAN, 7: NAN, 9: NAN, 11: NAN}, 0, 0),
    ({10: NAN}, 0, NOT_ASSESSABLE), ({12: NAN}, 0, NOT_ASSESSABLE), ({8: NAN}, 1, 4),
]  # fmt: skip

# Points of items by number, stage.
MITOS: list[tuple[dict[int, float], int]] = [
    ({}, 0),
    # Movement: walking or dressing. Breathing: dyspnea or respiratory insufficiency. One domain each.
    ({6: 0, 8: 0}, 1), ({6: 2, 8: 2}, 0), ({10: 0, 12: 0}, 1), ({10: 2, 12: 3}, 0),
    # Communicating: speech and handwriting.
    ({1: 1, 4: 1}, 1), ({1: 2, 4: 1}, 0), ({1: 1, 4: 2}, 0), ({1: 2, 4: 2}, 0), ({1: 0, 4: 0}, 1),
    # Domains add up.
    ({8: 1, 3: 1}, 2), ({8: 1, 3: 1, 10: 1}, 3), ({8: 1, 3: 1, 10: 1, 1: 0}, 3), ({8: 1, 3: 1, 10: 1, 1: 0, 4: 0}, 4),
    ({2: 0, 5: 0, 7: 0, 9: 0, 11: 0}, 0),
    # A missing item matters only where it could change the stage.
    ({2: NAN, 5: NAN, 7: NAN, 9: NAN, 11: NAN}, 0), ({8: NAN}, NOT_ASSESSABLE), ({8: NAN, 6: 1}, 1), ({3: NAN}, NOT_ASSESSABLE),
    ({1: NAN}, 0), ({1: NAN, 4: 1}, NOT_ASSESSABLE), ({12: NAN, 10: 1}, 1), ({12: NAN}, NOT_ASSESSABLE),
]  # fmt: skip
