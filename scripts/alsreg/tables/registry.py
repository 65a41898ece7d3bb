"""Tables of the registry stage: one row per person, visit, event, sample; traits; and every finding."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

ITEMS = (
    "speech", "salivation", "swallowing", "handwriting", "cutting", "dressing",
    "turning_in_bed", "walking", "climbing_stairs", "dyspnea", "orthopnea", "respiratory_insufficiency",
)  # fmt: skip


def _interval(name: str) -> tuple[Column, Column]:
    """Bounds of a date that may be partial; both are the day itself where it is whole."""
    return (
        Column(f"{name}_earliest", "date", "First day it may be", is_required=False),
        Column(f"{name}_latest", "date", "Last day it may be", is_required=False),
    )


PATIENTS = Table(
    "patients", "registry/{freeze}/patients.parquet", "One row per registered person, after checks.",
    (
        Column("person", "text", "Registry's identifier of the person", is_nullable=False),
        Column("site", "text", "Hospital"),
        Column("sex", "text", "Sex as registered", choices=("M", "F")),
        Column("birth_date", "date", "Date of birth"),
        Column("onset_date", "date", "Date of symptom onset"),
        Column("diagnosis_date", "date", "Date of diagnosis", is_required=False),
        Column("registration_date", "date", "Date of registration: entry into observation"),
        Column("is_birth_date_partial", "flag", "The middle of a partly known interval was taken"),
        Column("is_onset_date_partial", "flag", "The middle of a partly known interval was taken"),
        Column("is_diagnosis_date_partial", "flag", "The middle of a partly known interval was taken", is_required=False),
        Column("is_registration_date_partial", "flag", "The middle of a partly known interval was taken", is_required=False),
        *(column for name in ("birth_date", "onset_date", "diagnosis_date", "registration_date") for column in _interval(name)),
        Column("onset_region", "text", "Region of first symptoms", choices=("bulbar", "upper_limb", "lower_limb", "respiratory", "generalised", "other")),
        Column("el_escorial", "text", "Diagnostic category", is_required=False),
        Column("family_history", "flag", "A relative has ALS", is_required=False),
        Column("reported_ancestry", "text", "Ancestry as reported", is_required=False),
        Column("unusable_events", "text", "Kinds of events whose rows were rejected, joined by '+'; 'unknown' for an unknown code", is_required=False),
        Column("probable_duplicate_of", "text", "Another person with the same sex, birth date and onset date", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

VISITS = Table(
    "visits", "registry/{freeze}/visits.parquet", "One row per ALSFRS-R visit, after checks.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("visit_date", "date", "Date of the visit", is_nullable=False),
        Column("months_since_registration", "number", "Days since registration / 30.4375", "months"),
        Column("months_since_onset", "number", "Days since onset / 30.4375", "months"),
        *(Column(item, "integer", "ALSFRS-R item, 0-4", "points") for item in ITEMS),
        Column("total", "number", "Sum of the 12 items; missing unless all are known or prorating is allowed", "points"),
        Column("is_prorated", "flag", "The total was scaled up from fewer than 12 items"),
        Column("bulbar_score", "number", "Sum of Q1-Q3; missing unless all are known", "points"),
        Column("fine_motor_score", "number", "Sum of Q4-Q6; missing unless all are known", "points"),
        Column("gross_motor_score", "number", "Sum of Q7-Q9; missing unless all are known", "points"),
        Column("respiratory_score", "number", "Sum of Q10-Q12; missing unless all are known", "points"),
        Column("is_visit_date_partial", "flag", "The middle of a partly known interval was taken", is_required=False),
        *_interval("visit_date"),
        Column("has_gastrostomy", "flag", "A gastrostomy was in use at the visit", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

EVENTS = Table(
    "events", "registry/{freeze}/events.parquet", "One row per dated event, after checks.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("event", "text", "Kind of event", is_nullable=False, choices=("death", "tracheostomy", "niv_23h", "niv", "gastrostomy", "last_contact")),
        Column("event_date", "date", "Date of the event", is_nullable=False),
        Column("is_event_date_partial", "flag", "The middle of a partly known interval was taken"),
        *_interval("event_date"),
    ),
)  # fmt: skip

SAMPLES = Table(
    "samples", "registry/{freeze}/samples.parquet", "One row per DNA sample the registry claims.",
    (
        Column("sample", "text", "Sample identifier as in the VCF", is_nullable=False),
        Column("assay", "text", "Assay", is_nullable=False),
        Column("person", "text", "Person the registry claims the sample is from", is_nullable=False),
        Column("platform_version", "text", "Array version", is_required=False),
        Column("capture_kit", "text", "Exome capture kit", is_required=False),
        Column("centre", "text", "Genotyping or sequencing centre", is_required=False),
        Column("dna_date", "date", "Date of DNA sampling", is_required=False),
        Column("is_dna_date_partial", "flag", "The middle of a partly known interval was taken", is_required=False),
        *_interval("dna_date"),
    ),
)  # fmt: skip

PEDIGREE = Table(
    "pedigree", "registry/{freeze}/pedigree.parquet", "Parents, where known.",
    (
        Column("person", "text", "Child", is_nullable=False),
        Column("father", "text", "Father"),
        Column("mother", "text", "Mother"),
    ),
)  # fmt: skip

ISSUES = Table(
    "issues", "registry/{freeze}/issues.tsv", "Every rejected or doubtful cell, row or person.",
    (
        Column("table", "text", "Table of the registry", is_nullable=False),
        Column("file", "text", "Input file name, without its folder; with the sheet of a workbook", is_nullable=False),
        Column("row", "integer", "Line of the file, the header being line 1"),
        Column("column", "text", "Column as the file names it"),
        Column("person", "text", "Person"),
        Column("value", "text", "What stood there"),
        Column("rule", "text", "Rule that was broken", is_nullable=False),
        Column("severity", "text", "error: cannot be used; warning: doubtful", is_nullable=False, choices=("error", "warning")),
        Column("action", "text", "What was done", is_nullable=False),
        Column("remedy", "text", "What to do about it", is_nullable=False),
        Column("review", "text", "Reviewed decision on it: who, when, why"),
    ),
)  # fmt: skip

IMPORTS = Table(
    "imports", "registry/{freeze}/imports.tsv", "What the import took from each file; the same file gives the same row.",
    (
        Column("table", "text", "Table of the registry", is_nullable=False),
        Column("file", "text", "Input file name, without its folder; with the sheet of a workbook", is_nullable=False),
        Column("sha256", "text", "SHA-256 of the file", is_nullable=False),
        Column("encoding", "text", "What the file was read as", is_nullable=False),
        Column("n_rows", "integer", "Rows of the table in the file"),
        Column("n_rows_withdrawn", "integer", "Rows of people who withdrew: left out unseen"),
        Column("n_rows_changed", "integer", "Rows with a cell that was not taken as written: rejected, replaced, or a middle taken"),
        Column("n_rows_rejected", "integer", "Rows left out"),
        Column("n_errors", "integer", "Findings of severity error"),
        Column("n_warnings", "integer", "Findings of severity warning"),
        Column("rules_version", "text", "Digest of the code that checks", is_nullable=False),
        Column("settings_version", "text", "Digest of the settings, the mapping and the freeze date it used", is_nullable=False),
    ),
)  # fmt: skip

QUALITY = Table(
    "quality", "registry/{freeze}/quality.tsv", "How well each hospital fills the registry; the first row is all of them.",
    (
        Column("site", "text", "Hospital; `all` for all of them; missing for people without one"),
        Column("n_persons", "integer", "People registered"),
        Column("n_visits", "integer", "ALSFRS-R visits"),
        Column("complete_fraction", "number", "People with birth, onset and registration dates, sex and region of onset"),
        Column("with_visit_fraction", "number", "People with a visit"),
        Column("scored_visit_fraction", "number", "Visits with an ALSFRS-R total"),
        Column("known_end_fraction", "number", "People with a death or a last contact"),
        Column("median_onset_to_diagnosis_months", "number", "Median delay", "months"),
        Column("median_onset_to_registration_months", "number", "Median delay", "months"),
        Column("median_months_without_news", "number", "Median from the last visit or contact to the freeze date, of people not known to have died", "months"),
        Column("n_visits_planned", "integer", "Visits due every registry.visit_interval_months from registration to ventilation, death, the last news or the freeze"),
        Column("visit_adherence", "number", "Share of the visits due that were held within half an interval"),
        Column("median_visit_delay_months", "number", "Median of visit minus the nearest day due, without visits at registration; negative: early", "months"),
        Column("n_errors", "integer", "Findings of severity error on these people"),
        Column("n_warnings", "integer", "Findings of severity warning on these people"),
    ),
)  # fmt: skip

# Of each stage that takes time to reach, as a survival trait.
SIGHTINGS = tuple(
    Column(name, kind, f"{scale} stage {stage} {meaning}", unit, is_required=False)
    for scale, title in (("King's", "kings"), ("MiToS", "mitos"))
    for stage in (1, 2, 3, 4)
    for name, kind, meaning, unit in (
        (f"{title}_{stage}_entry_months", "number", "or later: onset to the first visit that finds the person not there yet", "months"),
        (f"{title}_{stage}_exit_months", "number", "or later: onset to the first visit that shows it, or death, or the last visit that does not", "months"),
        (f"is_{title}_{stage}", "integer", "or later: 1 seen at that exit; 0 not", ""),
    )
)  # fmt: skip

PHENOTYPES = Table(
    "phenotypes", "registry/{freeze}/phenotypes.parquet", "One row per person: traits and covariates.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("sex", "text", "Sex as registered", choices=("M", "F")),
        Column("site", "text", "Hospital"),
        Column("age_at_onset_years", "number", "Onset minus birth, days / 365.25", "years"),
        Column("delta_fs_per_month", "number", "(48 - total) / months since onset at registration (Kimura 2006)", "points/month"),
        Column("slope_blup_per_month", "number", "Predicted change of the total from the mixed model; for description only", "points/month"),
        Column("bulbar_slope_blup_per_month", "number", "The same of the bulbar score", "points/month"),
        Column("fine_motor_slope_blup_per_month", "number", "The same of the fine motor score", "points/month"),
        Column("gross_motor_slope_blup_per_month", "number", "The same of the gross motor score", "points/month"),
        Column("respiratory_slope_blup_per_month", "number", "The same of the respiratory score", "points/month"),
        Column("entry_months", "number", "Onset to registration (or DNA sampling if later)", "months"),
        Column("exit_months", "number", "Onset to event or last contact or freeze date, the earliest", "months"),
        Column("is_event", "integer", "1: death, tracheostomy ventilation or NIV >= 23 h/day before exit; 0: censored"),
        Column("event_kind", "text", "The event that ended follow-up"),
        Column("event_cause", "text", "The same as a cause: death, ventilation (tracheostomy or NIV), or the kind itself"),
        Column("death_entry_months", "number", "Onset to registration (or DNA sampling if later) of people with a time to death", "months"),
        Column("death_exit_months", "number", "Onset to death or last contact or freeze date, the earliest; ventilation does not end follow-up", "months"),
        Column("is_death", "integer", "1: death before that exit; 0: censored"),
        Column("onset_region", "text", "Region of first symptoms"),
        Column("is_bulbar_onset", "integer", "1: bulbar onset; 0: other known region"),
        Column("n_visits", "integer", "ALSFRS-R visits with a total"),
        Column("survival_exclusion", "text", "Why the person has no survival time; empty if they have one"),
        Column("reported_ancestry", "text", "Ancestry as reported", is_required=False),
        Column("family_history", "flag", "A relative has ALS", is_required=False),
        *SIGHTINGS,
    ),
    has_extra_columns=True,
)  # fmt: skip

STAGES = Table(
    "stages", "registry/{freeze}/stages.parquet", "King's and MiToS stage at each visit, and at death.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("months", "number", "Months since onset", "months"),
        Column("kings", "text", "King's stage or 'not assessable'", choices=("0", "1", "2", "3", "4", "5", "not assessable")),
        Column("mitos", "text", "MiToS stage or 'not assessable'", choices=("0", "1", "2", "3", "4", "5", "not assessable")),
    ),
)  # fmt: skip

STAGE_TIMES = Table(
    "stage_times", "registry/{freeze}/stage_times.parquet",
    "When each person reached each stage or a later one: interval-censored by visits; stage 5 is death (`death_exit_months`).",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("scale", "text", "Staging system", is_nullable=False, choices=("kings", "mitos")),
        Column("stage", "integer", "This stage or a later one", is_nullable=False),
        Column("status", "text", "What is known", is_nullable=False,
               choices=("reached", "not reached", "left-censored", "not assessable")),
        Column("entry_months", "number", "Onset to the first visit that finds the person not there yet: at risk from here on", "months"),
        Column("lower_months", "number", "Onset to the last visit that does so: reached after it", "months"),
        Column("upper_months", "number", "Onset to the first visit that shows the stage, or death: reached by then", "months"),
        Column("is_reversed", "flag", "A later visit was in an earlier stage again"),
    ),
)  # fmt: skip

JOINT_MODEL = Table(
    "joint_model", "registry/{freeze}/joint_model.tsv",
    "Decline with and without the survival that ends it: one row per score, model and parameter.",
    (
        Column("score", "text", "Score of the visits table", is_nullable=False),
        Column("model", "text", "mixed: visits alone; joint: visits and survival with shared random effects", is_nullable=False, choices=("mixed", "joint")),
        Column("parameter", "text", "What is estimated; missing where there is no fit"),
        Column("unit", "text", "Of the estimate"),
        Column("estimate", "number", "Maximum likelihood estimate"),
        Column("standard_error", "number", "From the observed information"),
        Column("lower", "number", "95 % limit"),
        Column("upper", "number", "95 % limit"),
        Column("n", "integer", "People"),
        Column("n_visits", "integer", "Visits under observation with the score"),
        Column("n_events", "integer", "People whose follow-up ended with the event"),
        Column("status", "text", "fitted, or why not", is_nullable=False),
    ),
)  # fmt: skip
