"""Which variants describe ancestry."""

import pandas as pd
import pytest

from alsreg.config.structure import StructureConfig
from alsreg.errors import AnalysisError
from alsreg.tables.genotypes import MERGED_VARIANTS, PERSONS, PRUNED
from structure.prune_variants import count_eligible, prune_variants


def test_kept_variants_are_common_well_called_and_outside_regions(merged, pruned) -> None:
    kept = set(PRUNED.read(pruned)["variant_id"])
    table = pd.concat([MERGED_VARIANTS.read(path) for path in merged.variants]).set_index("variant_id")
    assert 1000 < len(kept) < len(table)
    chosen = table.loc[sorted(kept)]
    assert chosen["alt_frequency"].between(0.05, 0.95).all()
    assert not ((chosen["chromosome"] == "2") & (chosen["position"] <= 10_000_000)).any()
    assert ((table["chromosome"] == "2") & (table["position"] <= 10_000_000)).sum() == 400
    # 20 people lack WES and array variants alike: the call rate is judged among those typed.
    n_typed = chosen["carrier_set"].map({"wgs+wes": 60, "wgs+array": 50, "wgs+wes+array": 60})
    assert (chosen["n_called"] >= 0.98 * n_typed).all()
    assert (chosen["n_called"] < 0.98 * 60).any()


def test_order_and_thinning(merged, tmp_path) -> None:
    output = str(tmp_path / "few.tsv")
    settings = StructureConfig(n_components=2, min_overlap=10, max_r2=0.6, max_variants=500)
    prune_variants(merged.pgens, merged.variants, merged.persons, merged.regions, settings, output)
    names = PRUNED.read(output)["variant_id"].str.split("_", expand=True).iloc[:, :2].astype(int)
    assert len(names) == 500
    assert names.equals(names.sort_values([0, 1]))


def test_too_few_variants_say_so(merged, tmp_path) -> None:
    settings = StructureConfig(n_components=50, min_maf=0.499, min_call_rate=1.0)
    with pytest.raises(AnalysisError, match="too few"):
        prune_variants(merged.pgens, merged.variants, merged.persons, merged.regions, settings, str(tmp_path / "x.tsv"))


def test_eligible_people_have_a_usable_sample() -> None:
    rows = [("P", "wgs", True), ("P", "wes", True), ("Q", "wes", True), ("R", "wes", False), ("S", "array", True)]
    ledger = PERSONS.conform(pd.DataFrame(rows, columns=["person", "assay", "is_usable"]).assign(
        sample="s", claimed_person=None, reason=""))  # fmt: skip
    found = count_eligible(["wgs", "wgs+wes", "array"], ledger, ["P", "Q", "R"])
    assert found == {"wgs": 1, "wgs+wes": 2, "array": 0}
