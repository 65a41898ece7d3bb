"""Leads by source assay: the sums of R, and heterogeneity where it was planted and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_fileset
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.engines.sensitivity import compare_groups
from helpers.oracle_fileset import TRAITS, specify

FROZEN = Path(__file__).resolve().parents[2] / "reference/leads/groups.csv"
KINDS = {"quantitative": "qt", "binary": "case", "survival": "survival"}
ALL = "H0+H1+H2"  # hospitals stand for assays, as in the frozen answers


@pytest.fixture(scope="module")
def models(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> NullModels:
    folder = tmp_path_factory.mktemp("sensitivity")
    table = pd.read_csv(inputs / "samples.tsv", sep="\t")
    table.assign(assays=table["hospital"]).to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    (folder / "traits.yaml").write_text(specify({name: TRAITS[name] for name in KINDS.values()}))
    with models_of_fileset(inputs / "x", folder / "samples.tsv", folder / "traits.yaml") as found:
        return found


def variant(carrier_set: str) -> pd.Series:
    return pd.Series({"chromosome": 1, "base_pair_location": 1, "carrier_set": carrier_set})


@pytest.mark.parametrize("row", list(pd.read_csv(FROZEN).itertuples()), ids=lambda row: f"{row.variant}-{row.kind}")
def test_groups__are_summed_as_in_r(models: NullModels, oracles: Path, row) -> None:  # type: ignore[no-untyped-def]
    dosage = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0)[row.variant].to_numpy(dtype=float)
    groups, summed = compare_groups(models, KINDS[row.kind], variant(ALL), dosage)
    assert [group["source"] for group in groups] == ["H0", "H1", "H2"] and summed["groups_status"] == "tested"
    np.testing.assert_allclose([group["u"] for group in groups], (row.u0, row.u1, row.u2), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose([group["v"] for group in groups], (row.v0, row.v1, row.v2), rtol=1e-6)
    ours = [summed[name] for name in (
        "beta_summed", "standard_error_summed", "p_summed", "heterogeneity_q", "heterogeneity_p", "heterogeneity_i2",
    )]  # fmt: skip
    np.testing.assert_allclose(ours, (row.beta, row.se, row.p, row.Q, row.Q_p, row.I2), rtol=1e-6, atol=1e-9)


N_PEOPLE = 900
PLANTED = TraitSpecification(
    traits={
        "level": {"type": "quantitative", "column": "level"},
        "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
    }
)


def planted(folder: Path, effects: tuple[float, float, float]) -> tuple[NullModels, np.ndarray]:
    """People of three assays, each with an effect of its own; a fourth has five people."""
    rng = np.random.default_rng(6)
    assay = np.where(np.arange(N_PEOPLE) < 5, 3, np.arange(N_PEOPLE) % 3)
    g = rng.binomial(2, 0.3, N_PEOPLE).astype(float)
    score = np.array([*effects, 0.0])[assay] * g
    entry = rng.integers(0, 6, N_PEOPLE)
    table = pd.DataFrame(
        {
            "#IID": [f"P{k}" for k in range(N_PEOPLE)],
            "assays": np.array(["array", "wes", "wgs", "panel"])[assay],
            "level": score + 0.5 * assay + rng.normal(size=N_PEOPLE),
            "entry": entry,
            "exit": entry + np.ceil(rng.exponential(30 * np.exp(-score - 0.5 * assay))),
            "event": rng.binomial(1, 0.8, N_PEOPLE),
        }
    )
    table.to_csv(folder / "samples.tsv", sep="\t", index=False)
    return NullModels(read_people(table["#IID"], folder / "samples.tsv"), PLANTED), g


@pytest.mark.parametrize("trait", ["level", "survival"])
def test_heterogeneity__is_found_where_one_assay_differs(tmp_path: Path, trait: str) -> None:
    """An effect in one assay alone (an artefact of its calls, say) against the same effect in all."""
    models, g = planted(tmp_path, (0.6, 0.0, 0.0))
    groups, summed = compare_groups(models, trait, variant("wgs+wes+array"), g)
    assert summed["heterogeneity_p"] < 1e-3 and summed["heterogeneity_i2"] > 0.7 and summed["n_groups"] == 3
    by_source = {str(group["source"]): group for group in groups}
    assert by_source["array"]["beta"] > 0.4 and abs(by_source["wgs"]["beta"]) < 0.25
    models, g = planted(tmp_path, (0.4, 0.4, 0.4))
    _, summed = compare_groups(models, trait, variant("wgs+wes+array"), g)
    assert summed["heterogeneity_p"] > 0.05
    assert summed["beta_summed"] == pytest.approx(0.4, abs=4 * summed["standard_error_summed"])
    joint = models.fit(trait, "wgs+wes+array").model
    assert joint is not None
    refit = joint.refit(g[models.fit(trait, "wgs+wes+array").people])
    assert summed["beta_summed"] == pytest.approx(refit.beta, abs=refit.standard_error)


def test_groups__without_the_allele_or_too_small_say_so(tmp_path: Path) -> None:
    models, g = planted(tmp_path, (0.4, 0.4, 0.4))
    is_wes = models.people.table["assays"].to_numpy() == "wes"
    groups, summed = compare_groups(models, "level", variant("wgs+wes+array+panel"), np.where(is_wes, 0.0, g))
    # Five people of a panel are too few to be a source, so they are not analysed at all.
    assert [(group["source"], group["status"]) for group in groups] == [
        ("array", "tested"), ("wes", "monomorphic"), ("wgs", "tested")
    ]  # fmt: skip
    assert summed["groups_status"] == "wes: monomorphic" and summed["n_groups"] == 2
