"""Scores exported by cohorts and tested together: equal to the joint analysis where theory says so, and to seqMeta."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
import yaml

from alsreg.cli import main
from alsreg.formats.gene_scores import COLUMNS, GeneScoresFile
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.results import GENES

PLAIN = ["--max-allele-frequency", "0.5", "--max-mac-collapsed", "0", "--min-z-correction", "5",
         "--min-carriers", "1", "--min-expected-events", "0"]  # fmt: skip
SURVIVAL = {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"}
N_GENES, N_VARIANTS, FREQUENCY = 4, 9, 0.03


class Cohorts:
    """People of two registries, apart and together: the same genes and variants."""

    def __init__(self, folder, sizes=(350, 250)):
        self.folder = folder
        rng = np.random.default_rng(3)
        n, m = sum(sizes), N_GENES * N_VARIANTS
        self.g = rng.binomial(2, FREQUENCY, (m, n)).astype(np.int8)
        entry = rng.integers(0, 20, n)
        self.people = pd.DataFrame({
            "#IID": [f"p{i}" for i in range(n)], "registry": np.repeat(["a", "b"], sizes), "entry": entry,
            "exit": entry + 1 + rng.exponential(20, n).astype(int), "event": rng.integers(0, 2, n), "y": rng.normal(size=n),
            "case": rng.integers(0, 2, n), "x": rng.normal(size=n),
        })  # fmt: skip
        is_a = self.people["registry"] == "a"
        self.people = self.people.assign(is_a=is_a.astype(int), xa=self.people["x"] * is_a, xb=self.people["x"] * ~is_a)
        names = [f"v{j}" for j in range(m)]
        genes = np.repeat([f"G{k}" for k in range(N_GENES)], N_VARIANTS)
        words = np.resize(["lof", "missense", "missense"], m)
        self.rows = pd.DataFrame(
            {"CHROM": "2", "POS": 100 + np.arange(m), "ID": names, "REF": "A", "ALT": "C", "gene": genes}
        )
        (folder / "annotations").write_text(
            "".join(f"{v}\t{g}\t{w}\n" for v, g, w in zip(names, genes, words, strict=True))
        )
        (folder / "masks").write_text("any\tlof,missense\nlof\tlof\n")
        (folder / "sets").write_text(
            "".join(f"{g}\t2\t100\t{','.join(part['ID'])}\n" for g, part in self.rows.groupby("gene"))
        )
        self.write("a", is_a.to_numpy())
        self.write("b", ~is_a.to_numpy())
        self.write("both", np.ones(n, dtype=bool))

    def write(self, name, chosen, flipped=()):
        """`flipped` variants have their alleles the other way round."""
        rows, g = self.rows.drop(columns="gene"), self.g[:, chosen].copy()
        for j in flipped:
            rows.loc[j, ["REF", "ALT"]] = "C", "A"
            g[j] = 2 - g[j]
        people = self.people[chosen]
        with PgenWriter(
            self.folder / name, pd.DataFrame({"IID": people["#IID"], "SEX": "unknown"}), len(rows)
        ) as writer:
            writer.append(rows, g)
        people.to_csv(self.folder / f"{name}.samples", sep="\t", index=False)

    def test(self, name, trait, covariates, *options):
        (self.folder / "spec.yaml").write_text(yaml.safe_dump({"traits": {"t": trait}, "covariates": covariates}))
        paths = {"--pfile": name, "--samples": f"{name}.samples", "--spec": "spec.yaml", "--annotations": "annotations",
                 "--set-list": "sets", "--masks": "masks", "--out": f"out-{name}"}  # fmt: skip
        words = [word for option, path in paths.items() for word in (option, str(self.folder / path))]
        assert main(["genes", *words, *options]) == 0
        return read(self.folder / f"out-{name}/t.genes.tsv")

    def meta(self, *options, names=("a", "b")):
        files = [str(self.folder / f"out-{name}/t.scores.tsv.gz") for name in names]
        status = main(["meta-genes", "--scores", *files, "--masks", str(self.folder / "masks"), "--out",
                       str(self.folder / "meta.tsv"), *options])  # fmt: skip
        return read(self.folder / "meta.tsv") if status == 0 else status


def read(path):
    return GENES.read(path).set_index(["gene", "mask", "test"]).sort_index()


@pytest.fixture
def cohorts(tmp_path):
    return Cohorts(tmp_path)


@pytest.mark.parametrize(
    ("trait", "apart", "together"),
    [
        (SURVIVAL, [], []),
        ({"type": "binary", "column": "case"}, ["x"], ["xa", "xb", "is_a"]),
    ],
)
def test_sums_of_cohorts_are_the_joint_analysis(cohorts, trait, apart, together):
    """A model stratified by cohort with coefficients of its own in each has the cohorts' scores, summed: exactly."""
    for name in ("a", "b"):
        cohorts.test(name, trait, apart, *PLAIN, "--export")
    strata = {"strata": ["registry"]} if trait["type"] == "survival" else {}
    joint, meta = cohorts.test("both", trait | strata, together, *PLAIN), cohorts.meta(*PLAIN)
    assert list(meta.index) == list(joint.index) and (meta["status"] == "tested").all()
    for test in ("skat", "skat_o"):
        ours, theirs = (t.xs(test, level="test")["p_value"] for t in (meta, joint))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    ours, theirs = (t.xs("burden", level="test") for t in (meta, joint))
    for column in ("beta", "standard_error"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9)
    np.testing.assert_allclose(meta["mac"], joint["mac"])
    np.testing.assert_array_equal(meta["n_variants"], joint["n_variants"])


def test_quantitative_scores_sum_in_units_of_each_cohorts_errors(cohorts):
    """U/Φ of a cohort is its least squares; the sum weighs cohorts by precision: fixed-effect meta-analysis."""
    parts = [
        cohorts.test(name, {"type": "quantitative", "column": "y"}, ["x"], *PLAIN, "--export") for name in ("a", "b")
    ]
    meta = cohorts.meta(*PLAIN, "--weight-beta", "1")
    parts = [cohorts.test(name, {"type": "quantitative", "column": "y"}, ["x"], *PLAIN, "--weight-beta", "1") for name in ("a", "b")]  # fmt: skip
    for key in meta.xs("burden", level="test").index:
        beta, error = (np.array([part.loc[(*key, "burden"), c] for part in parts]) for c in ("beta", "standard_error"))
        weight = 1 / error**2
        # The t-test's variance is that of the full model, the score's that of the null model.
        assert meta.loc[(*key, "burden"), "beta"] == pytest.approx((weight @ beta) / weight.sum(), rel=0.02, abs=0.005)


def test_alleles_are_aligned(cohorts):
    """A cohort whose files count the other allele of some variants gives the same answers."""
    for name in ("a", "b"):
        cohorts.test(name, SURVIVAL, ["x"], "--export", "--max-allele-frequency", "0.5")
    before = cohorts.meta("--max-allele-frequency", "0.5")
    cohorts.write("b", (cohorts.people["registry"] == "b").to_numpy(), flipped=[0, 5, 11])
    cohorts.test("b", SURVIVAL, ["x"], "--export", "--max-allele-frequency", "0.5")
    after = cohorts.meta("--max-allele-frequency", "0.5")
    np.testing.assert_allclose(after["p_value"], before["p_value"], rtol=1e-9)
    assert after["n_variants"].equals(before["n_variants"])


def test_one_cohort_alone_is_tested_as_before(cohorts):
    cohorts.test("a", SURVIVAL, ["x"], *PLAIN, "--export")
    alone, meta = read(cohorts.folder / "out-a/t.genes.tsv"), cohorts.meta(*PLAIN, names=["a"])
    for test in ("skat", "skat_o"):
        ours, theirs = (t.xs(test, level="test")["p_value"] for t in (meta, alone))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_nobodys_residual_leaves(cohorts):
    """Variants with fewer copies than allowed are summed by annotation; no row has fewer, nor a name of its own then."""
    cohorts.test("b", SURVIVAL, ["x"], "--export", "--max-allele-frequency", "0.5", "--min-mac-exported", "14")
    file = GeneScoresFile(cohorts.folder / "out-b/t.scores.tsv.gz")
    mac = cohorts.g[:, (cohorts.people["registry"] == "b").to_numpy()].sum(axis=1)
    assert (mac < 14).sum() > 5
    tables = [scores.table for scores in file.genes()]
    table = pd.concat(tables)
    assert (table["mac"] >= 14).all() and file.header["min_mac"] == "14"
    alone = table[table["effect_allele"] != "."]
    assert set(alone["position"].astype(int)) == set(100 + np.flatnonzero(mac >= 14))
    sums = table[table["effect_allele"] == "."]
    assert len(sums) and (sums["position"] == "").all() and (sums["n_variants"] >= 1).all()
    text = gzip.decompress(file.path.read_bytes()).decode()
    assert not any(name in text for name in cohorts.people["#IID"])
    whole = cohorts.meta("--max-allele-frequency", "0.5", names=["b"])
    assert (whole["status"] == "tested").any()


def test_a_variant_too_common_in_one_cohort_is_left_out(cohorts):
    for name in ("a", "b"):
        cohorts.test(name, SURVIVAL, [], "--export", "--max-allele-frequency", "0.035")
    meta = cohorts.meta("--max-allele-frequency", "0.05")
    is_a = (cohorts.people["registry"] == "a").to_numpy()
    above = np.array([(cohorts.g[:, c].mean(axis=1) / 2 > 0.035) for c in (is_a, ~is_a)]).any(axis=0)
    for k in range(N_GENES):
        row = meta.loc[(f"G{k}", "any", "skat")]
        assert row["n_too_common"] == above[N_VARIANTS * k : N_VARIANTS * (k + 1)].sum()
        assert row["n_variants"] == N_VARIANTS - row["n_too_common"]


def test_bad_files_are_refused_by_name(cohorts, capsys):
    for name in ("a", "b"):
        cohorts.test(name, SURVIVAL, [], *PLAIN, "--export")
    path = cohorts.folder / "out-b/t.scores.tsv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    lines = text.splitlines(keepends=True)
    for changed, wanted in (
        (text.replace("##build=GRCh38", "##build=GRCh37"), "build GRCh37"),
        (text.replace("##type=survival", "##type=binary"), "type binary"),
        (text.replace("scores=1", "scores=9"), "another version"),
        ("".join(lines[1:]), "not a file of gene scores"),
        ("".join([*lines[:-1], lines[-1].rsplit("\t", 1)[0] + "\n"]), "fields where"),
        (text.replace("\tmissense\t", "\tlof\t"), "differently"),
        (text.replace("\t2\t1", "\t3\t1"), "different chromosomes"),
    ):
        path.write_bytes(gzip.compress(changed.encode()))
        (cohorts.folder / "meta.tsv").unlink(missing_ok=True)
        assert cohorts.meta(*PLAIN) == 1
        assert wanted in capsys.readouterr().err
        assert not (cohorts.folder / "meta.tsv").exists()
    assert cohorts.meta(*PLAIN, names=["a", "a"]) == 1
    assert "given twice" in capsys.readouterr().err
    path.write_bytes(gzip.compress(text.encode()[: len(text) // 2])[:-20])
    assert cohorts.meta(*PLAIN) == 1


def test_files_have_the_documented_columns(cohorts):
    cohorts.test("a", SURVIVAL, [], *PLAIN, "--export")
    lines = gzip.decompress((cohorts.folder / "out-a/t.scores.tsv.gz").read_bytes()).decode().splitlines()
    assert lines[8].split("\t") == COLUMNS and all(line.startswith("##") for line in lines[:8])
    assert len(lines[9].split("\t")[-1].split(",")) == N_VARIANTS
