"""Do people whose genotypes come from different assays differ in the trait?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from alsreg.engines.nulls import NullModels
from alsreg.engines.variations import exclude_relatives, happened, pool, relatives_in
from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray
from alsreg.tables.leads import CONFOUNDING


def assay_confounding(models: NullModels, trait: str, carrier_sets: Sequence[str]) -> pd.DataFrame:
    """Rows of `CONFOUNDING`: each carrier set and source assay, against the trait given the covariates.

    The source assay takes the place of a variant in a null model that does not know it: the score test of all assays
    together, and the refitted effect of each against the others. A difference is why the scan adjusts for the source
    (Cox: stratifies by it); where it is large, compare the groups of each lead. Relatives are left out whatever
    `relatedness` says: assays are not inherited.
    """
    models = exclude_relatives(models)
    rows = [row for carrier_set in carrier_sets for row in _of_carrier_set(models, trait, carrier_set)]
    columns = dict.fromkeys(CONFOUNDING.column_names)
    return CONFOUNDING.conform(pd.DataFrame([columns | row for row in rows], columns=CONFOUNDING.column_names))


def _of_carrier_set(models: NullModels, trait: str, carrier_set: str) -> list[dict[str, object]]:
    fitted = models.fit(trait, carrier_set)
    common = {"trait": trait, "carrier_set": carrier_set, "relatives": relatives_in(models)}
    if not len(fitted.people):
        return [{**common, "source": "none", "n": 0, "n_events": 0, "status": fitted.status}]
    source = models.people.has_assay(carrier_set)[fitted.people].astype(str)
    pooled = pool(models, fitted.people).fit(trait, carrier_set)
    event = happened(pooled)
    sources = sorted(set(source))
    rows = [
        {
            **common,
            "source": name,
            "n": int((source == name).sum()),
            "n_events": int((source == name).sum() if event is None else event[source == name].sum()),
            "status": pooled.status,
        }
        for name in sources
    ]
    if pooled.model is None:
        return [{**row, "n_events": None} for row in rows]
    if len(sources) == 1:
        return [{**row, "status": "one source assay"} for row in rows]
    indicators = np.array([source == name for name in sources], dtype=np.float64)
    p_joint = _joint_p(pooled.model, indicators)
    return [
        {**row, "p_joint": p_joint, **_effect(pooled.model, indicator)}
        for row, indicator in zip(rows, indicators, strict=True)
    ]


def _joint_p(model, indicators: FloatArray) -> float:  # type: ignore[no-untyped-def]
    """Score test of all assays, chi-square with one degree of freedom less than there are assays."""
    u, phi = model.score(indicators[1:]).u, model.covariance(indicators[1:])
    if np.linalg.matrix_rank(phi) < len(u):  # a covariate tells the assay already
        return float("nan")
    return float(special.chdtrc(len(u), u @ np.linalg.solve(phi, u)))


def _effect(model, indicator: FloatArray) -> dict[str, object]:  # type: ignore[no-untyped-def]
    try:
        refit = model.refit(indicator)
    except AnalysisError as error:
        return {"status": str(error)}
    status = "fitted" if np.isfinite(refit.beta) else "no finite effect: events on one side only"
    return {
        "beta": refit.beta, "standard_error": refit.standard_error, "p_value": refit.p_lrt, "status": status,
    }  # fmt: skip
