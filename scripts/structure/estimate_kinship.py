"""Find the relatives among the people of a cohort."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.structure import StructureConfig
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.kinship import RelationRule, call_relations, count_tiles
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import KINSHIP, PRUNED

log = logging.getLogger("alsreg.structure")


def estimate_kinship(pgens: Sequence[str], pruned: str, settings: StructureConfig, output: str) -> None:
    """Write the pairs of people who are closer than chance; `pgens` run over shards."""
    with ShardedReader([path.removesuffix(".pgen") for path in pgens]) as reader:
        counts = reader.read_variants(PRUNED.read(pruned)["variant_id"])
        people = reader.samples["IID"].to_numpy(dtype=str)
    n_pairs = len(people) * (len(people) - 1) // 2
    rule = RelationRule(settings.min_snps, n_pairs, settings.max_false_relatives, settings.degree_confidence)
    parts, n_untestable = [KINSHIP.empty()], 0
    for tile in count_tiles(counts, counts):
        relation = call_relations(tile.counts, rule)
        n_untestable += int((tile.is_above_diagonal & (relation == "not_testable")).sum())
        rows, columns = np.nonzero(tile.is_above_diagonal & ~np.isin(relation, ("unrelated", "not_testable")))
        parts.append(
            pd.DataFrame(
                {
                    "person_1": people[tile.first + rows],
                    "person_2": people[tile.second + columns],
                    "n_snps": tile.counts.n_snps[rows, columns].astype(np.int64),
                    "kinship": tile.counts.kinship[rows, columns],
                    "relation": relation[rows, columns],
                }
            )
        )
    table = pd.concat([KINSHIP.conform(part) for part in parts], ignore_index=True)
    log.info("%d variants, %d pairs, %d not testable", len(counts), n_pairs, n_untestable)
    log.info("relations: %s", table["relation"].value_counts().to_dict())
    KINSHIP.write(table.sort_values(["person_1", "person_2"]), output)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        estimate_kinship(
            pgens=snakemake.input.pgen,
            pruned=snakemake.input.pruned,
            settings=StructureConfig(**snakemake.params.settings),
            output=snakemake.output.kinship,
        )
