"""What the gene panel's section shows and what it hides."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.report.disclosure import Disclosure
from alsreg.report.panel import carriers_left_out, panel_report
from alsreg.report.people import people_flow
from alsreg.report.render import render_cohort
from alsreg.tables.panel import (
    PANEL_CARRIERS,
    PANEL_COMPARISONS,
    PANEL_CONTROL_LOSSES,
    PANEL_CONTROL_MASKS,
    PANEL_CONTROLS,
    PANEL_GENES,
    PANEL_PEOPLE,
)
from helpers import report_tables as tables
from helpers.filled import fill


@pytest.mark.parametrize(("counts", "shown", "rows", "columns"), [
    ([[9, 8], [7, 6]], [[1, 1], [1, 1]], [1, 1], [1, 1]),
    # A small cell takes another of its row with it; each column then hides one cell, so that both totals go.
    ([[9, 2], [7, 6]], [[0, 0], [1, 1]], [1, 1], [0, 0]),
    # A small row vanishes, and the totals of its columns with it.
    ([[30, 9], [2, 0]], [[1, 1], [0, 0]], [1, 0], [0, 1]),
    # Two small rows of one column hold enough together.
    ([[30], [3], [4]], [[1], [0], [0]], [1, 0, 0], [1]),
])  # fmt: skip
def test_table__gives_nothing_back(counts, shown, rows, columns) -> None:
    found = Disclosure(5).table(np.array(counts), "x")
    positive = np.array(counts) > 0
    assert (found[0] & positive).astype(int).tolist() == (np.array(shown) * positive).tolist()
    assert found[1].astype(int).tolist() == rows and found[2].astype(int).tolist() == columns


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """MANY: 20 carriers, 12 of them with a stop; FEW: 2; C9orf72 expanded in 6; 40 people assessed."""
    base = {"source": "there", "status": "assessed", "repeat_status": "no repeat judged here", "list_version": "v7", "list_sha256": "ab" * 32,
            "n_assessed": 40, "n_carriers_elsewhere": 0}  # fmt: skip
    genes = [
        {**base, "gene": "MANY", "tier": "definitive", "is_definitive": True, "n_variants": 9, "n_carriers": 20, "n_pathogenic_carriers": 7},
        {**base, "gene": "FEW", "tier": "definitive", "is_definitive": True, "n_variants": 2, "n_carriers": 2, "n_pathogenic_carriers": 0},
        {**base, "gene": "C9orf72", "tier": "definitive", "is_definitive": True, "n_variants": 0, "n_carriers": 0, "n_pathogenic_carriers": 0,
         "repeat_status": "assessed", "n_repeat_assessed": 30, "n_intermediate": 0, "n_expanded": 6},
        {**base, "gene": "ATXN2", "tier": "moderate", "is_definitive": False, "n_variants": 0, "n_carriers": 0, "status": "no annotated variant has this gene symbol",
         "repeat_status": "not assessed"},
    ]  # fmt: skip
    carriers = [("MANY", f"p{k}", "stop_gained" if k < 12 else "missense_variant") for k in range(20)]
    carriers += [("MANY", "p0", "missense_variant"), *(("FEW", f"p{k}", "stop_gained") for k in (30, 31))]
    rows = [
        {"gene": g, "person": p, "consequence": c, "tier": "definitive", "variant_id": "v", "copies": 1}
        for g, p, c in carriers
    ]
    people = [{"person": f"p{k}", "is_assessed": True, "is_left_out": k < 3} for k in range(40)]
    compared = [
        {"kind": kind, "carriers": name, "trait": trait, "trait_kind": trait_kind, "n": 40, "n_events": 20, "n_carriers": n, "n_carrier_events": events,
         "beta": 0.5, "standard_error": 0.1, "lower": 0.3, "upper": 0.7, "p_value": 0.01, "p_bonferroni": 0.04, "method": "ols", "status": status}
        for kind, name, n, events, status in (("gene", "MANY", 20, 9, "compared"), ("gene", "FEW", 2, 1, "compared"), ("tier", "definitive", 22, 10, "compared"))
        for trait, trait_kind in (("age", "quantitative"), ("survival", "survival"))
    ]  # fmt: skip
    compared[1]["n_carriers"] = 18  # two carriers without a survival time
    written = [
        (PANEL_GENES, genes, "g.tsv"),
        (PANEL_CARRIERS, rows, "c.parquet"),
        (PANEL_PEOPLE, people, "p.parquet"),
        (PANEL_COMPARISONS, compared, "x.tsv"),
    ]
    for table, values, name in written:
        table.write(fill(table, values), tmp_path / name)
    return [str(tmp_path / name) for _, _, name in written]


def test_section__counts_and_hides(paths: list[str]) -> None:
    hide = Disclosure(5)
    found = panel_report(paths, [], 10, hide, None)
    assert found is not None and (found.version, found.n_people, found.n_assessed, found.is_leaving) == (
        "v7",
        40,
        40,
        True,
    )
    genes = {row.gene: row for row in found.genes}
    assert (genes["MANY"].n_carriers, genes["MANY"].n_pathogenic, genes["FEW"].n_carriers, genes["FEW"].n_variants) == (
        20,
        7,
        None,
        None,
    )
    assert (
        genes["C9orf72"].repeat == "30 assessed: 0 intermediate; 6 expanded" and genes["ATXN2"].repeat == "not assessed"
    )
    assert genes["ATXN2"].status.startswith("no annotated variant")
    assert [(row.label, row.consequence, row.n_carriers) for row in found.by_gene] == [
        ("FEW", "stop_gained", None), ("MANY", "stop_gained", 12), ("MANY", "missense_variant", 8),
    ]  # fmt: skip
    # The total of stops less MANY's would be FEW's.
    assert [(row.consequence, row.n_carriers) for row in found.by_tier] == [
        ("stop_gained", None),
        ("missense_variant", 8),
    ]


def test_comparisons__of_enough_carriers_whose_number_gives_nothing_back(paths: list[str]) -> None:
    found = panel_report(paths, [], 10, Disclosure(5), None)
    assert found is not None
    rows = {(row.carriers, row.trait): row for row in found.comparisons}
    assert (
        set(rows) == {(name, trait) for name in ("MANY", "tier definitive") for trait in ("age", "survival")}
        and found.n_uncompared == 2
    )
    assert rows["MANY", "age"].n_carriers == 20 and rows["MANY", "age"].effect == 0.5
    # 20 carriers less 18 would tell of two; the tier's 22 less MANY's 20 would tell of FEW's.
    assert rows["MANY", "survival"].n_carriers is None and rows["MANY", "survival"].n_carrier_events is None
    assert rows["tier definitive", "age"].n_carriers is None
    assert rows["MANY", "survival"].effect == pytest.approx(np.exp(0.5))


def test_controls__a_small_count_hides_what_would_give_it_back(tmp_path: Path, paths: list[str]) -> None:
    base = {"mask": "lof", "stratum": "a", "controls": "g.eas", "n_variants": 3, "n_cases": 100, "n_controls": 1000, "odds_ratio": np.inf, "lower": 2.0,
            "upper": np.inf, "p_mid": 0.001, "method": "fisher", "status": "tested", "p_bonferroni": 0.1}  # fmt: skip
    rows = [{**base, "gene": "A", "n_case_carriers": 9, "n_control_carriers": 0, "p_value": 0.001},
            {**base, "gene": "B", "n_case_carriers": 3, "n_control_carriers": 1, "p_value": 0.0001}]  # fmt: skip
    PANEL_CONTROLS.write(fill(PANEL_CONTROLS, rows), tmp_path / "c.tsv")
    PANEL_CONTROL_MASKS.write(
        fill(PANEL_CONTROL_MASKS, [{"mask": "lof", "stratum": "a", "n_genes": 2, "n_genes_lambda": 0}]),
        tmp_path / "m.tsv",
    )
    PANEL_CONTROL_LOSSES.write(
        fill(
            PANEL_CONTROL_LOSSES,
            [{"stratum": "a", "reason": "compared", "n_variants": 6, "n_case_copies": 1, "n_control_copies": 1}],
        ),
        tmp_path / "l.tsv",
    )
    found = panel_report(paths, [str(tmp_path / f"{name}.tsv") for name in "cml"], 10, Disclosure(5), None)
    assert found is not None and found.controls is not None
    b, a = found.controls.genes
    assert (b.n_case_carriers, b.p_value, b.odds_ratio, b.lower) == (None, None, None, None)
    assert (a.n_case_carriers, a.p_value, a.odds_ratio, a.lower, a.upper) == (9, 0.001, None, 2.0, None)
    assert found.controls.strata == ("a against g.eas",) and found.controls.losses == (("a", "compared", 6),)


def test_page__says_the_list_and_no_hidden_number(paths: list[str], tmp_path: Path) -> None:
    report = tables.report_of(tmp_path)
    assert report.panel is None and "nobody is known to carry anything" in render_cohort(report)
    page = render_cohort(replace(report, panel=panel_report(paths, [], 10, Disclosure(5), None)))
    section = page[page.index('<section id="panel">') : page.index('<section id="methods">')]
    text = " ".join(re.sub(r"<[^>]+>", " ", section).split())
    assert "version: v7; SHA-256 abababababababab" in text and "gene tests and this section keep them" in text
    assert "FEW definitive hidden hidden hidden" in text and "MANY definitive 9 20 7" in text
    assert "30 assessed: 0 intermediate; 6 expanded" in text and "not assessed" in text


def test_flow__carriers_left_out_are_counted_unless_few(paths: list[str]) -> None:
    hide = Disclosure(5)
    assert carriers_left_out(paths, hide) == (frozenset({"p0", "p1", "p2"}), 5) and carriers_left_out([], hide) is None
    components, persons = tables.components(), tables.persons()
    for gone, n, loss in ((frozenset(tables.persons_named(6)), 5, 6), (frozenset(tables.persons_named(2)), None, None)):
        step = people_flow(14, persons, ["wgs", "array"], components, "exclude", (gone, 5))[-1]
        assert step.label == "In single-variant tests" and step.n == n and step.losses[0][1] == loss
    assert isinstance(components, pd.DataFrame)
