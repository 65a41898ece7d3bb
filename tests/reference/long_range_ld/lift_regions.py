"""Make resources/long_range_ld.GRCh38.tsv: `python lift_regions.py GRCh37_to_GRCh38.chain.gz > …`.

The regions are the 24 autosomal ones of Price et al. 2008 (Am J Hum Genet 83:132) as the Genome Analysis Wiki lists
them for GRCh37 (https://genome.sph.umich.edu/wiki/Regions_of_high_linkage_disequilibrium_(LD)). Both ends are lifted;
an end that does not map moves inwards by 1 kb until it does. Lifting whole regions, as widely copied lists did,
shreds those that the new assembly reordered: they lost LCT on chromosome 2 and 46-57 Mb on chromosome 11.
"""

from __future__ import annotations

import sys

import numpy as np

from alsreg.config.freeze import CHROMOSOMES
from alsreg.formats.chain import read_chain

REGIONS_GRCH37 = (
    ("1", 48_000_000, 52_000_000), ("2", 86_000_000, 100_500_000), ("2", 134_500_000, 138_000_000),
    ("2", 183_000_000, 190_000_000), ("3", 47_500_000, 50_000_000), ("3", 83_500_000, 87_000_000),
    ("3", 89_000_000, 97_500_000), ("5", 44_500_000, 50_500_000), ("5", 98_000_000, 100_500_000),
    ("5", 129_000_000, 132_000_000), ("5", 135_500_000, 138_500_000), ("6", 25_000_000, 35_000_000),
    ("6", 57_000_000, 64_000_000), ("6", 140_000_000, 142_500_000), ("7", 55_000_000, 66_000_000),
    ("8", 7_000_000, 13_000_000), ("8", 43_000_000, 50_000_000), ("8", 112_000_000, 115_000_000),
    ("10", 37_000_000, 43_000_000), ("11", 46_000_000, 57_000_000), ("11", 87_500_000, 90_500_000),
    ("12", 33_000_000, 40_000_000), ("12", 109_500_000, 112_000_000), ("20", 32_000_000, 34_500_000),
)  # fmt: skip


def lift_regions(chain_file: str) -> list[tuple[str, int, int]]:
    """Chromosome, start, end on GRCh38."""
    chain = read_chain(chain_file)
    lifted = []
    for chromosome, start, end in REGIONS_GRCH37:
        steps = np.arange(start, end, 1000)
        inwards = (steps, end - (steps - start))
        ends = sorted(_first_mapped(chain.lift(chromosome, points), chromosome) for points in inwards)
        lifted.append((chromosome, ends[0], ends[1]))
    return lifted


def _first_mapped(lifted, chromosome: str) -> int:
    good = np.flatnonzero(lifted.chromosome == CHROMOSOMES.index(chromosome))
    return int(lifted.position[good[0]])


if __name__ == "__main__":
    print("chromosome\tstart\tend")
    for region in lift_regions(sys.argv[1]):
        print(*region, sep="\t")
