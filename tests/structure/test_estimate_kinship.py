"""Relatives within a merged cohort."""

from alsreg.tables.genotypes import KINSHIP
from structure.estimate_kinship import estimate_kinship


def test_finds_the_family_and_nobody_else(merged, pruned, tmp_path) -> None:
    output = str(tmp_path / "kinship.tsv")
    estimate_kinship(merged.pgens, pruned, merged.settings, output)
    table = KINSHIP.read(output)
    found = {(row.person_1, row.person_2): row.relation for row in table.itertuples()}
    assert found == {("P00", "P01"): "first", ("P01", "P02"): "first"}
    assert table["kinship"].between(0.2, 0.3).all()
