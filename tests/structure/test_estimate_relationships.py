"""Sums of relationships by chromosome, over the shards of a merged cohort, in a file that others can read."""

from pathlib import Path

import numpy as np
import pytest

from alsreg.engines.relationships import Relationships
from alsreg.errors import AnalysisError, InputError
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.relationship import sum_relationships
from alsreg.tables.genotypes import PRUNED
from structure.estimate_relationships import estimate_relationships


@pytest.fixture(scope="module")
def estimated(merged, pruned, tmp_path_factory) -> str:
    output = str(tmp_path_factory.mktemp("relationships") / "relationships.npz")
    settings = merged.settings.model_copy(update={"min_snps": 50})
    estimate_relationships(merged.pgens, pruned, settings, output)
    return output


def test_every_chromosome__can_be_left_out(merged, pruned, estimated) -> None:
    """Matrices without a chromosome, and with all, are those of the variants themselves; parents and children share half."""
    with ShardedReader([path.removesuffix(".pgen") for path in merged.pgens]) as reader:
        ids = PRUNED.read(pruned)["variant_id"]
        counts, people = reader.read_variants(ids), list(reader.samples["IID"])
        variants = reader.variants
    chromosome = variants.loc[variants["ID"].isin(ids), "CHROM"].to_numpy()
    relationships = Relationships(estimated, people)
    assert relationships.chromosomes == set(chromosome)
    for left_out in ["", *sorted(relationships.chromosomes)]:
        expected = sum_relationships(counts[chromosome != left_out]).matrix(50)
        np.testing.assert_allclose(relationships.matrix(left_out), expected, atol=2e-6)
    i, j = people.index("P00"), people.index("P01")
    assert relationships.matrix("")[i, j] == pytest.approx(0.5, abs=0.15)
    found = {people[k] for k in np.flatnonzero(relationships.has_relative(np.flatnonzero(relationships.is_known)))}
    assert {"P00", "P01", "P02"} <= found


def test_file__is_a_zip_of_arrays_in_the_order_of_gcta(estimated) -> None:
    with np.load(estimated) as held:
        n = len(held["people"])
        names = list(held["chromosomes"])
        assert set(held) == {"people", "chromosomes", "n_variants", "min_snps"} | {
            f"{name}.{part}" for name in names for part in ("products", "n_shared")
        }
        products, n_shared = held[f"{names[0]}.products"], held[f"{names[0]}.n_shared"]
        assert products.dtype == np.float32 and n_shared.dtype == np.int32
        assert products.shape == n_shared.shape == (n * (n + 1) // 2,)
        diagonal = np.cumsum(np.arange(1, n + 1)) - 1
        assert n_shared[diagonal].max() <= held["n_variants"][0]


def test_same_input__gives_the_same_bytes(merged, pruned, estimated, tmp_path) -> None:
    again = tmp_path / "again.npz"
    estimate_relationships(merged.pgens, pruned, merged.settings.model_copy(update={"min_snps": 50}), str(again))
    assert Path(estimated).read_bytes() == again.read_bytes()


def test_people_in_another_order_and_strangers(merged, estimated) -> None:
    with ShardedReader([path.removesuffix(".pgen") for path in merged.pgens]) as reader:
        people = list(reader.samples["IID"])
    straight, turned = Relationships(estimated, people), Relationships(estimated, [*people[::-1], "stranger"])
    np.testing.assert_array_equal(turned.matrix("1")[:-1, :-1][::-1, ::-1], straight.matrix("1"))
    assert not turned.is_known[-1] and np.isnan(turned.matrix("1")[-1]).all()
    np.testing.assert_array_equal(turned.is_known[:-1][::-1], straight.is_known)


def test_damaged_files_and_too_few_variants__are_named(merged, pruned, estimated, tmp_path) -> None:
    with pytest.raises(InputError, match="none of the people analysed"):
        Relationships(estimated, ["stranger"])
    (tmp_path / "half.npz").write_bytes(Path(estimated).read_bytes()[:1000])
    with pytest.raises(InputError, match="no file of relationships"):
        Relationships(tmp_path / "half.npz", ["P00"])
    with pytest.raises(InputError, match="run the structure stage"):
        Relationships(tmp_path / "absent.npz", ["P00"])
    settings = merged.settings.model_copy(update={"min_snps": 10_000})
    with pytest.raises(AnalysisError, match="too few for relationships"):
        estimate_relationships(merged.pgens, pruned, settings, str(tmp_path / "few.npz"))
    assert not (tmp_path / "few.npz").exists()
