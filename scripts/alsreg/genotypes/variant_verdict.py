"""From metrics to the flags and verdict of every variant."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.config.variant_qc import VariantQcConfig

# Flags that exclude, and the word each gives to the reason. Monomorphic variants stay, for merging.
FLAGS = {
    "is_low_call_rate": "low_call_rate",
    "is_hwe_failure": "hwe_failure",
    "is_batch_effect": "batch_effect",
    "is_mendelian_failure": "mendelian_failure",
}


def judge(table: pd.DataFrame, settings: VariantQcConfig) -> pd.DataFrame:
    """Flags, verdict and reasons: the one place where flags become exclusions."""
    errors = table["n_mendelian_errors"].astype("Int64")
    table = table.assign(
        is_low_call_rate=table["call_rate"] < settings.min_call_rate,
        is_hwe_failure=table["hwe_p"] < settings.min_hwe_p,
        is_batch_effect=table["batch_p"] < settings.min_batch_p,
        is_mendelian_failure=(errors > settings.max_mendelian_errors).fillna(False).astype(bool),
    )
    flags = table[list(FLAGS)].to_numpy(dtype=bool)
    words = np.array(list(FLAGS.values()))
    reasons = {tuple(row): ";".join(words[row]) for row in np.unique(flags, axis=0)}
    return table.assign(is_excluded=flags.any(axis=1), reason=[reasons[tuple(row)] for row in flags])
