"""Traits and covariates of a cohort's people, from where each column lives."""

from __future__ import annotations

import pandas as pd
import pytest

from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.carriers import keep_carriers
from alsreg.engines.nulls import CARRIER, CARRIER_COLUMN
from alsreg.errors import AnalysisError, ConfigError
from alsreg.tables.panel import PANEL_PEOPLE
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.trajectories import TRAJECTORIES
from association.assemble_traits import assemble_traits, columns_of
from helpers.association_cohort import SPECIFICATION, Cohort, build_cohort


def assemble(cohort: Cohort, specification: TraitSpecification) -> pd.DataFrame:
    outputs = (cohort.path("other.samples.tsv"), cohort.path("other.visits.tsv"))
    assemble_traits(
        cohort.registry, cohort.path("visits.parquet"), cohort.path("components.tsv"),
        (cohort.path("samples.parquet"), cohort.path("persons.tsv")), specification, outputs,
    )  # fmt: skip
    return pd.read_csv(outputs[0], sep="\t")


def changed(**changes: object) -> TraitSpecification:
    return TraitSpecification(**(SPECIFICATION.model_dump() | changes))


def test_one_row_per_person_with_every_column_named(scored: Cohort) -> None:
    table = pd.read_csv(scored.tables[0], sep="\t")
    assert list(table.columns) == ["#IID", "assays", "is_related", *columns_of(SPECIFICATION)]
    assert list(table["#IID"]) == list(scored.people["person"])
    pd.testing.assert_series_equal(table["exit_months"], scored.people["exit_months"], rtol=1e-15)
    visits = pd.read_csv(scored.tables[1], sep="\t")
    assert list(visits.columns) == ["#IID", "months_since_registration", "total", "months_since_onset"]
    assert len(visits) == 4 * len(table)


def test_columns_of_samples_come_from_the_first_assay(scored: Cohort) -> None:
    table = assemble(scored, changed(covariates=["sex", "platform_version"]))
    samples = pd.read_parquet(scored.path("samples.parquet")).set_index(["person", "assay"])["platform_version"]
    first = [samples[(p, own.split("+")[0])] for p, own in zip(table["#IID"], table["assays"], strict=True)]
    assert list(table["platform_version"]) == first
    assert set(first) == {"v1", "v2"}


def test_an_unknown_column_is_named(scored: Cohort) -> None:
    with pytest.raises(ConfigError, match=r"no column 'shoe_size'.*PC1.*entry_months"):
        assemble(scored, changed(covariates=["shoe_size"]))


def test_a_trait_nobody_in_the_registry_has_is_an_error(tmp_path) -> None:  # type: ignore[no-untyped-def]
    cohort = build_cohort(tmp_path, n=30)
    phenotypes = pd.read_parquet(cohort.path("phenotypes.parquet"))
    phenotypes["is_bulbar_onset"] = pd.array([None] * len(phenotypes), dtype="Int64")
    phenotypes.to_parquet(cohort.path("phenotypes.parquet"))
    with pytest.raises(AnalysisError, match="trait bulbar_onset: column is_bulbar_onset is missing for everybody"):
        assemble(cohort, SPECIFICATION)


def test_trajectories_and_prognosis__can_be_named(scored: Cohort) -> None:
    specification = TraitSpecification(
        traits={
            "fast": {"type": "binary", "column": "is_fast_decline"},
            "fast_given": {"type": "binary", "column": "is_fast_decline", "covariates": ["prognostic_index"]},
        },
        covariates=["sex"],
    )  # fmt: skip
    table = assemble(scored, specification)
    assert list(table.columns) == ["#IID", "assays", "is_related", "is_fast_decline", "sex", "prognostic_index"]
    prognosis = pd.read_parquet(scored.path("prognosis.parquet"))
    assert table["prognostic_index"].isna().sum() == prognosis["prognostic_index"].isna().sum() > 0


def test_a_registry_without_classes_and_prognosis__still_has_its_tables(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """What a registry is too small for is missing for everybody: a status later, no crash here."""
    cohort = build_cohort(tmp_path, n=30)
    for contract, column in ((TRAJECTORIES, "is_fast_decline"), (PROGNOSIS, "prognostic_index")):
        path = cohort.path(f"{contract.name}.parquet")
        contract.write(contract.read(path).assign(**{column: None}), path)
    traits = {**SPECIFICATION.model_dump()["traits"], "fast": {"type": "binary", "column": "is_fast_decline"}}
    table = assemble(cohort, changed(traits=traits))
    assert table["is_fast_decline"].isna().all() and table["prognostic_index"].isna().all()


def test_carriers_left_out_of_single_variant_tests_stay_in_gene_tests(scored: Cohort) -> None:
    people = scored.people["person"]
    is_carrier = people.index % 7 == 0
    PANEL_PEOPLE.write(
        pd.DataFrame({"person": people, "is_assessed": True, "definitive_genes": None, "is_left_out": is_carrier}),
        scored.path("carriers.parquet"),
    )
    outputs = (scored.path("left.samples.tsv"), scored.path("left.visits.tsv"))
    assemble_traits(
        scored.registry, scored.path("visits.parquet"), scored.path("components.tsv"),
        (scored.path("samples.parquet"), scored.path("persons.tsv")), SPECIFICATION, outputs, scored.path("carriers.parquet"),
    )  # fmt: skip
    table = pd.read_csv(outputs[0], sep="\t")
    assert list(table.columns)[3] == CARRIER_COLUMN and table[CARRIER_COLUMN].tolist() == is_carrier.tolist()
    models = models_of_cohort(scored.path("chr1-11"), outputs, SPECIFICATION, 10)
    everybody = models_of_cohort(scored.path("chr1-11"), scored.tables, SPECIFICATION, 10).fit("age_at_onset")
    fitted, kept = models.fit("age_at_onset"), keep_carriers(models).fit("age_at_onset")
    expected = [k for k in everybody.people if not is_carrier[k]]
    assert list(fitted.people) == expected and fitted.left_out[CARRIER] == len(everybody.people) - len(expected) > 0
    assert list(kept.people) == list(everybody.people) and CARRIER not in kept.left_out
