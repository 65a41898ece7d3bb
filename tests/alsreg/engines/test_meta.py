"""Alleles brought together, bad rows counted, files in step whatever the size of a part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.meta import MetaConfig
from alsreg.engines.meta import FIXED, Found, Study, combine, effective_n, hits_of, in_step, pair_of
from alsreg.errors import InputError
from alsreg.formats.summary_statistics import KEY, NUMBERS, PLACE, read_parts, require_build

COLUMNS = [*PLACE, *(name for name in NUMBERS if name != "n_events")]
Row = tuple[object, ...]


def write(path: Path, *rows: Row, columns: list[str] = COLUMNS) -> Path:
    pd.DataFrame([*rows], columns=columns).to_csv(path, sep="\t", index=False)
    return path


def row(place: str, effect: str, other: str, beta: float = 0.5, frequency: float = 0.3, **more: object) -> Row:
    chromosome, position = place.split(":")
    values = {"standard_error": 0.1, "p_value": 1e-6, "n": 100} | more
    return (
        chromosome,
        int(position),
        effect,
        other,
        beta,
        values["standard_error"],
        frequency,
        values["p_value"],
        values["n"],
    )


FIRST = [
    row("1:10", "A", "G"), row("1:20", "A", "G"), row("1:30", "A", "G"), row("1:40", "A", "T"), row("1:50", "C", "G", frequency=0.48),
    row("1:60", "A", "G"), row("1:70", "A", "G"), row("1:80", "A", "G"), row("1:90", "A", "G"), row("2:5", "A", "AT"), row("X:7", "A", "G"),
]  # fmt: skip
SECOND = [
    row("chr1:10", "A", "G"), row("1:20", "G", "A", -0.5, 0.7), row("1:30", "T", "C"), row("1:40", "A", "T", -0.5, 0.7),
    row("1:50", "C", "G", frequency=0.47), row("1:60", "A", "C"), row("1:70", "A", "G"), row("1:70", "A", "G"),
    row("1:80", "A", "G", standard_error=0.0), row("1:90", "A", "G", frequency=0.9), row("2:5", "AT", "A", -0.5, 0.7), row("23:7", "C", "T", -0.5, 0.7),
]  # fmt: skip


def run(
    tmp_path: Path, strand: bool = False, rows: int = 20_000, **settings: float
) -> tuple[pd.DataFrame, list[Study], Found]:
    paths = [write(tmp_path / "a.tsv", *FIRST), write(tmp_path / "b.tsv", *SECOND)]
    studies = [Study("a", paths[0], "quantitative"), Study("b", paths[1], "quantitative", is_forward=strand)]
    found = Found(1e-5, {(KEY + 60, pair_of("A", "C"))})
    parts = list(combine(studies, MetaConfig(**settings), found, rows))
    return pd.concat(parts, ignore_index=True), studies, found


def test_alleles_and_counts(tmp_path: Path) -> None:
    joined, (first, second), found = run(tmp_path)
    # Same, swapped, other strand, palindromic on the other strand, swapped indel, swapped on the other strand of X.
    assert joined["variant_id"].tolist() == ["1_10_G_A", "1_20_G_A", "1_30_G_A", "1_40_T_A", "2_5_AT_A", "X_7_G_A"]
    np.testing.assert_allclose(joined["beta"], 0.5)
    np.testing.assert_allclose(joined["effect_allele_frequency"], 0.3)
    assert joined["directions"].tolist() == ["++"] * 6
    assert {name: n for name, n in second.counts.items() if n} == {
        "read": 12, "no usable number": 1, "given twice": 2, "other alleles than elsewhere at the position": 1, "frequency differs": 1,
        "palindromic, strand undecided": 1, "palindromic, strand by frequency": 1, "alleles swapped": 2, "other strand": 2, "used": 7,
        "in too few studies": 1,
    }  # fmt: skip
    assert first.counts["in too few studies"] == 5
    assert {row["study"] for row in found.rows if row["key"] == KEY + 60} == {"b"}  # looked for, in one study


def test_forward_strand__palindromes_as_written(tmp_path: Path) -> None:
    joined, (_, second), _ = run(tmp_path, strand=True, max_frequency_difference=1.0)
    by_id = joined.set_index("variant_id")
    assert by_id.loc["1_50_G_C", "beta"] == pytest.approx(0.5)
    assert by_id.loc["1_40_T_A", "beta"] == pytest.approx(0.0)
    assert second.counts["palindromic, strand undecided"] == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_any_size_of_part__gives_the_same(tmp_path: Path, rows: int) -> None:
    (tmp_path / "whole").mkdir()
    whole, studies, _ = run(tmp_path / "whole")
    parts, same, _ = run(tmp_path, rows=rows)
    pd.testing.assert_frame_equal(parts, whole)
    assert [study.counts for study in same] == [study.counts for study in studies]


def test_memory__holds_a_part_of_each_file(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.tsv", *(row(f"1:{k}", "A", "G") for k in range(1, 400))) for name in "ab"]
    sizes = [sum(map(len, parts)) for parts in in_step([Study("x", path, "quantitative") for path in paths], rows=10)]
    assert sum(sizes) == 2 * 399
    assert max(sizes) <= 2 * 11


def test_hits__one_per_window(tmp_path: Path) -> None:
    _, _, found = run(tmp_path)
    hits = hits_of(found, 500)
    leads = hits[hits["study"] == FIXED]
    assert leads["chromosome"].tolist() == [1, 2, 23]
    assert set(hits["study"]) == {"a", "b", "fixed effects", "random effects"}
    assert not len(hits_of(Found(1e-5, set()), 500))


def test_effective_n() -> None:
    n, events = np.array([100.0]), np.array([20.0])
    assert effective_n("survival", n, events) == [20]
    assert effective_n("quantitative", n, events) == [100]
    assert effective_n("binary", n, events) == pytest.approx([64.0])


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        ([row("1:20", "A", "G"), row("1:10", "A", "G")], COLUMNS, r"line 3: rows are not in order"),
        ([row("2:20", "A", "G"), row("1:30", "A", "G")], COLUMNS, r"line 3: rows are not in order"),
        ([row("1:20", "A", "G")], [*COLUMNS[:5], "se", *COLUMNS[6:]], r"line 1: columns are missing: standard_error"),
        ([row("1:20", "A", "G", n="many")], COLUMNS, r"line 2, column n: not a number \(value: 'many'\)"),
        ([row("HLA:20", "A", "G")], COLUMNS, r"line 2, column chromosome: no such chromosome \(value: 'HLA'\)"),
    ],
)
def test_bad_files(tmp_path: Path, rows: list[Row], columns: list[str], words: str) -> None:
    path = write(tmp_path / "bad.tsv", *rows, columns=columns)
    with pytest.raises(InputError, match=rf"bad.tsv, {words}"):
        list(read_parts(path, ("beta", "standard_error", "p_value", "n"), rows=1))


def test_ratios__are_logarithms(tmp_path: Path) -> None:
    path = write(tmp_path / "or.tsv", row("1:20", "A", "G", np.e), columns=[*COLUMNS[:4], "odds_ratio", *COLUMNS[5:]])
    assert next(read_parts(path, ("beta",)))["beta"].tolist() == pytest.approx([1.0])


def test_other_build__is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", row("1:20", "A", "G"))
    with pytest.raises(InputError, match=r"not on GRCh38 .*GRCh37.*lift it"):
        require_build(path, "GRCh37")
    (tmp_path / "a.tsv-meta.yaml").write_text("genome_assembly: GRCh37\n")
    with pytest.raises(InputError, match=r"genome_assembly of a.tsv-meta.yaml: the file is not on GRCh38"):
        require_build(path, "GRCh38")
    with pytest.raises(InputError, match="no such file"):
        require_build(tmp_path / "none", "GRCh38")
