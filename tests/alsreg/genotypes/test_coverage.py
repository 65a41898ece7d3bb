"""Bases counted, against counting them one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.formats.chain import read_chain
from alsreg.genotypes.coverage import (
    CoveredBases,
    bases_within,
    lift_intervals,
    merge_intervals,
    variants_within,
)


def random_intervals(rng, n, names=("1", "2")):
    start = rng.integers(1, 900, n)
    return pd.DataFrame({"gene": rng.choice(["A", "B"], n), "chromosome": rng.choice(names, n), "start": start,
                         "end": start + rng.integers(0, 60, n)})  # fmt: skip


def bases_of(table):
    return {
        (*key, base) for *key, start, end in table.itertuples(index=False, name=None) for base in range(start, end + 1)
    }


@pytest.mark.parametrize("seed", range(3))
def test_merge_and_count(seed):
    rng = np.random.default_rng(seed)
    coding, regions = random_intervals(rng, 40), random_intervals(rng, 25).drop(columns="gene")
    merged = merge_intervals(coding, ["gene", "chromosome"])
    assert bases_of(merged) == bases_of(coding) and len(bases_of(merged)) == (merged["end"] - merged["start"] + 1).sum()
    captured = bases_of(regions)
    expected = [
        sum((c, base) in captured for base in range(s, e + 1))
        for _, c, s, e in merged.itertuples(index=False, name=None)
    ]
    assert bases_within(merged, merge_intervals(regions, ["chromosome"])).tolist() == expected
    variants = pd.DataFrame({"chromosome": rng.choice(["1", "2"], 200), "position": rng.integers(1, 960, 200),
                             "is_excluded": rng.random(200) < 0.3, "call_rate": rng.random(200)})  # fmt: skip
    seen = variants_within(merged, variants)
    for (_, c, s, e), row in zip(merged.itertuples(index=False, name=None), seen.itertuples(), strict=True):
        inside = variants[(variants["chromosome"] == c) & variants["position"].between(s, e)]
        assert (row.n_variants, row.n_excluded) == (len(inside), inside["is_excluded"].sum())
        assert row.call_rate == pytest.approx(inside["call_rate"].sum())
        assert row.n_sites == inside.loc[~inside["is_excluded"], "position"].nunique()


def test_touching_intervals_are_one_and_edges_count():
    table = pd.DataFrame({"chromosome": "1", "start": [1, 11, 30, 12], "end": [10, 20, 31, 14]})
    assert merge_intervals(table, ["chromosome"])[["start", "end"]].to_numpy().tolist() == [[1, 20], [30, 31]]
    covered = CoveredBases(np.array([5, 20]), np.array([10, 20]))
    assert covered.up_to(np.array([4, 5, 10, 15, 20, 99])).tolist() == [0, 1, 6, 6, 7, 7]


def test_lift__what_one_block_cannot_hold_goes_base_by_base(tmp_path):
    (tmp_path / "x.chain").write_text(
        "chain 1 1 1000 + 100 300 1 2000 + 1100 1290 1\n100\t10\t0\n90\n\nchain 1 2 1000 + 0 50 1 2000 - 0 50 2\n50\n"
    )
    chain = read_chain(tmp_path / "x.chain")
    table = pd.DataFrame(
        {
            "gene": list("ABCD"),
            "chromosome": ["1", "1", "2", "1"],
            "start": [101, 195, 1, 400],
            "end": [110, 214, 10, 410],
        }
    )
    lifted = lift_intervals(table, chain)
    bases = {
        gene: sorted(base for *key, base in bases_of(rows) if key[0] == gene) for gene, rows in lifted.groupby("gene")
    }
    assert bases["A"] == list(range(1101, 1111))
    assert bases["B"] == [*range(1195, 1201), *range(1201, 1205)]  # bases 201-210 of the source are in no block
    assert bases["C"] == list(range(1991, 2001)) and "D" not in bases
    assert set(lifted.loc[lifted["gene"] == "C", "chromosome"]) == {"1"}
    assert lift_intervals(table, None) is table
