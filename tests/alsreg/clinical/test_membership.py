"""Where people stand on the way into a cohort, worked by hand."""

from __future__ import annotations

import pandas as pd

from alsreg.clinical.membership import IN, LEFT_OUT, NO_SAMPLE, NOT_REGISTERED, changes_of_people, statuses

LEDGER = pd.DataFrame(
    [
        ("P1", "wgs", "G1", "P1", True, "confirmed (same genotypes: array A1)"),
        ("P2", "wgs", "G2", "P2", True, "unconfirmed (no other sample to compare)"),
        (None, "wgs", "G3", "P3", False, "unresolved_conflict (genotypes differ from array A3)"),
        (None, "wgs", "G4", "P4", False, "sample_qc (contaminated, low_call_rate)"),
        ("P5", "array", "A5", "P5", True, "confirmed"),
        ("P6", "wgs", "G7", "P7", True, "swap; genotypes are those of P6"),
    ],
    columns=["person", "assay", "sample", "claimed_person", "is_usable", "reason"],
).convert_dtypes()


def test_status__names_no_sample_and_no_person() -> None:
    found = statuses([f"P{k}" for k in range(1, 8)], LEDGER, ["P1", "P6"], ["wgs"])
    assert found.to_dict() == {
        "P1": IN, "P2": LEFT_OUT, "P3": "no usable sample: unresolved_conflict",
        "P4": "no usable sample: sample_qc (contaminated, low_call_rate)", "P5": NO_SAMPLE, "P6": IN, "P7": NO_SAMPLE,
    }  # fmt: skip


def test_changes__of_people_in_either_freeze_only() -> None:
    older = pd.Series({"P1": IN, "P2": LEFT_OUT, "P3": IN, "P5": NO_SAMPLE})
    newer = pd.Series({"P1": IN, "P2": IN, "P4": IN, "P5": NO_SAMPLE})
    assert changes_of_people(older, newer).to_numpy().tolist() == [
        ["P1", "stayed", IN, IN],
        ["P2", "entered", LEFT_OUT, IN],
        ["P3", "left", IN, NOT_REGISTERED],
        ["P4", "entered", NOT_REGISTERED, IN],
    ]
