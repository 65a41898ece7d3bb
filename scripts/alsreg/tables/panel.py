"""Tables of the panel stage."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

_GENE = Column("gene", "text", "Gene symbol, as the list writes it", is_nullable=False)
_TIER = Column("tier", "text", "Evidence tier, as the list says", is_nullable=False)

PANEL_GENES = Table(
    "panel_genes", "panel/{freeze}/{cohort}/genes.tsv", "One row per gene of the list.",
    (
        _GENE, _TIER,
        Column("source", "text", "Where the tier is written", is_nullable=False),
        Column("date", "text", "Of the tier"),
        Column("is_definitive", "flag", "The configuration calls the tier definitive", is_nullable=False),
        Column("status", "text", "assessed, or why no carrier could be found", is_nullable=False),
        Column("n_assessed", "integer", "People of the cohort whose assay reads sequence (any assay, in a cohort without such)"),
        Column("n_variants", "integer", "Variants counted, with at least one carrier"),
        Column("n_carriers", "integer", "People assessed who carry one"),
        Column("n_pathogenic_carriers", "integer", "Of these: of a variant that ClinVar calls (likely) pathogenic; missing without ClinVar"),
        Column("n_carriers_elsewhere", "integer", "Further carriers, seen by an array: they enter no comparison"),
        Column("repeat_status", "text", "no repeat judged here; not assessed (no repeat numbers in the freeze); or assessed", is_nullable=False),
        Column("n_repeat_assessed", "integer", "People of the cohort with a repeat number"),
        Column("n_intermediate", "integer", "Of these: intermediate"),
        Column("n_expanded", "integer", "Of these: expanded"),
        Column("n_uncertain", "integer", "Of these: the interval of the longer allele reaches over a limit"),
        Column("list_version", "text", "Version that the list tells", is_nullable=False),
        Column("list_sha256", "text", "Of the list", is_nullable=False),
    ),
)  # fmt: skip

PANEL_VARIANTS = Table(
    "panel_variants", "panel/{freeze}/{cohort}/variants.tsv", "One row per variant and gene of the list that a mask selects.",
    (
        _GENE, _TIER,
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("consequence", "text", "Most severe in the gene", is_nullable=False),
        Column("masks", "text", "Masks that select it, joined by ;", is_nullable=False),
        Column("n_called", "integer", "People of the cohort with a genotype"),
        Column("n_carriers", "integer", "Of these: with at least one copy of ALT"),
        Column("alt_frequency", "number", "Among them"),
        Column("clinvar_significance", "text", "CLNSIG; missing where ClinVar lacks the variant, or was not given"),
        Column("clinvar_review", "text", "CLNREVSTAT"),
        Column("is_pathogenic", "flag", "ClinVar calls it pathogenic or likely pathogenic"),
        Column("status", "text", "counted, or why not", is_nullable=False),
    ),
)  # fmt: skip

PANEL_CARRIERS = Table(
    "panel_carriers", "panel/{freeze}/{cohort}/carriers.parquet", "One row per person and variant counted. Individual-level.",
    (
        Column("person", "text", "Person", is_nullable=False),
        _GENE, _TIER,
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("consequence", "text", "Most severe in the gene", is_nullable=False),
        Column("copies", "integer", "Of ALT", is_nullable=False),
        Column("is_pathogenic", "flag", "ClinVar calls it pathogenic or likely pathogenic"),
    ),
)  # fmt: skip

PANEL_REPEATS = Table(
    "panel_repeats", "panel/{freeze}/{cohort}/repeats.parquet", "One row per person and repeat. Individual-level.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("gene", "text", "Gene of the repeat", is_nullable=False),
        Column("shorter", "integer", "Repeat units of the shorter allele"),
        Column("longer", "integer", "Repeat units of the longer allele"),
        Column("lower", "integer", "Lower limit of the longer (REPCI)"),
        Column("upper", "integer", "Its upper limit"),
        Column("repeat_class", "text", "By the longer allele; missing without a number", choices=("normal", "intermediate", "expanded")),
        Column("is_uncertain", "flag", "The interval reaches over a limit between classes"),
        Column("status", "text", "called, or why there is no number", is_nullable=False),
    ),
)  # fmt: skip

PANEL_PEOPLE = Table(
    "panel_people", "panel/{freeze}/{cohort}/people.parquet", "One row per person of the cohort. Individual-level.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("is_assessed", "flag", "An assay of the person reads sequence (any assay, in a cohort without such)", is_nullable=False),
        Column("definitive_genes", "text", "Definitive genes in which the person carries a variant counted or an expanded repeat, joined by ;"),
        Column("is_left_out", "flag", "Left out of single-variant tests, as the configuration says", is_nullable=False),
    ),
)  # fmt: skip

PANEL_COMPARISONS = Table(
    "panel_comparisons", "panel/{freeze}/{cohort}/comparisons.tsv", "One row per group of carriers and trait: carriers against the rest.",
    (
        Column("kind", "text", "What groups the carriers", choices=("gene", "tier", "definitive", "repeat"), is_nullable=False),
        Column("carriers", "text", "Gene, tier, `definitive genes`, or gene and class of its repeat", is_nullable=False),
        Column("trait", "text", "Trait", is_nullable=False),
        Column("trait_kind", "text", "quantitative, binary, survival, longitudinal", is_nullable=False),
        Column("n", "integer", "Unrelated people compared"),
        Column("n_events", "integer", "Events (survival), cases (binary) or people (else) among them"),
        Column("n_carriers", "integer", "Carriers among them"),
        Column("n_carrier_events", "integer", "Events or cases among the carriers; binary and survival only"),
        Column("beta", "number", "Carriers minus the rest: log HR, log OR, points/month or trait units"),
        Column("standard_error", "number", "Of beta"),
        Column("lower", "number", "Lower limit of the 95 % Wald interval of beta"),
        Column("upper", "number", "Its upper limit"),
        Column("p_value", "number", "Two-sided"),
        Column("method", "text", "ols (exact t), reml (Wald), firth (penalised likelihood ratio), cox (likelihood ratio), cox_firth (penalised likelihood ratio)"),
        Column("p_bonferroni", "number", "p times the groups compared in this trait, at most 1"),
        Column("status", "text", "compared, or why not", is_nullable=False),
    ),
)  # fmt: skip

CONTROL_COUNTS = Table(
    "control_counts", "annotation/{freeze}/{shard}.controls.parquet",
    "One row per variant on coding bases and population of the controls: of the population's files, or of the freeze.",
    (
        Column("variant_id", "text", "chromosome_position_REF_ALT", is_nullable=False),
        Column("chromosome", "text", "1-22, X, Y, MT", is_nullable=False),
        Column("position", "integer", "1-based, GRCh38", is_nullable=False),
        Column("ref", "text", "Reference allele"),
        Column("alt", "text", "Alternate allele"),
        Column("population", "text", "source.population", is_nullable=False),
        Column("n_copies", "integer", "Copies of ALT; missing where the files lack the variant"),
        Column("n_alleles", "integer", "Alleles called"),
        Column("n_homozygotes", "integer", "People with two copies, where told"),
        Column("is_pass", "flag", "FILTER is PASS or a dot"),
        Column("is_captured", "flag", "The first base lies in the source's capture regions, or it has none", is_nullable=False),
        Column("share_covered", "number", "People at sufficient depth there; missing without files of depths"),
    ),
)  # fmt: skip

PANEL_CONTROLS = Table(
    "panel_controls", "panel/{freeze}/{cohort}/controls.tsv",
    "One row per gene, mask and stratum (`all`: several strata together): carriers among patients and among controls.",
    (
        Column("gene", "text", "Gene symbol", is_nullable=False),
        Column("mask", "text", "Mask, or `calibration`", is_nullable=False),
        Column("stratum", "text", "Stratum of panel.controls, or all", is_nullable=False),
        Column("controls", "text", "Population compared with; joined by ; for all", is_nullable=False),
        Column("n_variants", "integer", "Variants compared that somebody on either side carries"),
        Column("n_cases", "integer", "Patients called on average, over these variants"),
        Column("n_controls", "integer", "Controls called on average, over these variants"),
        Column("n_case_carriers", "integer", "Carriers among patients, summed over variants (copies, where the controls tell no homozygotes)"),
        Column("n_control_carriers", "integer", "The same among controls"),
        Column("odds_ratio", "number", "Conditional maximum likelihood; 0 or inf at the edge"),
        Column("lower", "number", "Lower limit of its exact 95 % interval"),
        Column("upper", "number", "Its upper limit"),
        Column("p_value", "number", "Exact, two-sided"),
        Column("p_mid", "number", "Mid-p, which the inflation factor uses"),
        Column("method", "text", "fisher, or exact_stratified (several strata, conditional on all margins)"),
        Column("p_bonferroni", "number", "p times the genes and masks tested in this stratum, calibration left out, at most 1"),
        Column("status", "text", "tested, or why not", is_nullable=False),
    ),
)  # fmt: skip

PANEL_CONTROL_MASKS = Table(
    "panel_control_masks", "panel/{freeze}/{cohort}/control_masks.tsv",
    "One row per mask and stratum: inflation over genes, and all genes together.",
    (
        Column("mask", "text", "Mask, or `calibration`", is_nullable=False),
        Column("stratum", "text", "Stratum, or all", is_nullable=False),
        Column("n_genes", "integer", "Genes tested", is_nullable=False),
        Column("n_genes_lambda", "integer", "Of these: with enough carriers for the inflation factor", is_nullable=False),
        Column("lambda_gc", "number", "Median chi-square of mid-p over its median under the null given all margins"),
        Column("odds_ratio", "number", "Carriers of all genes together: cases over controls"),
        Column("lower", "number", "Lower limit of its exact 95 % interval"),
        Column("upper", "number", "Its upper limit"),
        Column("p_value", "number", "Exact, two-sided"),
    ),
)  # fmt: skip

PANEL_CONTROL_LOSSES = Table(
    "panel_control_losses", "panel/{freeze}/{cohort}/control_losses.tsv",
    "One row per stratum and reason: variants that a mask selects and that are not compared, on either side.",
    (
        Column("stratum", "text", "Stratum", is_nullable=False),
        Column("reason", "text", "compared, or why not", is_nullable=False),
        Column("n_variants", "integer", "Variants", is_nullable=False),
        Column("n_case_copies", "integer", "Copies of ALT that patients carry of them", is_nullable=False),
        Column("n_control_copies", "integer", "Copies that controls carry of them", is_nullable=False),
    ),
)  # fmt: skip
