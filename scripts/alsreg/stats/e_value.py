"""E-value: how strong unmeasured confounding would have to be to explain an effect away."""

from __future__ import annotations

import math


def e_value(ratio: float, lower: float, upper: float) -> tuple[float, float]:
    """E-values of a risk ratio and of the confidence limit nearer to 1 (1 if the interval holds 1).

    VanderWeele & Ding 2017, Ann Intern Med 167:268: ``RR + sqrt(RR (RR - 1))``, for ratios below 1 of their inverse.
    """
    limit = lower if ratio >= 1.0 else upper
    return _e_value(ratio), 1.0 if lower <= 1.0 <= upper else _e_value(limit)


def risk_ratio_of_hazard_ratio(hazard_ratio: float) -> float:
    """The risk ratio a hazard ratio stands for where the event is common (over 15 %) at the end of follow-up.

    ``(1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR))`` (VanderWeele 2017, Epidemiology 28:e56; table 2 of VanderWeele & Ding).
    """
    root = math.sqrt(hazard_ratio)
    return (1.0 - 0.5**root) / (1.0 - 0.5 ** (1.0 / root))


def _e_value(ratio: float) -> float:
    ratio = ratio if ratio >= 1.0 else 1.0 / ratio
    return ratio + math.sqrt(ratio * (ratio - 1.0))
