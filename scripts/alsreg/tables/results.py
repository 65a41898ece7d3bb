"""Tables of annotation, association and burden."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

ANNOTATION = Table(
    "annotation", "annotation/{freeze}/{shard}.variants.parquet", "One row per variant and gene with a consequence.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("chromosome", "text", "1-22, X, Y, MT", is_nullable=False),
        Column("position", "integer", "1-based, GRCh38", is_nullable=False),
        Column("ref", "text", "Reference allele"),
        Column("alt", "text", "Alternate allele"),
        Column("gene", "text", "Gene symbol", is_nullable=False),
        Column("consequence", "text", "Most severe Sequence Ontology term, or the region a ready table gives", is_nullable=False),
        Column("transcript", "text", "Transcript of that consequence, if known"),
        Column("source", "text", "bcftools_csq, bcftools_csq_phased (judged with its neighbours on the haplotype), vcf or table", is_nullable=False),
        Column("lof", "text", "LOFTEE: HC, LC or OS; columns score_<name> from CSQ may follow", is_required=False),
        Column("lof_filter", "text", "LOFTEE: why LC", is_required=False),
        Column("lof_flags", "text", "LOFTEE: doubts about HC", is_required=False),
        Column("is_control_only", "flag", "Only files of controls have the variant: no part of masks", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

SITE_VALUES = Table(
    "site_values", "annotation/{freeze}/{shard}.sites.parquet",
    "One row per variant that a mask may select: scores (score_<name>) and ALT frequencies elsewhere (frequency_<source>_<population>) follow.",
    (Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),),
    has_extra_columns=True,
)  # fmt: skip

SITE_COUNTS = Table(
    "site_counts", "annotation/{freeze}/{shard}.sites.tsv", "What became of the rows of files of scores and frequencies.",
    (
        Column("shard", "text", "Set of chromosomes", is_nullable=False),
        Column("source", "text", "Score or frequency, as the freeze names it", is_nullable=False),
        Column("unit", "text", "What is counted", choices=("variant", "row"), is_nullable=False),
        Column("reason", "text", "Reason, e.g. matched, alleles_differ, ref_differs, lift_unmapped; variants: with_value, without_value", is_nullable=False),
        Column("is_loss", "flag", "The counted ones give or have no value", is_nullable=False),
        Column("count", "integer", "How many", is_nullable=False),
    ),
)  # fmt: skip

COVERAGE = Table(
    "coverage", "annotation/{freeze}/coverage.tsv", "One row per gene and assay: how much of its coding bases could be seen.",
    (
        Column("gene", "text", "Gene symbol", is_nullable=False),
        Column("chromosome", "text", "1-22, X, Y, MT", is_nullable=False),
        Column("start", "integer", "First coding base, GRCh38", is_nullable=False),
        Column("end", "integer", "Last coding base", is_nullable=False),
        Column("n_coding", "integer", "Coding bases of any transcript", is_nullable=False),
        Column("assay", "text", "Assay", is_nullable=False),
        Column("n_visible", "integer", "Coding bases where a variant could have been seen; missing if nothing tells"),
        Column("share_visible", "number", "Of the coding bases"),
        Column("basis", "text", "capture_bed: bases captured; genome: all, by design; sites: bases where the array has a usable variant; unknown: exome without a capture file", choices=("capture_bed", "genome", "sites", "unknown"), is_nullable=False),
        Column("n_variants", "integer", "Variants of the assay on coding bases", is_nullable=False),
        Column("n_excluded", "integer", "Of these: excluded by variant QC", is_nullable=False),
        Column("mean_call_rate", "number", "Of these variants before exclusion; missing without variants"),
        Column("share_called", "number", "share_visible times mean_call_rate: what was seen of the gene in the average person; missing without variants"),
    ),
)  # fmt: skip

ANALYSIS_SAMPLES = Table(
    "analysis_samples", "association/{freeze}/{cohort}/samples.tsv",
    "One row per person of the cohort; the columns of the traits and covariates follow.",
    (
        Column("#IID", "text", "Person, as in the genotype files", is_nullable=False),
        Column("assays", "text", "Assays with a usable sample, in the cohort's priority order, joined by '+'", is_required=False),
        Column("is_related", "flag", "Left out of tests of unrelated people", is_required=False),
        Column("is_carrier_left_out", "flag", "Left out of single-variant tests as a carrier in a definitive gene", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

ANALYSIS_VISITS = Table(
    "analysis_visits", "association/{freeze}/{cohort}/visits.tsv",
    "One row per visit of the cohort's people; times and values of the longitudinal traits follow.",
    (Column("#IID", "text", "Person, as in the genotype files", is_nullable=False),),
    has_extra_columns=True,
)  # fmt: skip

VARIANT_TESTS = Table(
    "variant_tests", "association/{freeze}/{cohort}/{shard}.{trait}.parquet",
    "One row per variant of the shard, in PGEN order: tested, or why not.",
    (
        Column("variant_id", "text", "chromosome_position_other_effect", is_nullable=False),
        Column("chromosome", "integer", "1-22, X = 23, Y = 24, MT = 25", is_nullable=False),
        Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
        Column("effect_allele", "text", "ALT", is_nullable=False),
        Column("other_allele", "text", "REF", is_nullable=False),
        Column("rs_id", "text", "rs number, if any"),
        Column("beta", "number", "log HR, log OR, points/month or trait units per effect allele"),
        Column("standard_error", "number", "Of beta"),
        Column("effect_allele_frequency", "number", "Among the people tested"),
        Column("p_value", "number", "Two-sided"),
        Column("n", "integer", "People of the model with a genotype"),
        Column("n_events", "integer", "Events (survival), cases (binary) or people (else) among them"),
        Column("n_carriers", "integer", "People who carry the rarer allele"),
        Column("mac", "number", "Copies of the rarer allele"),
        Column("n_imputed", "integer", "Missing genotypes filled with the mean"),
        Column("carrier_set", "text", "Assays that carry the variant"),
        Column("effect_method", "text", "How beta was estimated"),
        Column("p_method", "text", "How p was computed"),
        Column("status", "text", "tested, or why not", is_nullable=False),
    ),
)  # fmt: skip

ANNOTATION_COUNTS = Table(
    "annotation_counts", "annotation/{freeze}/{shard}.counts.tsv", "What became of variants and of the rows of a ready table.",
    (
        Column("shard", "text", "Set of chromosomes", is_nullable=False),
        Column("unit", "text", "What is counted", choices=("variant", "row"), is_nullable=False),
        Column("reason", "text", "Reason, e.g. annotated, without_consequence, lift_unmapped, alleles_differ", is_nullable=False),
        Column("is_loss", "flag", "The counted ones have no consequence", is_nullable=False),
        Column("count", "integer", "How many", is_nullable=False),
    ),
)  # fmt: skip

MASK_COUNTS = Table(
    "mask_counts", "annotation/{freeze}/masks/counts.tsv", "One row per mask and consequence: how much it selects.",
    (
        Column("mask", "text", "Mask", is_nullable=False),
        Column("consequence", "text", "Sequence Ontology term or region", is_nullable=False),
        Column("n_variants", "integer", "Variants with it, of any frequency", is_nullable=False),
        Column("n_genes", "integer", "Genes with at least one", is_nullable=False),
        Column("status", "text", "used, or that the consequence or the whole mask matches nothing", is_nullable=False),
        Column("n_selected", "integer", "Variants that pass all that the mask asks; this and the next columns only if some mask asks for more than consequences", is_required=False),
        Column("n_not_confident", "integer", "Not: LOFTEE does not trust them", is_required=False),
        Column("n_without_score", "integer", "Not: a score is missing", is_required=False),
        Column("n_low_score", "integer", "Not: a score is too low", is_required=False),
        Column("n_common_elsewhere", "integer", "Not: too frequent in other people", is_required=False),
    ),
)  # fmt: skip

# GWAS-SSF order first, then ours. Positions 1-8 are the mandatory fields of the format.
SUMMARY_STATISTICS = Table(
    "summary_statistics", "association/{freeze}/{cohort}/{trait}.tsv.gz",
    "GWAS-SSF: one row per tested variant, sorted by position; bgzip, tabix index and -meta.yaml beside it.",
    (
        Column("chromosome", "integer", "1-22, X = 23", is_nullable=False),
        Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
        Column("effect_allele", "text", "Allele the effect is per copy of: ALT", is_nullable=False),
        Column("other_allele", "text", "REF", is_nullable=False),
        Column("beta", "number", "log HR, log OR, points/month or trait units per effect allele", is_nullable=False),
        Column("standard_error", "number", "Standard error of beta", is_nullable=False),
        Column("effect_allele_frequency", "number", "Among the people tested", is_nullable=False),
        Column("p_value", "number", "Two-sided", is_nullable=False),
        Column("variant_id", "text", "chromosome_position_other_effect", is_nullable=False),
        Column("rs_id", "text", "rs number; #NA where there is none"),
        Column("n", "integer", "People tested", is_nullable=False),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("n_carriers", "integer", "People who carry the rarer allele"),
        Column("mac", "number", "Copies of the rarer allele"),
        Column("n_imputed", "integer", "Missing genotypes filled with the mean"),
        Column("carrier_set", "text", "Assays that carry the variant"),
        Column("effect_method", "text", "How beta was estimated: ols, gls (related people), score, wald, firth"),
        Column("p_method", "text", "How p was computed: t, robust_t, score, saddlepoint, signed_root_lrt, firth_lrt, wald"),
    ),
)  # fmt: skip

UNTESTABLE = Table(
    "untestable", "association/{freeze}/{cohort}/{trait}.untestable.tsv.gz", "Variants not tested, with count and reason.",
    (
        Column("chromosome", "integer", "1-22, X = 23", is_nullable=False),
        Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
        Column("effect_allele", "text", "ALT", is_nullable=False),
        Column("other_allele", "text", "REF", is_nullable=False),
        Column("variant_id", "text", "chromosome_position_other_effect", is_nullable=False),
        Column("n", "integer", "People with a genotype"),
        Column("n_events", "integer", "Events among them"),
        Column("n_carriers", "integer", "People who carry the rarer allele"),
        Column("mac", "number", "Copies of the rarer allele"),
        Column("reason", "text", "Why not", is_nullable=False),
    ),
)  # fmt: skip

THINNED = Table(
    "thinned", "association/{freeze}/{cohort}/{trait}.thinned.parquet",
    "What Manhattan and QQ plots need: all small p-values, and the rest thinned evenly in rank.",
    (
        Column("chromosome", "integer", "1-22, X = 23", is_nullable=False),
        Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
        Column("variant_id", "text", "Variant"),
        Column("p_value", "number", "Two-sided"),
        Column("rank", "integer", "Rank of p among all tested, 1 = smallest"),
    ),
)  # fmt: skip

LEADS = Table(
    "leads", "association/{freeze}/{cohort}/leads.tsv", "Independent leading variants per trait.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("chromosome", "integer", "1-22, X = 23", is_nullable=False),
        Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
        Column("variant_id", "text", "Variant", is_nullable=False),
        Column("rs_id", "text", "rs number"),
        Column("effect_allele", "text", "ALT"),
        Column("other_allele", "text", "REF"),
        Column("effect_allele_frequency", "number", "Among the people tested"),
        Column("n", "integer", "People tested"),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("n_carriers", "integer", "Carriers of the rarer allele"),
        Column("n_carrier_events", "integer", "Events or cases among the carriers; binary and survival only"),
        Column("beta", "number", "Refitted effect per effect allele (Wald, Firth, exact, or REML)"),
        Column("standard_error", "number", "Of the refitted effect"),
        Column("ratio", "number", "Odds ratio (binary) or hazard ratio (survival): exp(beta); missing without a finite refitted effect"),
        Column("ratio_lower", "number", "Lower limit of its 95 % Wald interval"),
        Column("ratio_upper", "number", "Upper limit of its 95 % Wald interval"),
        Column("p_value", "number", "As in the summary statistics"),
        Column("p_refit", "number", "Wald or likelihood-ratio p of the refit"),
        Column("effect_method", "text", "How beta was refitted"),
        Column("refit_status", "text", "refitted, or why beta is that of the scan", is_nullable=False),
        Column("ph_p", "number", "Proportional hazards (scaled Schoenfeld); survival only"),
        Column("carrier_set", "text", "Assays that carry the variant"),
        Column("nearest_gene", "text", "Nearest gene, if gene bounds are given"),
        Column("locus", "text", "The strongest lead within the window: variants near it are one locus", is_nullable=False),
        Column("n_in_locus", "integer", "Variants below the lead threshold in its window"),
        Column("is_genome_wide", "flag", "p below the genome-wide threshold"),
        Column("n_groups", "integer", "Source assays whose people could be tested by themselves"),
        Column("beta_summed", "number", "Effect of U and V summed over the source assays, each with its own null model"),
        Column("standard_error_summed", "number", "Of beta_summed"),
        Column("p_summed", "number", "Of the summed score"),
        Column("heterogeneity_q", "number", "Cochran's Q of the groups' one-step effects u / v"),
        Column("heterogeneity_p", "number", "Its p, chi-square with n_groups - 1 degrees of freedom"),
        Column("heterogeneity_i2", "number", "Share of the spread beyond chance, max(0, 1 - (n_groups - 1) / Q)"),
        Column("groups_status", "text", "tested; one source assay; or the groups that could not be tested, and why"),
    ),
)  # fmt: skip

DIAGNOSTICS = Table(
    "diagnostics", "association/{freeze}/{cohort}/diagnostics.tsv", "One row per trait: calibration and size.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("kind", "text", "quantitative, binary, survival, longitudinal", is_nullable=False),
        Column("status", "text", "tested, or why the trait could not be tested", is_nullable=False),
        Column("n", "integer", "People with the trait and all covariates"),
        Column("n_events", "integer", "Events or cases among them"),
        Column("n_tested", "integer", "Variants tested"),
        Column("n_untestable", "integer", "Variants not tested"),
        Column("lambda_gc", "number", "Median chi-square / 0.4549, all tested variants"),
        Column("lambda_gc_common", "number", "The same for effect allele frequency within 5-95 %"),
        Column("lambda_1000", "number", "Scaled to 1,000 people (survival: 1,000 events; binary: 1,000 cases and 1,000 others)"),
        Column("effective_n", "number", "People; survival: events; binary: 4 / (1/cases + 1/others)"),
        Column("n_hits", "integer", "p below the genome-wide threshold"),
        Column("n_hits_expected", "number", "Expected under the null"),
        Column("covariates", "text", "Covariates of the null model"),
        Column("left_out", "text", "People of the cohort who are not analysed, by reason"),
        Column("entry_tau", "number", "Conditional Kendall's tau of entry and exit; survival only"),
        Column("entry_tau_p", "number", "Its p-value"),
        Column("median_survival_months", "number", "Kaplan-Meier median with delayed entry", "months"),
        Column("detectable_effect", "number", "Effect per allele found with power 0.8 at frequency 0.25"),
    ),
)  # fmt: skip

RELATEDNESS = Table(
    "relatedness", "association/{freeze}/{cohort}/relatedness.tsv",
    "One row per trait and carrier set: what was done about relatives, and what they do to the trait's tests.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("carrier_set", "text", "Assays that carry the variants; empty: a fileset that knows no assays"),
        Column("relatives", "text", "left out, or modelled", choices=("left out", "modelled"), is_nullable=False),
        Column("n", "integer", "People analysed"),
        Column("n_left_out", "integer", "People left out as relatives, or (modelled) for too few genotypes to tell"),
        Column("n_with_relative", "integer", "People analysed with a third-degree or closer relative among them"),
        Column("model", "text", "polygenic: random effect with the relationships' covariance; retrospective: variance of scores over genotypes of relatives"),
        Column("heritability", "number", "Polygenic: share of the variance, given covariates, that follows relatedness"),
        Column("genetic_variance", "number", "Polygenic: of the random effect, per unit of relationship (REML)"),
        Column("residual_variance", "number", "Polygenic: of the errors"),
        Column("variance_ratio", "number", "Polygenic: genetic over residual variance, the lambda of GEMMA"),
        Column("is_at_boundary", "flag", "Polygenic: the ratio is 0 or the largest searched"),
        Column("score_variance_ratio", "number", "Retrospective: variance of scores over that of unrelated people"),
        Column("status", "text", "fitted, that nobody has relatives there, or why there is no model", is_nullable=False),
    ),
)  # fmt: skip

GENES = Table(
    "genes", "burden/{freeze}/{cohort}/{trait}.genes.tsv", "One row per gene, mask and test; rows of mask `all_masks` join the masks of a gene.",
    (
        Column("gene", "text", "Gene", is_nullable=False),
        Column("mask", "text", "Mask", is_nullable=False),
        Column("test", "text", "Test", choices=("burden", "skat", "skat_o", "acat_v", "acat_o", "omnibus"), is_nullable=False),
        Column("n_variants", "integer", "Variants in the test"),
        Column("n_carriers", "integer", "People who carry at least one"),
        Column("mac", "number", "Copies of the rarer alleles"),
        Column("beta", "number", "Burden: effect per weighted copy, weights as configured; missing for other tests"),
        Column("standard_error", "number", "Of beta"),
        Column("p_value", "number", "Missing if the row was not tested"),
        Column("p_method", "text", "Burden: t, score, saddlepoint, signed_root_lrt; skat, skat_o: contour; acat_v, acat_o, omnibus: cauchy; then, after +, what corrected the scores for small counts"),
        Column("status", "text", "tested, or why not", is_nullable=False),
        Column("n", "integer", "People tested"),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("n_in_mask", "integer", "Variants of the gene with the mask's consequences in any assay of the freeze"),
        Column("n_absent", "integer", "Of these: not among the cohort's genotypes"),
        Column("n_excluded", "integer", "Of these: excluded by variant QC"),
        Column("n_unobserved", "integer", "Of these: no null model for the assays that carry them"),
        Column("n_without_copies", "integer", "Of these: nobody tested carries them"),
        Column("n_too_common", "integer", "Of these: above the mask's allele frequency, or its number of copies"),
        Column("n_collapsed", "integer", "Variants of the test that were collapsed to one per carrier set"),
        Column("p_bonferroni", "number", "p times all rows tested for this trait (genes, masks and tests), at most 1: the threshold of the report", is_required=False),
        Column("q_value", "number", "False discovery rate (Benjamini-Hochberg) over the same", is_required=False),
    ),
)  # fmt: skip

GENE_HITS = Table(
    "gene_hits", "burden/{freeze}/{cohort}/hits.tsv",
    "Genes with a small p, under the mask in which it is smallest: one row per test, with what else could be its reason.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("gene", "text", "Gene", is_nullable=False),
        Column("mask", "text", "Mask", is_nullable=False),
        Column("test", "text", "Test", choices=("burden", "skat", "skat_o", "acat_v", "acat_o"), is_nullable=False),
        Column("n_variants", "integer", "Variants in the test"),
        Column("n_carriers", "integer", "People who carry at least one"),
        Column("p_value", "number", "As in the table of genes"),
        Column("given", "text", "Leading common variants near the gene that the conditional test is given, comma-separated"),
        Column("p_conditional", "number", "Given these"),
        Column("conditional_status", "text", "tested, or why not", is_nullable=False),
        Column("p_resampled", "number", "By resampling under the fitted null. At least 1 / (n_resamples + 1)"),
        Column("n_resamples", "integer", "Resamples made"),
        Column("resampling_status", "text", "resampled, or why not", is_nullable=False),
    ),
)  # fmt: skip

LEFT_OUT = Table(
    "left_out", "burden/{freeze}/{cohort}/left_out.tsv",
    "The tests of each hit with one variant left out at a time: one row per variant and test.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("gene", "text", "Gene", is_nullable=False),
        Column("mask", "text", "Mask", is_nullable=False),
        Column("test", "text", "Test", choices=("burden", "skat", "skat_o", "acat_v", "acat_o"), is_nullable=False),
        Column("variant_id", "text", "The variant left out", is_nullable=False),
        Column("position", "integer", "1-based, GRCh38"),
        Column("annotation", "text", "Its consequence, or its word in the annotation file"),
        Column("mac", "number", "Copies of its rarer allele among the people tested"),
        Column("n_carriers", "integer", "Its carriers"),
        Column("beta_variant", "number", "Its own effect per copy of the rarer allele, from the score"),
        Column("p_variant", "number", "Its own p"),
        Column("p_value", "number", "Of the gene without it"),
        Column("status", "text", "tested, or why the gene cannot be without it", is_nullable=False),
    ),
)  # fmt: skip
