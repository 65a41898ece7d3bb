"""The shipped regions are those the script makes from the chain file."""

import csv
import hashlib
from pathlib import Path

import pytest

from reference.long_range_ld.lift_regions import REGIONS_GRCH37, lift_regions
from structure.prune_variants import read_regions

RESOURCES = Path(__file__).parents[2] / "resources"


def test_checksum_and_shape() -> None:
    path = RESOURCES / "long_range_ld.GRCh38.tsv"
    with (RESOURCES / "references.tsv").open() as file:
        rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == rows[path.name]["sha256"]
    regions = read_regions(str(path))
    assert len(regions) == len(REGIONS_GRCH37) == 24
    # The new assembly closed gaps beside centromeres; nothing else changes a region's length.
    for (chromosome, start, end), (source, old_start, old_end) in zip(regions, REGIONS_GRCH37, strict=True):
        assert chromosome == source
        assert abs((end - start) - (old_end - old_start)) < 1_200_000
    # Lactase and the major histocompatibility complex (HLA-DRB1), GRCh38.
    assert any(c == "2" and s < 135_787_850 < e for c, s, e in regions)
    assert any(c == "6" and s < 32_578_775 < e for c, s, e in regions)


@pytest.mark.real_data
def test_made_from_the_chain_file(alsreg_data: Path) -> None:
    chain = alsreg_data / "reference/GRCh37_to_GRCh38.chain.gz"
    assert lift_regions(str(chain)) == read_regions(str(RESOURCES / "long_range_ld.GRCh38.tsv"))
