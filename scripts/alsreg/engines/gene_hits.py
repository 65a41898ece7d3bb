"""What stands behind a gene's small p: common variants near it, the normal theory, or one variant alone."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alsreg.config.burden import BurdenConfig
from alsreg.engines.conditional import condition
from alsreg.engines.gene_blocks import carrier_block, covariance_of
from alsreg.engines.gene_scan import GeneScan
from alsreg.engines.gene_selection import KEPT, GeneVariants, MaskMembers, RareRows, fates, observe, select
from alsreg.engines.genes import EQUAL_WEIGHTS, test_gene
from alsreg.engines.nulls import NullModels
from alsreg.errors import InputError
from alsreg.formats.contigs import CHROMOSOME_NUMBERS
from alsreg.formats.pgen import PgenReader
from alsreg.stats import set_statistics
from alsreg.stats.gene_tests import beta_weights
from alsreg.stats.null import FloatArray
from alsreg.stats.resampling import Block, resample
from alsreg.tables.results import GENE_HITS, LEFT_OUT

RESAMPLED = "resampled"


@dataclass(frozen=True)
class Hit:
    """A gene, a trait, and the mask under which one of its tests has the smallest p."""

    number: int  # in the catalogue
    trait: str
    mask: str
    p_values: Mapping[str, float]  # by test, NaN where there is none


def find_hits(scan: GeneScan, tables: Mapping[str, pd.DataFrame]) -> list[Hit]:
    """Hits in tables of `GENES` by trait, in the catalogue's order. The omnibus points to its best mask."""
    hits = []
    for trait, table in tables.items():
        small = table.loc[table["p_value"] <= scan.settings.max_p_hit, "gene"].unique()
        rows = table[table["gene"].isin(small) & (table["test"] != "omnibus") & table["p_value"].notna()]
        best = rows.loc[rows.groupby("gene", sort=False)["p_value"].idxmin()].set_index("gene")["mask"]
        for number, gene_set in enumerate(scan.catalogue.sets):
            if gene_set.gene in best.index:
                mask = best[gene_set.gene]
                own = table[(table["gene"] == gene_set.gene) & (table["mask"] == mask)]
                hits.append(Hit(number, trait, mask, dict(zip(own["test"], own["p_value"], strict=True))))
    return hits


def examine_hits(
    scan: GeneScan, hits: Sequence[Hit], leads: pd.DataFrame, readers: Sequence[PgenReader]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of `GENE_HITS` and `LEFT_OUT`; `leads` is that of the association stage."""
    rows, left_out = [], []
    for hit in hits:
        gene, details = scan.catalogue.load(hit.number, readers), scan.catalogue.rows(hit.number)
        gene = replace(gene, masks={hit.mask: gene.masks[hit.mask]})
        rows += _describe(scan, hit, gene, _near(leads, hit, gene, details, scan.settings), readers)
        left_out += leave_one_out(gene, details, hit, scan.models, scan.settings)
    return tuple(  # type: ignore[return-value]
        table.conform(pd.DataFrame(found, columns=table.column_names))
        for table, found in ((GENE_HITS, rows), (LEFT_OUT, left_out))
    )


def _near(
    leads: pd.DataFrame, hit: Hit, gene: GeneVariants, details: pd.DataFrame, settings: BurdenConfig
) -> list[str]:
    """Common leads of the trait near the gene's variants, in the table's order; variants that are tested are none."""
    place = details["position"][gene.is_present]
    window = 1000 * settings.condition_window_kb
    frequency = leads["effect_allele_frequency"]
    is_near = leads["base_pair_location"].between(place.min() - window, place.max() + window)
    chosen = leads[
        (leads["trait"] == hit.trait) & (leads["chromosome"] == CHROMOSOME_NUMBERS[gene.chromosome]) & is_near
        & (np.minimum(frequency, 1 - frequency) >= settings.min_frequency_lead)
    ]  # fmt: skip
    tested = set(gene.variant_id[gene.masks[hit.mask].is_member])
    return [name for name in chosen["variant_id"].unique() if name not in tested]


def _describe(
    scan: GeneScan, hit: Hit, gene: GeneVariants, given: Sequence[str], readers: Sequence[PgenReader]
) -> list[dict[str, object]]:
    tests = [test for test in scan.settings.tests if test != "omnibus"]
    settings = scan.settings.model_copy(update={"tests": tests})
    own = test_gene(gene, hit.trait, scan.models, settings)
    conditional: dict[object, dict[str, object]] = {}
    if given:
        models = condition(_of_one_trait(scan.models, hit.trait), read_variants(given, readers))
        conditional = {row["test"]: row for row in test_gene(gene, hit.trait, models, settings)}
    resampled = _resample(gene, hit, scan.models, settings)
    rows = []
    for row in own:
        test = str(row["test"])
        then = conditional.get(test, {"status": "no common lead near the gene"})
        rows.append({
            "trait": hit.trait, **{name: row[name] for name in ("gene", "mask", "test", "n_variants", "n_carriers")},
            "p_value": hit.p_values.get(test, np.nan), "given": ",".join(given), "p_conditional": then.get("p_value"),
            "conditional_status": then["status"], **resampled[test],
        })  # fmt: skip
    return rows


def _of_one_trait(models: NullModels, trait: str) -> NullModels:
    """The same models of one trait: conditioning fits anew."""
    specification = models.specification
    return replace(
        models,
        specification=specification.model_copy(update={"traits": {trait: specification.traits[trait]}}),
        _fitted={},
    )


def read_variants(names: Sequence[str], readers: Sequence[PgenReader]) -> dict[str, FloatArray]:
    """Dosages ``(n,)`` of variants of the cohort, by name.

    Raises
    ------
    InputError
        If a variant does not stand once among the genotypes.
    """
    found = {}
    for reader in readers:
        ids = reader.variants["ID"]
        for row in np.flatnonzero(ids.isin(names)):
            found[str(ids.iloc[row])] = reader.dosages(int(row), int(row) + 1)[0].astype(np.float64)
    absent = [name for name in names if name not in found]
    if absent:
        raise InputError("a leading variant is not among the genotypes", value=absent[0],
                         remedy="run the association stage again on this merge")  # fmt: skip
    return {name: found[name] for name in names}


def _select(gene: GeneVariants, hit: Hit, models: NullModels, settings: BurdenConfig) -> Sequence[RareRows]:
    """The rows of the hit's mask, by carrier set."""
    observed = observe(gene, hit.trait, models)
    return select(observed, fates(gene, observed, [hit.mask]), settings.max_mac_collapsed).blocks


def _resample(gene: GeneVariants, hit: Hit, models: NullModels, settings: BurdenConfig) -> dict[str, dict[str, object]]:
    """By test."""
    reason = "people may be related" if models.relationships is not None else ""
    if not reason and not settings.n_resamples:
        reason = "n_resamples is 0"
    if reason:
        nothing = {"p_resampled": np.nan, "n_resamples": 0, "resampling_status": reason}
        return dict.fromkeys(set_statistics.TESTS, nothing)
    rng = np.random.default_rng([settings.seed, zlib.crc32(f"{hit.trait}/{gene.gene}".encode())])
    rows = _select(gene, hit, models, settings)
    frequency = np.concatenate([part.frequency for part in rows])
    shapes = dict.fromkeys([(settings.weight_alpha, settings.weight_beta), EQUAL_WEIGHTS])
    weights = [beta_weights(frequency, *shape) for shape in shapes]
    statistics = set_statistics.SetStatistics(covariance_of(rows), weights, frequency)
    found = resample([Block(part.fitted.model, part.copies) for part in rows], statistics, settings.n_resamples, rng)
    same = {"n_resamples": settings.n_resamples, "resampling_status": RESAMPLED}
    return {test: {"p_resampled": p, **same} for test, p in zip(set_statistics.TESTS, found, strict=True)}


def leave_one_out(
    gene: GeneVariants, details: pd.DataFrame, hit: Hit, models: NullModels, settings: BurdenConfig
) -> list[dict[str, object]]:
    """Rows of `LEFT_OUT`: all tests without each variant of the mask."""
    alone = settings.model_copy(update={"max_mac_collapsed": 0})
    tests = settings.model_copy(update={"tests": [test for test in settings.tests if test != "omnibus"]})
    observed = observe(gene, hit.trait, models)
    kept = np.flatnonzero(fates(gene, observed, [hit.mask]) == KEPT)
    own = {
        int(row[0]): (block.tests.beta[k], block.tests.p_value[k], int((block.copies[k] >= 0.5).sum()))
        for part in _select(gene, hit, models, alone)
        for block in [carrier_block(part, alone)]
        for k, row in enumerate(part.members)
    }
    mask, rows = gene.masks[hit.mask], []
    for j in kept:
        others = np.array(mask.is_member)
        others[j] = False
        without = replace(gene, masks={hit.mask: MaskMembers(others, mask.max_frequency, mask.max_mac)})
        beta, p, n_carriers = own[int(j)]
        detail = details.iloc[j]
        common = {
            "trait": hit.trait, "gene": gene.gene, "mask": hit.mask, "variant_id": gene.variant_id[j],
            "position": detail["position"], "annotation": detail["consequence"], "mac": observed.mac[j],
            "n_carriers": n_carriers, "beta_variant": beta, "p_variant": p,
        }  # fmt: skip
        rows += [
            {**common, "test": row["test"], "p_value": row.get("p_value"), "status": row["status"]}
            for row in test_gene(without, hit.trait, models, tests)
        ]
    return rows


def examine(
    scan: GeneScan, tables: Mapping[str, pd.DataFrame], leads: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`find_hits`, then `examine_hits` on genotypes opened here."""
    hits = find_hits(scan, tables)
    readers = [PgenReader(prefix) for prefix in scan.prefixes]
    try:
        return examine_hits(scan, hits, leads, readers)
    finally:
        for reader in readers:
            reader.__exit__(None, None, None)
