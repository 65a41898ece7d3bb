"""Bad variants are found, good ones stay; numbers against slow ways."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.sample_qc import SampleQcConfig
from alsreg.config.variant_qc import VariantQcConfig
from alsreg.errors import AnalysisError, InputError
from alsreg.genotypes.hwe import hwe_exact
from alsreg.tables.genotypes import SAMPLE_QC, VARIANT_QC
from helpers.filesets import Assay, simulate_assay
from sample_qc.flag_samples import flag_samples
from variant_qc import flag_variants as stage

SHARDS = {"a": ["1", "2"], "b": ["3", "4", "X"]}


def prepare(assay: Assay, folder: Path) -> Path:
    """Filesets, registry and sample QC."""
    assay.write(folder, SHARDS)
    flag_samples(
        [str(folder / f"{shard}.pgen") for shard in SHARDS],
        [str(folder / f"{shard}.sample_metrics.parquet") for shard in SHARDS],
        (assay.paths["samples"], assay.paths["patients"]), "wgs", SampleQcConfig(), str(folder / "wgs.samples.tsv"),
    )  # fmt: skip
    return folder


def flag(assay: Assay, folder: Path, shard: str, settings: VariantQcConfig | None = None) -> pd.DataFrame:
    stage.flag_variants(
        str(folder / f"{shard}.pgen"), str(folder / f"{shard}.variant_info.parquet"), str(folder / "wgs.samples.tsv"),
        (assay.paths["samples"], assay.paths["pedigree"]), settings or VariantQcConfig(), str(folder / f"{shard}.out.parquet"),
    )  # fmt: skip
    return VARIANT_QC.read(folder / f"{shard}.out.parquet")


def run(assay: Assay, folder: Path, settings: VariantQcConfig | None = None) -> pd.DataFrame:
    prepare(assay, folder)
    return pd.concat([flag(assay, folder, shard, settings) for shard in SHARDS], ignore_index=True)


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> tuple[Assay, pd.DataFrame]:
    assay = simulate_assay(21)
    assay.genotypes[5] = 0
    return assay, run(assay, tmp_path_factory.mktemp("clean"))


def test_good_variants_stay(clean):
    _, table = clean
    assert len(table) == 6600
    assert not table["is_excluded"].any()
    assert table["hwe_n_groups"].eq(2).all()
    assert table["batch_p"].isna().all()
    assert table["n_mendelian_errors"].isna().all()
    assert table.loc[5, "is_monomorphic"]
    assert table.loc[5, "mac"] == 0


def test_autosomal_numbers(clean):
    assay, table = clean
    g = assay.genotypes[:6000]
    called, alt = (g >= 0).sum(axis=1), np.where(g >= 0, g, 0).sum(axis=1)
    auto = table.iloc[:6000]
    np.testing.assert_array_equal(auto["n_called"], called)
    np.testing.assert_allclose(auto["call_rate"], called / 120)
    np.testing.assert_allclose(auto["alt_frequency"], alt / (2 * called))
    np.testing.assert_array_equal(auto["mac"], np.minimum(alt, 2 * called - alt))
    by_group = [[(g[:, part] == k).sum(axis=1) for k in range(3)] for part in (slice(0, 60), slice(60, 120))]
    np.testing.assert_allclose(auto["hwe_p"], np.minimum(*(hwe_exact(*counts) for counts in by_group)))


def test_x_counts_males_once_and_tests_females(clean):
    assay, table = clean
    g, female = assay.genotypes[6000:], np.arange(120) % 2 == 1
    alt = np.where(g[:, female] >= 0, g[:, female], 0).sum(axis=1) + (g[:, ~female] == 2).sum(axis=1)
    total = 2 * (g[:, female] >= 0).sum(axis=1) + (g[:, ~female] >= 0).sum(axis=1)
    x = table.iloc[6000:]
    np.testing.assert_allclose(x["alt_frequency"], alt / total)
    np.testing.assert_array_equal(x["mac"], np.minimum(alt, total - alt))
    assert (x["hwe_n_groups"] == 2).all()  # 30 females each
    first = g[:, :60][:, female[:60]]
    at_most = hwe_exact(*[(first == k).sum(axis=1) for k in range(3)])
    assert (x["hwe_p"] <= at_most + 1e-12).all()
    assert (x["hwe_p"] > 1e-6).all()  # males, coded 0 and 2, would make it vanish


def test_structure_alone_excludes_nothing(tmp_path):
    """Fixed differences between ancestries break Hardy-Weinberg for everybody together, in no group by itself."""
    assay = simulate_assay(22)
    assay.genotypes[100:120, :60], assay.genotypes[100:120, 60:] = 0, 2
    table = run(assay, tmp_path)
    assert (table.loc[100:119, "hwe_p"] == 1).all()
    assert not table["is_excluded"].any()
    assert hwe_exact(60, 0, 60) < 1e-30


def test_bad_variants_are_named(tmp_path):
    rng = np.random.default_rng(3)
    assay = simulate_assay(23)
    g = assay.genotypes
    g[10, rng.random(120) < 0.2] = -9
    g[20, :60], g[6010, 1::2] = 1, 1
    assay.people["platform_version"] = np.tile(["v1", "v2", "v2"], 40)
    assay.people["centre"] = "one"
    is_v1 = (assay.people["platform_version"] == "v1").to_numpy()
    g[30] = np.where(is_v1, rng.binomial(2, 0.9, 120), rng.binomial(2, 0.3, 120))
    g[31] = np.where(is_v1, 0, rng.binomial(2, 0.05, 120))
    table = run(assay, tmp_path, VariantQcConfig(min_hwe_p=1e-7))
    assert table.loc[table["is_excluded"], "reason"].to_dict() == {
        10: "low_call_rate", 20: "hwe_failure", 30: "batch_effect", 6010: "hwe_failure",
    }  # fmt: skip
    assert table["batch_p"].notna().all()


def test_batches_and_ancestry_together_are_no_batch_effect(tmp_path):
    assay = simulate_assay(24)
    assay.people["centre"] = np.r_[np.repeat(["Nagoya", "Oxford"], [50, 10]), np.repeat(["Nagoya", "Oxford"], [10, 50])]
    assay.genotypes[100:120, :60], assay.genotypes[100:120, 60:] = 0, 2
    table = run(assay, tmp_path)
    assert (table.loc[100:119, "batch_p"] == 1).all()
    assert not table["is_batch_effect"].any()


def make_trios(assay: Assay, rng: np.random.Generator, n_trios: int) -> None:
    """Children (columns 0, 4, 8, ...) of the next two columns, father (even) and mother (odd)."""
    g = assay.genotypes
    g[g < 0] = 0
    auto = (assay.variants["CHROM"] != "X").to_numpy()
    rows = []
    for k in range(n_trios):
        child, father, mother = 6 * k, 6 * k + 2, 6 * k + 3
        from_mother = rng.random(len(g)) < g[:, mother] / 2
        from_father = rng.random(len(g)) < g[:, father] / 2
        g[:, child] = np.where(auto, from_mother.astype(int) + from_father, 2 * from_mother)
        rows.append((f"P{child:03d}", f"P{father:03d}", f"P{mother:03d}"))
    assay.pedigree = pd.DataFrame(rows, columns=["person", "father", "mother"])


def test_mendelian_errors(tmp_path):
    assay = simulate_assay(25)
    make_trios(assay, np.random.default_rng(1), 5)
    for k in range(3):
        assay.genotypes[40, 6 * k + np.array([0, 2, 3])] = 2, 0, 0
    assay.genotypes[6040, [0, 2, 3]] = 2, 0, 0
    assay.pedigree.loc[5] = ["P060", "P062", "P063"]  # strangers
    assay.pedigree.loc[6] = ["P066", None, "P069"]  # one parent unknown
    table = run(assay, tmp_path)
    assert table["n_mendelian_errors"].astype(int)[lambda n: n > 0].to_dict() == {40: 3, 6040: 1}
    assert table.loc[table["is_excluded"], "reason"].to_dict() == {40: "mendelian_failure"}


def test_excluded_samples_do_not_count(tmp_path):
    assay = simulate_assay(26)
    assay.genotypes[np.random.default_rng(1).random(6600) < 0.3, 17] = -9
    assay.genotypes[50] = 0
    assay.genotypes[50, 17] = 2
    table = run(assay, tmp_path)
    assert SAMPLE_QC.read(tmp_path / "wgs.samples.tsv")["is_excluded"].sum() == 1
    assert table.loc[50, "mac"] == 0
    assert table.loc[50, "n_called"] == 119


def test_block_size_does_not_matter(tmp_path, monkeypatch):
    assay = simulate_assay(27)
    assay.people["platform_version"] = np.tile(["v1", "v2"], 60)
    make_trios(assay, np.random.default_rng(1), 2)
    one = run(assay, tmp_path)
    monkeypatch.setattr(stage, "GENOTYPES_PER_BLOCK", 120 * 37)
    many = pd.concat([flag(assay, tmp_path, shard) for shard in SHARDS], ignore_index=True)
    pd.testing.assert_frame_equal(one, many)


def test_a_shard_without_variants(tmp_path):
    assay = simulate_assay(28)
    prepare(assay, tmp_path)
    assay.write(tmp_path, {"empty": ["22"]})
    assert len(flag(assay, tmp_path, "empty")) == 0


def test_no_usable_sample_is_an_error(tmp_path):
    assay = simulate_assay(29)
    prepare(assay, tmp_path)
    samples = SAMPLE_QC.read(tmp_path / "wgs.samples.tsv").assign(is_excluded=True)
    SAMPLE_QC.write(samples, tmp_path / "wgs.samples.tsv")
    with pytest.raises(AnalysisError, match="no usable sample"):
        flag(assay, tmp_path, "a")
    assert not (tmp_path / "a.out.parquet").exists()


def test_tables_of_another_run_are_an_error(tmp_path):
    assay = simulate_assay(30)
    prepare(assay, tmp_path)
    samples = SAMPLE_QC.read(tmp_path / "wgs.samples.tsv")
    SAMPLE_QC.write(samples.iloc[::-1], tmp_path / "wgs.samples.tsv")
    with pytest.raises(InputError, match="samples differ"):
        flag(assay, tmp_path, "a")
