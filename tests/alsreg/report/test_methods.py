"""The methods paragraphs say what was done, and nothing that was not."""

from __future__ import annotations

import pytest

from alsreg.config.settings import DEFAULT_TRAITS
from alsreg.provenance import versions
from alsreg.report.methods import MODELS, methods

BUILDS = {"wgs": "GRCh38", "array": "NCBI36"}

BURDEN = {"tests": ["burden", "skat_o"], "weight_alpha": 0.5, "weight_beta": 0.5}


def paragraphs(builds: dict[str, str] = BUILDS, *, burden: dict | None = BURDEN) -> tuple[str, ...]:
    traits = {name: trait.model_dump() for name, trait in DEFAULT_TRAITS.items()}
    return methods(traits, builds, (5e-8, 1e-5), versions(), burden)


def test_methods__assays_traits_thresholds_versions() -> None:
    data, tests, genes, software = paragraphs()
    assert "Genotypes of wgs, array were filtered" in data
    assert "(array (NCBI36) by liftover)" in data
    for name, trait in DEFAULT_TRAITS.items():
        assert f"{name.replace('_', ' ')} by {MODELS[trait.type]}" in tests
    assert "p < 5e-08 are called genome-wide significant; leads are shown from p < 1e-05" in tests
    assert "tested by burden, skat-o from" in genes
    assert "Beta(0.5, 0.5)" in genes
    assert f"NumPy {versions()['numpy']}," in software
    assert f"alsreg {versions()['alsreg']} with Python {versions()['python']}" in software


def test_methods__curve_and_joint_model() -> None:
    traits = {"slope": DEFAULT_TRAITS["slope"].model_dump() | {"n_knots": 4}}
    tests = methods(traits, BUILDS, (5e-8, 1e-5), versions(), None)[1]
    assert (
        "variant × time term, mean decline a natural cubic spline with 4 knots, leads refitted in a joint model with survival"
        in tests
    )
    plain = methods(
        {"slope": {**traits["slope"], "n_knots": 0, "joint": None}}, BUILDS, (5e-8, 1e-5), versions(), None
    )[1]
    assert "spline" not in plain and "joint model" not in plain


def test_methods__nothing_lifted_no_genes() -> None:
    found = paragraphs({"wgs": "GRCh38"}, burden=None)
    assert len(found) == 3
    assert not any("liftover" in text or "burden" in text for text in found)


def test_methods__relatives() -> None:
    traits = {name: trait.model_dump() for name, trait in DEFAULT_TRAITS.items()}
    excluded, mixed = (methods(traits, BUILDS, (5e-8, 1e-5), versions(), None, way)[1] for way in ("exclude", "mixed"))
    assert "Related people were left out." in excluded and "exact t-tests on complete cases" in excluded
    assert "all chromosomes but the one tested" in mixed and "left out." not in mixed
    assert "age at onset by a linear mixed model with a polygenic effect" in mixed


@pytest.mark.parametrize("kind", ["quantitative", "binary", "survival", "longitudinal"])
def test_models__every_type_of_trait_has_words(kind: str) -> None:
    assert len(MODELS[kind]) > 20
