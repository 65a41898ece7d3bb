"""Tables of ingest, sample_qc, variant_qc, identity, merge and structure."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

_FLAG = "flag"

# Shares of foreign DNA at which ingest weighs the reads of every sample.
FOREIGN_SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
FOREIGN_COLUMNS = tuple(f"log_likelihood_foreign_{1000 * share:03.0f}" for share in FOREIGN_SHARES)

INGEST_COUNTS = Table(
    "ingest", "ingest/{freeze}/ingest.tsv", "What became of every input record and genotype, by assay and shard.",
    (
        Column("assay", "text", "Assay", is_nullable=False),
        Column("shard", "text", "Set of chromosomes", is_nullable=False),
        Column("unit", "text", "What is counted", choices=("record", "variant", "genotype"), is_nullable=False),
        Column("reason", "text", "Reason, e.g. read, written, split, lifted, strand_flipped, palindromic_undecided, low_gq", is_nullable=False),
        Column("is_loss", _FLAG, "The counted ones were dropped or set missing", is_nullable=False),
        Column("count", "integer", "How many", is_nullable=False),
    ),
)  # fmt: skip

SAMPLE_METRICS = Table(
    "sample_metrics", "ingest/{freeze}/{assay}/{shard}.sample_metrics.parquet",
    "Sums per sample gathered while the VCF was read (AD, DP and GQ are not read twice).",
    (
        Column("sample", "text", "Sample", is_nullable=False),
        Column("chromosome", "text", "Chromosome", is_nullable=False),
        Column("n_variants", "integer", "Variants written"),
        Column("n_called", "integer", "Genotypes called after the filters"),
        Column("n_filtered", "integer", "Genotypes set missing by GQ, DP or allele balance"),
        Column("sum_dp", "number", "Sum of DP over called genotypes; missing without DP"),
        Column("n_hom_ref_with_ad", "integer", "Homozygous reference genotypes with AD"),
        Column("sum_hom_ref_alt_fraction", "number", "Sum of their ALT read fractions"),
        Column("n_het_with_ad", "integer", "Heterozygous genotypes with AD"),
        Column("sum_het_alt_fraction", "number", "Sum of their ALT read fractions"),
        Column("n_foreign_sites", "integer", "Common SNPs with reads, by which foreign DNA is weighed; autosomes", is_required=False),
        *(
            Column(name, "number", f"Log likelihood of those reads, were {share:.1%} of the DNA foreign", is_required=False)
            for name, share in zip(FOREIGN_COLUMNS, FOREIGN_SHARES, strict=True)
        ),
    ),
)  # fmt: skip

SAMPLE_QC = Table(
    "sample_qc", "sample_qc/{freeze}/{assay}.samples.tsv", "One row per sample of the VCF: metrics, flags, verdict.",
    (
        Column("sample", "text", "Sample", is_nullable=False),
        Column("assay", "text", "Assay", is_nullable=False),
        Column("claimed_person", "text", "Person the registry claims; missing if the registry does not know the sample"),
        Column("ancestry", "text", "Ancestry group used for thresholds"),
        Column("n_variants", "integer", "Variants of the assay"),
        Column("call_rate", "number", "Called / all, autosomes"),
        Column("min_chromosome_call_rate", "number", "Lowest call rate of an autosome"),
        Column("heterozygosity", "number", "Heterozygous / called, autosomes"),
        Column("inbreeding_f", "number", "1 - observed / expected heterozygous, expected within ancestry"),
        Column("heterozygosity_z", "number", "Observed / expected heterozygotes, less the median of the ancestry group, in robust SD or own jackknife SE"),
        Column("ti_tv", "number", "Transitions / transversions among ALT-carrying SNPs"),
        Column("n_singletons", "integer", "Variants seen in this sample only"),
        Column("mean_dp", "number", "Mean depth", "reads"),
        Column("x_inbreeding_f", "number", "F on non-PAR X"),
        Column("n_x_variants", "integer", "Informative non-PAR X variants called, as an effective number of independent ones"),
        Column("registered_sex", "text", "M, F or missing"),
        Column("genetic_sex", "text", "From X", choices=("M", "F", "ambiguous", "not testable")),
        Column("contamination", "number", "Estimated fraction of foreign DNA, from the reads; missing without AD"),
        Column("is_unknown_sample", _FLAG, "In the VCF but not in the registry's samples"),
        Column("is_low_call_rate", _FLAG, "Call rate below min_call_rate"),
        Column("is_heterozygosity_outlier", _FLAG, "Beyond max_heterozygosity_sd within ancestry"),
        Column("is_sex_mismatch", _FLAG, "Genetic and registered sex are both known and differ"),
        Column("is_contaminated", _FLAG, "Contamination above the maximum, or heterozygote excess where there is no AD"),
        Column("is_ti_tv_outlier", _FLAG, "Beyond the allowed deviation within the assay"),
        Column("is_excluded", _FLAG, "Verdict: not used for frequencies, merge or tests", is_nullable=False),
        Column("reason", "text", "Flags behind the verdict, separated by ';'; empty if usable"),
    ),
)  # fmt: skip

VARIANT_QC = Table(
    "variant_qc", "variant_qc/{freeze}/{assay}/{shard}.variants.parquet",
    "One row per ingested variant, in PGEN order: metrics over usable samples, flags, verdict.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("chromosome", "text", "1-22, X, Y, MT", is_nullable=False),
        Column("position", "integer", "1-based, GRCh38", is_nullable=False),
        Column("ref", "text", "Reference allele"),
        Column("alt", "text", "Alternate allele"),
        Column("rs_id", "text", "rs number of the input, if any"),
        Column("is_ref_verified", _FLAG, "REF agrees with FASTA or a sequencing assay"),
        Column("n_called", "integer", "Called genotypes among usable samples"),
        Column("call_rate", "number", "Called / usable samples"),
        Column("alt_frequency", "number", "ALT allele frequency (X: males count once)"),
        Column("mac", "integer", "Minor allele count"),
        Column("hwe_p", "number", "Smallest exact Hardy-Weinberg p over ancestry groups (X: females)"),
        Column("hwe_n_groups", "integer", "Ancestry groups tested"),
        Column("batch_p", "number", "Association with platform version, capture kit or centre; missing if there is one batch"),
        Column("n_mendelian_errors", "integer", "Over the trios of the pedigree table; missing without trios"),
        Column("is_low_call_rate", _FLAG, "Call rate below min_call_rate"),
        Column("is_hwe_failure", _FLAG, "hwe_p below min_hwe_p"),
        Column("is_batch_effect", _FLAG, "batch_p below min_batch_p"),
        Column("is_mendelian_failure", _FLAG, "More errors than max_mendelian_errors"),
        Column("is_monomorphic", _FLAG, "One allele only among usable samples (kept for merging, never tested)"),
        Column("is_excluded", _FLAG, "Verdict", is_nullable=False),
        Column("reason", "text", "Flags behind the verdict, separated by ';'; empty if usable"),
    ),
)  # fmt: skip

PAIRS = Table(
    "pairs", "identity/{freeze}/pairs.tsv", "Every pair of samples called the same person or related, or expected to be.",
    (
        Column("assay_1", "text", "Assay of sample 1", is_nullable=False),
        Column("sample_1", "text", "Sample 1", is_nullable=False),
        Column("assay_2", "text", "Assay of sample 2", is_nullable=False),
        Column("sample_2", "text", "Sample 2", is_nullable=False),
        Column("n_snps", "integer", "SNPs called in both"),
        Column("kinship", "number", "KING-robust kinship"),
        Column("n_ibs0", "integer", "SNPs at which the two are opposite homozygotes", is_required=False),
        Column("concordance", "number", "Share of identical genotypes"),
        Column("relation", "text", "Called relation; related: beyond chance, but too few SNPs to name the degree", choices=("same", "first", "second", "third", "related", "unrelated", "not_testable")),
        Column("first_degree", "text", "Kind of a first degree, by opposite homozygotes; missing where the SNPs do not tell", choices=("parent_child", "siblings"), is_required=False),
        Column("expected", "text", "Does the registry claim the same person", choices=("true", "false")),
        Column("finding", "text", "What it means", choices=("expected_match", "swap", "unexpected_same", "missing_match", "relative", "none")),
    ),
)  # fmt: skip

PERSONS = Table(
    "persons", "identity/{freeze}/persons.tsv", "The ledger: every sample, who it is, whether it is used and why.",
    (
        Column("person", "text", "Person the sample is used for; missing if it cannot be used for anyone"),
        Column("assay", "text", "Assay", is_nullable=False),
        Column("sample", "text", "Sample", is_nullable=False),
        Column("claimed_person", "text", "Person the registry claims"),
        Column("is_usable", _FLAG, "Used downstream", is_nullable=False),
        Column("reason", "text", "Evidence for the decision"),
    ),
)  # fmt: skip

SAMPLE_OVERRIDES = Table(
    "sample_overrides", "identity/{freeze}/overrides.tsv", "Reviewed decisions on samples, and what each changed.",
    (
        Column("assay", "text", "Assay", is_nullable=False),
        Column("sample", "text", "Sample", is_nullable=False),
        Column("decision", "text", "Reviewed decision", choices=("use", "exclude"), is_nullable=False),
        Column("person", "text", "Person the sample is to be used for"),
        Column("who", "text", "Who decided", is_nullable=False),
        Column("why", "text", "Reason", is_nullable=False),
        Column("date", "text", "Day of the decision, YYYY-MM-DD", is_nullable=False),
        Column("person_before", "text", "Person the genotypes alone would have used it for; missing for nobody"),
        Column("reason_before", "text", "Evidence for that"),
        Column("is_changed", _FLAG, "The decision differs from what the genotypes alone would have done", is_nullable=False),
    ),
)  # fmt: skip

MERGED_VARIANTS = Table(
    "merged_variants", "merge/{freeze}/{cohort}/{shard}.variants.parquet",
    "One row per variant of the cohort, in PGEN order.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("chromosome", "text", "1-22, X, Y, MT", is_nullable=False),
        Column("position", "integer", "1-based, GRCh38", is_nullable=False),
        Column("ref", "text", "Reference allele"),
        Column("alt", "text", "Alternate allele"),
        Column("rs_id", "text", "rs number, if an assay gave one"),
        Column("carrier_set", "text", "Assays that carry the variant after QC, in the cohort's priority order, joined by '+'", is_nullable=False),
        Column("n_by_assay", "text", "Genotypes kept by source, e.g. wgs=480;array=713"),
        Column("n_called", "integer", "People with a genotype"),
        Column("alt_frequency", "number", "ALT allele frequency (X: males count once)"),
        Column("n_compared", "integer", "Genotype pairs of one person in two assays"),
        Column("n_discordant", "integer", "Of which different"),
        Column("platform_p", "number", "Frequency by assay within ancestry (Cochran-Mantel-Haenszel); missing with one assay"),
        Column("is_discordant", _FLAG, "Discordance above max_discordance"),
        Column("is_platform_effect", _FLAG, "platform_p below min_platform_p"),
        Column("is_excluded", _FLAG, "Verdict: not tested", is_nullable=False),
        Column("reason", "text", "Flags behind the verdict; empty if usable"),
    ),
)  # fmt: skip

GENOTYPE_SOURCES = Table(
    "genotype_sources", "merge/{freeze}/{cohort}/{shard}.source.parquet",
    "Where each genotype came from: one byte per person of the fileset's .psam, in its order.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("source", "bytes", "Byte k of person i: 0 missing, otherwise the k-th assay of the cohort", is_nullable=False),
    ),
)  # fmt: skip

_CELLS = tuple(
    Column(f"n_{first}_{second}", "integer", f"Genotypes with {first} copies of ALT in the first assay and {second} in the second")
    for first in range(3)
    for second in range(3)
)  # fmt: skip
_RATES = (
    Column("n_compared", "integer", "Genotype pairs compared"),
    Column("n_discordant", "integer", "Of which different"),
    Column("discordance", "number", "Share that differs"),
    Column(
        "non_reference_discordance",
        "number",
        "Share that differs, without those that both assays call homozygous reference",
    ),
)

GENOTYPE_PAIRS = Table(
    "genotype_pairs", "merge/{freeze}/{cohort}/{shard}.pairs.parquet",
    "Genotypes of each person in two assays of the cohort, counted over the shard's variants before a policy chose between them.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("assay_1", "text", "First assay", is_nullable=False),
        Column("assay_2", "text", "Second assay", is_nullable=False),
        *_CELLS,
    ),
)  # fmt: skip

DISCORDANCE = Table(
    "discordance", "merge/{freeze}/{cohort}/discordance.tsv", "How often two assays differ about each person.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("assay_1", "text", "First assay", is_nullable=False),
        Column("assay_2", "text", "Second assay", is_nullable=False),
        *_RATES,
        Column("is_discordant", _FLAG, "Discordance above max_person_discordance", is_nullable=False),
    ),
)  # fmt: skip

CONCORDANCE = Table(
    "concordance", "merge/{freeze}/{cohort}/concordance.tsv", "Genotypes in two assays, over all people who have both.",
    (
        Column("assay_1", "text", "First assay", is_nullable=False),
        Column("assay_2", "text", "Second assay", is_nullable=False),
        Column("n_people", "integer", "People compared", is_nullable=False),
        *_CELLS,
        *_RATES,
    ),
)  # fmt: skip

COMPONENTS = Table(
    "components", "structure/{freeze}/{cohort}/components.tsv",
    "One row per person of the cohort; columns PC1, PC2, ... follow.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("assays", "text", "Assays with a usable sample, in the cohort's priority order, joined by '+'"),
        Column("is_related", _FLAG, "Left out of tests of unrelated people: a closer than max_kinship relative stays"),
        Column("is_projected", _FLAG, "Components projected, not part of the decomposition"),
        Column("is_outlier", _FLAG, "Beyond max_component_sd on a component"),
        Column("n_snps", "integer", "Pruned variants called", is_required=False),
        Column("is_undetermined", _FLAG, "Fewer than min_projection_snps: components are missing", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

KINSHIP = Table(
    "kinship", "structure/{freeze}/{cohort}/kinship.tsv", "Pairs of people of the cohort closer than unrelated.",
    (
        Column("person_1", "text", "Person 1", is_nullable=False),
        Column("person_2", "text", "Person 2", is_nullable=False),
        Column("n_snps", "integer", "SNPs called in both"),
        Column("kinship", "number", "KING-robust kinship"),
        Column("relation", "text", "Called relation; related: beyond chance, but too few SNPs to name the degree", choices=("same", "first", "second", "third", "related")),
    ),
)  # fmt: skip

VARIANT_INFO = Table(
    "variant_info", "ingest/{freeze}/{assay}/{shard}.variant_info.parquet",
    "What ingest knows of each variant beyond its alleles, in PGEN order.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("rs_id", "text", "rs number of the input, if any"),
        Column("is_ref_verified", _FLAG, "REF agrees with FASTA or a sequencing assay", is_nullable=False),
        Column("n_called", "integer", "Genotypes called after the filters, before sample QC"),
        Column("alt_frequency", "number", "ALT allele frequency among them; missing without calls"),
    ),
)  # fmt: skip

PRUNED = Table(
    "pruned", "structure/{freeze}/{cohort}/pruned.tsv",
    "Common variants in approximate linkage equilibrium: what kinship and components stand on.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
    ),
)  # fmt: skip

SCREE = Table(
    "scree", "structure/{freeze}/{cohort}/scree.tsv", "How much variance each component explains.",
    (
        Column("component", "text", "PC1, PC2, ...", is_nullable=False),
        Column("eigenvalue", "number", "Variance of the component, per unrelated person"),
        Column("variance_share", "number", "Eigenvalue / sum of all eigenvalues"),
    ),
)  # fmt: skip
