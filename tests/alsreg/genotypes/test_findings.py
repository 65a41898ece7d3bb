"""Findings of compared pairs."""

from alsreg.genotypes.findings import name_findings


def test_findings() -> None:
    rows = [
        ("same", True, "a1", "w1", "P", "P", "expected_match"),
        ("unrelated", True, "a2", "w2", "Q", "Q", "swap"),
        ("same", False, "a2", "w3", "Q", "R", "swap"),
        ("unrelated", True, "a4", "w4", "S", "S", "missing_match"),
        ("same", False, "a5", "w6", "T", "U", "unexpected_same"),
        ("first", False, "a7", "w8", "V", "W", "relative"),
        ("first", False, "a7", "x9", "V", "X", "none"),
        ("not_testable", True, "a8", "w9", "Y", "Y", "none"),
    ]
    keys = [(("array", a), ("wes", b)) for _, _, a, b, *_ in rows]
    found = name_findings([r[0] for r in rows], [r[1] for r in rows], keys, [(r[4], r[5]) for r in rows],
                          frozenset({("wes", "x9")}))  # fmt: skip
    assert found == [r[6] for r in rows]
