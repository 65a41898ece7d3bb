"""Whether hidden counts can be worked out from the totals published beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp


def determined(
    counts: NDArray[np.int64], shown: NDArray[np.bool_], has_row: NDArray[np.bool_], has_column: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Hidden cells ``(r, c)`` of a table that the published cells, row totals and column totals leave one value.

    A hidden cell is known to be a whole number of at least one. Each is made as small and as large as the totals allow, by integer
    programming over all hidden cells at once [as audits of suppressed tables do: Willenborg and de Waal 2001].
    """
    is_hidden = ~shown & (counts > 0)
    found = np.zeros(counts.shape, dtype=bool)
    places = np.argwhere(is_hidden)
    if not len(places):
        return found
    rows = [(places[:, 0] == k).astype(float) for k in np.flatnonzero(has_row)]
    columns = [(places[:, 1] == k).astype(float) for k in np.flatnonzero(has_column)]
    sums = np.array(rows + columns).reshape(-1, len(places))
    values = counts[is_hidden].astype(float)
    totals = sums @ values
    published = [LinearConstraint(sums, totals, totals)] if len(sums) else []
    for place, at in enumerate(map(tuple, places)):
        aim = np.zeros(len(places))
        aim[place] = 1.0
        low, high = (
            milp(sign * aim, integrality=np.ones(len(aim)), bounds=Bounds(1, values.sum() + 1), constraints=published).x
            for sign in (1, -1)
        )
        found[at] = round(low[place]) == round(high[place])
    return found
