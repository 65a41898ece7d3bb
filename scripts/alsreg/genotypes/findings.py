"""What a compared pair of samples means."""

from __future__ import annotations

from collections.abc import Sequence

from alsreg.genotypes.persons import Key

RELATIVES = ("first", "second", "third", "related")


def name_findings(
    relation: Sequence[str],
    is_expected: Sequence[bool],
    samples: Sequence[tuple[Key, Key]],
    persons: Sequence[tuple[str | None, str | None]],
    doubtful: frozenset[Key],
) -> list[str]:
    """What each pair of samples means.

    ``expected_match``; ``swap`` (an expected match differs and one of its samples matches somebody else, and the
    pair that shows with whom); ``missing_match`` (an expected match differs, and neither sample matches anybody
    else); ``unexpected_same``; ``relative`` (not where a sample is doubtful); ``none``.
    """
    rows = list(zip(relation, is_expected, samples, persons, strict=True))
    strangers = {key for r, e, keys, _ in rows if r == "same" and not e for key in keys}
    contradicted = {p for r, e, _, pair in rows if e and r not in ("same", "not_testable") for p in pair}
    findings = []
    for name, expected, keys, pair in rows:
        if expected:
            differs = "swap" if strangers & set(keys) else "missing_match"
            findings.append({"same": "expected_match", "not_testable": "none"}.get(name, differs))
        elif name == "same":
            findings.append("swap" if contradicted & set(pair) - {None} else "unexpected_same")
        else:
            findings.append("relative" if name in RELATIVES and not doubtful & set(keys) else "none")
    return findings
