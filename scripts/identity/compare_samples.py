"""Compare every sample with every sample, within and across assays, by their genotypes."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from alsreg.config.identity import IdentityConfig
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.findings import name_findings
from alsreg.genotypes.kinship import RelationRule, Tile, call_relations, count_tiles, first_degree_kinds
from alsreg.genotypes.pruning import thin_by_distance, thin_evenly
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import PAIRS, SAMPLE_QC, VARIANT_QC

log = logging.getLogger("alsreg.identity")

SNP_BLOCK = 2048
AUTOSOMES = [str(number) for number in range(1, 23)]


def compare_samples(
    pgens: Sequence[str], variants: Sequence[str], samples: Sequence[str], assays: Sequence[str],
    settings: IdentityConfig, output: str,
) -> None:  # fmt: skip
    """Write the pairs of samples that are, or are claimed to be, one person or relatives.

    `pgens` and `variants` run over assays, then shards; `samples` (sample QC) over assays.
    """
    files = zip(assays, by_assay(pgens, len(assays)), by_assay(variants, len(assays)), samples, strict=True)
    loaded = [load_assay(*paths, settings) for paths in files]
    pairs = [row for pair in combinations_with_replacement(loaded, 2) for row in compare(*pair, settings)]
    frame = pd.DataFrame(pairs, columns=["assay_1", "sample_1", "assay_2", "sample_2", "n_snps", "kinship",
                                         "n_ibs0", "concordance", "relation", "first_degree", "is_expected", "persons"])  # fmt: skip
    doubtful = frozenset((assay.name, sample) for assay in loaded for sample in assay.doubtful)
    keys = [((a, s), (b, t)) for a, s, b, t in frame[["assay_1", "sample_1", "assay_2", "sample_2"]].to_numpy()]
    frame["finding"] = name_findings(frame["relation"], frame["is_expected"], keys, frame["persons"], doubtful)
    frame["expected"] = np.where(frame["is_expected"].astype(bool), "true", "false")
    log.info("findings: %s", frame["finding"].value_counts().to_dict())
    PAIRS.write(frame.drop(columns=["is_expected", "persons"]), output)


def by_assay(paths: Sequence[str], n_assays: int) -> list[Sequence[str]]:
    """Paths of each assay's shards."""
    n_shards = len(paths) // n_assays
    return [paths[start : start + n_shards] for start in range(0, len(paths), n_shards)]


@dataclass(frozen=True)
class AssayGenotypes:
    """An assay's samples and its informative SNPs."""

    name: str
    samples: list[str]
    claimed: list[str | None]
    doubtful: list[str]
    snps: pd.DataFrame  # indexed by variant_id: chromosome, position, row (over all shards); in genome order
    prefixes: list[str]


def load_assay(
    name: str, pgens: Sequence[str], variants: Sequence[str], samples: str, settings: IdentityConfig
) -> AssayGenotypes:
    """Read an assay's tables and choose its common autosomal SNPs that pass variant QC."""
    table = pd.concat([VARIANT_QC.read(path) for path in variants], ignore_index=True)
    table["row"] = np.arange(len(table))
    maf = np.minimum(table["alt_frequency"], 1 - table["alt_frequency"])
    good = (table["ref"].str.len() == 1) & (table["alt"].str.len() == 1) & table["chromosome"].isin(AUTOSOMES)
    good &= ~table["is_excluded"] & (maf >= settings.min_maf)
    columns = ["variant_id", "chromosome", "position", "row"]
    snps = table.loc[good.fillna(False).astype(bool), columns].set_index("variant_id")
    snps["chromosome"] = snps["chromosome"].astype("int64")
    prefixes = [path.removesuffix(".pgen") for path in pgens]
    with ShardedReader(prefixes) as reader:
        names = list(reader.samples["IID"])
    qc = SAMPLE_QC.read(samples).set_index("sample").reindex(names)
    claimed = [None if pd.isna(person) else str(person) for person in qc["claimed_person"]]
    doubtful = [name for name, flag in zip(names, qc["is_contaminated"].fillna(False), strict=True) if flag]
    return AssayGenotypes(name, names, claimed, doubtful, snps.sort_values(["chromosome", "position"]), prefixes)


def compare(first: AssayGenotypes, second: AssayGenotypes, settings: IdentityConfig) -> Iterator[tuple]:
    """Rows of the pairs table for two assays, or for one with itself."""
    is_within = first is second
    shared = choose_snps(first, second, settings)
    genotypes_1 = read_genotypes(first, shared)
    genotypes_2 = genotypes_1 if is_within else read_genotypes(second, shared)
    n_1, n_2 = len(first.samples), len(second.samples)
    n_pairs = n_1 * (n_1 - 1) // 2 if is_within else n_1 * n_2
    rule = RelationRule(settings.min_snps, n_pairs, settings.max_false_relatives, settings.degree_confidence)
    n_untestable = 0
    for tile in count_tiles(genotypes_1, genotypes_2):
        relation = call_relations(tile.counts, rule)
        wanted = tile.is_above_diagonal if is_within else np.ones(relation.shape, dtype=bool)
        n_untestable += int((wanted & (relation == "not_testable")).sum())
        kinds = first_degree_kinds(tile.counts, relation, rule)
        yield from list_pairs(first, second, tile, (relation, kinds), wanted)
    log.info("%s x %s: %d SNPs, %d pairs of samples, %d not testable",
             first.name, second.name, len(shared), n_pairs, n_untestable)  # fmt: skip


def choose_snps(first: AssayGenotypes, second: AssayGenotypes, settings: IdentityConfig) -> pd.Index:
    """SNPs informative in both assays, spaced, in genome order."""
    shared = first.snps[first.snps.index.isin(second.snps.index)]
    chromosome, position = (shared[name].to_numpy(dtype=np.int64) for name in ("chromosome", "position"))
    ids = shared.index[thin_by_distance(chromosome, position, settings.min_distance_kb * 1000)]
    return ids[thin_evenly(len(ids), settings.max_snps)]


def read_genotypes(assay: AssayGenotypes, ids: pd.Index) -> np.ndarray:
    """ALT counts ``(len(ids), n_samples)``; pgen rows are read in their own order."""
    rows = assay.snps.loc[ids, "row"].to_numpy(dtype=np.int64)
    order = np.argsort(rows)
    genotypes = np.empty((len(rows), len(assay.samples)), dtype=np.int8)
    with ShardedReader(assay.prefixes) as reader:
        for start in range(0, len(rows), SNP_BLOCK):
            part = order[start : start + SNP_BLOCK]
            genotypes[part] = reader.hardcalls_at(rows[part])
    return genotypes


def list_pairs(
    first: AssayGenotypes, second: AssayGenotypes, tile: Tile, named: tuple[np.ndarray, np.ndarray], wanted: np.ndarray
) -> Iterator[tuple]:
    """Pairs called related, and pairs expected to be one person whatever was found; `named` are relations and kinds."""
    relation, kinds = named
    names_1, names_2 = first.samples[tile.first :], second.samples[tile.second :]
    claimed_1 = np.array(first.claimed[tile.first :][: len(relation)], dtype=object)
    claimed_2 = np.array(second.claimed[tile.second :][: relation.shape[1]], dtype=object)
    expected = (claimed_1[:, None] == claimed_2[None, :]) & ~pd.isna(claimed_1)[:, None]
    listed = wanted & (expected | ~np.isin(relation, ("unrelated", "not_testable")))
    kinship, concordance = tile.counts.kinship, tile.counts.concordance
    for i, j in zip(*np.nonzero(listed), strict=True):
        yield (
            first.name, names_1[i], second.name, names_2[j], int(tile.counts.n_snps[i, j]), kinship[i, j],
            int(tile.counts.n_ibs0[i, j]), concordance[i, j], str(relation[i, j]), str(kinds[i, j]) or None,
            bool(expected[i, j]), (claimed_1[i], claimed_2[j]),
        )  # fmt: skip


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_samples(
            pgens=snakemake.input.pgen,
            variants=snakemake.input.variants,
            samples=snakemake.input.samples,
            assays=snakemake.params.assays,
            settings=IdentityConfig(**snakemake.params.settings),
            output=snakemake.output.pairs,
        )
