"""Numbers of carriers per gene against public allele counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.engines.public_controls import ALL_STRATA, CALIBRATION, TESTED
from alsreg.language import gettext
from alsreg.report.disclosure import Disclosure
from alsreg.report.panel_model import ControlGene, ControlMask, ControlSection
from alsreg.report.results import number
from alsreg.report.terms import words
from alsreg.tables.panel import PANEL_CONTROL_LOSSES, PANEL_CONTROL_MASKS, PANEL_CONTROLS

TABLES = (PANEL_CONTROLS, PANEL_CONTROL_MASKS, PANEL_CONTROL_LOSSES)


def control_section(paths: Sequence[str], max_genes: int, disclosure: Disclosure) -> ControlSection:
    """The section from the three tables of the comparison: strata together, smallest p first."""
    genes, masks, losses = (table.read(path) for table, path in zip(TABLES, paths, strict=True))
    single = genes[genes["stratum"] != ALL_STRATA]
    strata = [
        gettext("{x} against {y}", x=s, y=c)
        for s, c in single[["stratum", "controls"]].drop_duplicates().itertuples(index=False, name=None)
    ]
    whole = ALL_STRATA if (genes["stratum"] == ALL_STRATA).any() else None
    chosen = genes if whole is None else genes[genes["stratum"] == whole]
    tested = chosen[(chosen["status"] == TESTED) & (chosen["mask"] != CALIBRATION)]
    shown = tested.sort_values(["p_value", "gene", "mask"]).head(max_genes)
    summary = masks if whole is None else masks[masks["stratum"] == whole]
    return ControlSection(
        strata=tuple(strata),
        masks=tuple(_mask(row) for _, row in summary.iterrows()),
        genes=tuple(_gene(row, disclosure) for _, row in shown.iterrows()),
        n_tested=len(tested),
        losses=tuple((str(r["stratum"]), str(r["reason"]), int(r["n_variants"])) for _, r in losses.iterrows()),
    )


def _mask(row: pd.Series) -> ControlMask:
    return ControlMask(
        mask=str(row["mask"]), n_genes=int(row["n_genes"]), lambda_gc=number(row["lambda_gc"]), n_genes_lambda=int(row["n_genes_lambda"]),
        **{name: _finite(row[name]) for name in ("odds_ratio", "lower", "upper", "p_value")},
    )  # fmt: skip


def _gene(row: pd.Series, disclosure: Disclosure) -> ControlGene:
    """Effect and p of a hidden count of carriers would give it back, with the controls' that are public: they go with it."""
    n = disclosure.count(
        int(row["n_case_carriers"]),
        gettext("{gene}, {mask}: carriers compared with controls", gene=row["gene"], mask=words(str(row["mask"]))),
    )
    is_hidden = n is None
    return ControlGene(
        gene=str(row["gene"]), mask=str(row["mask"]), n_cases=int(row["n_cases"]), n_controls=int(row["n_controls"]),
        n_case_carriers=n, n_control_carriers=int(row["n_control_carriers"]),
        **{name: None if is_hidden else _finite(row[name]) for name in ("odds_ratio", "lower", "upper")},
        p_value=None if is_hidden else float(row["p_value"]),
        p_bonferroni=None if is_hidden else number(row["p_bonferroni"]), method=str(row["method"]),
    )  # fmt: skip


def _finite(value: object) -> float | None:
    found = number(value)
    return None if found is None or np.isinf(found) else found
