"""From sums to the metrics, flags and verdict of every sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.sample_qc import SampleQcConfig
from alsreg.genotypes.autosomes import AUTOSOMES, AutosomeSums
from alsreg.genotypes.contamination import contamination_from_likelihood
from alsreg.genotypes.groups import AncestryGroups
from alsreg.genotypes.heterozygosity import jackknife_ratio, robust_z
from alsreg.genotypes.sex import call_sex, x_evidence
from alsreg.tables.genotypes import FOREIGN_COLUMNS

# Flags that exclude, and the word each gives to the reason.
FLAGS = {
    "is_unknown_sample": "unknown_sample",
    "is_low_call_rate": "low_call_rate",
    "is_heterozygosity_outlier": "heterozygosity_outlier",
    "is_sex_mismatch": "sex_mismatch",
    "is_contaminated": "contaminated",
    "is_ti_tv_outlier": "ti_tv_outlier",
}


def measure_genotypes(table: pd.DataFrame, sums: AutosomeSums, groups: AncestryGroups) -> pd.DataFrame:
    """Call rate, heterozygosity, Ti/Tv and singletons."""
    called = sums.called_by_chromosome.sum(axis=0)
    has_variants = sums.variants_by_chromosome > 0
    by_chromosome = sums.called_by_chromosome[has_variants] / sums.variants_by_chromosome[has_variants, None]
    ratio, error = jackknife_ratio(sums.observed, sums.expected)
    ti, tv = sums.n_transitions.astype(float), sums.n_transversions.astype(float)
    is_counted = (ti > 0) & (tv > 0)
    ti, tv = np.where(is_counted, ti, np.nan), np.where(is_counted, tv, np.nan)
    return table.assign(
        call_rate=called / sums.n_variants,
        min_chromosome_call_rate=by_chromosome.min(axis=0),
        heterozygosity=sums.observed.sum(axis=0) / np.where(called > 0, called, np.nan),
        inbreeding_f=1 - ratio,
        heterozygosity_z=robust_z(ratio, error, groups.index, groups.is_reference),
        ti_tv=ti / tv,
        ti_tv_z=robust_z(np.log(ti / tv), np.sqrt(1 / ti + 1 / tv), groups.index, groups.is_reference),
        n_singletons=sums.n_singletons,
    )


def measure_reads(table: pd.DataFrame, metrics: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean depth and contamination, missing where the VCF has no DP or AD.

    `metrics` are tables `SAMPLE_METRICS`, one per shard.
    """
    rows = pd.concat(metrics, ignore_index=True)
    rows = rows[rows["chromosome"].isin(AUTOSOMES)]
    with_dp = rows[rows["sum_dp"].notna()]
    depth = with_dp.groupby("sample")[["sum_dp", "n_called"]].sum().reindex(table["sample"]).astype(float)
    mean_dp = (depth["sum_dp"] / depth["n_called"].where(depth["n_called"] > 0)).to_numpy()
    likelihood = rows.reindex(columns=["sample", *FOREIGN_COLUMNS]).groupby("sample").sum().reindex(table["sample"])
    contamination = contamination_from_likelihood(likelihood.to_numpy(dtype=float))
    return table.assign(mean_dp=mean_dp, contamination=contamination)


def measure_sex(
    table: pd.DataFrame, x_genotypes: np.ndarray, groups: AncestryGroups, settings: SampleQcConfig
) -> tuple[pd.DataFrame, float]:
    """Genetic sex from X; and the effective number of independent variants of the best called sample."""
    evidence = x_evidence(x_genotypes, groups)
    sex = call_sex(
        evidence, max_female_f=settings.max_female_x_f, min_male_f=settings.min_male_x_f,
        min_independent=settings.min_x_variants, max_male_heterozygosity=settings.max_male_x_heterozygosity,
    )  # fmt: skip
    n_independent = np.floor(evidence.n_independent).astype(int)
    table = table.assign(x_inbreeding_f=evidence.inbreeding_f, n_x_variants=n_independent, genetic_sex=sex)
    return table, float(np.max(evidence.n_independent, initial=0.0))


def judge(table: pd.DataFrame, settings: SampleQcConfig) -> pd.DataFrame:
    """Flags, verdict and reasons: the one place where flags become exclusions."""
    z, contamination = table["heterozygosity_z"], table["contamination"]
    is_excess = contamination.isna() & (z > settings.max_heterozygosity_sd)
    is_contaminated = (contamination > settings.max_contamination) | is_excess
    # A mixture is heterozygous on X whoever the host is.
    is_unsafe = is_contaminated & (table["genetic_sex"] != "not testable")
    sex = table["genetic_sex"].where(~is_unsafe, "ambiguous")
    is_sex_known = sex.isin(["M", "F"]) & table["registered_sex"].notna()
    table = table.assign(
        is_unknown_sample=table["claimed_person"].isna(),
        is_low_call_rate=table["call_rate"] < settings.min_call_rate,
        is_heterozygosity_outlier=z.abs() > settings.max_heterozygosity_sd,
        genetic_sex=sex,
        is_sex_mismatch=is_sex_known & (sex != table["registered_sex"].fillna("")),
        is_contaminated=is_contaminated,
        is_ti_tv_outlier=table["ti_tv_z"].abs() > settings.max_ti_tv_sd,
    )
    ignored = set() if settings.is_sex_mismatch_excluded else {"is_sex_mismatch"}
    decisive = {flag: word for flag, word in FLAGS.items() if flag not in ignored}
    flags = table[list(decisive)].to_numpy(dtype=bool)
    words = np.array(list(decisive.values()))
    return table.assign(is_excluded=flags.any(axis=1), reason=[";".join(words[row]) for row in flags])
