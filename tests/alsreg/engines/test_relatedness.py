"""``alsreg associate`` with `relatedness: mixed` on families: GEMMA's answers, invariances, and bad input."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from alsreg import cli
from alsreg.engines.analysis import models_of_fileset
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.null import VariantTestOptions
from alsreg.tables.results import GENES, RELATEDNESS
from helpers.families import drop_genes

REFERENCE = Path(__file__).parents[2] / "reference/gemma/loco"
N_FAMILIES, N_UNRELATED = 40, 60
SPECIFICATION = {
    "traits": {
        "trait": {"type": "quantitative", "column": "trait"},
        "case": {"type": "binary", "column": "case"},
        "survival": {"type": "survival", "exit": "exit", "event": "event"},
        "slope": {"type": "longitudinal", "visits": "visits.tsv", "time": "months", "value": "total"},
    },
    "covariates": ["age", "sex", "component"],
    "relatedness": "mixed",
}


@dataclass(frozen=True)
class Fileset:
    """What is written as a user has it; `order` permutes people in the genotypes, not in the tables."""

    variants: pd.DataFrame  # CHROM, POS
    counts: np.ndarray  # (m, n), -9 missing
    samples: pd.DataFrame
    visits: pd.DataFrame
    specification: dict = field(default_factory=lambda: SPECIFICATION)

    def write(self, folder: Path, order: np.ndarray | None = None) -> Path:
        folder.mkdir(exist_ok=True)
        write_pfile(folder / "x", self.variants, self.counts, list(self.samples["#IID"]), order)
        self.samples.to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
        self.visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
        (folder / "traits.yaml").write_text(yaml.safe_dump(self.specification))
        return folder


def write_pfile(
    prefix: Path, variants: pd.DataFrame, counts: np.ndarray, names: list[str], order: np.ndarray | None = None
) -> None:
    order = np.arange(len(names)) if order is None else order
    table = variants.assign(ID=[f"v{k}" for k in range(len(variants))], REF="A", ALT="C")
    samples = pd.DataFrame({"IID": np.array(names)[order], "SEX": "unknown"})
    with PgenWriter(prefix, samples, len(table)) as writer:
        writer.append(table, np.ascontiguousarray(counts[:, order]))


def associate(folder: Path, out: Path, *more: str) -> int:
    paths = [
        "--pfile",
        str(folder / "x"),
        "--samples",
        str(folder / "samples.tsv"),
        "--spec",
        str(folder / "traits.yaml"),
    ]
    return cli.main(["associate", *paths, "--out", str(out), "--min-mac", "5", *more])


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", na_values="#NA", float_precision="round_trip")


@pytest.fixture(scope="module")
def of_gemma(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """GEMMA's cohort tested by `associate`: folder of results, and GEMMA's answers by variant."""
    table = pd.read_csv(REFERENCE / "variants.csv.gz", dtype={"chromosome": str})
    names = list(table.columns[3:])
    samples = pd.read_csv(REFERENCE / "people.csv").assign(**{"#IID": names})
    variants = table.rename(columns={"chromosome": "CHROM", "position": "POS"})[["CHROM", "POS"]]
    counts = table[names].to_numpy(dtype=np.int8)
    chosen = table["is_for_relationships"].to_numpy()
    specification = {**SPECIFICATION, "traits": {"trait": SPECIFICATION["traits"]["trait"]}}
    cohort = Fileset(variants[~chosen], counts[~chosen], samples, pd.DataFrame(), specification)
    folder = cohort.write(tmp_path_factory.mktemp("gemma"))
    write_pfile(folder / "pruned", variants[chosen], counts[chosen], names, np.arange(len(names))[::-1])
    arguments = ("--relationship-pfile", str(folder / "pruned"), "--max-p-refit", "0.05")
    assert associate(folder, folder / "out", *arguments) == 0
    oracle = pd.read_csv(REFERENCE / "gemma.tsv", sep="\t").set_index("rs")
    return folder, oracle


def test_p_values__are_those_of_gemma_without_the_chromosome_tested(of_gemma: tuple[Path, pd.DataFrame]) -> None:
    """To the digits GEMMA prints, but for where it stops its iterations (see test_polygenic); single precision of sums, 1e-6.

    Above the threshold of refits λ is the null model's, which moves p a little.
    """
    folder, oracle = of_gemma
    ours = read(folder / "out/trait.tsv.gz")
    ours.index = ours["chromosome"].astype(str) + "_" + ours["base_pair_location"].astype(str)
    oracle = oracle.loc[ours.index]
    is_refitted = ours["effect_method"] == "reml"
    assert is_refitted.sum() >= 8 and (~is_refitted).sum() >= 20 and ours["chromosome"].nunique() == 4
    exact, theirs = ours[is_refitted], oracle[is_refitted]
    np.testing.assert_array_less((exact["beta"] - theirs["beta"]).abs() / theirs["se"], 1e-5)
    np.testing.assert_allclose(exact["standard_error"], theirs["se"], rtol=1e-5)
    np.testing.assert_allclose(exact["p_value"], theirs["p_wald"], rtol=5e-5)
    rest, others = ours[~is_refitted], oracle[~is_refitted]
    assert set(rest["effect_method"]) == {"gls"}
    np.testing.assert_allclose(stats.norm.isf(rest["p_value"] / 2), stats.norm.isf(others["p_wald"] / 2), atol=0.1)


def test_whole_matrix__would_be_other_answers(of_gemma: tuple[Path, pd.DataFrame]) -> None:
    """The chromosome tested matters: excluded relatives or other relationships do not give GEMMA's numbers."""
    folder, oracle = of_gemma
    found = RELATEDNESS.read(folder / "out/relatedness.tsv").iloc[0]
    assert (found["model"], found["relatives"], found["status"]) == ("polygenic", "modelled", "fitted")
    assert found["n_with_relative"] >= 100 and 0 < found["heritability"] < 1
    assert found["variance_ratio"] == pytest.approx(found["genetic_variance"] / found["residual_variance"])
    assert not np.isclose(found["variance_ratio"], oracle["l_remle"].astype(float), rtol=1e-3).all()


@pytest.fixture(scope="module")
def families() -> Fileset:
    """Families of nine and others, 1,800 variants in linkage equilibrium on four chromosomes, all kinds of traits."""
    rng = np.random.default_rng(11)
    m = 1800
    counts = drop_genes(rng, rng.uniform(0.1, 0.9, m), N_FAMILIES, N_UNRELATED)
    n = counts.shape[1]
    counts[rng.random(counts.shape) < 0.005] = -9
    variants = pd.DataFrame({"CHROM": np.repeat(["1", "2", "3", "X"], m // 4),
                             "POS": np.tile(200_000 * (1 + np.arange(m // 4)), 4)})  # fmt: skip
    loci = np.maximum(drop_genes(np.random.default_rng(11), rng.uniform(0.2, 0.8, m), N_FAMILIES, N_UNRELATED), 0)
    genetic = loci.T @ rng.normal(size=m)
    genetic = (genetic - genetic.mean()) / genetic.std()
    samples = pd.DataFrame({
        "#IID": [f"P{i:03d}" for i in range(n)], "age": rng.normal(60, 10, n), "sex": rng.integers(0, 2, n),
        "component": rng.normal(size=n), "trait": genetic + rng.normal(size=n),
        "case": (genetic + rng.normal(size=n) > 0.5).astype(int), "event": rng.binomial(1, 0.8, n),
        "exit": 1 + np.round(30 * np.exp(-0.6 * genetic) * rng.weibull(1.3, n)),
        "is_related": np.r_[np.tile([0, 0, 1, 1, 0, 1, 1, 0, 1], N_FAMILIES), np.zeros(N_UNRELATED, dtype=int)],
    })  # fmt: skip
    months, person = np.tile([0.0, 3.0, 7.0, 12.0], n), np.repeat(np.arange(n), 4)
    total = 40 + 4 * rng.normal(size=n)[person] + (0.3 * genetic[person] - 0.8) * months + 2 * rng.normal(size=4 * n)
    visits = pd.DataFrame({"#IID": samples["#IID"].to_numpy()[person], "months": months, "total": total})
    return Fileset(variants, counts, samples, visits)


@pytest.fixture(scope="module")
def mixed(families: Fileset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The families tested with relationships from their own variants."""
    folder = families.write(tmp_path_factory.mktemp("families"))
    assert associate(folder, folder / "out") == 0
    return folder


def test_relatives__stay_and_are_accounted_for(mixed: Path, families: Fileset) -> None:
    """More people than without relatives; p-values not those of people taken as unrelated; components are told."""
    table = RELATEDNESS.read(mixed / "out/relatedness.tsv").set_index("trait")
    n = len(families.samples)
    assert (table["n"] == n).all() and (table["n_with_relative"] == 9 * N_FAMILIES).all()
    assert table.loc["trait", "model"] == "polygenic" and 0.1 < table.loc["trait", "heritability"] < 0.9
    others = table.drop("trait")
    assert (others["model"] == "retrospective").all() and (others["score_variance_ratio"] > 1.05).all()
    for trait in table.index:
        p = read(mixed / f"out/{trait}.tsv.gz")["p_value"]
        assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02), trait


def test_excluded_relatives__are_fewer_people_and_other_numbers(mixed: Path, families: Fileset, tmp_path: Path) -> None:
    folder = Fileset(
        families.variants,
        families.counts,
        families.samples,
        families.visits,
        {**SPECIFICATION, "relatedness": "exclude"},
    ).write(tmp_path / "x")
    assert associate(folder, folder / "out") == 0
    n_related = int(families.samples["is_related"].sum())
    for trait in SPECIFICATION["traits"]:
        ours, excluded = read(mixed / f"out/{trait}.tsv.gz"), read(folder / f"out/{trait}.tsv.gz")
        assert excluded["n"].max() == len(families.samples) - n_related and ours["n"].max() == len(families.samples)
        assert ours["standard_error"].median() < excluded["standard_error"].median(), trait
    table = RELATEDNESS.read(folder / "out/relatedness.tsv")
    assert (table["relatives"] == "left out").all() and (table["n_left_out"] == n_related).all()
    assert associate(folder, folder / "again", "--relationship-pfile", str(folder / "x")) == 1


def test_order_of_people__does_not_matter(mixed: Path, families: Fileset, tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(len(families.samples))
    folder = families.write(tmp_path / "x", order)
    assert associate(folder, folder / "out") == 0
    for trait in SPECIFICATION["traits"]:
        ours, theirs = read(mixed / f"out/{trait}.tsv.gz"), read(folder / f"out/{trait}.tsv.gz")
        np.testing.assert_allclose(ours["p_value"], theirs["p_value"], rtol=1e-5, err_msg=trait)
        np.testing.assert_allclose(ours["standard_error"], theirs["standard_error"], rtol=1e-6, err_msg=trait)


def test_number_of_threads__gives_identical_bytes(mixed: Path, tmp_path: Path) -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    paths = ["--pfile", mixed / "x", "--samples", mixed / "samples.tsv", "--spec", mixed / "traits.yaml"]
    command = [sys.executable, "-c", "import sys; from alsreg.cli import main; sys.exit(main(sys.argv[1:]))"]
    subprocess.run(
        [*command, "associate", *paths, "--out", tmp_path, "--min-mac", "5"], check=True,
        env=os.environ | dict.fromkeys(names, "3"),
    )  # fmt: skip
    written = sorted(path for path in tmp_path.iterdir() if path.suffix in (".gz", ".tsv"))
    assert len(written) == 11
    assert [path.name for path in written if path.read_bytes() != (mixed / "out" / path.name).read_bytes()] == []


def test_nobody_related__is_said_and_is_near_exclude(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    n, m = 150, 1500
    counts = rng.binomial(2, rng.uniform(0.2, 0.8, (m, 1)), (m, n)).astype(np.int8)
    variants = pd.DataFrame({"CHROM": np.repeat(["1", "2"], m // 2),
                             "POS": np.tile(200_000 * (1 + np.arange(m // 2)), 2)})  # fmt: skip
    samples = pd.DataFrame({"#IID": [f"P{i}" for i in range(n)], "y": rng.normal(size=n), "z": rng.integers(0, 2, n)})
    p = {}
    for relatedness in ("mixed", "exclude"):
        specification = {"traits": {"y": {"type": "quantitative", "column": "y"}, "z": {"type": "binary", "column": "z"}},
                         "relatedness": relatedness}  # fmt: skip
        folder = Fileset(variants, counts, samples, pd.DataFrame(), specification).write(tmp_path / relatedness)
        assert associate(folder, folder / "out", "--max-p-refit", "0") == 0
        p[relatedness] = {trait: read(folder / f"out/{trait}.tsv.gz")["p_value"] for trait in ("y", "z")}
    table = RELATEDNESS.read(tmp_path / "mixed/out/relatedness.tsv")
    assert table["status"].str.contains("nobody has a relative").all() and (table["n_with_relative"] == 0).all()
    for trait in ("y", "z"):
        z = {name: stats.norm.isf(values[trait] / 2) for name, values in p.items()}
        assert np.abs(z["mixed"] - z["exclude"]).max() < 0.35, trait


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("one chromosome", "variants on two chromosomes or more"),
        ("few variants", "too few for relationships"),
        ("other people", "none of the people analysed is among those whose relationships are known"),
        ("absent", "no sample table"),
    ],
)
def test_bad_relationships__are_named(
    mixed: Path, families: Fileset, tmp_path: Path, capsys, change: str, message: str
) -> None:
    names, rows = list(families.samples["#IID"]), np.arange(len(families.variants))
    if change == "one chromosome":
        rows = rows[(families.variants["CHROM"] == "2").to_numpy()]
    if change == "few variants":
        rows = rows[::20]
    if change == "other people":
        names = [f"other{name}" for name in names]
    if change != "absent":
        write_pfile(tmp_path / "r", families.variants.iloc[rows], families.counts[rows], names)
    assert associate(mixed, tmp_path / "out", "--relationship-pfile", str(tmp_path / "r")) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_person_without_genotypes__is_left_out_and_counted(mixed: Path, families: Fileset, tmp_path: Path) -> None:
    """Three people typed for too few variants, and two absent from the relationships."""
    counts = families.counts.copy()
    counts[100:, :3] = -9
    write_pfile(tmp_path / "r", families.variants, counts[:, :-2], list(families.samples["#IID"])[:-2])
    assert associate(mixed, tmp_path / "out", "--relationship-pfile", str(tmp_path / "r")) == 0
    table = RELATEDNESS.read(tmp_path / "out/relatedness.tsv")
    assert (table["n_left_out"] == 5).all() and (table["n"] == len(families.samples) - 5).all()


def test_genes__are_tested_under_the_same_models(mixed: Path, families: Fileset, tmp_path: Path) -> None:
    """Burden of a quantitative trait: the sum of copies as one variant under the gene's own relationships; any processes."""
    folder, traits = tmp_path, list(SPECIFICATION["traits"])
    chromosome = families.variants["CHROM"].to_numpy()
    places = {f"G{c}{k}": np.flatnonzero(chromosome == c)[5 * k : 5 * k + 5] for c in ("1", "3") for k in range(40)}
    rows = [(f"v{row}", gene) for gene, members in places.items() for row in members]
    (folder / "annotations").write_text("".join(f"{name}\t{gene}\tlof\n" for name, gene in rows))
    (folder / "sets").write_text(
        "".join(f"{gene}\t{gene[1]}\t1\t{','.join(f'v{row}' for row in members)}\n" for gene, members in places.items())
    )
    (folder / "masks").write_text("all\tlof\n")
    for threads in ("1", "2"):
        paths = [f"--{name.replace('_', '-')}={folder / name}" for name in ("annotations", "masks")]
        inputs = [
            "--pfile",
            str(mixed / "x"),
            "--samples",
            str(mixed / "samples.tsv"),
            "--spec",
            str(mixed / "traits.yaml"),
        ]
        more = ["--set-list", str(folder / "sets"), "--threads", threads, "--out", str(folder / threads)]
        choices = [
            "--max-allele-frequency",
            "0.5",
            "--weight-alpha",
            "1",
            "--weight-beta",
            "1",
            "--tests",
            "burden",
            "skat",
        ]
        assert cli.main(["genes", *inputs, *paths, *more, *choices, "--max-mac-collapsed", "0"]) == 0
    for trait in traits:
        assert (folder / f"1/{trait}.genes.tsv").read_bytes() == (folder / f"2/{trait}.genes.tsv").read_bytes()
    table = GENES.read(folder / "1/trait.genes.tsv").set_index(["gene", "test"])
    assert (table["status"] == "tested").all() and (table["n"] == len(families.samples)).all()
    with models_of_fileset(mixed / "x", mixed / "samples.tsv", mixed / "traits.yaml") as models:
        model = models.fit("trait", "", False, "1").model
        counts = np.where(families.counts < 0, np.nan, families.counts).astype(float)[places["G10"]]
        copies = np.where(np.nanmean(counts, axis=1, keepdims=True) > 1, 2 - counts, counts)
        total = np.where(np.isnan(copies), np.nanmean(copies, axis=1, keepdims=True), copies).sum(axis=0)
        expected = model.test_variants(2 * total[None] / total.max(), VariantTestOptions(min_mac=0.0, max_p_refit=0.0))
    assert table.loc[("G10", "burden"), "p_value"] == pytest.approx(expected.p_value[0], rel=1e-6)
