"""Reads, calls and text against scipy and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from alsreg.simulate import kernels

TABLES = kernels.read_tables()


def _write(
    alleles: np.ndarray, depth: float, n_alleles: int = 2, haploid: int = 0, mixed: float = 0.0
) -> list[list[str]]:
    """Genotype columns of records whose samples have the same mean depth."""
    n_variants, n_samples = alleles.shape[:2]
    prefix = np.frombuffer(b"X" * n_variants, dtype=np.uint8)
    out = np.empty(n_variants * (n_samples * kernels.BYTES_PER_GENOTYPE + 2), dtype=np.uint8)
    contaminant = np.full(n_samples, -1)
    if mixed:
        contaminant[0] = 1
    size = kernels.write_sequenced(
        out, prefix, np.arange(n_variants + 1), alleles, np.full(n_variants, n_alleles), np.ones((n_variants, 1)),
        np.full(n_samples, depth), np.full(n_samples, haploid), contaminant, np.full(n_samples, mixed), *TABLES, 11,
    )  # fmt: skip
    return [line.split("\t")[1:] for line in out[:size].tobytes().decode().splitlines()]


def _constant(first: int, second: int, shape: tuple[int, int] = (200, 50)) -> np.ndarray:
    return np.broadcast_to(np.array([first, second], dtype=np.int8), (*shape, 2)).copy()


def test_depth_is_negative_binomial() -> None:
    for mean in (0.5, 8.0, 30.0):
        row = TABLES[0][int(mean * kernels.MEAN_STEPS)].astype(float)
        assert row.mean() == pytest.approx(mean, rel=0.01)
        assert row.var() == pytest.approx(mean + mean**2 / 20, rel=0.03)
    assert (TABLES[0][0] == 0).all()


def test_text_is_consistent_and_reads_have_the_right_distribution() -> None:
    cells = [cell.split(":") for line in _write(_constant(0, 1), 30.0) for cell in line]
    depth = np.array([int(cell[2]) for cell in cells])
    reads = np.array([[int(part) for part in cell[1].split(",")] for cell in cells])
    assert (reads.sum(axis=1) == depth).all()
    assert depth.mean() == pytest.approx(30, rel=0.02)
    assert reads[:, 1].sum() / depth.sum() == pytest.approx(0.49, abs=0.005)
    spread = reads[:, 1] - 0.49 * depth
    assert spread.var() / (depth * 0.49 * 0.51).mean() == pytest.approx(1, rel=0.05)
    assert np.mean([cell[0] == "0/1" for cell in cells]) > 0.999


def test_homozygotes_have_few_wrong_reads() -> None:
    cells = [cell.split(":") for line in _write(_constant(1, 1), 40.0) for cell in line]
    wrong = sum(int(cell[1].split(",")[0]) for cell in cells)
    assert wrong / sum(int(cell[2]) for cell in cells) == pytest.approx(kernels.ERROR_RATE, rel=0.3)


def test_calls_are_the_most_likely_genotypes() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, (300, 20, 2)).astype(np.int8)
    for line in _write(truth, 6.0, n_alleles=3):
        for cell in line:
            call, reads, depth, quality = cell.split(":")
            if depth == "0":
                assert (call, quality) == ("./.", ".")
                continue
            likelihood = {
                pair: sum(
                    int(count) * np.log10(0.99 if pair == (k, k) else 0.5 if k in pair else 0.01)
                    for k, count in enumerate(reads.split(","))
                )
                for pair in itertools.combinations_with_replacement(range(3), 2)
            }
            ranked = sorted(likelihood.values(), reverse=True)
            called = tuple(sorted(int(part) for part in call.split("/")))
            assert likelihood[called] == pytest.approx(ranked[0])
            assert int(quality) == min(99, int(10 * (ranked[0] - ranked[1]) + 0.5))


def test_errors_come_with_low_depth() -> None:
    wrong = {}
    for depth in (2.0, 30.0):
        calls = [cell.split(":")[0] for line in _write(_constant(0, 1), depth) for cell in line]
        called = [call for call in calls if "." not in call]
        wrong[depth] = np.mean([call != "0/1" for call in called])
        # P(depth 0) of the negative binomial
        expected = stats.nbinom.pmf(0, 20, 20 / (20 + depth))
        assert 1 - len(called) / len(calls) == pytest.approx(expected, abs=0.01)
    assert wrong[2.0] > 0.2 and wrong[30.0] < 0.001


def test_men_have_half_the_depth_and_one_or_two_alleles_in_the_text() -> None:
    for code, texts in ((1, {"1"}), (2, {"1/1"})):
        cells = [cell.split(":") for line in _write(_constant(1, 1), 40.0, haploid=code) for cell in line]
        assert np.mean([int(cell[2]) for cell in cells]) == pytest.approx(20, rel=0.03)
        assert {cell[0] for cell in cells} == texts


def test_contamination_shows_in_the_reads() -> None:
    alleles = _constant(0, 0, (4_000, 2))
    alleles[:, 1] = 1
    rows = [line[0].split(":") for line in _write(alleles, 50.0, mixed=0.2)]
    share = sum(int(cell[1].split(",")[1]) for cell in rows) / sum(int(cell[2]) for cell in rows)
    assert share == pytest.approx(0.2 * (1 - 0.002) + 0.8 * 0.002, abs=0.01)


def test_array_text() -> None:
    dosages = np.array([[0, 1, 2, -1], [2, 2, 0, 1]], dtype=np.int8)
    out = np.empty(100, dtype=np.uint8)
    size = kernels.write_array(out, np.frombuffer(b"abc", dtype=np.uint8), np.array([0, 2, 3]), dosages)
    assert out[:size].tobytes() == b"ab\t0/0\t0/1\t1/1\t./.\nc\t1/1\t1/1\t0/0\t0/1\n"
