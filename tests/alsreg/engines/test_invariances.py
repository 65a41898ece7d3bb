"""What must not matter to any result of the engine: allele coding, order of people, units, blocks, threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.config.traits import TraitSpecification
from alsreg.engines import local
from alsreg.engines.local import score_fileset
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.engines.variants import FilesetVariants
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.null import VariantTestOptions
from alsreg.tables.results import VARIANT_TESTS

TRAITS = {
    "age": {"type": "quantitative", "column": "age"},
    "ranked": {"type": "quantitative", "column": "age", "transform": "rank_inverse_normal"},
    "robust": {"type": "quantitative", "column": "age", "standard_errors": "robust"},
    "bulbar": {"type": "binary", "column": "bulbar"},
    "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event", "strata": ["site"]},
    "slope": {"type": "longitudinal", "covariates_by_time": ["sex", "pc"]},
}
SPECIFICATION = {"traits": TRAITS, "covariates": ["sex", "pc"]}
OPTIONS = VariantTestOptions(min_mac=5, min_expected_events=1, min_z_correction=1.0, max_p_refit=0.05)
NUMBERS = ["beta", "standard_error", "p_value", "effect_allele_frequency", "mac"]
N_PEOPLE, N_VARIANTS = 150, 60
EXAMPLES = settings(max_examples=5, deadline=None)
SEEDS = st.integers(0, 10_000)


@dataclass(frozen=True)
class Cohort:
    """Tables and genotypes ``(m, n)``, -9 missing, before they are written."""

    samples: pd.DataFrame
    visits: pd.DataFrame
    genotypes: np.ndarray
    is_swapped: bool = False

    def write(self, folder: Path) -> Path:
        variants = pd.DataFrame(
            {"CHROM": "7", "POS": np.arange(1, N_VARIANTS + 1), "ID": [f"rs{k}" for k in range(N_VARIANTS)]}
        ).assign(REF="C" if self.is_swapped else "A", ALT="A" if self.is_swapped else "C")
        people = pd.DataFrame({"IID": self.samples["#IID"], "SEX": "unknown"})
        with PgenWriter(folder / "x", people, N_VARIANTS) as writer:
            writer.append(variants, self.genotypes)
        self.samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
        self.visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
        (folder / "traits.yaml").write_text(yaml.safe_dump(SPECIFICATION))
        return folder


def simulate(seed: int) -> Cohort:
    """All kinds of traits, two strata, rare and common variants, some genotypes missing; a tenth of variants do something."""
    rng = np.random.default_rng(seed)
    n = N_PEOPLE
    frequency = rng.uniform(0.03, 0.97, N_VARIANTS)
    g = rng.binomial(2, frequency[:, None], (N_VARIANTS, n)).astype(np.int8)
    effect = 0.5 * (g[:6] - g[:6].mean(axis=1, keepdims=True)).sum(axis=0)
    g[rng.random(g.shape) < 0.02] = -9
    entry = rng.integers(0, 10, n)
    samples = pd.DataFrame(
        {
            "#IID": [f"P{i:03d}" for i in range(n)],
            "sex": rng.integers(0, 2, n).astype(float),
            "pc": rng.normal(size=n),
            "site": rng.choice(["S1", "S2"], n),
            "age": 60 + 10 * effect + rng.normal(0, 10, n),
            "bulbar": (rng.normal(size=n) + effect > 0.5).astype(int),
            "entry": entry,
            "exit": entry + 1 + rng.poisson(15 * np.exp(-0.4 * effect)),
            "event": rng.binomial(1, 0.7, n),
        }
    )
    months = np.tile([0.0, 3.0, 7.0, 12.0], n)
    slope = np.repeat(-0.8 + 0.3 * effect + 0.4 * rng.normal(size=n), 4)
    total = 40 + np.repeat(4 * rng.normal(size=n), 4) + slope * months + 2 * rng.normal(size=4 * n)
    visits = pd.DataFrame({"#IID": np.repeat(samples["#IID"], 4), "months_since_registration": months, "total": total})
    return Cohort(samples, visits, g)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cohort], dict[str, pd.DataFrame]]:
    def results(cohort: Cohort) -> dict[str, pd.DataFrame]:
        folder = cohort.write(tmp_path_factory.mktemp("cohort"))
        people = read_people(list(cohort.samples["#IID"]), folder / "samples.tsv", folder / "visits.tsv")
        models = NullModels(people, TraitSpecification(**SPECIFICATION))
        outputs = {trait: folder / f"{trait}.parquet" for trait in TRAITS}
        score_fileset(folder / "x", FilesetVariants(folder / "x").table(), models, OPTIONS, outputs)
        return {trait: VARIANT_TESTS.read(path) for trait, path in outputs.items()}

    return results


def check(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame], tolerance: float) -> None:
    """The same numbers within a relative tolerance; the same counts, methods and states exactly."""
    for trait, table in ours.items():
        other = theirs[trait]
        for name in NUMBERS:
            np.testing.assert_allclose(table[name], other[name], rtol=tolerance, atol=1e-12, err_msg=f"{trait} {name}")
        exact = ["n", "n_events", "n_carriers", "n_imputed", "effect_method", "p_method", "status"]
        pd.testing.assert_frame_equal(table[exact], other[exact], obj=trait)


def test_results__have_what_the_invariances_are_about(run: Callable[[Cohort], dict[str, pd.DataFrame]]) -> None:
    found = run(simulate(1))
    methods = {trait: set(table["p_method"]) | set(table["effect_method"]) for trait, table in found.items()}
    assert {"firth", "saddlepoint", "score"} <= methods["bulbar"]
    assert {"wald", "saddlepoint", "signed_root_lrt", "score"} <= methods["survival"]
    assert all((table["status"] == "tested").sum() > 50 and (table["n_imputed"] >= 0).all() for table in found.values())


@EXAMPLES
@given(seed=SEEDS)
def test_allele_swap__turns_the_sign(run: Callable[[Cohort], dict[str, pd.DataFrame]], seed: int) -> None:
    cohort = simulate(seed)
    swapped = np.where(cohort.genotypes < 0, -9, 2 - cohort.genotypes).astype(np.int8)
    theirs = run(replace(cohort, genotypes=swapped, is_swapped=True))
    for table in theirs.values():
        assert (table["effect_allele"] == "A").all()
        table["beta"] *= -1
        table["effect_allele_frequency"] = 1 - table["effect_allele_frequency"]
    check(run(cohort), theirs, 1e-7)


@EXAMPLES
@given(seed=SEEDS)
def test_order_of_people__does_not_matter(run: Callable[[Cohort], dict[str, pd.DataFrame]], seed: int) -> None:
    cohort = simulate(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(N_PEOPLE)
    shuffled = Cohort(
        cohort.samples.iloc[order].reset_index(drop=True),
        cohort.visits.sample(frac=1, random_state=seed).reset_index(drop=True),
        np.ascontiguousarray(cohort.genotypes[:, order]),
    )
    check(run(cohort), run(shuffled), 1e-6)


@EXAMPLES
@given(seed=SEEDS, scale=st.floats(0.01, 100.0), shift=st.floats(-50.0, 50.0))
def test_units_of_covariates__do_not_matter(
    run: Callable[[Cohort], dict[str, pd.DataFrame]], seed: int, scale: float, shift: float
) -> None:
    cohort = simulate(seed)
    rescaled = cohort.samples.assign(pc=cohort.samples["pc"] * scale + shift, sex=2 - cohort.samples["sex"])
    check(run(cohort), run(replace(cohort, samples=rescaled)), 1e-6)


@EXAMPLES
@given(seed=SEEDS, block=st.sampled_from([1, 7, 32]))
def test_size_of_blocks__does_not_matter(
    run: Callable[[Cohort], dict[str, pd.DataFrame]], seed: int, block: int
) -> None:
    cohort = simulate(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "BLOCK", block)
        theirs = run(cohort)
    check(run(cohort), theirs, 1e-10)


def test_number_of_threads__gives_identical_bytes(tmp_path: Path) -> None:
    """`alsreg associate` in processes of their own, since BLAS and Numba read their threads at the start."""
    folder = simulate(1).write(tmp_path)
    written = []
    for n_threads in ("1", "3"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, n_threads)
        paths = ["--pfile", folder / "x", "--samples", folder / "samples.tsv", "--spec", folder / "traits.yaml"]
        command = [sys.executable, "-c", "import sys; from alsreg.cli import main; sys.exit(main(sys.argv[1:]))"]
        out = tmp_path / f"threads-{n_threads}"
        subprocess.run([*command, "associate", *paths, "--out", out, "--min-mac", "5"], env=environment, check=True)
        written.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert {f"{trait}.tsv.gz" for trait in TRAITS} <= set(written[0])
    assert written[0] == written[1]
