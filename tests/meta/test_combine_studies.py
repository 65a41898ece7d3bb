"""The files of a meta-analysis: whole, indexed, described; people counted once; variants looked up."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pysam
import pytest
import yaml

from alsreg.config.meta import MetaAnalysis, MetaConfig
from alsreg.errors import InputError
from alsreg.formats.summary_statistics import NUMBERS, PLACE
from alsreg.tables.meta import META_COUNTS, META_HITS, META_LOOKUP
from alsreg.tables.results import ANALYSIS_SAMPLES
from meta.combine_studies import combine_studies

COLUMNS = [*PLACE, *(name for name in NUMBERS if name != "n_events")]
OURS = [
    (1, 10, "A", "G", 0.5, 0.1, 0.3, 5.7e-7, 100),
    (1, 20, "A", "G", 0.1, 0.1, 0.3, 0.3, 100),
    (23, 5, "C", "T", 0.2, 0.1, 0.3, 0.05, 100),
]
THEIRS = [
    ("1", 10, "G", "A", -0.5, 0.1, 0.7, 5.7e-7, 300),
    ("1", 20, "A", "G", -0.1, 0.1, 0.3, 0.3, 300),
    ("X", 5, "C", "T", 0.2, 0.1, 0.3, 0.05, 300),
]
TOLD = {"kind": "quantitative", "settings": MetaConfig(), "max_p": 1e-5, "window_kb": 500, "date": "2022-02-28"}


def prepare(folder: Path, lookup: str | None = None, people: str = "P2") -> tuple[SimpleNamespace, dict[str, Path]]:
    for name, rows in (("ours", OURS), ("theirs", THEIRS)):
        pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / f"{name}.tsv", sep="\t", index=False)
    ANALYSIS_SAMPLES.write(pd.DataFrame({"#IID": ["P1", people]}), folder / "ours.samples.tsv")
    if lookup is not None:
        (folder / "lookup.tsv").write_text(lookup)
    inputs = SimpleNamespace(statistics=[str(folder / "ours.tsv")], samples=[str(folder / "ours.samples.tsv")], external=[str(folder / "theirs.tsv")],
                             lookup=[str(folder / "lookup.tsv")] if lookup is not None else [])  # fmt: skip
    ends = {
        "statistics": ".tsv.gz",
        "index": ".tsv.gz.tbi",
        "metadata": ".tsv.gz-meta.yaml",
        "counts": ".counts.tsv",
        "hits": ".hits.tsv",
        "lookup": ".lookup.tsv",
    }
    return inputs, {name: folder / f"out/x{end}" for name, end in ends.items()}


def analysis(**external: Any) -> MetaAnalysis:
    return MetaAnalysis(trait="age", cohorts=["ours"], external={"theirs": {"path": "theirs.tsv", **external}})


LOOKUP = "chromosome\tbase_pair_location\teffect_allele\tother_allele\tdirection\n1\t10\tG\tA\t-\nX\t5\tT\tC\t+\n2\t9\tA\tC\t+\n"


def test_files(tmp_path: Path) -> None:
    inputs, outputs = prepare(tmp_path, LOOKUP)
    combine_studies(inputs, analysis(), TOLD, outputs)
    table = pd.read_csv(outputs["statistics"], sep="\t", na_values=["#NA"])
    assert table["variant_id"].tolist() == ["1_10_G_A", "1_20_G_A", "X_5_T_C"]
    assert table["beta"].tolist() == pytest.approx([0.5, 0.0, 0.2])
    assert table["standard_error"].tolist() == pytest.approx([0.1 / 2**0.5] * 3)
    assert table["n"].tolist() == [400] * 3
    assert table["n_events"].isna().all()
    assert table["directions"].tolist() == ["++", "+-", "++"]
    with pysam.TabixFile(str(outputs["statistics"])) as file:
        assert [row.split("\t")[1] for row in file.fetch("23", 0, 10)] == ["5"]
    about = yaml.safe_load(outputs["metadata"].read_text())
    assert (
        about["data_file_md5sum"] == hashlib.md5(outputs["statistics"].read_bytes(), usedforsecurity=False).hexdigest()
    )
    assert gzip.decompress(outputs["statistics"].read_bytes()).count(b"\n") == 4
    hits = META_HITS.read(outputs["hits"])
    assert hits["study"].tolist() == ["ours", "theirs", "fixed effects", "random effects"]
    counts = META_COUNTS.read(outputs["counts"]).set_index(["study", "reason"])["n_variants"]
    assert counts["theirs", "alleles swapped"] == 1
    assert counts["ours", "used"] == 3


def test_lookup__per_the_allele_named(tmp_path: Path) -> None:
    inputs, outputs = prepare(tmp_path, LOOKUP)
    combine_studies(inputs, analysis(), TOLD, outputs)
    found = META_LOOKUP.read(outputs["lookup"]).set_index(["base_pair_location", "study"])
    assert found.loc[(10, "fixed effects"), "beta"] == pytest.approx(-0.5)
    assert found.loc[(10, "ours"), "p_one_sided"] == pytest.approx(5.7e-7 / 2, rel=1e-6)
    assert found.loc[(5, "theirs"), "p_one_sided"] == pytest.approx(1 - 0.05 / 2, rel=1e-6)
    assert found.loc[(9, "fixed effects"), "status"] == "in too few studies, or in none"


def test_bad_input__leaves_nothing(tmp_path: Path) -> None:
    inputs, outputs = prepare(tmp_path)
    text = (tmp_path / "theirs.tsv").read_text().replace("X\t5", "1\t5")
    (tmp_path / "theirs.tsv").write_text(text)
    with pytest.raises(InputError, match=r"theirs.tsv, line 4: rows are not in order"):
        combine_studies(inputs, analysis(), TOLD, outputs)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("lookup", "words"),
    [
        (
            "chromosome\tposition\n1\t5\n",
            r"line 1: columns are missing: base_pair_location, effect_allele, other_allele, direction",
        ),
        (LOOKUP.replace("2\t9", "2\t9k"), r"line 4: chromosome, position or direction cannot be used"),
        (LOOKUP.replace("\t-\n", "\tdown\n"), r"line 2: chromosome, position or direction cannot be used"),
    ],
)
def test_bad_lookup(tmp_path: Path, lookup: str, words: str) -> None:
    inputs, outputs = prepare(tmp_path, lookup)
    with pytest.raises(InputError, match=rf"lookup.tsv, {words}"):
        combine_studies(inputs, analysis(), TOLD, outputs)


def test_people_in_two_cohorts__are_refused(tmp_path: Path) -> None:
    inputs, outputs = prepare(tmp_path)
    inputs.statistics, inputs.samples, inputs.external = inputs.statistics * 2, inputs.samples * 2, []
    with pytest.raises(InputError, match="2 people are in both cohorts ours and again"):
        combine_studies(inputs, MetaAnalysis(trait="age", cohorts=["ours", "again"]), TOLD, outputs)


def test_events__are_needed_where_they_weigh(tmp_path: Path) -> None:
    inputs, outputs = prepare(tmp_path)
    with pytest.raises(InputError, match="columns are missing: n_events"):
        combine_studies(inputs, analysis(n_events=50), {**TOLD, "kind": "survival"}, outputs)  # ours has none either
