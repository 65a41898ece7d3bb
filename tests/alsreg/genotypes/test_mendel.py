"""Mendelian errors: all 27 trios, X, false trios."""

import itertools

import numpy as np

from alsreg.genotypes.mendel import is_true_trio, mendelian_errors

TRIO = np.array([[0, 1, 2]])


def errors_of(rows: list[tuple[int, int, int]], child_sex: str, ploidy: str) -> list[bool]:
    is_error, _ = mendelian_errors(np.array(rows, np.int8), TRIO, np.array([child_sex, "M", "F"]), ploidy)
    return is_error[:, 0].tolist()


def test_all_diploid_trios():
    rows = list(itertools.product(range(3), repeat=3))
    gametes = {0: {0}, 1: {0, 1}, 2: {1}}
    expected = [c not in {a + b for a in gametes[f] for b in gametes[m]} for c, f, m in rows]
    assert sum(expected) == 12
    assert errors_of(rows, "F", "diploid") == expected
    assert errors_of(rows, "M", "diploid") == expected


def test_x():
    rows = [(2, 0, 0), (2, 2, 0), (0, 2, 0), (2, 0, 1), (1, 0, 0), (0, 0, 2)]
    assert errors_of(rows, "M", "x") == [True, True, False, False, False, True]
    assert errors_of(rows, "F", "x") == [True, True, True, True, True, True]
    assert errors_of([(1, 2, 0), (1, 0, 2), (2, 2, 1), (0, 1, 0)], "F", "x") == [False] * 4
    assert errors_of(rows, "", "x") == [False] * 6
    assert errors_of(rows, "M", "y") == [False] * 6


def test_missing_genotypes_are_not_judged():
    is_error, is_informative = mendelian_errors(
        np.array([[2, 0, -9], [-9, 0, 0], [2, 0, 0], [0, 0, 0]], np.int8), TRIO, np.array(["F", "M", "F"]), "diploid"
    )
    assert is_error[:, 0].tolist() == [False, False, True, False]
    assert is_informative[:, 0].tolist() == [False, False, True, False]


def test_strangers_are_no_trio():
    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 2, 5000)[:, None]
    parents = rng.random((5000, 2, 2)) < p[:, :, None]
    child = parents[:, 0, 0].astype(int) + parents[:, 1, 0]
    stranger = rng.binomial(2, p[:, 0])
    genotypes = np.column_stack([child, parents.sum(axis=2), stranger]).astype(np.int8)
    trios = np.array([[0, 1, 2], [3, 1, 2]])
    found = mendelian_errors(genotypes, trios, np.array(["F", "M", "F", "F"]), "diploid")
    assert is_true_trio(*(part.sum(axis=0) for part in found)).tolist() == [True, False]
