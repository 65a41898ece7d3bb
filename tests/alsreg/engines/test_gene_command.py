"""`alsreg genes`, from regenie-format files to tables, against R; bad input by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import special

from alsreg.cli import main
from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_meta import CohortScores, join_cohorts, test_joint_gene
from alsreg.engines.gene_sets import MaskRule
from alsreg.formats.gene_scores import GeneScoresFile
from alsreg.formats.pgen import PgenReader, PgenWriter
from alsreg.tables.results import GENES

PLAIN = ["--max-allele-frequency", "0.5", "--max-mac-collapsed", "0", "--min-z-correction", "5",
         "--min-carriers", "1", "--min-expected-events", "0"]  # fmt: skip
TRAITS = {
    "qt": {"type": "quantitative", "column": "qt"},
    "case": {"type": "binary", "column": "case"},
    "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
    "score": {"type": "longitudinal", "visits": "visits.tsv", "time": "months", "value": "score"},
}


class Files:
    """The oracles' people in the files that the command takes."""

    def __init__(self, folder, oracles):
        self.folder = folder
        genotypes = pd.read_csv(oracles / "genotypes.csv.gz", index_col="person")
        known = pd.read_csv(oracles / "variants.csv").dropna(subset="gene")
        counts = genotypes[known["variant"]].to_numpy(dtype=float).T
        self.variants = known[["variant", "gene"]].reset_index(drop=True)
        rows = pd.DataFrame(
            {"CHROM": "2", "POS": range(100, 100 + len(known)), "ID": known["variant"], "REF": "A", "ALT": "C"}
        )
        samples = pd.DataFrame({"IID": genotypes.index, "SEX": "unknown"})
        with PgenWriter(folder / "all", samples, len(rows)) as writer:
            writer.append(rows, np.where(np.isnan(counts), -9, counts).astype(np.int8))
        tables = [
            pd.read_csv(oracles / f"{name}.csv", index_col="person")
            for name in ("covariates", "phenotypes", "survival")
        ]
        pd.concat(tables, axis=1).rename_axis("#IID").to_csv(folder / "samples.tsv", sep="\t", na_rep="NA")
        visits = pd.read_csv(oracles / "longitudinal.csv").rename(columns={"person": "#IID"})
        visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
        covariates = ["age", "sex", "pc1", "pc2", "pc3"]
        self.write("traits.yaml", yaml.safe_dump({"traits": TRAITS, "covariates": covariates}))
        terms = np.resize(["lof", "missense"], len(known))
        self.annotations = [f"{v}\t{g}\t{t}" for v, g, t in zip(known["variant"], known["gene"], terms, strict=True)]
        self.sets = [f"{gene}\t2\t100\t{','.join(part['variant'])}" for gene, part in known.groupby("gene")]
        self.masks = ["any\tlof,missense", "lof\tlof"]
        self.write_sets()

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode())

    def write_sets(self, end="\n"):
        for name, lines in (("annotations", self.annotations), ("sets", self.sets), ("masks", self.masks)):
            self.write(name, end.join(lines) + end)

    def run(self, *options, out="out"):
        names = {"--samples": "samples.tsv", "--spec": "traits.yaml", "--annotations": "annotations",
                 "--set-list": "sets", "--masks": "masks", "--out": out}  # fmt: skip
        paths = [word for option, name in names.items() for word in (option, str(self.folder / name))]
        return main(["genes", "--pfile", str(self.folder / "all"), *paths, *options])

    def read(self, trait, out="out"):
        return GENES.read(self.folder / out / f"{trait}.genes.tsv").set_index(["gene", "mask", "test"]).sort_index()


@pytest.fixture
def files(tmp_path, oracles):
    return Files(tmp_path, oracles)


def test_answers_are_those_of_r(files, oracles):
    assert files.run(*PLAIN) == 0
    answers = pd.read_csv(oracles / "skat.csv").query(
        "software == 'SKAT' and weights == 'beta_1_25' and test == 'skat'"
    )
    assert len(answers) == 10
    for row in answers.itertuples():
        assert files.read(row.trait).loc[(row.gene, "any", "skat"), "p_value"] == pytest.approx(row.p_contour, rel=1e-4)
    cox = pd.read_csv(oracles / "skat_cox.csv")
    cox = cox.query("weights == 'beta_1_25' and time == 'monthly_entry' and ties == 'efron'")
    for row in cox.itertuples():
        ours = files.read("survival").loc[(row.gene, "any", "skat"), "p_value"]
        assert ours == pytest.approx(row.p_skat_contour, rel=1e-4)
    assert (files.read("score")["status"] == "tested").all()


def test_robust_standard_errors_leave_gene_tests_as_they_are(files):
    """Sums over variants rest on U and Φ, which know one spread of errors."""
    traits = {"qt": TRAITS["qt"], "robust": TRAITS["qt"] | {"standard_errors": "robust"}}
    covariates = ["age", "sex", "pc1", "pc2", "pc3"]
    files.write("traits.yaml", yaml.safe_dump({"traits": traits, "covariates": covariates}))
    assert files.run(*PLAIN) == 0
    pd.testing.assert_frame_equal(files.read("qt"), files.read("robust"))


def test_omnibus_joins_the_masks_of_a_gene(files):
    assert files.run(*PLAIN) == 0
    table = files.read("qt")
    assert (table.index.get_level_values("test") == "omnibus").sum() == 5
    for gene, rows in table.groupby("gene"):
        omnibus = rows.loc[(gene, "all_masks", "omnibus")]
        members = rows.loc[(gene, slice(None), "acat_o"), "p_value"].to_numpy()
        statistic = np.tan((0.5 - members) * np.pi).mean()  # ACAT-O of either mask joins equally many
        assert omnibus["p_value"] == pytest.approx(0.5 - np.arctan(statistic) / np.pi, rel=1e-9)
        assert omnibus["n_variants"] == rows.loc[(gene, "any", "skat"), "n_variants"]


def test_masks_of_the_same_variants_count_once(files):
    files.masks = ["any\tlof,missense", "both\tmissense,lof"]
    files.write_sets()
    assert files.run(*PLAIN) == 0
    table = files.read("case")
    for gene, rows in table.groupby("gene"):
        both = rows.loc[(gene, slice(None), "acat_o"), "p_value"]
        assert len(both) == 2 and both.iloc[0] == both.iloc[1]
        assert rows.loc[(gene, "all_masks", "omnibus"), "p_value"] == pytest.approx(both.iloc[0], rel=1e-12)


def test_windows_line_ends_and_processes_change_no_byte(files, monkeypatch):
    monkeypatch.setattr("alsreg.engines.gene_scan.CHUNK", 2)
    assert files.run() == 0
    files.write_sets(end="\r\n")
    for name in ("samples.tsv", "visits.tsv", "traits.yaml"):
        files.write(name, (files.folder / name).read_text().replace("\n", "\r\n"))
    assert files.run("--threads", "2", out="windows") == 0
    for trait in TRAITS:
        paths = [files.folder / out / f"{trait}.genes.tsv" for out in ("out", "windows")]
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_variants_absent_from_the_genotypes_are_counted(files, caplog):
    files.annotations += ["gone_1\tGENE1\tlof", "gone_2\tGENE1\tlof"]
    files.sets[0] += ",gone_1,gone_2"
    files.write_sets()
    with caplog.at_level("WARNING", "alsreg"):
        assert files.run() == 0
    rows = files.read("qt").loc["GENE1"]
    assert (rows["n_absent"] == 2).all()
    assert "2 of" in caplog.text and "not among the genotypes" in caplog.text


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda f: f.masks.append("splice\tsplice_donor"), "mask splice matches no variant"),
        (lambda f: f.masks.append("all_masks\tlof"), "all masks together"),
        (lambda f: f.sets.append("GENE1\t3\t5\tx"), "two places"),
        (lambda f: f.sets.__setitem__(0, f.sets[0].replace("\t2\t", "\t3\t")), "another chromosome"),
        (lambda f: f.sets.__setitem__(0, f.sets[0] + ",nobody"), "not annotated"),
        (lambda f: f.annotations.append(f.annotations[0].replace("lof", "missense")), "two consequences"),
        (lambda f: f.annotations.append("v\tGENE1"), "2 fields where 3 are expected"),
        (lambda f: f.sets.append("GENE9\t2\tabout\tx"), "not a position"),
    ],
)
def test_bad_sets_are_refused_by_name(files, capsys, change, wanted):
    change(files)
    files.write_sets()
    assert files.run() == 1
    message = capsys.readouterr().err
    assert wanted in message and str(files.folder) in message
    assert not (files.folder / "out").exists()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--max-allele-frequency", "0.7"], "--max-allele-frequency"),
        (["--min-carriers", "none"], "min_carriers"),
        (["--tests", "skat", "burdn"], "tests"),
        (["--threads", "0"], "--threads"),
    ],
)
def test_bad_options_are_refused_by_name(files, capsys, options, wanted):
    assert files.run(*options) == 1
    assert wanted in capsys.readouterr().err


def test_every_visits_table_is_looked_for(files, capsys):
    traits = TRAITS | {"other": TRAITS["score"] | {"visits": "elsewhere.tsv"}}
    files.write("traits.yaml", yaml.safe_dump({"traits": traits}))
    assert files.run() == 1
    assert "elsewhere.tsv: no such file" in capsys.readouterr().err


def test_adjusted_p_values_count_all_rows_of_the_trait(files):
    assert files.run(*PLAIN) == 0
    rows = files.read("case").reset_index()
    assert rows["p_value"].notna().all()
    np.testing.assert_allclose(rows["p_bonferroni"], (rows["p_value"] * len(rows)).clip(upper=1))
    assert (rows["q_value"] <= rows["p_bonferroni"] + 1e-15).all() and (rows["q_value"] >= rows["p_value"]).all()


def test_conditional_tests_are_those_with_the_variants_as_covariates(files):
    """As if the copies stood in the samples table and the specification named them."""
    names = files.variants["variant"].iloc[[0, 30]].tolist()
    files.write("leads", "\r\n".join(names) + "\r\n")
    assert files.run(*PLAIN, "--condition", str(files.folder / "leads")) == 0
    with PgenReader(str(files.folder / "all")) as reader:
        ids = reader.variants["ID"].tolist()
        calls = reader.hardcalls_at([ids.index(name) for name in names]).astype(float)
    calls = np.where(calls < 0, np.nan, calls)
    calls = np.where(np.isnan(calls), np.nanmean(calls, axis=1, keepdims=True), calls)
    samples = pd.read_csv(files.folder / "samples.tsv", sep="\t").assign(g1=calls[0], g2=calls[1])
    samples.to_csv(files.folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    covariates = ["age", "sex", "pc1", "pc2", "pc3", "g1", "g2"]
    files.write("traits.yaml", yaml.safe_dump({"traits": TRAITS, "covariates": covariates}))
    assert files.run(*PLAIN, out="by_hand") == 0
    for trait in TRAITS:
        ours, by_hand = files.read(trait), files.read(trait, "by_hand")
        np.testing.assert_allclose(ours["p_value"], by_hand["p_value"], rtol=1e-8)


@pytest.mark.parametrize("time", ["monthly_noentry", "continuous_noentry"])
def test_meta_analysis_of_seqmeta_scores_is_that_of_seqmeta(files, oracles, time):
    """With seqMeta's own signed roots in our files, every test is seqMeta's (which fits at coxph's tolerance: 1e-5)."""
    end = {"monthly_noentry": "exit", "continuous_noentry": "exit_cont"}[time]
    trait = {"type": "survival", "exit": end, "event": "event"}
    covariates = ["age", "sex", "pc1", "pc2", "pc3"]
    files.write("traits.yaml", yaml.safe_dump({"traits": {"t": trait}, "covariates": covariates}))
    assert files.run(*PLAIN, "--export", "--min-mac-exported", "1") == 0
    genes = GeneScoresFile(files.folder / "out/t.scores.tsv.gz").genes()
    parts = pd.read_csv(oracles / "seqmeta_cox_parts.csv").query("time == @time").set_index("variant")
    answers = pd.read_csv(oracles / "seqmeta_cox.csv").query("time == @time").set_index(["gene", "test"])["p"]
    names = dict(zip(range(100, 100 + len(files.variants)), files.variants["variant"], strict=True))
    for scores in genes:
        known = scores.table["position"].map(lambda p: parts.loc[names[int(p)]] if p else None)
        assert not known.isna().any(), "no variant is summed: seqMeta has each alone"
        root, information = (np.array([row[c] for row in known]) for c in ("score_signed_lrt", "info_diag"))
        np.testing.assert_allclose(np.diag(scores.phi), information, rtol=1e-5)
        np.testing.assert_array_equal(np.sign(root), np.sign(scores.table["score"]))
        table = scores.table.assign(p_value=special.chdtrc(1, root**2 / information), p_method="signed_root_lrt")
        joint = join_cohorts(scores.gene, [CohortScores("a", "survival", 800, 400, replace(scores, table=table))])
        for shape, label in ((1, "wts1"), (25, "beta_1_25")):
            settings = BurdenConfig(max_mac_collapsed=0, min_carriers=1, min_expected_events=0, weight_beta=shape)
            rows = test_joint_gene(joint, {"any": MaskRule(["lof", "missense"], 0.5)}, settings)
            ours = {row["test"]: row["p_value"] for row in rows}
            assert ours["skat"] == pytest.approx(answers[scores.gene, f"skat_{label}_integration"], rel=2e-5)
            assert ours["burden"] == pytest.approx(answers[scores.gene, f"burden_{label}"], rel=2e-5)


def test_genes_on_x_are_adjusted_for_sex_unless_they_are_pseudoautosomal(files):
    """As if the specification named sex: males count 0 or 2, so sex tells on the genotype."""
    males = np.arange(800) % 2
    samples = pd.read_csv(files.folder / "samples.tsv", sep="\t").assign(male=males)
    samples.to_csv(files.folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    psam = pd.read_csv(files.folder / "all.psam", sep="\t").assign(SEX=np.where(males, "1", "2"))
    psam.to_csv(files.folder / "all.psam", sep="\t", index=False)
    files.write("traits.yaml", yaml.safe_dump({"traits": {"qt": TRAITS["qt"]}, "covariates": ["age"]}))
    pvar = pd.read_csv(files.folder / "all.pvar.zst", sep="\t", dtype=str).assign(**{"#CHROM": "X"})
    files.sets = [line.replace("\t2\t100\t", "\t23\t50000000\t") for line in files.sets]
    files.write_sets()
    (files.folder / "all.pvar.zst").unlink()
    pvar.to_csv(files.folder / "all.pvar", sep="\t", index=False)
    assert files.run(*PLAIN, out="x") == 0
    files.write("traits.yaml", yaml.safe_dump({"traits": {"qt": TRAITS["qt"]}, "covariates": ["age", "male"]}))
    assert files.run(*PLAIN, out="by_hand") == 0
    np.testing.assert_allclose(files.read("qt", "x")["p_value"], files.read("qt", "by_hand")["p_value"], rtol=1e-9)
    files.write("traits.yaml", yaml.safe_dump({"traits": {"qt": TRAITS["qt"]}, "covariates": ["age"]}))
    files.sets = [line.replace("\t50000000\t", "\t100000\t") for line in files.sets]
    files.write_sets()
    assert files.run(*PLAIN, out="par") == 0
    assert not np.allclose(files.read("qt", "par")["p_value"], files.read("qt", "x")["p_value"], rtol=1e-6)


def test_dosages_are_read_where_there_are_any(files):
    """SKAT with equal weights does not know the scale of genotypes; hard calls of half a copy would be missing."""
    assert files.run(*PLAIN, "--weight-beta", "1", out="calls") == 0
    with PgenReader(str(files.folder / "all")) as reader:
        rows, samples, calls = reader.variants, reader.samples, reader.hardcalls(0, reader.n_variants).astype(float)
    with PgenWriter(files.folder / "all", samples, len(rows), has_dosages=True) as writer:
        writer.append(rows, np.where(calls < 0, np.nan, calls / 2))
    assert files.run(*PLAIN, "--weight-beta", "1", out="halves") == 0
    for trait in TRAITS:
        ours, before = (files.read(trait, out).xs("skat", level="test")["p_value"] for out in ("halves", "calls"))
        np.testing.assert_allclose(ours, before, rtol=1e-6)


@pytest.mark.parametrize(("text", "wanted"), [("nobody", "stands 0 times"), ("", "empty"), (None, "no such file")])
def test_conditioning_on_what_is_not_there_is_refused(files, capsys, text, wanted):
    if text is not None:
        files.write("leads", text)
    assert files.run("--condition", str(files.folder / "leads")) == 1
    assert wanted in capsys.readouterr().err
