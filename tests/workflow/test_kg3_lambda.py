"""λ on real genotypes is what the fitted null models give by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.real_genotypes import Scan, calibrate, read_scan

pytestmark = pytest.mark.real_data
TRAITS = ("age_at_onset", "slope", "survival", "bulbar_onset")
MAX_VARIANTS = 4500  # of 13,300; docs/calibration/real-genotypes.md has them all


@pytest.fixture(scope="module")
def scan(kg3: tuple[Path, float]) -> Scan:
    """Cohort `all` with the genotypes of its pruned variants."""
    return read_scan(kg3[0])


@pytest.mark.parametrize("trait", TRAITS)
def test_lambda__is_inside_the_99_percent_interval_of_null_phenotypes(
    kg3: tuple[Path, float], scan: Scan, trait: str
) -> None:
    found = calibrate(kg3[0], scan, trait, MAX_VARIANTS)
    low, high = found.interval
    print(f"{trait}: λ {found.published:.3f}, under the null {low:.3f} to {high:.3f}")
    assert found.n_variants == MAX_VARIANTS
    assert low < found.published < high
    # The corrections of single p-values and complete cases instead of filled ones do not move the median.
    assert found.published == pytest.approx(found.observed, abs=0.005)
    # λ of 4,500 independent variants has standard deviation 0.035, so the median of 200 one of 0.003.
    assert np.median(found.simulated) == pytest.approx(1, abs=0.015)
    assert 0.8 * 0.035 < np.std(found.simulated) < 1.4 * 0.035


def test_lambda__is_outside_if_ancestry_shifts_the_trait_and_is_not_adjusted_for(
    kg3: tuple[Path, float], scan: Scan
) -> None:
    table = scan.people.table
    shifted = table.assign(age_at_onset_years=table["age_at_onset_years"] + 5 * table["PC1"] / table["PC1"].std())
    traits = scan.specification.traits
    unadjusted = traits["age_at_onset"].model_copy(update={"covariates": ["sex"]})
    specification = scan.specification.model_copy(update={"traits": {**traits, "age_at_onset": unadjusted}})
    confounded = replace(scan, people=replace(scan.people, table=shifted), specification=specification)
    found = calibrate(kg3[0], confounded, "age_at_onset", MAX_VARIANTS, n_simulations=20)
    assert found.observed > 1.5
    assert found.observed > found.simulated.max() + 0.3
