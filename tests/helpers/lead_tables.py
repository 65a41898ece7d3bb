"""Tables about the lead of `report_tables`, small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.tables import leads as tables
from helpers.filled import fill

KEY = {"trait": "survival", "variant_id": "2_50_A_G"}
AT_LOCUS = {"trait": "survival", "locus": "2_50_A_G"}


def groups() -> pd.DataFrame:
    """Genomes with twelve events and eight carriers, arrays with as many; exomes with three events and two carriers."""
    return fill(tables.LEAD_GROUPS, [
        {**KEY, "source": source, "n": n, "n_events": events, "n_carriers": carriers, "beta": np.log(ratio),
         "standard_error": 0.25, "status": "tested"}
        for source, n, events, carriers, ratio in (("array", 30, 12, 8, 2.0), ("wes", 9, 3, 2, 8.0), ("wgs", 30, 12, 8, 1.5))
    ])  # fmt: skip


def curves() -> pd.DataFrame:
    """No copy: events at 10, 20 and 30 with 40, 30 and 4 at risk. Two copies: three people."""
    rows = [
        {
            "copies": 0,
            "n": 40,
            "n_events": 20,
            "time": t,
            "n_at_risk": n,
            "estimate": s,
            "lower": s - 0.1,
            "upper": s + 0.1,
        }
        for t, n, s in ((10.0, 40, 0.9), (20.0, 30, 0.5), (30.0, 4, 0.25))
    ]
    rows.append({"copies": 2, "n": 3, "n_events": 3, "time": 12.0, "n_at_risk": 3, "estimate": 0.6})
    return fill(tables.LEAD_CURVES, [{**KEY, "endpoint": "survival", "cause": "any", "n_at": 1, **row} for row in rows])


def means() -> pd.DataFrame:
    """A quantitative trait by copies, and a binary one with four cases among carriers of two."""
    level = [(0, 50, 60.0, 1.0), (1, 20, 57.0, 1.5), (2, 3, 50.0, 4.0)]
    case = [(0, 50, 0.3, 0.05), (1, 20, 0.5, 0.1), (2, 8, 0.5, 0.2)]
    return fill(tables.LEAD_MEANS, [
        {"trait": trait, "variant_id": "2_50_A_G", "copies": copies, "n": n, "mean": mean, "standard_error": error}
        for trait, rows in (("level", level), ("case", case)) for copies, n, mean, error in rows
    ])  # fmt: skip


def influence() -> pd.DataFrame:
    return fill(tables.LEAD_INFLUENCE, [
        {**KEY, "n": 11, "n_carriers": 5, "beta": np.log(2), "standard_error": 0.1, "max_change": 0.375, "n_influential": 7,
         "beta_without": np.log(1.875), "standard_error_without": 0.125, "p_without": 0.003, "status": "tested"}
    ])  # fmt: skip


def loci() -> pd.DataFrame:
    return fill(tables.LOCI, [
        {**AT_LOCUS, "n_variants": 4, "n_untestable": 2, "n_leads": 1, "n_signals": 2, "n_credible": 2, "min_r2": 0.9,
         "prior_sd": 0.2, "warning": "N is weak: 6 events or cases"}
    ])  # fmt: skip


def conditional() -> pd.DataFrame:
    place = {**AT_LOCUS, "chromosome": 2, "n": 11}
    return fill(tables.CONDITIONAL, [
        {**place, "step": 0, "variant_id": "2_50_A_G", "rs_id": "rs7", "base_pair_location": 50, "r2": 1.0,
         "p_value": 2.84e-11, "p_conditional": 2.84e-11, "beta_joint": np.log(1.75), "standard_error_joint": 0.125,
         "is_signal": True, "status": "lead"},
        {**place, "step": 1, "variant_id": "2_90_C_T", "base_pair_location": 90, "r2": 0.125, "p_value": 0.25,
         "p_conditional": 0.0625, "is_signal": False, "status": "no further signal"},
    ])  # fmt: skip


def credible() -> pd.DataFrame:
    return fill(tables.CREDIBLE, [
        {**AT_LOCUS, "variant_id": name, "chromosome": 2, "p_value": p, "r2": r2, "posterior": share, "cumulative": total}
        for name, p, r2, share, total in (("2_50_A_G", 2.84e-11, 1.0, 0.75, 0.75), ("2_60_A_C", 1e-9, 0.9, 0.25, 1.0))
    ])  # fmt: skip


def regions() -> pd.DataFrame:
    return fill(tables.REGIONS, [
        {**AT_LOCUS, "variant_id": name, "chromosome": 2, "base_pair_location": place, "p_value": p, "r2": r2}
        for name, place, p, r2 in (("2_50_A_G", 50, 2.84e-11, 1.0), ("2_60_A_C", 60, 1e-9, 0.9), ("2_70_A_C", 70, 0.5, None),
                                   ("2_90_C_T", 90, 0.25, 0.125))
    ])  # fmt: skip


def power() -> pd.DataFrame:
    return fill(tables.POWER, [
        {"trait": "survival", "p_threshold": 5e-8, "frequency": f, "n": 11, "n_events": 6, "effect": e,
         "ratio": np.exp(e), "expected_mac": 22 * f, "is_testable": f > 0.1, "status": "fitted"}
        for f, e in ((0.05, 3.125), (0.25, 1.625))
    ])  # fmt: skip


def confounding() -> pd.DataFrame:
    row = {"trait": "survival", "carrier_set": "wgs+array", "n": 15, "p_joint": 0.5, "status": "fitted"}
    return fill(tables.CONFOUNDING, [
        {**row, "source": "array", "n_events": 12, "beta": np.log(1.25), "standard_error": 0.25, "p_value": 0.375},
        {**row, "source": "wgs", "n_events": 3, "beta": np.log(0.8), "standard_error": 0.25, "p_value": 0.375},
    ])  # fmt: skip


LEAD_INPUTS = {
    "lead_groups": (tables.LEAD_GROUPS, groups), "lead_curves": (tables.LEAD_CURVES, curves),
    "lead_means": (tables.LEAD_MEANS, means), "lead_influence": (tables.LEAD_INFLUENCE, influence),
    "loci": (tables.LOCI, loci), "conditional": (tables.CONDITIONAL, conditional), "credible": (tables.CREDIBLE, credible),
    "regions": (tables.REGIONS, regions), "power": (tables.POWER, power), "confounding": (tables.CONFOUNDING, confounding),
}  # fmt: skip
