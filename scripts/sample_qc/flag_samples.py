"""Measure every sample of an assay and say which are usable."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.sample_qc import SampleQcConfig
from alsreg.errors import AnalysisError, InputError
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.autosomes import AutosomeSums
from alsreg.genotypes.frequencies import ploidy_class
from alsreg.genotypes.groups import AncestryGroups, ancestry_groups
from alsreg.genotypes.sample_verdict import judge, measure_genotypes, measure_reads, measure_sex
from alsreg.runlog import rule_log
from alsreg.sheets.identifiers import Identifiers, spelt_otherwise
from alsreg.tables.genotypes import SAMPLE_METRICS, SAMPLE_QC
from alsreg.tables.registry import PATIENTS, SAMPLES

log = logging.getLogger("alsreg.sample_qc")
GENOTYPES_PER_BLOCK = 4_000_000
MAX_X_VARIANTS = 10_000  # evenly spaced: more do not sharpen the sex of a sample


def flag_samples(
    pgens: list[str], metrics: list[str], registry: tuple[str, str], assay: str, settings: SampleQcConfig, output: str
) -> None:
    """Write `SAMPLE_QC` of one assay.

    Parameters
    ----------
    pgens, metrics
        Filesets and tables of sample metrics, one per shard.
    registry
        Tables of samples and of patients.
    """
    prefixes = [path.removesuffix(".pgen") for path in pgens]
    table = claimed_samples(_sample_names(prefixes), registry, assay)
    groups = ancestry_groups(table.pop("reported_ancestry").fillna("").to_numpy(), settings.min_group_size)
    sums, x_genotypes, n_variants = sum_genotypes(prefixes, groups, settings.min_variant_call_rate)
    table = table.assign(assay=assay, ancestry=groups.labels, n_variants=n_variants)
    table = measure_genotypes(table, sums, groups)
    table = measure_reads(table, [SAMPLE_METRICS.read(path) for path in metrics])
    table, n_independent = measure_sex(table, x_genotypes, groups, settings)
    say_what_is_absent(table, n_independent)
    table = judge(table, settings)
    log.info("%s: %d samples, %d excluded", assay, len(table), table["is_excluded"].sum())
    SAMPLE_QC.write(table.drop(columns="ti_tv_z"), output)


def _sample_names(prefixes: list[str]) -> np.ndarray:
    names: np.ndarray | None = None
    for prefix in prefixes:
        with PgenReader(prefix) as reader:
            mine = reader.samples["IID"].to_numpy(dtype=str)
        if names is not None and not np.array_equal(names, mine):
            raise InputError("samples differ from those of the first shard", file=f"{prefix}.psam",
                             remedy="give every VCF of an assay the same samples in the same order")  # fmt: skip
        names = mine
    if names is None:
        raise InputError("no genotype files", remedy="name the shards of the freeze")
    return names


def claimed_samples(names: np.ndarray, registry: tuple[str, str], assay: str) -> pd.DataFrame:
    """Samples in VCF order with the person, sex and ancestry that the registry claims."""
    samples, patients = SAMPLES.read(registry[0]), PATIENTS.read(registry[1])
    samples = samples[samples["assay"] == assay]
    for frame, key, file in ((samples, "sample", registry[0]), (patients, "person", registry[1])):
        if frame[key].duplicated().any():
            raise InputError(f"{key} occurs twice", file=file, value=frame.loc[frame[key].duplicated(), key].iloc[0],
                             remedy="keep one row for each")  # fmt: skip
    person = samples.set_index("sample")["person"].reindex(names)
    if person.isna().all() and not Identifiers(names) & Identifiers(samples["sample"]):
        raise InputError(
            f"no sample of assay {assay} stands in the samples table", file=Path(registry[0]).name,
            where=f"assay {assay}", value=", ".join(names[:3]), remedy="write sample ids as in the VCF header",
        )  # fmt: skip
    absent = samples.loc[~samples["sample"].isin(names), "sample"].tolist()
    if alike := spelt_otherwise(names[person.isna().to_numpy()], absent):
        raise InputError(
            f"{len(alike)} samples are written otherwise in the samples table", where=f"assay {assay}",
            value="{} in the VCF, {} in the table".format(*alike[0]),
            remedy="write sample ids as in the VCF header: case, width, dashes and spaces count",
        )  # fmt: skip
    if absent:
        log.warning("%s: %d samples of the registry are not in the VCF: %s", assay, len(absent), ", ".join(absent))
    known = patients.set_index("person").reindex(columns=["sex", "reported_ancestry"]).reindex(person.to_numpy())
    return pd.DataFrame(
        {
            "sample": names,
            "claimed_person": person.to_numpy(),
            "registered_sex": known["sex"].to_numpy(),
            "reported_ancestry": known["reported_ancestry"].to_numpy(),
        }
    )


def sum_genotypes(
    prefixes: list[str], groups: AncestryGroups, min_variant_call_rate: float
) -> tuple[AutosomeSums, np.ndarray, int]:
    """One pass over all shards: sums over the autosomes, genotypes on the non-pseudoautosomal X, number of variants."""
    sums, x_blocks, n_variants = AutosomeSums(groups, min_variant_call_rate), [], 0
    for prefix in prefixes:
        with PgenReader(prefix) as reader:
            n_variants += reader.n_variants
            for start, stop in reader.blocks(max(1, GENOTYPES_PER_BLOCK // max(reader.n_samples, 1))):
                sums.add(reader.variants.iloc[start:stop], reader.hardcalls(start, stop))
            is_x = ploidy_class(reader.variants["CHROM"].to_numpy(), reader.variants["POS"].to_numpy()) == "x"
            rows = np.flatnonzero(is_x)
            if len(rows) > MAX_X_VARIANTS:
                rows = rows[np.linspace(0, len(rows) - 1, MAX_X_VARIANTS).astype(int)]
            x_blocks.append(reader.hardcalls_at(rows))
    if sums.n_variants == 0:
        raise AnalysisError(
            "no autosomal variants",
            where=prefixes[0],
            remedy="see ingest.tsv for what was lost and why, and sample_qc.min_variant_call_rate",
        )
    log.info("%d autosomal variants count, %d are called in too few samples", sums.n_variants, sums.n_poorly_called)
    return sums, np.concatenate(x_blocks), n_variants


def say_what_is_absent(table: pd.DataFrame, n_independent: float) -> None:
    """Log which metrics the data allow."""
    if table["contamination"].isna().any():
        n_silent = int(table["contamination"].isna().sum())
        log.info("reads (AD) are absent for %d samples: contamination is judged by excess of heterozygotes", n_silent)
    if table["mean_dp"].isna().all():
        log.info("DP is absent: no mean depth")
    not_testable = int((table["genetic_sex"] == "not testable").sum())
    log.info("X is worth %.1f independent variants: sex of %d samples is not testable", n_independent, not_testable)
    if table["registered_sex"].isna().any():
        log.info("registered sex is absent for %d samples", table["registered_sex"].isna().sum())
    groups = ", ".join(f"{name} {size}" for name, size in table["ancestry"].value_counts().sort_index().items())
    log.info("ancestry groups: %s", groups)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        flag_samples(
            pgens=list(snakemake.input.pgen),
            metrics=list(snakemake.input.metrics),
            registry=(snakemake.input.samples, snakemake.input.patients),
            assay=snakemake.wildcards.assay,
            settings=SampleQcConfig(**snakemake.params.settings),
            output=snakemake.output.samples,
        )
