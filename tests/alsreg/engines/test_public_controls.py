"""Carriers per gene over strata, frequencies that look at both sides, and the calibration of the whole under the null."""

import numpy as np
import pandas as pd
import pytest

from alsreg.engines.public_controls import ALL_STRATA, Stratum, compare_genes, summarise_masks
from alsreg.stats.exact_tables import exact_test

N_CASES, N_CONTROLS = 300, 2000


def stratum(name: str, counts: dict[str, tuple[int, int]], *, has_homozygotes: bool = True, **changes) -> Stratum:
    """Heterozygous carriers among cases and controls by variant."""
    table = pd.DataFrame({
        "n_case_carriers": [a for a, _ in counts.values()], "n_case_homozygotes": 0, "n_case_called": N_CASES,
        "n_copies": [float(c) for _, c in counts.values()], "n_alleles": 2.0 * N_CONTROLS, "n_homozygotes": 0.0, "status": "compared",
    }, index=pd.Index(list(counts), name="variant_id"))  # fmt: skip
    for column, values in changes.items():
        table[column] = values
    return Stratum(name, f"x.{name}", table, has_homozygotes)


def rows_of(genes: dict[str, list[str]], masks: str = "lof") -> pd.DataFrame:
    return pd.DataFrame(
        [{"gene": gene, "variant_id": name, "masks": masks} for gene, names in genes.items() for name in names]
    )


def test_strata_together__are_the_exact_test_of_their_tables() -> None:
    strata = [stratum("a", {"v1": (3, 2), "v2": (2, 1)}), stratum("b", {"v1": (1, 4), "v2": (4, 0)})]
    table = compare_genes(rows_of({"G": ["v1", "v2"]}), strata, {"lof": 0.01}).set_index("stratum")
    tables = np.array([[5, 295, 3, 1997], [5, 295, 4, 1996]])
    found = exact_test(tables)
    assert table.loc[ALL_STRATA, ["p_value", "odds_ratio", "lower", "upper"]].tolist() == [
        found.p_value,
        found.odds_ratio,
        found.lower,
        found.upper,
    ]
    assert (
        table.loc[ALL_STRATA, "method"] == "exact_stratified"
        and table.loc["a", "p_value"] == exact_test(tables[:1]).p_value
    )
    assert table["n_case_carriers"].to_dict() == {"a": 5, "b": 5, "all": 10}


def test_homozygotes__count_once_where_told_and_as_copies_on_both_sides_else() -> None:
    changes = {"n_case_homozygotes": 1, "n_homozygotes": 2.0}
    told, untold = (stratum("a", {"v": (4, 9)}, has_homozygotes=has, **changes) for has in (True, False))
    for one, expected in ((told, [4, 7]), (untold, [5, 9])):
        row = compare_genes(rows_of({"G": ["v"]}), [one], {"lof": 0.01}).iloc[0]
        assert row[["n_case_carriers", "n_control_carriers"]].tolist() == expected


def test_what_is_not_compared_or_not_carried_is_no_test() -> None:
    one = stratum("a", {"v1": (3, 2), "v2": (0, 0)}, status=["not PASS among the controls", "compared"])
    table = compare_genes(rows_of({"G": ["v1", "v2"]}), [one], {"lof": 0.01})
    assert table["status"].tolist() == ["no variant compared is carried"] and table["p_value"].isna().all()
    assert summarise_masks(table, [one], 2)["n_genes"].tolist() == [0]


@pytest.mark.parametrize(("shift", "low", "high"), [(1.0, 0.85, 1.15), (1.5, 1.35, 1.65)])
def test_whole__under_the_null_and_with_a_shift_of_one_side(shift: float, low: float, high: float) -> None:
    """400 genes of 20 variants with one frequency on both sides: p is uniform or conservative; a shift shows in odds and λ."""
    rng = np.random.default_rng(8)
    frequency = rng.uniform(1e-4, 1.5e-3, 8000)
    cases, controls = rng.binomial(N_CASES, 2 * frequency * shift), rng.binomial(N_CONTROLS, 2 * frequency)
    names = [f"v{k}" for k in range(8000)]
    one = stratum("a", {name: (int(a), int(c)) for name, a, c in zip(names, cases, controls, strict=True)})
    table = compare_genes(rows_of({f"G{k:03d}": names[20 * k : 20 * k + 20] for k in range(400)}), [one], {"lof": 0.01})
    summary = summarise_masks(table, [one], 10).iloc[0]
    assert low < summary["odds_ratio"] < high and summary["n_genes"] == 400
    rate = (table["p_value"] < 0.05).mean()
    if shift == 1.0:
        assert (
            rate < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
            and 0.75 < summary["lambda_gc"] < 1.25
            and summary["p_value"] > 0.01
        )
    else:
        assert summary["lambda_gc"] > 1.4 and summary["p_value"] < 1e-6
