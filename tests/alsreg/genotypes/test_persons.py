"""The ledger on cases worked by hand."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.genotypes.persons import (
    Decision,
    PersonRecord,
    Policy,
    Sample,
    SamplePairs,
    assign_clusters,
    find_duplicate_registrations,
    resolve,
)


def case(
    labels: str, policy: Policy | None = None, records: dict[str, PersonRecord] | None = None, **traits
) -> dict[str, Decision]:
    """Resolve samples written as ``assay-label@dna``; samples of one dna match. Returns decisions by that name."""
    names = labels.split()
    samples, by_dna = [], {}
    for name in names:
        claim, dna = name.split("@")
        assay, person = claim.split("-")
        sample = Sample(
            assay, name, None if person == "?" else person, **traits.get(name.replace("-", "_").replace("@", "_"), {})
        )
        samples.append(sample)
        by_dna.setdefault(dna, []).append(sample.key)
    same = [(keys[i], keys[j]) for keys in by_dna.values() for j in range(len(keys)) for i in range(j)]
    # An assay written with a trailing 0 shares no variants with any other.
    untested = [(a.key, b.key) for a in samples for b in samples
                if a.assay.endswith("0") and b.assay != a.assay and a.claimed_person == b.claimed_person]  # fmt: skip
    same = [pair for pair in same if not any(assay.endswith("0") for assay, _ in pair)]
    people = {s.claimed_person: PersonRecord() for s in samples if s.claimed_person} | (records or {})
    return {d.sample.name: d for d in resolve(samples, SamplePairs(same, untested), people, policy or Policy())}


def usable(decisions: dict[str, Decision]) -> dict[str, str | None]:
    return {name: d.person for name, d in decisions.items() if d.is_usable}


def test_agreeing_assays_confirm_each_other() -> None:
    found = case("array-P@p wes-P@p wgs-Q@q")
    assert usable(found) == {"array-P@p": "P", "wes-P@p": "P", "wgs-Q@q": "Q"}
    assert found["array-P@p"].reason == "confirmed (same genotypes: wes wes-P@p)"
    assert found["wgs-Q@q"].reason.startswith("unconfirmed")


def test_exchange_proven_by_two_other_assays_each() -> None:
    found = case("array-P@q array-Q@p wes-P@p wes-Q@q wgs-P@p wgs-Q@q")
    assert usable(found) == {"array-P@q": "Q", "array-Q@p": "P", "wes-P@p": "P", "wes-Q@q": "Q",
                             "wgs-P@p": "P", "wgs-Q@q": "Q"}  # fmt: skip
    assert "swap" in found["array-P@q"].reason
    assert "exchanged with array array-Q@p" in found["array-P@q"].reason
    excluded = case("array-P@q array-Q@p wes-P@p wes-Q@q wgs-P@p wgs-Q@q", Policy(swapped_samples="exclude"))
    assert set(usable(excluded)) == {"wes-P@p", "wes-Q@q", "wgs-P@p", "wgs-Q@q"}


def test_exchange_is_settled_when_one_of_the_two_has_a_third_assay() -> None:
    found = case("array-P@q array-Q@p wes-P@p wgs-P@p wgs-Q@q")
    assert usable(found) == {"array-P@q": "Q", "array-Q@p": "P", "wes-P@p": "P", "wgs-P@p": "P", "wgs-Q@q": "Q"}


def test_cycle_of_three() -> None:
    others = "wes-P@p wes-Q@q wes-R@r wgs-P@p wgs-Q@q wgs-R@r"
    found = case(f"array-P@q array-Q@r array-R@p {others}")
    assert usable(found)["array-P@q"] == "Q"
    assert usable(found)["array-Q@r"] == "R"
    assert usable(found)["array-R@p"] == "P"


def test_exchange_on_two_assays_is_nobodys() -> None:
    # Array P and Q, or WES P and Q: nothing tells which pair was exchanged.
    found = case("array-P@q array-Q@p wes-P@p wes-Q@q")
    assert usable(found) == {}
    assert all(d.reason.startswith("unresolved_conflict") for d in found.values())


def test_sex_settles_what_two_assays_cannot() -> None:
    records = {"P": PersonRecord(sex="M"), "Q": PersonRecord(sex="F")}
    found = case("array-P@q array-Q@p wes-P@p wes-Q@q", records=records,
                 wes_P_p={"genetic_sex": "M"}, wes_Q_q={"genetic_sex": "F"})  # fmt: skip
    assert usable(found) == {"array-P@q": "Q", "array-Q@p": "P", "wes-P@p": "P", "wes-Q@q": "Q"}


def test_what_cannot_be_compared_contradicts_nothing() -> None:
    found = case("array0-P@p wes-P@p wgs-P@p array0-Q@q")
    assert set(usable(found)) == set(found)
    assert found["array0-P@p"].reason.startswith("unconfirmed")
    # Where the comparable samples contradict each other, the one that cannot be compared keeps its label.
    found = case("array0-P@p wes-P@q wes-Q@p wgs-P@p wgs-Q@q")
    assert usable(found) == {"array0-P@p": "P"}


def test_copy_of_another_persons_dna_is_not_reassigned() -> None:
    # Q's DNA was plated twice: nothing of P is where Q's label should be.
    found = case("array-P@q array-Q@q wes-Q@q wes-P@p wgs-P@p")
    assert usable(found) == {"array-Q@q": "Q", "wes-Q@q": "Q", "wes-P@p": "P", "wgs-P@p": "P"}
    assert found["array-P@q"].reason.startswith("label_contradicted (genotypes of Q")


def test_mismatch_without_partner() -> None:
    found = case("array-P@x wes-P@p wgs-P@p")
    assert set(usable(found)) == {"wes-P@p", "wgs-P@p"}
    assert found["array-P@x"].reason == "label_contradicted (genotypes differ from wes wes-P@p, wgs wgs-P@p)"
    assert usable(case("array-P@x wes-P@p")) == {}


def test_wrong_sex_is_nobodys() -> None:
    records = {"P": PersonRecord(sex="M")}
    found = case("array-P@p wgs-P@p", records=records,
                 wgs_P_p={"genetic_sex": "F", "exclusions": frozenset({"sex_mismatch"})})  # fmt: skip
    assert usable(found) == {}
    assert found["array-P@p"].reason.startswith("sex_mismatch (genotypes F, registered M)")


def test_sex_mismatch_of_a_swapped_sample_is_forgiven() -> None:
    records = {"P": PersonRecord(sex="M"), "Q": PersonRecord(sex="F")}
    traits = {"genetic_sex": "F", "exclusions": frozenset({"sex_mismatch"})}
    found = case("wgs-P@q wgs-Q@p wes-P@p wes-Q@q array-P@p array-Q@q", records=records, wgs_P_q=traits,
                 wgs_Q_p={"genetic_sex": "M", "exclusions": frozenset({"sex_mismatch", "low_call_rate"})})  # fmt: skip
    assert found["wgs-P@q"].person == "Q"
    assert not found["wgs-Q@p"].is_usable
    assert found["wgs-Q@p"].reason.endswith("sample_qc (low_call_rate)")


def test_contaminated_sample_is_no_evidence() -> None:
    found = case(
        "array-P@p wes-Q@p wes-P@p wgs-Q@q", wes_Q_p={"is_doubtful": True, "exclusions": frozenset({"contaminated"})}
    )
    assert usable(found) == {"array-P@p": "P", "wes-P@p": "P", "wgs-Q@q": "Q"}
    assert found["wes-Q@p"].reason == "sample_qc (contaminated)"


def test_double_registration() -> None:
    record = PersonRecord("F", date(1939, 8, 10), date(2015, 1, 7), date(2016, 3, 21))
    records = {"P": record, "Q": record}
    found = case("array-Q@p wes-P@p wgs-P@p", records=records)
    assert usable(found) == {"array-Q@p": "P", "wes-P@p": "P", "wgs-P@p": "P"}
    assert all("duplicate_registration (P = Q" in d.reason for d in found.values())
    excluded = case("array-Q@p wes-P@p wgs-P@p", Policy(duplicate_registrations="exclude"), records)
    assert usable(excluded) == {}


def test_twins_are_not_taken_for_a_double_registration() -> None:
    records = {"P": PersonRecord("F", date(1939, 8, 10), date(2015, 1, 7)),
               "Q": PersonRecord("F", date(1939, 8, 10), date(2009, 5, 2))}  # fmt: skip
    assert usable(case("array-P@p array-Q@p", records=records)) == {}
    # Two assays agree that P's genotypes are P's; whether Q is a twin or a mislabelled sample stays open.
    found = case("array-P@p wes-P@p array-Q@p", records=records)
    assert usable(found) == {"array-P@p": "P", "wes-P@p": "P"}
    unknown = [[Sample("array", "a", "P"), Sample("wes", "b", "Q")]]
    assert find_duplicate_registrations(unknown, {"P": PersonRecord(), "Q": PersonRecord()}) == {}


def test_replicates_in_one_assay() -> None:
    found = case("wgs-P@p array-P@p", array_P_p={"call_rate": 0.9})
    assert len(usable(found)) == 2
    samples = [Sample("wgs", "a", "P", call_rate=0.97), Sample("wgs", "b", "P", call_rate=0.99)]
    decisions = resolve(samples, SamplePairs([(samples[0].key, samples[1].key)]), {"P": PersonRecord()}, Policy())
    assert [d.is_usable for d in decisions] == [False, True]
    assert decisions[0].reason.startswith("replicate (wgs b is used)")


def test_unknown_sample_names_its_match() -> None:
    found = case("array-?@p wes-P@p")
    assert found["array-?@p"].reason == "unknown_sample; same genotypes: wes wes-P@p of P"
    assert usable(found) == {"wes-P@p": "P"}


def test_assignment_never_settles_a_tie() -> None:
    assert assign_clusters([{"P": 1, "Q": 1}, {"P": 1, "Q": 1}]) == {}
    assert assign_clusters([{"P": 2, "Q": 1}, {"P": 1, "Q": 1}]) == {0: "P", 1: "Q"}
    assert assign_clusters([{"P": 1}, {"P": 1}]) == {}


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)), st.data())
def test_any_reshuffle_of_one_assay_is_undone_by_two_others(order: list[int], data: st.DataObject) -> None:
    labels = [f"array-P{i}@d{j}" for i, j in enumerate(order)]
    others = [f"{assay}-P{i}@d{i}" for assay in ("wes", "wgs") for i in range(6)]
    found = case(" ".join(data.draw(st.permutations(labels + others))))
    assert usable(found) == {name: "P" + name.split("@d")[1] for name in [*labels, *others]}


@pytest.mark.parametrize("unknown", [PersonRecord(), PersonRecord("F", date(1950, 1, 1))])
def test_incomplete_records_never_agree(unknown: PersonRecord) -> None:
    assert not unknown.agrees_with(unknown)
