"""Tables of QC numbers, and of what differs between two freezes."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

CHANGES = ("entered", "left", "stayed")
HIT_CHANGES = ("appeared", "vanished", "kept", "moved")

QC_NUMBERS = Table(
    "qc_numbers", "quality/{freeze}/numbers.tsv", "The numbers of every stage's QC, one per row.",
    (
        Column("stage", "text", "Stage", is_nullable=False),
        Column("unit", "text", "Assay, cohort, or cohort/trait; all: the whole freeze", is_nullable=False),
        Column("metric", "text", "n_…: a count; median_…: a median; otherwise as diagnostics.tsv names it", is_nullable=False),
        Column("value", "number", "The number; missing if it could not be computed"),
    ),
)  # fmt: skip

COMPARED_NUMBERS = Table(
    "compared_numbers", "compare/{freeze}/{older}/numbers.tsv", "QC numbers of both freezes.",
    (
        Column("stage", "text", "Stage", is_nullable=False),
        Column("unit", "text", "Assay, cohort, or cohort/trait", is_nullable=False),
        Column("metric", "text", "Metric", is_nullable=False),
        Column("older", "number", "In the older freeze; missing if it has no such number"),
        Column("newer", "number", "In the newer freeze"),
    ),
)  # fmt: skip

COMPARED_SETTINGS = Table(
    "compared_settings", "compare/{freeze}/{older}/settings.tsv", "What the two runs were told differently.",
    (
        Column("kind", "text", "What differs", is_nullable=False, choices=("setting", "freeze", "version", "input")),
        Column("key", "text", "Dotted key of the configuration or freeze, software, or input file", is_nullable=False),
        Column("older", "text", "Value in the older freeze's run; missing if it had none"),
        Column("newer", "text", "Value in the newer freeze's run"),
    ),
)  # fmt: skip

COMPARED_PEOPLE = Table(
    "compared_people", "compare/{freeze}/{older}/people.parquet",
    "One row per cohort and person in it in either freeze. Individual-level: stays inside the registry.",
    (
        Column("cohort", "text", "Cohort", is_nullable=False),
        Column("person", "text", "Person, as the newer freeze calls them", is_nullable=False),
        Column("change", "text", "What became of them", is_nullable=False, choices=CHANGES),
        Column("older_status", "text", "in the cohort, or why not, in the older freeze", is_nullable=False),
        Column("newer_status", "text", "in the cohort, or why not, in the newer freeze", is_nullable=False),
    ),
)  # fmt: skip

COMPARED_FLOWS = Table(
    "compared_flows", "compare/{freeze}/{older}/flows.tsv",
    "People of each cohort by what became of them and why. Counts are not yet under disclosure control.",
    (
        Column("cohort", "text", "Cohort", is_nullable=False),
        Column("change", "text", "What became of them", is_nullable=False, choices=CHANGES),
        Column("reason", "text", "Entered: why they were not in the cohort before; left: why they no longer are", is_nullable=False),
        Column("n_people", "integer", "People", is_nullable=False),
    ),
)  # fmt: skip

COMPARED_VALUES = Table(
    "compared_values", "compare/{freeze}/{older}/values.parquet",
    "Rows and cells of the checked clinical tables that came, left or changed. Individual-level: stays inside the registry.",
    (
        Column("table", "text", "Table of the registry", is_nullable=False),
        Column("change", "text", "came, left, changed, renamed, column came, column left", is_nullable=False),
        Column("key", "text", "What identifies the row, the person first (samples: assay and sample)"),
        Column("column", "text", "Column"),
        Column("old", "text", "Value in the older freeze"),
        Column("new", "text", "Value in the newer freeze"),
    ),
)  # fmt: skip


def _of_both(name: str, kind: str, description: str) -> tuple[Column, Column]:
    return tuple(Column(f"{side}_{name}", kind, f"{description}, {side} freeze") for side in ("older", "newer"))  # type: ignore[return-value]


COMPARED_HITS = Table(
    "compared_hits", "compare/{freeze}/{older}/{cohort}.hits.tsv",
    "One row per trait and lead of either freeze: what became of it, and why.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Lead, as the freeze that has it writes it (the newer if both do)", is_nullable=False),
        Column("rs_id", "text", "rs number"),
        Column("nearest_gene", "text", "Nearest gene, if gene bounds are given"),
        Column("change", "text", "moved: a lead in both, whose effect has moved", is_nullable=False, choices=HIT_CHANGES),
        *_of_both("beta", "number", "Effect per copy of the variant's effect allele in the scan"),
        *_of_both("standard_error", "number", "Its standard error"),
        *_of_both("p_value", "number", "Two-sided p"),
        *_of_both("rank", "integer", "1 + variants tested with a smaller p"),
        *_of_both("n", "integer", "People tested"),
        *_of_both("n_events", "integer", "Events or cases among them"),
        *_of_both("frequency", "number", "Frequency of that allele"),
        *_of_both("p_method", "text", "How p was computed"),
        *_of_both("status", "text", "tested; or why not: absent, excluded, or the scan's own reason"),
        Column("shift_z", "number", "Difference of the effects over its standard error, people in both freezes allowed for; missing if that is 0"),
        Column("reason", "text", "Why it is a lead in one freeze only: absent, excluded, untestable, effect, precision, effect_or_precision (either alone "
               "would do), effect_and_precision (only both do), replaced, not_listed"),
        Column("detail", "text", "Of absent and excluded: the flags of each assay; of untestable: the scan's reason"),
        Column("locus_lead", "text", "Where it is no lead: the lead of that trait nearest to it within the window"),
    ),
)  # fmt: skip

COMPARED_EFFECTS = Table(
    "compared_effects", "compare/{freeze}/{older}/{cohort}.effects.parquet",
    "Effects in both freezes of the variants with the smallest p in either.",
    (
        Column("trait", "text", "Trait", is_nullable=False),
        Column("variant_id", "text", "Variant, as the newer freeze writes it", is_nullable=False),
        *_of_both("beta", "number", "Effect per copy of the effect allele of the newer freeze"),
        *_of_both("standard_error", "number", "Its standard error"),
        *_of_both("p_value", "number", "Two-sided p"),
        Column("is_lead", "flag", "A lead of either freeze", is_nullable=False),
    ),
)  # fmt: skip
