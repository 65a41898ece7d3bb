"""Choose common variants in approximate linkage equilibrium outside regions of long-range disequilibrium."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.structure import StructureConfig
from alsreg.errors import AnalysisError
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.pruning import outside_regions, prune_by_correlation, thin_evenly
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import MERGED_VARIANTS, PERSONS, PRUNED

log = logging.getLogger("alsreg.structure")

AUTOSOMES = [str(number) for number in range(1, 23)]
COLUMNS = ["variant_id", "chromosome", "position", "row", "rank"]


def prune_variants(
    pgens: Sequence[str], variants: Sequence[str], persons: str, regions: str, settings: StructureConfig, output: str
) -> None:
    """Write the variants that kinship and components stand on; `pgens` and `variants` run over shards."""
    excluded = read_regions(regions)
    ledger = PERSONS.read(persons)
    kept = []
    for pgen, path in zip(pgens, variants, strict=True):
        with PgenReader(pgen.removesuffix(".pgen")) as reader:
            candidates = choose_candidates(MERGED_VARIANTS.read(path), ledger, list(reader.samples["IID"]), settings)
            outside = outside_regions(
                candidates["chromosome"].to_numpy(dtype=str), candidates["position"].to_numpy(dtype=np.int64), excluded
            )
            log.info("%s: %d common variants, %d outside long-range LD", path, len(candidates), outside.sum())
            for _, rows in candidates[outside].groupby("chromosome", sort=False):
                kept.append(rows[prune_chromosome(reader, rows, settings)])
    pruned = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS)
    if len(pruned) <= settings.n_components:
        raise AnalysisError(
            f"{len(pruned)} variants are common, well called and in linkage equilibrium: too few for components",
            remedy="lower structure.min_maf or structure.min_call_rate, or raise structure.max_r2",
        )
    thinned = pruned.iloc[thin_evenly(len(pruned), settings.max_variants)]
    log.info("%d variants in linkage equilibrium, %d kept", len(pruned), len(thinned))
    PRUNED.write(thinned[["variant_id"]], output)


def read_regions(path: str) -> list[tuple[str, int, int]]:
    """Chromosome, start, end: 1-based, both included."""
    table = pd.read_csv(path, sep="\t", comment="#", dtype={"chromosome": str})
    return list(table[["chromosome", "start", "end"]].itertuples(index=False, name=None))


def choose_candidates(
    table: pd.DataFrame, ledger: pd.DataFrame, people: list[str], settings: StructureConfig
) -> pd.DataFrame:
    """Common autosomal SNPs that are called in almost everybody whose assays carry them."""
    n_eligible = table["carrier_set"].map(count_eligible(table["carrier_set"].unique(), ledger, people)).astype(float)
    maf = np.minimum(table["alt_frequency"], 1 - table["alt_frequency"]).to_numpy()
    is_snp = ((table["ref"].str.len() == 1) & (table["alt"].str.len() == 1)).to_numpy(dtype=bool)
    good = is_snp & table["chromosome"].isin(AUTOSOMES).to_numpy() & ~table["is_excluded"].to_numpy(dtype=bool)
    good &= (maf >= settings.min_maf) & (table["n_called"].to_numpy(float) >= settings.min_call_rate * n_eligible)
    # Of two variants in disequilibrium the one typed on more people stays, then the commoner one.
    table = table.assign(row=np.arange(len(table)), rank=n_eligible + maf)
    return table.loc[good, COLUMNS]


def count_eligible(carrier_sets: Sequence[str], ledger: pd.DataFrame, people: list[str]) -> dict[str, int]:
    """People with a usable sample in an assay of the set."""
    used = ledger[ledger["is_usable"].to_numpy(dtype=bool) & ledger["person"].isin(people).to_numpy()]
    return {name: used.loc[used["assay"].isin(name.split("+")), "person"].nunique() for name in carrier_sets}


def prune_chromosome(reader: PgenReader, candidates: pd.DataFrame, settings: StructureConfig) -> np.ndarray:
    """Which candidates of one chromosome stay."""
    rows = candidates["row"].to_numpy(dtype=np.int64)
    return prune_by_correlation(
        lambda start, stop: reader.hardcalls_at(rows[start:stop]),
        candidates["position"].to_numpy(dtype=np.int64),
        candidates["rank"].to_numpy(dtype=float),
        settings.window_kb * 1000,
        settings.max_r2,
        settings.min_overlap,
    )


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        prune_variants(
            pgens=snakemake.input.pgen,
            variants=snakemake.input.variants,
            persons=snakemake.input.persons,
            regions=snakemake.input.regions,
            settings=StructureConfig(**snakemake.params.settings),
            output=snakemake.output.pruned,
        )
