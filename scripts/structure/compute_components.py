"""Compute principal components on unrelated people and project the others."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.structure import StructureConfig
from alsreg.errors import AnalysisError
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.components import ComponentModel, alt_frequency, fit_components, project
from alsreg.genotypes.members import left_out
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import COMPONENTS, KINSHIP, PERSONS, PRUNED, SCREE

log = logging.getLogger("alsreg.structure")


def compute_components(
    pgens: Sequence[str],
    tables: dict[str, str],
    assays: Sequence[str],
    settings: StructureConfig,
    outputs: dict[str, str],
) -> None:
    """Write components and their variances.

    `pgens` run over shards; `tables` holds paths of ``pruned``, ``kinship`` and ``persons``; `outputs` of
    ``components`` and ``scree``.
    """
    with ShardedReader([path.removesuffix(".pgen") for path in pgens]) as reader:
        counts = reader.read_variants(PRUNED.read(tables["pruned"])["variant_id"])
        people = list(reader.samples["IID"])
    n_snps = (counts >= 0).sum(axis=0)
    kinship = KINSHIP.read(tables["kinship"])
    close = kinship.loc[kinship["kinship"] > settings.max_kinship, ["person_1", "person_2"]]
    is_related = left_out(people, close.itertuples(index=False, name=None), n_snps)
    is_determined = n_snps >= settings.min_projection_snps
    is_fitted = is_determined & ~is_related
    counts, model = fit(counts, is_fitted, settings.n_components)
    scores = np.full((len(people), settings.n_components), np.nan)
    scores[is_fitted] = model.scores
    others = is_determined & ~is_fitted
    scores[others] = project(model, counts[:, others])
    frame = pd.DataFrame({
        "person": people, "assays": assay_sets(PERSONS.read(tables["persons"]), people, assays),
        "is_related": is_related, "is_projected": others, "is_outlier": find_outliers(scores, settings.max_component_sd),
        "n_snps": n_snps, "is_undetermined": ~is_determined,
    })  # fmt: skip
    names = [f"PC{number + 1}" for number in range(settings.n_components)]
    COMPONENTS.write(pd.concat([frame, pd.DataFrame(scores, columns=names)], axis=1), outputs["components"])
    share = model.eigenvalues / model.total
    SCREE.write(
        pd.DataFrame({"component": names, "eigenvalue": model.eigenvalues, "variance_share": share}), outputs["scree"]
    )
    flags = frame.drop(columns=["person", "assays", "n_snps"]).sum().to_dict()
    log.info("%d people: %s", len(people), {name: int(n) for name, n in flags.items()})


def fit(counts: np.ndarray, is_fitted: np.ndarray, n_components: int) -> tuple[np.ndarray, ComponentModel]:
    """Fit on the people chosen; returns the counts of the variants that vary among them, and the model."""
    frequency = alt_frequency(counts[:, is_fitted])
    counts = counts[(frequency > 0) & (frequency < 1)]
    if min(int(is_fitted.sum()) - 1, len(counts)) <= n_components:
        raise AnalysisError(
            f"{int(is_fitted.sum())} unrelated people and {len(counts)} variants cannot give {n_components} components",
            remedy="lower structure.n_components, or analyse a larger cohort",
        )
    model = fit_components(counts[:, is_fitted], n_components)
    level = logging.INFO if model.is_converged else logging.WARNING
    log.log(level, "%d variants, %d unrelated people, %d iterations, converged: %s",
            len(counts), int(is_fitted.sum()), model.n_iterations, model.is_converged)  # fmt: skip
    return counts, model


def assay_sets(persons: pd.DataFrame, people: Sequence[str], assays: Sequence[str]) -> list[str]:
    """Assays with a usable sample of each person, in order of priority, joined by ``+``."""
    used = persons[persons["is_usable"].to_numpy(dtype=bool)]
    have = set(used[["person", "assay"]].itertuples(index=False, name=None))
    return ["+".join(assay for assay in assays if (person, assay) in have) for person in people]


def find_outliers(scores: np.ndarray, max_sd: float) -> np.ndarray:
    """Whether a person lies beyond `max_sd` standard deviations on any component, scores having variance 1."""
    return (np.abs(scores) > max_sd).any(axis=1)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compute_components(
            pgens=snakemake.input.pgen,
            tables={name: snakemake.input[name] for name in ("pruned", "kinship", "persons")},
            assays=snakemake.params.cohort["assays"],
            settings=StructureConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
