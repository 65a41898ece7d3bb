"""Sums over carriers against the same sums written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.stats.dosages import centre_dosages
from alsreg.stats.genotype_sums import GenotypeSums, PersonNumbers, as_dosages, sum_genotypes


def block(seed: int, n: int) -> tuple[np.ndarray, PersonNumbers]:
    """Hard calls of every frequency, with missing ones; nobody typed, all alike, and everybody heterozygous."""
    rng = np.random.default_rng(seed)
    genotypes = rng.binomial(2, [[0.0], [0.02], [0.3], [0.5], [0.8], [0.99], [1.0], [0.4], [0.4]], (9, n))
    genotypes[rng.random(genotypes.shape) < 0.1] = -9
    genotypes[7], genotypes[8] = -9, 1
    people = PersonNumbers.of(
        rng.normal(size=(n, 5)), rng.random((n, 3)), rng.random(n), rng.random(n) < 0.4
    )  # fmt: skip
    return genotypes.astype(np.int8), people


def written_out(dosages: np.ndarray, people: PersonNumbers) -> dict[str, np.ndarray]:
    typed = ~np.isnan(dosages)
    mean = dosages[typed].mean() if typed.any() else np.nan
    copies = 2.0 - dosages if mean > 1 else dosages
    x = np.where(typed, copies, copies[typed].mean() if typed.any() else 0.0)
    is_carrier = typed & (copies >= 0.5)
    return {
        "mean": mean,
        "mac": copies[typed].sum(),
        "n_typed": typed.sum(),
        "n_missing": (~typed).sum(),
        "n_carriers": is_carrier.sum(),
        "n_events": people.is_event[typed].sum(),
        "is_constant": len(np.unique(dosages[typed])) < 2,
        "linear": x @ people.linear[:, : people.n_linear],
        "squared": x**2 @ people.squared,
        "carried": people.carried[is_carrier].sum(axis=0),
    }


def assert_sums(sums: GenotypeSums, dosages: np.ndarray, people: PersonNumbers) -> None:
    for j, row in enumerate(dosages):
        for name, value in written_out(row, people).items():
            found = getattr(sums, name)[j]
            found = found[: people.n_linear] if name == "linear" else found
            np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-11, err_msg=f"{name} of {j}")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 90))
def test_sums_are_those_written_out(seed: int, n: int) -> None:
    genotypes, people = block(seed, n)
    sums, dosages = sum_genotypes(genotypes, people), as_dosages(genotypes)
    assert_sums(sums, dosages, people)
    typed = np.flatnonzero(sums.n_typed)
    filled = sums.copies(genotypes, typed)
    np.testing.assert_allclose(filled @ people.linear[:, : people.n_linear], sums.linear[typed], rtol=1e-12, atol=1e-11)
    fractional = dosages + np.random.default_rng(seed).uniform(0.0, 0.3, dosages.shape)
    assert_sums(sum_genotypes(fractional, people), fractional, people)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_block_makes_no_difference_at_all_and_type_none_but_rounding(seed: int) -> None:
    genotypes, people = block(seed, 70)
    whole = sum_genotypes(genotypes, people)
    for given_as in (as_dosages(genotypes), as_dosages(genotypes).astype(np.float32), genotypes.astype(np.int64)):
        again = sum_genotypes(given_as, people)
        np.testing.assert_allclose(again.linear[:, : people.n_linear], whole.linear, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(again.squared, whole.squared, rtol=1e-12)
    for j in range(len(genotypes)):
        np.testing.assert_array_equal(sum_genotypes(genotypes[j], people).linear[0], whole.linear[j])


def test_sums_of_several_variants_may_exceed_two_and_be_negative() -> None:
    rng = np.random.default_rng(1)
    people = PersonNumbers.of(rng.normal(size=(50, 2)), rng.random(50), rng.random(50), rng.random(50) < 0.5)
    sums = rng.normal(2.0, 3.0, (3, 50))
    found = sum_genotypes(sums, people)
    x = np.where(found.is_flipped[:, None], 2.0 - sums, sums)
    np.testing.assert_allclose(found.linear, x @ people.linear, rtol=1e-12)
    np.testing.assert_allclose(found.squared, x**2 @ people.squared, rtol=1e-12)
    assert (found.n_typed == 50).all() and not found.is_constant.any()


def test_twenty_copies_are_twenty_in_a_sample_of_any_size() -> None:
    """From a frequency they would be 19.999..., below a floor of 20."""
    for n in range(100, 1500, 7):
        genotypes = np.zeros((2, n), dtype=np.int8)
        genotypes[0, :20] = 1
        genotypes[1] = 2 - genotypes[0]
        people = PersonNumbers.of(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool))
        assert sum_genotypes(genotypes, people).mac.tolist() == [20.0, 20.0]
        assert centre_dosages(genotypes.astype(float)).mac.tolist() == [20.0, 20.0]
