"""The oracles' people as a cohort of the pipeline, with what its gene rules take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.gene_cohort import Choices
from alsreg.formats.pgen import PgenWriter
from alsreg.formats.regenie import GeneSet, write_annotations, write_set_list
from alsreg.tables.genotypes import MERGED_VARIANTS
from alsreg.tables.results import GENES
from burden.test_genes import test_genes as run_gene_tests

COVARIATES = ["age", "sex", "pc1", "pc2", "pc3"]
TRAITS = {
    "qt": {"type": "quantitative", "column": "qt"},
    "case": {"type": "binary", "column": "case"},
    "monthly_entry": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
}
SPECIFICATION = TraitSpecification(traits=TRAITS, covariates=COVARIATES)
PLAIN = {"max_mac_collapsed": 0, "min_z_correction": 5, "min_carriers": 1, "min_expected_events": 0}


class Cohort:
    """The oracles' people as a cohort of the pipeline: fileset, variant table, samples, sets."""

    def __init__(self, folder, oracles, carrier_set="wgs", assays="wgs", is_flipped=False):
        genotypes = pd.read_csv(oracles / "genotypes.csv.gz", index_col="person")
        known = pd.read_csv(oracles / "variants.csv").dropna(subset="gene")
        counts = genotypes[known["variant"]].to_numpy(dtype=float).T
        counts = 2 - counts if is_flipped else counts
        self.folder, self.genes = folder, known["gene"].unique()
        names = [f"1_{100 + i}_A_C" for i in range(len(known))]
        sets = np.broadcast_to(np.resize(carrier_set, len(known)), len(known))
        self.variants = pd.DataFrame({"variant_id": names, "gene": known["gene"].to_numpy(), "carrier_set": sets})
        self._write_fileset(genotypes.index, names, np.where(np.isnan(counts), -9, counts))
        tables = [pd.read_csv(oracles / f"{name}.csv", index_col="person").loc[genotypes.index]
                  for name in ("covariates", "phenotypes", "survival")]  # fmt: skip
        samples = pd.concat(tables, axis=1).assign(assays=assays, is_related=0)
        samples.rename_axis("#IID").to_csv(folder / "samples.tsv", sep="\t", na_rep="NA")
        pd.DataFrame({"#IID": genotypes.index[:1], "x": 1}).to_csv(folder / "visits.tsv", sep="\t", index=False)
        self.write_sets(self.variants.assign(consequence="exonic"))

    def _write_fileset(self, people, names, counts):
        rows = pd.DataFrame({"CHROM": "1", "POS": range(100, 100 + len(names)), "ID": names, "REF": "A", "ALT": "C"})
        samples = pd.DataFrame({"IID": people, "SEX": "unknown"})
        with PgenWriter(self.folder / "all", samples, len(names)) as writer:
            writer.append(rows, counts.astype(np.int8))
        self.write_variants(self.variants.assign(chromosome="1", position=rows["POS"], is_excluded=False))

    def write_variants(self, table):
        self.variants = table
        filled = table.drop(columns="gene").reindex(columns=MERGED_VARIANTS.column_names)
        MERGED_VARIANTS.write(filled, self.folder / "all.variants.parquet")

    def write_sets(self, annotations):
        write_annotations(annotations, self.folder / "annotations")
        sets = [GeneSet(gene, "1", 100, tuple(rows["variant_id"])) for gene, rows in annotations.groupby("gene")]
        write_set_list(sets, self.folder / "sets")

    def inputs(self, masks=None, covariates=(), **burden):
        """Shards, tables, sets and choices, as the rules' scripts take them."""
        masks = masks or {"rare": {"consequences": ["exonic"], "max_allele_frequency": 0.5}}
        specification = TraitSpecification(traits=TRAITS, covariates=[*COVARIATES, *covariates])
        choices = Choices(
            specification, AnnotationConfig(masks=masks), AssociationConfig(), BurdenConfig(**(PLAIN | burden))
        )
        return (
            [(str(self.folder / "all.pgen"), str(self.folder / "all.variants.parquet"))],
            (str(self.folder / "samples.tsv"), str(self.folder / "visits.tsv")),
            (str(self.folder / "annotations"), str(self.folder / "sets"), str(self.folder / "masks")),
            choices,
        )  # fmt: skip

    def run(self, masks=None, covariates=(), **burden):
        paths = {trait: self.folder / f"{trait}.genes.tsv" for trait in TRAITS}
        run_gene_tests(*self.inputs(masks, covariates, **burden), {trait: str(path) for trait, path in paths.items()})
        tables = {trait: GENES.read(path) for trait, path in paths.items()}
        return pd.concat(tables, names=["trait"]).reset_index("trait").set_index(["gene", "trait", "mask", "test"])
