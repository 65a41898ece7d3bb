"""Tables of the groups of decline."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

TRAJECTORIES = Table(
    "trajectories", "registry/{freeze}/trajectories.parquet",
    "One row per person: the group of decline they most probably belong to, from a latent class mixed model of the ALSFRS-R "
    "total; membership is measured with error (docs/prognosis.md).",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("trajectory_class", "integer", "Most probable class, 1 the slowest mean decline"),
        Column("trajectory_posterior", "number", "Probability of that class"),
        Column("is_fast_decline", "integer", "1: most probably of the fastest class; 0: of another; missing if there is one class"),
        Column("fast_decline_probability", "number", "Probability of the fastest class; missing if there is one class"),
        Column("trajectory_posteriors", "text", "Probability of every class in order, joined by ';'"),
        Column("trajectory_status", "text", "assigned, or why not", is_nullable=False),
    ),
)  # fmt: skip

TRAJECTORY_MODELS = Table(
    "trajectory_models", "registry/{freeze}/trajectory_models.tsv",
    "One row per number of classes tried, and why it was chosen or not.",
    (
        Column("n_classes", "integer", "Classes", is_nullable=False),
        Column("n_people", "integer", "People fitted"),
        Column("n_visits", "integer", "Their visits"),
        Column("n_parameters", "integer", "Parameters"),
        Column("log_likelihood", "number", "At the maximum"),
        Column("aic", "number", "Akaike's criterion"),
        Column("bic", "number", "Bayesian criterion, sample size: people"),
        Column("sample_size_adjusted_bic", "number", "The same with (people + 2) / 24"),
        Column("icl", "number", "BIC plus twice the entropy of membership"),
        Column("entropy", "number", "Relative, 1: every membership is certain"),
        Column("smallest_share", "number", "People assigned to the smallest class, as a share"),
        Column("certainty", "number", "Smallest mean posterior of the people assigned to a class"),
        Column("n_starts", "integer", "Starts"),
        Column("n_starts_reached", "integer", "Starts that reached this maximum"),
        Column("rand_index", "number", "Mean adjusted Rand index with the classes of resamples; of usable numbers above 1"),
        Column("min_jaccard", "number", "Smallest mean Jaccard similarity of a class with resamples; below 0.6: the class dissolves"),
        Column("n_resamples", "integer", "Resamples with a fit"),
        Column("is_chosen", "flag", "The number of classes used", is_nullable=False),
        Column("status", "text", "chosen, or why not", is_nullable=False),
    ),
)  # fmt: skip

TRAJECTORY_CLASSES = Table(
    "trajectory_classes", "registry/{freeze}/trajectory_classes.tsv", "One row per class of the number chosen, slowest decline first.",
    (
        Column("trajectory_class", "integer", "Class", is_nullable=False),
        Column("n", "integer", "People assigned"),
        Column("share", "number", "Share of the class in the model"),
        Column("certainty", "number", "Mean posterior of the people assigned"),
        Column("jaccard", "number", "Mean Jaccard similarity with resamples; below 0.6: the class dissolves"),
        Column("level", "number", "Mean total at registration", "points"),
        Column("level_standard_error", "number", "Of level", "points"),
        Column("change", "number", "Mean change at registration", "points/month"),
        Column("change_standard_error", "number", "Of change", "points/month"),
        Column("curvature", "number", "Coefficient of the square of time; missing for straight lines", "points/month²"),
        Column("curvature_standard_error", "number", "Of curvature", "points/month²"),
    ),
)  # fmt: skip

TRAJECTORY_CURVES = Table(
    "trajectory_curves", "registry/{freeze}/trajectory_curves.tsv",
    "Mean total of each class over time: as the model has it if nobody left, while people of the class are still seen.",
    (
        Column("trajectory_class", "integer", "Class", is_nullable=False),
        Column("months_since_registration", "number", "Time", "months"),
        Column("n", "integer", "People assigned who have a visit at that time or later"),
        Column("mean", "number", "Mean total", "points"),
        Column("lower", "number", "95 % limit", "points"),
        Column("upper", "number", "95 % limit", "points"),
    ),
)  # fmt: skip
