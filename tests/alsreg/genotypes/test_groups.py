"""Ancestry groups."""

import numpy as np

from alsreg.genotypes.groups import ancestry_groups


def test_small_groups_are_judged_by_everybody():
    groups = ancestry_groups(np.repeat(["EUR", "AFR", "SAS", ""], [12, 11, 3, 2]), 10)
    assert groups.names == ("AFR", "EUR", "other")
    assert groups.labels.tolist() == ["EUR"] * 12 + ["AFR"] * 11 + ["other"] * 5
    assert groups.is_reference.sum(axis=1).tolist() == [11, 12, 28]
    counts = np.arange(6).reshape(1, 3, 2)
    assert groups.pool(counts).tolist() == [[[0, 1], [2, 3], [6, 9]]]


def test_one_group():
    for labels, name in ((np.full(4, ""), "all"), (np.full(12, "JPN"), "JPN"), (np.array(["A", "B"]), "all")):
        groups = ancestry_groups(labels, 10)
        assert groups.names == (name,)
        assert set(groups.labels) == {name}
        assert groups.is_reference.all()


def test_the_word_other_is_no_ancestry():
    groups = ancestry_groups(np.repeat(["EUR", "other"], [15, 15]), 10)
    assert groups.names == ("EUR", "other")
    assert groups.is_reference[1].all()
