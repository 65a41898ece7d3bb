"""Tables about leads beside `LEADS`, and about what each trait could find."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

LEAD_GROUPS = Table(
    "lead_groups", "association/{freeze}/{cohort}/lead_groups.tsv",
    "One row per lead and source assay: the lead in the people whose genotypes come from that assay, with their own null model.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("source", "text", "Source assay", is_nullable=False),
        Column("n", "integer", "People"),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("n_carriers", "integer", "Carriers of the rarer allele"),
        Column("n_carrier_events", "integer", "Events or cases among the carriers"),
        Column("u", "number", "Score"),
        Column("v", "number", "Its variance"),
        Column("beta", "number", "Effect per effect allele, refitted where the full model has one, else u / v"),
        Column("standard_error", "number", "Of beta"),
        Column("effect_method", "text", "How beta was estimated"),
        Column("status", "text", "tested, or why not", is_nullable=False),
        Column("relatives", "text", "left out of the models, or modelled (`relatedness`)", choices=("left out", "modelled"), is_required=False),
    ),
)  # fmt: skip

LEAD_SENSITIVITY = Table(
    "lead_sensitivity", "association/{freeze}/{cohort}/lead_sensitivity.tsv",
    "Survival leads under other endpoints, given a prognostic index, with causes competing, and in thirds of the events by time, all with delayed entry and the scan's "
    "covariates and strata. Given the index the effect is a direct one, under assumptions (docs/prognosis.md).",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("analysis", "text", "as analysed, the name of another endpoint, same people, without the index, given the prognostic index, cause_specific, subdistribution, or events of a part of follow-up", is_nullable=False),
        Column("cause", "text", "Cause of the event that counts; any: all", is_nullable=False),
        Column("model", "text", "cox, or fine_gray (standard errors are sandwiches)", is_nullable=False),
        Column("n", "integer", "People"),
        Column("n_events", "integer", "Events that count"),
        Column("n_competing", "integer", "People with an event of another cause"),
        Column("n_carriers", "integer", "Carriers of the rarer allele"),
        Column("n_carrier_events", "integer", "Events that count among the carriers"),
        Column("beta", "number", "Log hazard ratio, or log subdistribution hazard ratio, per effect allele"),
        Column("standard_error", "number", "Of beta"),
        Column("p_value", "number", "Likelihood ratio (cox), Wald (fine_gray)"),
        Column("status", "text", "tested, or why there is no effect", is_nullable=False),
        Column("relatives", "text", "left out of the models, or modelled (`relatedness`)", choices=("left out", "modelled"), is_required=False),
    ),
)  # fmt: skip

LEAD_DECLINE = Table(
    "lead_decline", "association/{freeze}/{cohort}/lead_decline.tsv",
    "Longitudinal leads under informative dropout: the mixed model as analysed, that of the people with a survival time on the clock "
    "of survival, and the joint model of the same visits and survival. The last two rows differ by dropout alone.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("analysis", "text", "as analysed, same people and visits, or jointly with survival", is_nullable=False),
        Column("model", "text", "mixed: visits alone (REML); joint: visits and survival with shared random effects", choices=("mixed", "joint"), is_nullable=False),
        Column("n", "integer", "People with the genotype; relatives are left out"),
        Column("n_visits", "integer", "Their visits; beside survival, those up to the end of follow-up"),
        Column("n_events", "integer", "Events that end follow-up"),
        Column("n_carriers", "integer", "Carriers of the rarer allele"),
        Column("n_carrier_events", "integer", "Events among the carriers"),
        Column("left_out", "text", "People as analysed who are not here, by reason"),
        Column("beta", "number", "Variant x time per effect allele", "points/month"),
        Column("standard_error", "number", "Of beta"),
        Column("p_value", "number", "Wald"),
        Column("log_hazard_ratio", "number", "Per effect allele, of people who deviate alike from the mean course of their genotype: through decline and besides"),
        Column("log_hazard_ratio_error", "number", "Its standard error"),
        Column("p_hazard", "number", "Wald"),
        Column("association_slope", "number", "Log hazard ratio per point/month of the person's own slope: 0 if dropout is not informative"),
        Column("association_slope_error", "number", "Its standard error"),
        Column("status", "text", "tested, or why there is no effect", is_nullable=False),
    ),
)  # fmt: skip

LEAD_CURVES = Table(
    "lead_curves", "association/{freeze}/{cohort}/lead_curves.parquet",
    "Survival (Kaplan-Meier) and cumulative incidence (Aalen-Johansen) with delayed entry by genotype of each survival lead.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("endpoint", "text", "survival or incidence", choices=("survival", "incidence"), is_nullable=False),
        Column("cause", "text", "Cause of the event (incidence); any: all", is_nullable=False),
        Column("copies", "integer", "Copies of the effect allele", is_nullable=False),
        Column("n", "integer", "People with this genotype"),
        Column("n_events", "integer", "Events of any cause among them"),
        Column("time", "number", "Event time", "months"),
        Column("n_at_risk", "integer", "People with entry < time <= exit"),
        Column("n_at", "integer", "Events of the cause at that time"),
        Column("estimate", "number", "Probability just after that time"),
        Column("lower", "number", "95 % limit (log-log); survival only"),
        Column("upper", "number", "95 % limit (log-log); survival only"),
    ),
)  # fmt: skip

LEAD_MEANS = Table(
    "lead_means", "association/{freeze}/{cohort}/lead_means.tsv",
    "Traits that are no survival times, by genotype of each lead: mean of a quantitative trait, share of cases of a binary one, "
    "mean by half-year of a longitudinal one. Relatives are left out; covariates play no part.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("copies", "integer", "Copies of the effect allele", is_nullable=False),
        Column("month", "number", "Start of the half-year; longitudinal traits only", "months"),
        Column("n", "integer", "People; with several visits in the half-year, a person counts once", is_nullable=False),
        Column("mean", "number", "Mean (binary: share of cases), on the scale of the trait's column"),
        Column("standard_error", "number", "Of the mean; missing for one person"),
    ),
)  # fmt: skip

LEAD_INFLUENCE = Table(
    "lead_influence", "association/{freeze}/{cohort}/lead_influence.tsv",
    "How much of each lead hangs on one person. Changes are exact (quantitative), one step (binary), of first order (survival, R's "
    "dfbeta) or at the variance components of all (longitudinal); the effect without the most influential person is a refit.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead", is_nullable=False),
        Column("n", "integer", "People; relatives are left out"),
        Column("n_carriers", "integer", "Carriers of the rarer allele"),
        Column("beta", "number", "Effect in these people"),
        Column("standard_error", "number", "Of beta"),
        Column("max_change", "number", "Largest change of beta when one person leaves, in standard errors"),
        Column("n_influential", "integer", "People whose leaving changes beta by more than 2 / sqrt(n) standard errors"),
        Column("beta_without", "number", "Effect without the most influential person"),
        Column("standard_error_without", "number", "Of beta_without"),
        Column("p_without", "number", "Of beta_without: t (quantitative), likelihood ratio"),
        Column("status", "text", "tested, or why not", is_nullable=False),
    ),
)  # fmt: skip

REGIONS = Table(
    "regions", "association/{freeze}/{cohort}/regions.parquet",
    "What a regional plot needs: every tested variant of each locus, with its LD to the lead.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("locus", "text", "Strongest lead of the locus", is_nullable=False),
        Column("variant_id", "text", "Variant", is_nullable=False),
        Column("rs_id", "text", "rs number"),
        Column("chromosome", "integer", "1-22, X = 23"),
        Column("base_pair_location", "integer", "1-based, GRCh38"),
        Column("p_value", "number", "Of the scan"),
        Column("r2", "number", "With the lead, over people called for both; missing if fewer than 50 are"),
    ),
)  # fmt: skip

LOCI = Table(
    "loci", "association/{freeze}/{cohort}/loci.tsv", "One row per trait and locus: how many signals, and its credible set.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("locus", "text", "Its strongest lead", is_nullable=False),
        Column("n_variants", "integer", "Variants tested in the window"),
        Column("n_untestable", "integer", "Variants of the window that were not"),
        Column("n_leads", "integer", "Leads in it"),
        Column("n_signals", "integer", "Signals of the stepwise regression, the lead included"),
        Column("n_credible", "integer", "Variants of the credible set"),
        Column("min_r2", "number", "Smallest r2 of a member of the set with the lead"),
        Column("prior_sd", "number", "Standard deviation of the effect's normal prior, on the scale of beta"),
        Column("warning", "text", "Why the credible set is weak, if it is"),
    ),
)  # fmt: skip

CONDITIONAL = Table(
    "conditional", "association/{freeze}/{cohort}/conditional.tsv",
    "Stepwise regression in each locus: signals in order, the best variant that did not join, and other leads given all signals.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("locus", "text", "Strongest lead of the locus", is_nullable=False),
        Column("step", "integer", "0: the lead; k: the best given k signals; missing: another lead, given all signals"),
        Column("variant_id", "text", "Variant", is_nullable=False),
        Column("rs_id", "text", "rs number"),
        Column("chromosome", "integer", "1-22, X = 23"),
        Column("base_pair_location", "integer", "1-based, GRCh38"),
        Column("r2", "number", "With the lead, over people called for both; missing if fewer than 50 are"),
        Column("n", "integer", "People with all these genotypes"),
        Column("p_value", "number", "Of the scan"),
        Column("p_conditional", "number", "Given the signals before; same test as the scan's"),
        Column("beta_joint", "number", "Effect in the model that holds all signals, where there are several"),
        Column("standard_error_joint", "number", "Of beta_joint"),
        Column("p_joint", "number", "Of beta_joint"),
        Column("is_signal", "flag", "Belongs to the signals of the locus", is_nullable=False),
        Column("status", "text", "lead, signal, no further signal; of other leads: tested, or why not", is_nullable=False),
        Column("relatives", "text", "left out of the models, or modelled (`relatedness`)", choices=("left out", "modelled"), is_required=False),
    ),
)  # fmt: skip

CREDIBLE = Table(
    "credible", "association/{freeze}/{cohort}/credible.tsv",
    "Approximate credible sets: Wakefield's Bayes factors, one causal variant per locus; see the warnings in loci.tsv.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("locus", "text", "Strongest lead of the locus", is_nullable=False),
        Column("variant_id", "text", "Variant", is_nullable=False),
        Column("rs_id", "text", "rs number"),
        Column("chromosome", "integer", "1-22, X = 23"),
        Column("base_pair_location", "integer", "1-based, GRCh38"),
        Column("n", "integer", "People tested"),
        Column("p_value", "number", "Of the scan"),
        Column("r2", "number", "With the lead; missing if fewer than 50 people are called for both"),
        Column("log10_bayes_factor", "number", "Of an effect against none"),
        Column("posterior", "number", "Probability to be the cause, if one tested variant of the locus is"),
        Column("cumulative", "number", "Sum of the probabilities down to this row"),
    ),
)  # fmt: skip

CONFOUNDING = Table(
    "confounding", "association/{freeze}/{cohort}/confounding.tsv",
    "One row per trait, carrier set and source assay: do people of different source assays differ in the trait?",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("carrier_set", "text", "Assays that carry the variants"),
        Column("source", "text", "Source assay", is_nullable=False),
        Column("n", "integer", "People whose genotypes come from it"),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("beta", "number", "Effect of this assay against the others, given the covariates (longitudinal: on the slope)"),
        Column("standard_error", "number", "Of beta"),
        Column("p_value", "number", "Likelihood ratio p of beta"),
        Column("p_joint", "number", "Score test of all assays together"),
        Column("status", "text", "fitted, one source assay, or why not", is_nullable=False),
        Column("relatives", "text", "left out of the models, or modelled (`relatedness`)", choices=("left out", "modelled"), is_required=False),
    ),
)  # fmt: skip

POWER = Table(
    "power", "association/{freeze}/{cohort}/power.tsv", "What each trait could find: effect detectable with power 0.8.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("p_threshold", "number", "Genome-wide, and 0.05 for one variant tested alone"),
        Column("frequency", "number", "Of the effect allele"),
        Column("n", "integer", "People"),
        Column("n_events", "integer", "Events (survival), cases (binary), people (else)"),
        Column("effect", "number", "Per allele, on the scale of beta"),
        Column("ratio", "number", "exp(effect); binary and survival only"),
        Column("expected_mac", "number", "Copies of the rarer allele expected"),
        Column("is_testable", "flag", "Enough copies to be tested at all"),
        Column("status", "text", "fitted, or why the trait has no null model", is_nullable=False),
    ),
)  # fmt: skip
