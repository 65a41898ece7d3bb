"""Merging worked by hand and against a loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alsreg.genotypes.merging import NOT_CARRIED, align_variants, merge_block


def one(*values: int, policy: str = "priority"):
    """Merge a single genotype from assays in order of priority."""
    block = merge_block(np.array(values, dtype=np.int8)[:, None, None], policy)
    return int(block.genotypes[0, 0]), int(block.source[0, 0]), int(block.n_compared[0]), int(block.n_discordant[0])


@pytest.mark.parametrize(
    ("values", "policy", "expected"),
    [
        ((1, 2, 0), "priority", (1, 1, 3, 3)),
        ((-9, 2, 0), "priority", (2, 2, 1, 1)),
        ((-9, -9, 0), "priority", (0, 3, 0, 0)),
        ((-9, -9, -9), "priority", (-9, 0, 0, 0)),
        ((1, 1, 0), "missing", (-9, 0, 3, 2)),
        ((-9, 1, 1), "missing", (1, 2, 1, 0)),
        ((0, 1, 1), "majority", (1, 2, 3, 2)),
        ((0, 1, -9), "majority", (-9, 0, 1, 1)),
        ((0, 1, 2), "majority", (-9, 0, 3, 3)),
        ((2, -9, -9), "majority", (2, 1, 0, 0)),
    ],
)
def test_policies(values, policy, expected) -> None:
    assert one(*values, policy=policy) == expected


@given(arrays(np.int8, st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)), elements=st.sampled_from([-9, 0, 1, 2])),
       st.sampled_from(["priority", "missing", "majority"]))  # fmt: skip
def test_a_kept_genotype_is_the_sources(counts: np.ndarray, policy: str) -> None:
    block = merge_block(counts, policy)
    for v in range(counts.shape[1]):
        for p in range(counts.shape[2]):
            calls = [int(value) for value in counts[:, v, p] if value >= 0]
            source = int(block.source[v, p])
            if source:
                assert block.genotypes[v, p] == counts[source - 1, v, p] >= 0
                if policy == "missing":
                    assert len(set(calls)) == 1
                if policy == "majority":
                    assert all(
                        calls.count(block.genotypes[v, p]) > calls.count(x)
                        for x in set(calls) - {block.genotypes[v, p]}
                    )
            else:
                assert block.genotypes[v, p] == -9
                assert policy != "priority" or not calls
        pairs = [
            (a[v, p], b[v, p]) for p in range(counts.shape[2]) for i, a in enumerate(counts) for b in counts[i + 1 :]
        ]
        both = [(a, b) for a, b in pairs if a >= 0 and b >= 0]
        assert block.n_compared[v] == len(both)
        assert block.n_discordant[v] == sum(a != b for a, b in both)


def table(*rows: tuple[str, int, str, str, str | None, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["chromosome", "position", "ref", "alt", "rs_id", "is_excluded"])
    parts = zip(frame["chromosome"], frame["position"], frame["ref"], frame["alt"], strict=True)
    return frame.assign(variant_id=["_".join(map(str, part)) for part in parts])


def test_variants_come_in_genome_order_with_their_carriers() -> None:
    wgs = table(("2", 5, "A", "G", None, False), ("10", 7, "C", "T", None, False), ("X", 1, "A", "C", "rs3", False))
    array = table(("10", 7, "C", "T", "rs1", False), ("1", 9, "G", "T", "rs2", False), ("2", 5, "A", "G", "rs4", True))
    variants, rows = align_variants([wgs, array], ["wgs", "array"])
    assert list(variants["variant_id"]) == ["1_9_G_T", "2_5_A_G", "10_7_C_T", "X_1_A_C"]
    assert list(variants["carrier_set"]) == ["array", "wgs", "wgs+array", "wgs"]
    assert list(variants["rs_id"].fillna("")) == ["rs2", "", "rs1", "rs3"]
    np.testing.assert_array_equal(rows, [[NOT_CARRIED, 0, 1, 2], [1, NOT_CARRIED, 0, NOT_CARRIED]])


def test_alleles_of_one_position_stay_apart() -> None:
    wgs = table(("1", 5, "A", "C", None, False), ("1", 5, "A", "G", None, False))
    wes = table(("1", 5, "A", "G", None, False))
    variants, rows = align_variants([wgs, wes], ["wgs", "wes"])
    assert list(variants["carrier_set"]) == ["wgs", "wgs+wes"]
    np.testing.assert_array_equal(rows, [[0, 1], [NOT_CARRIED, 0]])


def test_nothing_carried() -> None:
    empty = table(("1", 5, "A", "C", None, True))
    variants, rows = align_variants([empty, empty], ["wgs", "wes"])
    assert len(variants) == 0
    assert rows.shape == (2, 0)
