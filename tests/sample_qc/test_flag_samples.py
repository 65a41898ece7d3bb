"""Every spoiled sample is found, none is falsely accused."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from alsreg.config.sample_qc import SampleQcConfig
from alsreg.errors import AnalysisError, InputError
from alsreg.tables.genotypes import FOREIGN_COLUMNS, FOREIGN_SHARES, SAMPLE_QC
from helpers.filesets import Assay, simulate_assay
from sample_qc.flag_samples import flag_samples

SHARDS = {"a": ["1", "2"], "b": ["3", "4", "X"]}


def run(assay: Assay, folder: Path, settings: SampleQcConfig | None = None, shards=SHARDS) -> pd.DataFrame:
    assay.write(folder, shards)
    flag_samples(
        [str(folder / f"{shard}.pgen") for shard in shards],
        [str(folder / f"{shard}.sample_metrics.parquet") for shard in shards],
        (assay.paths["samples"], assay.paths["patients"]), "wgs", settings or SampleQcConfig(),
        str(folder / "out/wgs.samples.tsv"),
    )  # fmt: skip
    return SAMPLE_QC.read(folder / "out/wgs.samples.tsv").set_index("sample")


def mix(assay: Assay, host: int, guest: int, share: float, rng: np.random.Generator) -> None:
    """Homozygotes become heterozygotes at a share of the variants where a guest brings the other allele."""
    g = assay.genotypes
    differs = (g[:, host] >= 0) & (g[:, guest] >= 0) & (g[:, host] != g[:, guest]) & (g[:, host] != 1)
    g[differs & (rng.random(len(g)) < share), host] = 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clean_samples_are_not_accused(tmp_path, seed):
    table = run(simulate_assay(seed), tmp_path)
    assert not table["is_excluded"].any()
    assert (table["reason"].fillna("") == "").all()
    assert (table["genetic_sex"] == table["registered_sex"]).all()
    assert table["mean_dp"].isna().all()
    assert table["contamination"].isna().all()


def test_every_spoiled_sample_is_named(tmp_path):
    rng = np.random.default_rng(9)
    assay = simulate_assay(4)
    auto = (assay.variants["CHROM"] != "X").to_numpy()
    assay.genotypes[np.ix_(rng.random(len(auto)) < 0.08, [10])] = -9
    mix(assay, 20, 33, 0.4, rng)
    mix(assay, 80, 11, 0.3, rng)
    assay.people.loc[31, "sex"] = "M"
    assay.people.loc[[50, 51], ["person", "sex", "reported_ancestry"]] = None
    is_het = (assay.genotypes[:, 60] == 1) & auto & (rng.random(len(auto)) < 0.4)
    assay.genotypes[is_het, 60] = rng.choice([0, 2], is_het.sum())
    is_ti = (assay.variants["REF"] + assay.variants["ALT"]).isin(["AG", "GA", "CT", "TC"]).to_numpy()
    false_alt = ~is_ti & auto & (assay.genotypes[:, 90] == 0) & (rng.random(len(auto)) < 0.5)
    assay.genotypes[false_alt, 90] = 2
    table = run(assay, tmp_path)
    assert table.loc[["S020", "S080"], "genetic_sex"].tolist() == ["ambiguous", "ambiguous"]
    assert table.loc[table["is_excluded"], "reason"].to_dict() == {
        "S010": "low_call_rate",
        "S020": "heterozygosity_outlier;contaminated",
        "S031": "sex_mismatch",
        "S050": "unknown_sample",
        "S051": "unknown_sample",
        "S060": "heterozygosity_outlier",
        "S080": "heterozygosity_outlier;contaminated",
        "S090": "ti_tv_outlier",
    }


def test_inbreeding_is_no_fault_of_the_dna(tmp_path):
    """Long homozygous stretches, as among children of cousins, lower heterozygosity but do not exclude."""
    assay = simulate_assay(5)
    position = assay.variants["POS"].to_numpy()[:1500]
    for chromosome, start in enumerate((1e7, 6e7, 1.2e8, 1.55e8)):
        rows = np.flatnonzero((position > start) & (position < start + 2.5e7)) + 1500 * chromosome
        assay.genotypes[rows, 7] = np.where(assay.genotypes[rows, 7] == 1, 0, assay.genotypes[rows, 7])
    table = run(assay, tmp_path)
    assert table.loc["S007", "inbreeding_f"] > 0.1
    spread = table.loc[table["ancestry"] == "EAS", "inbreeding_f"]
    naive = abs(table.loc["S007", "inbreeding_f"] - spread.median()) / (
        1.4826 * (spread - spread.median()).abs().median()
    )
    assert naive > 5
    assert not table["is_excluded"].any()


def test_numbers_of_one_sample(tmp_path):
    assay = simulate_assay(6)
    table = run(assay, tmp_path)
    g = assay.genotypes[:6000, 3]
    row = table.loc["S003"]
    assert row["n_variants"] == 6600
    assert row["call_rate"] == pytest.approx((g >= 0).mean())
    assert row["min_chromosome_call_rate"] == pytest.approx((g.reshape(4, 1500) >= 0).mean(axis=1).min())
    assert row["heterozygosity"] == pytest.approx((g == 1).sum() / (g >= 0).sum())
    others = (np.delete(assay.genotypes[:6000], 3, axis=1) > 0).any(axis=1)
    assert row["n_singletons"] == ((g > 0) & ~others).sum()
    assert (row["ancestry"], row["claimed_person"], row["assay"]) == ("EAS", "P003", "wgs")


def test_reads_give_depth_and_contamination(tmp_path):
    assay = simulate_assay(7)
    shares = np.array(FOREIGN_SHARES)
    foreign = np.zeros(120)
    foreign[[4, 5]] = 0.03, 0.1
    called = (assay.genotypes[:1500] >= 0).sum(axis=0)
    likelihood = dict(zip(FOREIGN_COLUMNS, -1e5 * (shares[:, None] - foreign) ** 2, strict=True))
    assay.reads = pd.DataFrame({"sum_dp": 31.0 * called, **likelihood})
    table = run(assay, tmp_path)
    np.testing.assert_allclose(table["mean_dp"], 31)
    np.testing.assert_allclose(table["contamination"], foreign, atol=1e-9)
    assert table.index[table["is_contaminated"]].tolist() == ["S005"]
    assert table.loc["S005", "reason"] == "contaminated"
    assert table.loc["S005", "genetic_sex"] == "ambiguous"


def test_small_ancestry_is_judged_against_all(tmp_path):
    assay = simulate_assay(8)
    assay.people.loc[:9, "reported_ancestry"] = "SAS"
    assay.people.loc[10, "reported_ancestry"] = None
    table = run(assay, tmp_path)
    assert table["ancestry"].value_counts().to_dict() == {"EUR": 60, "EAS": 49, "other": 11}
    assert table["heterozygosity_z"].notna().all()
    assert not table["is_excluded"].any()


def test_sex_mismatch_may_be_left_to_identity(tmp_path):
    assay = simulate_assay(9)
    assay.people.loc[31, "sex"] = "M"
    table = run(assay, tmp_path, SampleQcConfig(is_sex_mismatch_excluded=False))
    assert table.index[table["is_sex_mismatch"]].tolist() == ["S031"]
    assert not table["is_excluded"].any()


def test_shards_do_not_matter(tmp_path):
    one = run(simulate_assay(10), tmp_path / "one", shards={"all": ["1", "2", "3", "4", "X"]})
    many = run(simulate_assay(10), tmp_path / "many", shards={"x": ["X"], "a": ["1"], "b": ["2", "4"], "c": ["3"]})
    pd.testing.assert_frame_equal(one, many, rtol=1e-12)


def test_same_bytes_again(tmp_path):
    for name in ("one", "two"):
        run(simulate_assay(11), tmp_path / name)
    first, second = ((tmp_path / name / "out/wgs.samples.tsv").read_bytes() for name in ("one", "two"))
    assert first == second


def test_samples_that_are_not_in_the_vcf_are_named(tmp_path, caplog):
    assay = simulate_assay(12)
    people = assay.people
    extra = people.tail(1).assign(sample="GHOST", person="P999")
    assay.people = pd.concat([people, extra])
    assay.genotypes = np.column_stack([assay.genotypes, assay.genotypes[:, -1]])
    assay.write(tmp_path / "with", SHARDS)
    assay.people, assay.genotypes = people, assay.genotypes[:, :-1]
    with_ghost = assay.paths
    assay.write(tmp_path, SHARDS)
    with caplog.at_level(logging.WARNING):
        flag_samples([str(tmp_path / "a.pgen")], [str(tmp_path / "a.sample_metrics.parquet")],
                     (with_ghost["samples"], with_ghost["patients"]), "wgs", SampleQcConfig(), str(tmp_path / "o.tsv"))  # fmt: skip
    assert "1 samples of the registry are not in the VCF: GHOST" in caplog.text
    assert "GHOST" not in SAMPLE_QC.read(tmp_path / "o.tsv")["sample"].tolist()


@pytest.mark.parametrize("n_renamed", [1, "all"])
def test_samples_written_otherwise_in_the_registry_are_an_error(tmp_path, n_renamed):
    assay = simulate_assay(12)
    names = assay.people["sample"].tolist()
    n = len(names) if n_renamed == "all" else n_renamed
    assay.write(tmp_path, SHARDS)
    table = pd.read_parquet(assay.paths["samples"])
    renamed = {name: f"{name[:1].lower()} {name[1:]}" for name in names[:n]}
    table["sample"] = table["sample"].replace(renamed)
    table.to_parquet(tmp_path / "renamed.parquet")
    with pytest.raises(InputError, match=f"{n} samples are written otherwise") as caught:
        flag_samples([str(tmp_path / "a.pgen")], [str(tmp_path / "a.sample_metrics.parquet")],
                     (str(tmp_path / "renamed.parquet"), assay.paths["patients"]), "wgs", SampleQcConfig(), str(tmp_path / "o.tsv"))  # fmt: skip
    assert f"{names[0]} in the VCF, {renamed[names[0]]} in the table" in str(caught.value)


def test_no_sample_known_is_an_error(tmp_path):
    assay = simulate_assay(13).write(tmp_path, SHARDS)
    with pytest.raises(InputError, match=r"^samples\.parquet, assay wes: no sample of assay wes .*S000"):
        flag_samples([str(tmp_path / "a.pgen")], [], (assay.paths["samples"], assay.paths["patients"]), "wes",
                     SampleQcConfig(), str(tmp_path / "o.tsv"))  # fmt: skip
    assert not (tmp_path / "o.tsv").exists()


def test_shards_with_other_samples_are_an_error(tmp_path):
    assay = simulate_assay(14).write(tmp_path, SHARDS)
    other = simulate_assay(14, n=118).write(tmp_path / "other", SHARDS)
    del other
    with pytest.raises(InputError, match="samples differ"):
        flag_samples([str(tmp_path / "a.pgen"), str(tmp_path / "other/b.pgen")], [],
                     (assay.paths["samples"], assay.paths["patients"]), "wgs", SampleQcConfig(), str(tmp_path / "o.tsv"))  # fmt: skip


def test_x_alone_is_an_error(tmp_path):
    with pytest.raises(AnalysisError, match="no autosomal variants"):
        run(simulate_assay(15), tmp_path, shards={"x": ["X"]})


def test_a_sample_listed_twice_is_an_error(tmp_path):
    assay = simulate_assay(16)
    assay.write(tmp_path, SHARDS)
    samples = pd.read_parquet(assay.paths["samples"])
    pd.concat([samples, samples.head(1)]).to_parquet(assay.paths["samples"])
    with pytest.raises(InputError, match=r"sample occurs twice.*S000"):
        flag_samples([str(tmp_path / "a.pgen")], [], (assay.paths["samples"], assay.paths["patients"]), "wgs",
                     SampleQcConfig(), str(tmp_path / "o.tsv"))  # fmt: skip


@pytest.mark.parametrize("wrong", [{"min_call_rate": 1.2}, {"max_female_x_f": 0.9}, {"min_call_rates": 0.9}])
def test_settings_are_bounded(wrong):
    with pytest.raises(ValidationError):
        SampleQcConfig(**wrong)
