"""Components of a merged cohort."""

import numpy as np
import pandas as pd
import pytest

from alsreg.config.structure import StructureConfig
from alsreg.errors import AnalysisError
from alsreg.tables.genotypes import COMPONENTS, KINSHIP, SCREE
from structure.compute_components import compute_components, find_outliers
from structure.estimate_kinship import estimate_kinship

ASSAYS = ["wgs", "wes", "array"]


def run(merged, pruned, folder, settings=None, kinship=None) -> tuple[pd.DataFrame, pd.DataFrame]:
    settings = settings or merged.settings
    path = str(folder / "kinship.tsv")
    if kinship is None:
        estimate_kinship(merged.pgens, pruned, settings, path)
    else:
        KINSHIP.write(kinship, path)
    outputs = {name: str(folder / f"{name}.tsv") for name in ("components", "scree")}
    compute_components(
        merged.pgens, {"pruned": pruned, "kinship": path, "persons": merged.persons}, ASSAYS, settings, outputs
    )
    return COMPONENTS.read(outputs["components"]), SCREE.read(outputs["scree"])


def test_first_component_is_population_not_assay(merged, pruned, tmp_path) -> None:
    table, scree = run(merged, pruned, tmp_path)
    group = np.arange(60) % 2
    group[1] = 0  # the child of 0 and 2
    one = table["PC1"].to_numpy()
    assert abs(np.corrcoef(one, group)[0, 1]) > 0.98
    typed = table["assays"]
    assert typed[0] == "wgs+array"
    assert typed[12] == "wgs+wes+array"
    assert typed[41] == "wes"
    within = one - np.array([one[group == g].mean() for g in group])
    for name in ("wgs", "wes", "array"):
        has = typed.str.contains(name).to_numpy(dtype=bool)
        assert abs(within[has].mean() - within[~has].mean()) < 0.1
    assert list(scree["component"]) == ["PC1", "PC2"]
    assert scree["variance_share"].between(0, 1).all()
    assert scree["eigenvalue"].is_monotonic_decreasing


def test_the_child_is_left_out_and_projected(merged, pruned, tmp_path) -> None:
    table, _ = run(merged, pruned, tmp_path)
    assert list(table.loc[table["is_related"], "person"]) == ["P01"]
    assert list(table.loc[table["is_projected"], "person"]) == ["P01"]
    assert not table["is_undetermined"].any()
    assert np.isfinite(table[["PC1", "PC2"]].to_numpy()).all()
    # The parents are of population 0: so is the child, though its number is odd.
    child, zero = table.loc[1, "PC1"], table.loc[[0, 2, 4, 6, 8], "PC1"]
    assert abs(child - zero.mean()) < abs(child + zero.mean())


def test_people_with_too_few_variants_get_none(merged, pruned, tmp_path) -> None:
    n_snps = run(merged, pruned, tmp_path)[0]["n_snps"]
    floor = int(n_snps.sort_values().iloc[5]) + 1
    settings = StructureConfig(**merged.settings.model_dump() | {"min_projection_snps": floor})
    table, _ = run(merged, pruned, tmp_path, settings)
    few = (n_snps < floor).to_numpy(dtype=bool)
    assert 6 <= few.sum() < 60
    np.testing.assert_array_equal(table["is_undetermined"].to_numpy(dtype=bool), few)
    np.testing.assert_array_equal(table["PC1"].isna().to_numpy(), few)


def test_all_related_cannot_be_analysed(merged, pruned, tmp_path) -> None:
    people = [f"P{i:02d}" for i in range(60)]
    rows = [(a, b, 1000, 0.25, "first") for i, a in enumerate(people) for b in people[i + 1 :]]
    kinship = pd.DataFrame(rows, columns=["person_1", "person_2", "n_snps", "kinship", "relation"])
    with pytest.raises(AnalysisError, match="1 unrelated people"):
        run(merged, pruned, tmp_path, kinship=kinship)


def test_outliers() -> None:
    scores = np.array([[0.1, 0.2], [-7.0, 0.0], [0.0, np.nan], [1.0, 6.5]])
    np.testing.assert_array_equal(find_outliers(scores, 6), [False, True, False, True])
