"""Liftover against htsjdk, and hand-made chains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.formats.chain import AMBIGUOUS, CHROMOSOMES, UNMAPPED, read_chain

FROZEN = Path(__file__).parents[2] / "reference/ingest/lift.tsv.gz"


@pytest.mark.real_data
@pytest.mark.parametrize("build", ["NCBI36", "GRCh37"])
def test_lifts_as_htsjdk(alsreg_data: Path, build: str) -> None:
    frozen = pd.read_csv(FROZEN, sep="\t", dtype=str, keep_default_na=False)
    frozen = frozen[frozen["build"] == build]
    chain = read_chain(alsreg_data / f"reference/{build}_to_GRCh38.chain.gz")
    got = []
    for chromosome, rows in frozen.groupby("chromosome", sort=False):
        lifted = chain.lift(str(chromosome), rows["position"].astype(int).to_numpy())
        for rank, position, is_reversed in zip(lifted.chromosome, lifted.position, lifted.is_reversed, strict=True):
            assert rank != AMBIGUOUS
            got.append(("", "", "") if rank < 0 else (CHROMOSOMES[rank], str(position), "-" if is_reversed else "+"))
    expected = list(frozen[["to_chromosome", "to_position", "strand"]].itertuples(index=False, name=None))
    assert len(got) > 5900 and sum(place[0] != "" for place in got) > 4700
    assert got == expected


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_strand_gaps_and_intervals(tmp_path: Path) -> None:
    chain = read_chain(write(tmp_path / "x", "chain 9 chr1 100 + 10 60 chrX 200 - 20 80 1\n20 10 20\n20\n\n"))
    # Offset 20 on the reverse strand of 200 bases is base 180; the second block starts at offset 60.
    lifted = chain.lift("1", np.array([10, 11, 30, 31, 41, 60, 61]))
    assert lifted.chromosome.tolist() == [UNMAPPED, 22, 22, UNMAPPED, 22, 22, UNMAPPED]
    assert lifted.position.tolist() == [0, 180, 161, 0, 140, 121, 0]
    assert lifted.is_reversed.tolist() == [False, True, True, False, True, True, False]
    # An interval maps to where its last base goes, and only within one block.
    lifted = chain.lift("1", np.array([11, 29, 29]), np.array([5, 2, 3]))
    assert lifted.position.tolist() == [176, 161, 0]
    assert chain.lift("2", np.array([11])).chromosome.tolist() == [UNMAPPED]


def test_two_chains_that_disagree_are_ambiguous(tmp_path: Path) -> None:
    text = "chain 9 1 100 + 0 50 1 100 + 0 50 1\n50\n\nchain 1 1 100 + 40 60 2 100 + 0 20 2\n20\n\n"
    repeated = text + "chain 9 chr1 100 + 0 50 chr1 100 + 0 50 3\n50\n\n"
    for content in (text, repeated):
        lifted = read_chain(write(tmp_path / "x", content)).lift("1", np.array([40, 41, 50, 51]))
        assert lifted.chromosome.tolist() == [0, AMBIGUOUS, AMBIGUOUS, 1]


def test_inverse__leads_back_where_the_chain_came_from(alsreg_data):
    chain = read_chain(alsreg_data / "reference/GRCh37_to_GRCh38.chain.gz")
    back = chain.inverse()
    position = np.random.default_rng(1).integers(1, 240_000_000, 20_000)
    there = chain.lift("1", position)
    n_back = n_ambiguous = 0
    for rank in np.unique(there.chromosome[there.chromosome >= 0]):
        on = there.chromosome == rank
        home = back.lift(CHROMOSOMES[rank], there.position[on])
        is_known = home.chromosome >= 0
        n_ambiguous += int((~is_known).sum())
        assert np.array_equal(home.position[is_known], position[on][is_known])
        assert np.array_equal(home.is_reversed[is_known], there.is_reversed[on][is_known])
        n_back += int(is_known.sum())
    assert n_back > 15_000 and n_ambiguous < 0.01 * n_back
