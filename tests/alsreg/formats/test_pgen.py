"""PLINK 2 filesets read back as written, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alsreg.errors import InputError
from alsreg.formats.pgen import MISSING, PVAR_COLUMNS, PgenReader, PgenWriter, read_psam, read_pvar

KNOWN = pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
genotype_arrays = hnp.arrays(
    np.int8, st.tuples(st.integers(0, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2, MISSING])
)


def samples(n: int) -> pd.DataFrame:
    return pd.DataFrame({"IID": [f"S{k}" for k in range(n)], "SEX": [("M", "F", "unknown")[k % 3] for k in range(n)]})


def variants(m: int, start: int = 0) -> pd.DataFrame:
    position = np.arange(start, start + m) * 10 + 5
    return pd.DataFrame({"CHROM": "X", "POS": position, "ID": [f"X_{p}_A_G" for p in position], "REF": "A", "ALT": "G"})


def write(
    prefix: Path, genotypes: np.ndarray, *, n_variants: int | None = None, blocks: int = 1, **options: bool
) -> None:
    """Write all `genotypes` in so many blocks."""
    with PgenWriter(prefix, samples(genotypes.shape[1]), n_variants, **options) as writer:
        for rows in np.array_split(np.arange(len(genotypes)), blocks):
            writer.append(variants(len(rows), int(rows[0]) if len(rows) else 0), genotypes[rows])
        assert writer.n_variants == len(genotypes)


@KNOWN
@given(genotypes=genotype_arrays, blocks=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_counts__round_trip(
    tmp_path_factory: pytest.TempPathFactory, is_known: bool, genotypes: np.ndarray, blocks: int
) -> None:
    prefix = tmp_path_factory.mktemp("fileset") / "chr1-7"
    m, n = genotypes.shape
    write(prefix, genotypes, n_variants=m if is_known else None, blocks=blocks)
    with PgenReader(prefix) as reader:
        assert (reader.n_variants, reader.n_samples) == (m, n)
        np.testing.assert_array_equal(reader.hardcalls(0, m), genotypes)
        np.testing.assert_array_equal(reader.hardcalls_at(np.arange(m)[::2]), genotypes[::2])
        np.testing.assert_array_equal(reader.dosages(0, m), np.where(genotypes < 0, np.nan, genotypes))
        assert [list(range(*block)) for block in reader.blocks(4)] == [
            list(range(start, min(start + 4, m))) for start in range(0, m, 4)
        ]
        pd.testing.assert_frame_equal(reader.variants.reset_index(drop=True), variants(m), check_dtype=m > 0)
        pd.testing.assert_frame_equal(reader.samples[["IID", "SEX"]], samples(n))


@KNOWN
def test_dosages__round_trip(tmp_path: Path, is_known: bool) -> None:
    dosages = np.array([[0, 0.25, 1.5, np.nan], [2, 1.0, -9, 0.125]], dtype=np.float32)
    write(tmp_path / "a", dosages, n_variants=2 if is_known else None, has_dosages=True)
    with PgenReader(tmp_path / "a") as reader:
        # A PGEN keeps dosages in steps of 2^-14.
        np.testing.assert_allclose(reader.dosages(0, 2), [[0, 0.25, 1.5, np.nan], [2, 1, np.nan, 0.125]], atol=2**-14)


@KNOWN
def test_zero_variants(tmp_path: Path, is_known: bool) -> None:
    write(tmp_path / "a", np.empty((0, 3), dtype=np.int8), n_variants=0 if is_known else None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pgen", "a.psam", "a.pvar.zst"]
    with PgenReader(tmp_path / "a") as reader:
        assert reader.hardcalls(0, 0).shape == (0, 3)
        assert list(reader.variants.columns) == PVAR_COLUMNS
        assert list(reader.blocks(10)) == []


def test_prefix__may_hold_dots(tmp_path: Path) -> None:
    write(tmp_path / "chr1.v2", np.zeros((1, 2), dtype=np.int8))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chr1.v2.pgen", "chr1.v2.psam", "chr1.v2.pvar.zst"]


def test_same_bytes__known_or_unknown_number(tmp_path: Path) -> None:
    genotypes = np.random.default_rng(1).integers(-1, 3, (50, 20)).astype(np.int8)
    genotypes[genotypes < 0] = MISSING
    write(tmp_path / "one", genotypes, n_variants=50)
    write(tmp_path / "two", genotypes, blocks=7)
    for suffix in (".pgen", ".psam"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@KNOWN
@pytest.mark.parametrize("shape", [(2, 4), (1, 3), (3, 2)])
def test_wrong_shape__nothing_is_left(tmp_path: Path, is_known: bool, shape: tuple[int, int]) -> None:
    with (
        pytest.raises(ValueError, match=r"do not fit 2 variants, 3 samples"),
        PgenWriter(tmp_path / "a", samples(3), 2 if is_known else None) as writer,
    ):
        writer.append(variants(2), np.zeros(shape, dtype=np.int8))
    assert list(tmp_path.iterdir()) == []


@KNOWN
def test_exception_inside__leaves_what_was_there(tmp_path: Path, is_known: bool) -> None:
    write(tmp_path / "a", np.ones((2, 3), dtype=np.int8))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail() -> None:
        with PgenWriter(tmp_path / "a", samples(3), 4 if is_known else None) as writer:
            writer.append(variants(2), np.zeros((2, 3), dtype=np.int8))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("n_announced", "n_given"), [(2, 1), (2, 3), (2, 0), (0, 1)])
def test_other_number_of_variants__is_refused(tmp_path: Path, n_announced: int, n_given: int) -> None:
    message = f"{n_given} variants came, {n_announced} were announced"
    with pytest.raises(ValueError, match=message), PgenWriter(tmp_path / "a", samples(3), n_announced) as writer:
        writer.append(variants(n_given), np.zeros((n_given, 3), dtype=np.int8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".pgen", ".pvar.zst", ".psam"])
def test_missing_file__is_named(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "a", np.zeros((2, 3), dtype=np.int8))
    (tmp_path / f"a{suffix}").unlink()
    with pytest.raises(InputError, match=rf"a\.{suffix[1:5]}.*Remedy: check the --pfile prefix"):
        PgenReader(tmp_path / "a")


def test_read_pvar__plain_text_with_more_columns(tmp_path: Path) -> None:
    text = '##fileformat=PVARv1.0\n#CHROM\tPOS\tID\tREF\tALT\tINFO\nchr1\t7\t1_7_A_"\tA\tT\tNA\n'
    (tmp_path / "a.pvar").write_text(text)
    assert read_pvar(tmp_path / "a").to_dict("records") == [
        {"CHROM": "1", "POS": 7, "ID": '1_7_A_"', "REF": "A", "ALT": "T", "INFO": "NA"}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [("1\t7\tx\tA\tT\n", "no #CHROM header line"), ("", "no #CHROM"), ("#CHROM\tPOS\tID\tREF\n", r"columns \['ALT'\]")],
)
def test_read_pvar__unusable(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.pvar").write_text(text)
    with pytest.raises(InputError, match=message):
        read_pvar(tmp_path / "a")


def test_read_psam__codes_of_sex(tmp_path: Path) -> None:
    (tmp_path / "a.psam").write_text("#FID\tIID\tSEX\nf\tp\t1\nf\tq\t2\nf\tr\tNA\nf\ts\tM\nf\tNA\t0\n")
    found = read_psam(tmp_path / "a")
    assert found["SEX"].tolist() == ["M", "F", "unknown", "M", "unknown"]
    assert found["IID"].tolist() == ["p", "q", "r", "s", "NA"]
    (tmp_path / "b.psam").write_text("#IID\np\n")
    assert read_psam(tmp_path / "b")["SEX"].tolist() == ["unknown"]
    (tmp_path / "c.psam").write_text("name\np\n")
    with pytest.raises(InputError, match="no #IID column"):
        read_psam(tmp_path / "c")


@pytest.mark.parametrize("has_dosages", [True, False])
def test_genotypes_at__are_those_of_the_rows_in_any_order(tmp_path: Path, has_dosages: bool) -> None:
    counts = np.random.default_rng(1).integers(0, 3, (7, 9)).astype(np.float32)
    counts[2, 3] = -9
    write(tmp_path / "a", counts + 0.25 * has_dosages * (counts == 1), n_variants=7, has_dosages=has_dosages)
    with PgenReader(tmp_path / "a") as reader:
        order = np.array([5, 0, 6, 2])
        np.testing.assert_array_equal(reader.genotypes_at(order), reader.genotypes(0, 7)[order])
        assert reader.genotypes_at(order).dtype == (np.float32 if has_dosages else np.int8)


def test_tables_of_another_length__are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", np.zeros((3, 2), dtype=np.int8))
    write(tmp_path / "b", np.zeros((2, 2), dtype=np.int8))
    (tmp_path / "b.pvar.zst").replace(tmp_path / "a.pvar.zst")
    with (
        PgenReader(tmp_path / "a") as reader,
        pytest.raises(InputError, match="3 variants where the variant table has 2"),
    ):
        reader.variants  # noqa: B018
