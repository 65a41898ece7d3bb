"""Measure every variant of a shard over the usable samples of an assay, and say which variants are usable."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.variant_qc import VariantQcConfig
from alsreg.errors import AnalysisError, InputError
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.variant_metrics import SampleDesign, TrioCheck, hwe_groups, measure_variants
from alsreg.genotypes.variant_verdict import FLAGS, judge
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import SAMPLE_QC, VARIANT_INFO, VARIANT_QC
from alsreg.tables.registry import PEDIGREE, SAMPLES

log = logging.getLogger("alsreg.variant_qc")
GENOTYPES_PER_BLOCK = 4_000_000
BATCHES = ("platform_version", "capture_kit", "centre")


def flag_variants(
    pgen: str, variant_info: str, sample_qc: str, registry: tuple[str, str], settings: VariantQcConfig, output: str
) -> None:
    """Write `VARIANT_QC` of one assay and shard.

    Parameters
    ----------
    pgen, variant_info
        Fileset and table of variants from ingest.
    sample_qc
        Table of sample QC of the assay: only samples it does not exclude are looked at.
    registry
        Tables of samples, which names batches, and of parents.
    """
    with PgenReader(pgen.removesuffix(".pgen")) as reader:
        usable, columns = usable_samples(reader, sample_qc)
        design = believed(design_of(usable, registry, settings), reader, columns)
        table = described_variants(reader, variant_info)
        metrics = [measure_variants(*block, design) for block in blocks(reader, columns)]
    if not metrics:
        log.warning("the shard has no variants")
        VARIANT_QC.write(VARIANT_QC.empty(), output)
        return
    table = judge(pd.concat([table, pd.concat(metrics, ignore_index=True)], axis=1), settings)
    for flag in (*FLAGS, "is_monomorphic", "is_excluded"):
        log.info("%s: %d of %d", flag, table[flag].sum(), len(table))
    VARIANT_QC.write(table, output)


def usable_samples(reader: PgenReader, sample_qc: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of sample QC that are not excluded, and their genotype columns."""
    samples = SAMPLE_QC.read(sample_qc)
    if samples["sample"].tolist() != reader.samples["IID"].tolist():
        raise InputError("samples differ from those of the fileset", file=sample_qc, remedy="run sample_qc again")
    columns = np.flatnonzero(~samples["is_excluded"].to_numpy(dtype=bool))
    if len(columns) == 0:
        raise AnalysisError("sample QC left no usable sample", file=Path(sample_qc).name,
                            remedy="look at the reasons there, and at the thresholds under sample_qc")  # fmt: skip
    return samples.iloc[columns].reset_index(drop=True), columns


def design_of(usable: pd.DataFrame, registry: tuple[str, str], settings: VariantQcConfig) -> SampleDesign:
    """Sex, ancestry, batches and trios of the usable samples."""
    genetic = usable["genetic_sex"].where(usable["genetic_sex"].isin(["M", "F"]))
    sex = genetic.fillna(usable["registered_sex"]).fillna("").to_numpy(dtype=str)
    group, names = pd.factorize(usable["ancestry"], sort=True)
    design = SampleDesign(
        sex=sex, group=group, group_names=tuple(names), hwe_groups=hwe_groups(names, group, settings.min_group_size),
        batches=batches_of(usable, registry[0]), trios=trios_of(usable, registry[1]),
    )  # fmt: skip
    tested = [names[g] for g in design.hwe_groups]
    log.info("Hardy-Weinberg within %s", ", ".join(tested) if tested else "no group: all are too small")
    log.info("%d usable samples, %d kinds of batch, %d trios", len(usable), len(design.batches), len(design.trios))
    if not (sex != "").all():
        log.info("%d samples of unknown sex are left out of frequencies on X and Y", (sex == "").sum())
    return design


def batches_of(usable: pd.DataFrame, samples_path: str) -> tuple[np.ndarray, ...]:
    """Level of each sample for every kind of batch that has at least two."""
    samples = SAMPLES.read(samples_path)
    mine = samples[samples["assay"] == usable["assay"].iloc[0]].set_index("sample").reindex(usable["sample"])
    batches = []
    for column in (name for name in BATCHES if name in mine.columns):
        level, names = pd.factorize(mine[column], sort=True)
        log.info("%s: %d levels", column, len(names))
        if len(names) >= 2:
            batches.append(level)
    return tuple(batches)


def trios_of(usable: pd.DataFrame, pedigree_path: str) -> np.ndarray:
    """Columns of child, father and mother whose samples are all usable, ``(trios, 3)``."""
    persons = usable.drop_duplicates("claimed_person").dropna(subset="claimed_person")
    column = dict(zip(persons["claimed_person"], persons.index, strict=True))
    pedigree = PEDIGREE.read(pedigree_path).sort_values("person")
    rows = [[column.get(row[name]) for name in ("person", "father", "mother")] for _, row in pedigree.iterrows()]
    return np.array([row for row in rows if None not in row], dtype=np.int64).reshape(-1, 3)


def blocks(reader: PgenReader, columns: np.ndarray) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """Variants and the genotypes of usable samples, block by block."""
    for start, stop in reader.blocks(max(1, GENOTYPES_PER_BLOCK // max(reader.n_samples, 1))):
        yield reader.variants.iloc[start:stop], reader.hardcalls(start, stop)[:, columns]


def believed(design: SampleDesign, reader: PgenReader, columns: np.ndarray) -> SampleDesign:
    """The design without claimed trios that the genotypes of the shard contradict."""
    if len(design.trios) == 0:
        return design
    check = TrioCheck(design.trios, design.sex)
    for block in blocks(reader, columns):
        check.add(*block)
    if len(check.believed) < len(design.trios):
        log.warning("%d claimed trios are contradicted by their genotypes", len(design.trios) - len(check.believed))
    return replace(design, trios=check.believed)


def described_variants(reader: PgenReader, variant_info: str) -> pd.DataFrame:
    """Identity of each variant, in PGEN order."""
    info = VARIANT_INFO.read(variant_info)
    if info["variant_id"].tolist() != reader.variants["ID"].tolist():
        raise InputError("variants differ from those of the fileset", file=variant_info, remedy="run ingest again")
    names = {"ID": "variant_id", "CHROM": "chromosome", "POS": "position", "REF": "ref", "ALT": "alt"}
    table = reader.variants[list(names)].rename(columns=names)
    return table.assign(rs_id=info["rs_id"].to_numpy(), is_ref_verified=info["is_ref_verified"].to_numpy())


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        flag_variants(
            pgen=snakemake.input.pgen,
            variant_info=snakemake.input.variant_info,
            sample_qc=snakemake.input.sample_qc,
            registry=(snakemake.input.samples, snakemake.input.pedigree),
            settings=VariantQcConfig(**snakemake.params.settings),
            output=snakemake.output.variants,
        )
