"""Add up how often a cohort's assays differ, by person and by pair of assays."""

import logging
from collections.abc import Sequence

import pandas as pd

from alsreg.config.merge import MergeConfig
from alsreg.genotypes.concordance import CELLS, discordance_rates
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import CONCORDANCE, DISCORDANCE, GENOTYPE_PAIRS

log = logging.getLogger("alsreg.merge")
ASSAYS = ["assay_1", "assay_2"]


def collect_discordance(pairs: Sequence[str], settings: MergeConfig, discordance: str, concordance: str) -> None:
    """Write both tables; `pairs` run over shards."""
    table = pd.concat([GENOTYPE_PAIRS.read(path) for path in pairs], ignore_index=True)
    by_person = table.groupby([*ASSAYS, "person"], as_index=False)[list(CELLS)].sum()
    people = pd.concat([by_person[["person", *ASSAYS]], discordance_rates(by_person)], axis=1)
    people["is_discordant"] = people["discordance"] > settings.max_person_discordance
    groups = by_person.groupby(ASSAYS, as_index=False)
    by_pair = groups[list(CELLS)].sum().assign(n_people=groups.size()["size"])
    for row in people[people["is_discordant"]].itertuples():
        log.warning("%s: %s and %s differ in %.1f %% of %d genotypes",
                    row.person, row.assay_1, row.assay_2, 100 * row.discordance, row.n_compared)  # fmt: skip
    DISCORDANCE.write(people, discordance)
    CONCORDANCE.write(pd.concat([by_pair, discordance_rates(by_pair)], axis=1), concordance)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        collect_discordance(
            pairs=snakemake.input.pairs,
            settings=MergeConfig(**snakemake.params.settings),
            discordance=snakemake.output.discordance,
            concordance=snakemake.output.concordance,
        )
