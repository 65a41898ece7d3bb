"""Sample QC on people of the 1000 Genomes Project: real reads with foreign reads mixed in, and the freeze kg3."""

from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from alsreg.config.sample_qc import SampleQcConfig
from alsreg.genotypes.contamination import ERRORS, add_reads, profile_over_error
from alsreg.tables.genotypes import FOREIGN_COLUMNS, SAMPLE_QC
from helpers.filesets import Assay
from sample_qc.flag_samples import flag_samples

pytestmark = pytest.mark.real_data
SHARDS = {"all": [*(str(number) for number in range(1, 23)), "X"]}
CODES = np.array([0, 1, -9, 2], dtype=np.int8)  # cyvcf2: homozygous REF, heterozygous, unknown, homozygous ALT
GRCH37_PAR = ((60_001, 2_699_520), (154_931_044, 155_260_560))
# Sample: (guest, share of foreign reads).
MIXTURES = {20: (150, 0.1), 61: (7, 0.2), 102: (33, 0.3), 143: (250, 0.5), 184: (12, 0.1), 225: (90, 0.2)}


def read_vcf(path: Path, with_reads: bool) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, list[str]]:
    """Biallelic records: variants, ALT counts, reads ``(m, n, 2)`` of REF and ALT, sample names."""
    vcf = cyvcf2.VCF(str(path))
    variants, genotypes, reads = [], [], []
    for record in vcf:
        variants.append((record.CHROM.removeprefix("chr"), record.POS, record.REF, ",".join(record.ALT) or "."))
        genotypes.append(CODES[record.gt_types])
        if with_reads:
            reads.append(np.maximum(record.format("AD"), 0).astype(np.int32))
    table = pd.DataFrame(variants, columns=["CHROM", "POS", "REF", "ALT"])
    return table, np.array(genotypes), np.array(reads), vcf.samples


def run(assay: Assay, folder: Path, settings: SampleQcConfig | None = None) -> pd.DataFrame:
    assay.write(folder, SHARDS)
    flag_samples([str(folder / "all.pgen")], [str(folder / "all.sample_metrics.parquet")],
                 (assay.paths["samples"], assay.paths["patients"]), "wgs", settings or SampleQcConfig(),
                 str(folder / "o.tsv"))  # fmt: skip
    return SAMPLE_QC.read(folder / "o.tsv").set_index("sample")


@pytest.fixture(scope="module")
def low_coverage(alsreg_data) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, pd.DataFrame]:
    folder = alsreg_data / "kg_lowcov"
    variants, genotypes, reads, samples = read_vcf(folder / "1kg_hail_tutorial.vcf.gz", with_reads=True)
    in_par = sum(variants["POS"].between(*bounds) for bounds in GRCH37_PAR).astype(bool)
    keep = ~((variants["CHROM"] == "X") & in_par).to_numpy()
    known = pd.read_csv(folder / "1kg_annotations.txt", sep="\t").set_index("Sample").loc[samples]
    people = pd.DataFrame({
        "sample": samples, "person": samples, "sex": np.where(known["isFemale"], "F", "M"),
        "reported_ancestry": known["SuperPopulation"].to_numpy(),
    })  # fmt: skip
    return variants[keep], genotypes[keep], reads[keep], people


def read_sums(variants: pd.DataFrame, genotypes: np.ndarray, reads: np.ndarray) -> pd.DataFrame:
    """What ingest would have summed over the autosomes."""
    auto = (variants["CHROM"] != "X").to_numpy()
    n = genotypes.shape[1]
    sums, n_sites = np.zeros((n, len(ERRORS), len(FOREIGN_COLUMNS))), np.zeros(n, np.int64)
    add_reads(sums, n_sites, reads[auto][:, :, 1], reads[auto].sum(axis=2), frequency_of(genotypes[auto]))
    return pd.DataFrame(profile_over_error(sums), columns=list(FOREIGN_COLUMNS)).assign(n_foreign_sites=n_sites)


def frequency_of(genotypes: np.ndarray) -> np.ndarray:
    is_called = genotypes >= 0
    return (np.where(is_called, genotypes, 0).sum(axis=1) + 0.5) / (2 * is_called.sum(axis=1) + 1)


def call_genotypes(reads: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Likeliest genotype of each ``(m, 2)`` reads, prior from the frequency, error 1 %; missing without reads."""
    depth, alt = reads.sum(axis=1), reads[:, 1]
    p = frequency
    prior = np.array([(1 - p) ** 2, 2 * p * (1 - p), p**2]) + 1e-6
    posterior = prior * np.array([binom.pmf(alt, depth, chance) for chance in (0.01, 0.5, 0.99)])
    return np.where(depth > 0, posterior.argmax(axis=0), -9).astype(np.int8)


def test_sex_of_real_people(low_coverage, tmp_path):
    """One sample, HG03511, is annotated female but has a male's X; all others agree."""
    variants, genotypes, reads, people = low_coverage
    assay = Assay(variants, genotypes, people, read_sums(variants, genotypes, reads))
    table = run(assay, tmp_path)
    assert (table["n_x_variants"] > 40).all()
    assert (table["genetic_sex"].isin(["M", "F"])).mean() > 0.95
    assert table.index[table["is_sex_mismatch"]].tolist() == ["HG03511"]
    assert table.loc["HG03511", "x_inbreeding_f"] > 0.9
    assert table.index[table["is_contaminated"]].tolist() == []


def test_foreign_reads_are_found(low_coverage, tmp_path):
    variants, genotypes, reads, people = low_coverage
    rng = np.random.default_rng(17)
    genotypes, mixed = genotypes.copy(), reads.copy()
    frequency = frequency_of(genotypes)
    for host, (guest, share) in MIXTURES.items():
        mixed[:, host] = rng.binomial(reads[:, host], 1 - share) + rng.binomial(reads[:, guest], share)
        genotypes[:, host] = call_genotypes(mixed[:, host], frequency)
    table = run(Assay(variants, genotypes, people, read_sums(variants, genotypes, mixed)), tmp_path)
    spiked = people["sample"].iloc[list(MIXTURES)]
    assert set(table.index[table["is_contaminated"]]) == set(spiked)
    # People of one ancestry share more alleles than the pool's frequencies promise: shares come out low, not high.
    ratio = table.loc[spiked, "contamination"].to_numpy() / np.array([share for _, share in MIXTURES.values()])
    assert ((ratio > 0.4) & (ratio < 1.3)).all()
    assert table["contamination"].drop(spiked).max() < 0.02
    assert not table.loc[spiked, "is_sex_mismatch"].any()


@pytest.mark.parametrize(
    ("assay", "file", "reasons"),
    [
        ("array", "array.NCBI36.vcf.gz", {"A0690": "low_call_rate"}),
        ("wes", "wes.GRCh37.vcf.gz", {"E0544": "heterozygosity_outlier;contaminated"}),
        ("wgs", "wgs.GRCh38.vcf.gz", {"G0087": "sex_mismatch"}),
    ],
)
def test_kg3(alsreg_data, tmp_path, assay, file, reasons):
    """One spoiled sample in each assay that sample QC can see, and nobody else."""
    variants, genotypes, _, names = read_vcf(alsreg_data / "kg3" / file, with_reads=False)
    samples = pd.read_csv(alsreg_data / "kg3/registry/samples.csv").set_index("sample_id").loc[names]
    patients = (
        pd.read_csv(alsreg_data / "kg3/registry/patients.csv").drop_duplicates("person_id").set_index("person_id")
    )
    known = patients.loc[samples["person_id"]]
    people = pd.DataFrame({"sample": names, "person": samples["person_id"].to_numpy(), "sex": known["sex"].to_numpy(),
                           "reported_ancestry": known["reported_ancestry"].to_numpy()})  # fmt: skip
    order = variants["CHROM"].map({name: rank for rank, name in enumerate(SHARDS["all"])}).argsort(kind="stable")
    table = run(Assay(variants.iloc[order].reset_index(drop=True), genotypes[order], people), tmp_path)
    assert table.loc[table["is_excluded"], "reason"].to_dict() == reasons
    # The verdicts do not hang by a thread: nobody else comes near the bounds.
    others = table[~table["is_excluded"]]
    assert others["call_rate"].min() > 0.98
    assert others["heterozygosity_z"].abs().max() < 4
