"""Tables of the meta-analysis over cohorts and other registries' files."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

_PLACE = (
    Column("chromosome", "integer", "1-22, X = 23", is_nullable=False),
    Column("base_pair_location", "integer", "1-based, GRCh38", is_nullable=False),
    Column(
        "effect_allele",
        "text",
        "Allele the effect is per copy of: that of the first study with the variant",
        is_nullable=False,
    ),
    Column("other_allele", "text", "The other allele", is_nullable=False),
)
_EFFECT = (
    Column("beta", "number", "Effect per effect allele"),
    Column("standard_error", "number", "Of beta"),
)

META_STATISTICS = Table(
    "meta_statistics", "meta/{freeze}/{analysis}.tsv.gz",
    "GWAS-SSF: one row per variant in enough studies; bgzip, tabix index and -meta.yaml beside it.",
    (
        *_PLACE,
        Column("beta", "number", "Fixed effects, inverse variance, per effect allele", is_nullable=False),
        Column("standard_error", "number", "Of beta", is_nullable=False),
        Column("effect_allele_frequency", "number", "Over the studies, by people", is_nullable=False),
        Column("p_value", "number", "Two-sided, fixed effects", is_nullable=False),
        Column("variant_id", "text", "chromosome_position_other_effect", is_nullable=False),
        Column("rs_id", "text", "rs number; #NA where there is none"),
        Column("n", "integer", "People of all studies"),
        Column("n_events", "integer", "Events or cases; #NA where a study does not tell"),
        Column("n_studies", "integer", "Studies with the variant", is_nullable=False),
        Column("directions", "text", "Sign of the effect in each study, in order; ? where absent", is_nullable=False),
        Column("heterogeneity_q", "number", "Cochran's Q"),
        Column("heterogeneity_p", "number", "Its p, chi-square with n_studies - 1 degrees of freedom"),
        Column("heterogeneity_i2", "number", "max(0, 1 - (n_studies - 1) / Q)"),
        Column("tau2", "number", "Variance between studies (DerSimonian-Laird)"),
        Column("beta_random", "number", "Random effects"),
        Column("standard_error_random", "number", "Of beta_random"),
        Column("p_random", "number", "Its two-sided p"),
        Column("z_sample_size", "number", "z weighted by sample size"),
        Column("p_sample_size", "number", "Its two-sided p"),
    ),
)  # fmt: skip

META_COUNTS = Table(
    "meta_counts", "meta/{freeze}/{analysis}.counts.tsv", "What became of each study's rows.",
    (
        Column("study", "text", "Study", is_nullable=False),
        Column("reason", "text", "What was done", is_nullable=False),
        Column("n_variants", "integer", "Rows", is_nullable=False),
    ),
)  # fmt: skip

META_HITS = Table(
    "meta_hits", "meta/{freeze}/{analysis}.hits.tsv", "Hits of the joined studies, with each study's effect.",
    (
        *_PLACE,
        Column("rs_id", "text", "rs number"),
        Column("study", "text", "Study; fixed effects and random effects: all together", is_nullable=False),
        *_EFFECT,
        Column("effect_allele_frequency", "number", "Of the effect allele"),
        Column("p_value", "number", "Two-sided"),
        Column("n", "integer", "People"),
        Column("n_events", "integer", "Events or cases"),
        Column("heterogeneity_p", "number", "p of Cochran's Q; of fixed effects only"),
        Column("heterogeneity_i2", "number", "Share of the spread beyond chance; of fixed effects only"),
    ),
)  # fmt: skip

META_LOOKUP = Table(
    "meta_lookup", "meta/{freeze}/{analysis}.lookup.tsv", "Variants looked for, in each study and in all together.",
    (
        *_PLACE,
        Column("direction", "text", "Expected sign of the effect", is_nullable=False, choices=("+", "-")),
        Column("study", "text", "Study; fixed effects and random effects: all together", is_nullable=False),
        *_EFFECT,
        Column("effect_allele_frequency", "number", "Of the effect allele"),
        Column("n", "integer", "People"),
        Column("p_value", "number", "Two-sided"),
        Column("p_one_sided", "number", "In the expected direction"),
        Column("status", "text", "found, or why not", is_nullable=False),
    ),
)  # fmt: skip
