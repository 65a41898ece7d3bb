"""Sum up how the people of a cohort are related, chromosome by chromosome, for models that leave one out."""

from collections.abc import Sequence

from alsreg.config.structure import StructureConfig
from alsreg.engines.pruning import rows_by_chromosome
from alsreg.engines.relationships import write_relationships
from alsreg.formats.shards import ShardedReader
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import PRUNED


def estimate_relationships(pgens: Sequence[str], pruned: str, settings: StructureConfig, output: str) -> None:
    """Write the sums over the pruned variants of each chromosome; `pgens` run over shards."""
    with ShardedReader([path.removesuffix(".pgen") for path in pgens]) as reader:
        variants = reader.variants
        chosen = variants["ID"].isin(PRUNED.read(pruned)["variant_id"]).to_numpy()
        rows = {name: places[chosen[places]] for name, places in rows_by_chromosome(variants).items()}
        write_relationships(reader, rows, output, settings.min_snps)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        estimate_relationships(
            pgens=snakemake.input.pgen,
            pruned=snakemake.input.pruned,
            settings=StructureConfig(**snakemake.params.settings),
            output=snakemake.output.relationships,
        )
