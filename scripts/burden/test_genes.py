"""Test every gene of a cohort against every trait."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.genes import GeneVariants, test_gene
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenReader, read_psam
from alsreg.formats.regenie import GeneSet, read_annotations, read_set_list
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import MERGED_VARIANTS
from alsreg.tables.results import GENES

log = logging.getLogger("alsreg.burden")


@dataclass(frozen=True)
class Choices:
    """What of the configuration the gene tests need."""

    specification: TraitSpecification
    annotation: AnnotationConfig
    association: AssociationConfig
    burden: BurdenConfig


def test_genes(
    shards: Sequence[tuple[str, str]],
    tables: tuple[str, str],
    sets: tuple[str, str],
    choices: Choices,
    outputs: Mapping[str, str],
) -> None:
    """Write one table per trait.

    Parameters
    ----------
    shards
        Genotype file and variant table of each shard of the cohort; all hold the same people.
    tables
        Samples and visits of the association stage.
    sets
        Annotation file and set list, as regenie reads them.
    outputs
        Path by trait.
    """
    prefixes = [pgen.removesuffix(".pgen") for pgen, _ in shards]
    ids = _same_people(prefixes)
    people = read_people(ids, *tables)
    models = NullModels(people, choices.specification, choices.association.min_people_per_source)
    masks = {name: (mask.consequences, mask.max_allele_frequency) for name, mask in choices.annotation.masks.items()}
    annotations = dict(iter(read_annotations(sets[0]).groupby("gene")))
    rows: dict[str, list[dict[str, object]]] = {trait: [] for trait in outputs}
    with ExitStack() as stack:
        readers = [stack.enter_context(PgenReader(prefix)) for prefix in prefixes]
        cohort = pd.concat([_places(table, shard) for shard, (_, table) in enumerate(shards)]).set_index("variant_id")
        for gene_set in read_set_list(sets[1]):
            gene = _load(gene_set, annotations.get(gene_set.gene), cohort, readers, sets[1])
            for trait in outputs:
                rows[trait] += test_gene(gene, masks, trait, models, choices.burden)
    for trait, path in outputs.items():
        table = pd.DataFrame(rows[trait], columns=GENES.column_names)
        GENES.write(table, path)
        _report(trait, table)


def _same_people(prefixes: Sequence[str]) -> list[str]:
    ids = [read_psam(prefix)["IID"].tolist() for prefix in prefixes]
    for prefix, other in zip(prefixes, ids, strict=True):
        if other != ids[0]:
            raise InputError("the shards hold different people", file=f"{prefix}.psam",
                             remedy="run the merge stage again for all shards")  # fmt: skip
    return ids[0]


def _places(path: str, shard: int) -> pd.DataFrame:
    """Where each variant of a shard stands."""
    table = MERGED_VARIANTS.read(path)[["variant_id", "carrier_set", "is_excluded"]]
    return table.assign(shard=shard, row=np.arange(len(table)))


def _load(
    gene_set: GeneSet,
    annotations: pd.DataFrame | None,
    cohort: pd.DataFrame,
    readers: Sequence[PgenReader],
    path: str,
) -> GeneVariants:
    """The gene's variants with their consequences and the cohort's genotypes."""
    if annotations is None:
        raise InputError("a gene of the set list has no line in the annotation file", file=path, value=gene_set.gene,
                         remedy="write both files with the annotation stage")  # fmt: skip
    terms = annotations.set_index("variant_id")["consequence"]
    unknown = [name for name in gene_set.variants if name not in terms.index]
    if unknown:
        raise InputError(f"{len(unknown)} variants of gene {gene_set.gene} are not annotated for it", file=path,
                         value=unknown[0], remedy="write both files with the annotation stage")  # fmt: skip
    names = list(gene_set.variants)
    found = cohort.reindex(names)
    table = pd.DataFrame({
        "variant_id": names, "consequence": terms.loc[names].to_numpy(), "is_present": found["row"].notna().to_numpy(),
        "carrier_set": found["carrier_set"].fillna("").to_numpy(),
        "is_excluded": found["is_excluded"].fillna(False).astype(bool).to_numpy(),
    })  # fmt: skip
    counts = np.full((len(names), readers[0].n_samples), np.nan)
    for shard, rows in found.reset_index(drop=True).dropna(subset="row").groupby("shard"):
        calls = readers[int(shard)].hardcalls_at(rows["row"].to_numpy(dtype=np.uint32))
        counts[rows.index.to_numpy()] = np.where(calls < 0, np.nan, calls)
    return GeneVariants(gene_set.gene, gene_set.chromosome, table, counts)


def _report(trait: str, table: pd.DataFrame) -> None:
    for status, n in table["status"].value_counts(sort=False).items():
        log.info("%s: %d rows %s", trait, n, status)
    if not (table["status"] == "tested").any():
        log.warning("%s: no gene could be tested", trait)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        specification = TraitSpecification(**snakemake.params.specification)
        test_genes(
            shards=list(zip(snakemake.input.pgen, snakemake.input.variants, strict=True)),
            tables=(snakemake.input.samples, snakemake.input.visits),
            sets=(snakemake.input.annotations, snakemake.input.set_list),
            choices=Choices(
                specification, AnnotationConfig(**snakemake.params.annotation),
                AssociationConfig(**snakemake.params.association), BurdenConfig(**snakemake.params.settings),
            ),
            outputs=dict(zip(specification.traits, snakemake.output.genes, strict=True)),
        )  # fmt: skip
