"""docs/traits.md: what each trait is, with its source, from the functions that compute it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import getdoc
from math import isnan

from alsreg.clinical import alsfrs, cutting, dates, stage_times, staging, survival_times
from alsreg.clinical.alsfrs import DOMAINS
from alsreg.clinical.findings import RULES
from alsreg.clinical.staging_truth import KINGS, KINGS_BY_ITEM, MITOS, MITOS_BY_ITEM
from alsreg.config.registry import RegistryConfig
from alsreg.engines import decline, joint_leads
from alsreg.stats import (
    class_choice,
    concordance,
    interval_censoring,
    joint_model,
    latent_classes,
    mixed,
    prognosis,
    slopes,
    splines,
)
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.registry import ITEMS, JOINT_MODEL, PHENOTYPES, STAGE_TIMES, STAGES
from alsreg.tables.trajectories import TRAJECTORIES

HEADER = """# Traits: definitions and sources

Made by `make generate` from the functions that compute them; the settings named stand in `config/README.md`.

Items of the ALSFRS-R, each 0-4, in the order of the questionnaire: {items}. Domains: {domains}.
"""

# Heading, functions whose docstrings define it, settings it depends on.
SECTIONS: tuple[tuple[str, tuple[Callable[..., object], ...], tuple[str, ...]], ...] = (
    ("Dates, months and years", (dates.parse_dates, dates.months_between, dates.years_between), ()),
    ("ALSFRS-R total and domain scores", (alsfrs.total_score, alsfrs.domain_scores), ("max_missing_items",)),
    ("Rate of progression at registration (ΔFS)", (alsfrs.delta_fs,), ("max_registration_visit_days",)),
    ("Predicted slopes", (slopes.predicted_slopes,), ()),
    ("Survival", (survival_times.survival_times,), ("terminal_events", "entry", "max_days_after_freeze")),
    ("Question 5", (cutting.read_cutting,), ()),
    ("King's stage", (staging.kings_stage,), ()),
    ("MiToS stage", (staging.mitos_stage,), ()),
    (
        "Times to stages",
        (stage_times.derive_stage_times, stage_times.add_sightings, interval_censoring.turnbull),
        ("stage_reached",),
    ),
    (
        "Slope as a trait: variant x time, and a curve of mean decline (`n_knots`)",
        (mixed.fit_mixed_null, splines.place_knots, splines.natural_spline),
        (),
    ),
    (
        "Decline and survival together",
        (decline.compare_decline, joint_model.fit_joint_model, joint_leads.refit_jointly),
        (),
    ),
    (
        "Groups of decline (docs/prognosis.md)",
        (latent_classes.fit_classes, class_choice.criteria, class_choice.choose, class_choice.resample_stability),
        (),
    ),
    (
        "Prognosis (docs/prognosis.md)",
        (concordance.concordance, prognosis.bootstrap_optimism, prognosis.calibrate_group),
        (),
    ),
)
TRUTH = """
## Truth table of the stages

Worked by hand; the tests hold the functions to every line. Items not named have 4 points; death is stage 5 of both.

One item alone, without a gastrostomy:

{by_item}
Several items, King's:

{kings}
Several items, MiToS:

{mitos}"""


def trait_definitions() -> str:
    """The page as Markdown."""
    items = ", ".join(f"Q{number} {item}" for number, item in enumerate(ITEMS, 1))
    domains = ", ".join(f"{name} Q{part.start + 1}-Q{part.stop}" for name, part in DOMAINS.items())
    parts = [HEADER.format(items=items, domains=domains)]
    parts += [_section(*section) for section in SECTIONS]
    parts.append(_truth_tables())
    tables = {
        "phenotypes": PHENOTYPES,
        "stages": STAGES,
        "times to stages": STAGE_TIMES,
        "joint model": JOINT_MODEL,
        "groups of decline": TRAJECTORIES,
        "prognosis": PROGNOSIS,
    }
    for title, table in tables.items():
        rows = "\n".join(f"| `{column.name}` | {column.unit} | {column.description} |" for column in table.columns)
        parts.append(f"\n## Columns of the {title}\n\n| column | unit | meaning |\n|---|---|---|\n{rows}\n")
    rules = "\n".join(
        f"| `{name}` | {rule.severity} | {rule.description} | {rule.remedy} |" for name, rule in RULES.items()
    )
    parts.append(f"\n## Rules of the checks\n\n| rule | severity | what | remedy |\n|---|---|---|---|\n{rules}\n")
    return "".join(parts)


def _truth_tables() -> str:
    by_item = [
        (
            f"Q{number} {name}",
            *(f"{k} / {m}" for k, m in zip(KINGS_BY_ITEM[number], MITOS_BY_ITEM[number], strict=True)),
        )
        for number, name in enumerate(ITEMS, 1)
    ]
    tube = {1.0: "in use", 0.0: "none"}
    kings = [(_points(points), tube.get(float(known), "not recorded"), _stage(stage)) for points, known, stage in KINGS]
    mitos = [(_points(points), _stage(stage)) for points, stage in MITOS]
    return TRUTH.format(
        by_item=_table(("item (King's / MiToS at)", *(f"{points} points" for points in range(5))), by_item),
        kings=_table(("points", "gastrostomy", "King's"), kings),
        mitos=_table(("points", "MiToS"), mitos),
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def _points(points: Mapping[int, float]) -> str:
    told = [f"Q{number} {'missing' if isnan(value) else int(value)}" for number, value in points.items()]
    return ", ".join(told) or "all 4"


def _stage(stage: int) -> str:
    return "not assessable" if stage == staging.NOT_ASSESSABLE else str(stage)


def _section(title: str, functions: tuple[Callable[..., object], ...], settings: tuple[str, ...]) -> str:
    text = f"\n## {title}\n"
    for function in functions:
        text += f"\n`{function.__module__}.{function.__name__}`\n\n```text\n{getdoc(function)}\n```\n"
    for name in settings:
        field = RegistryConfig.model_fields[name]
        default = field.get_default(call_default_factory=True)
        text += f"\n- `registry.{name}` (default `{default}`): {field.description}."
    return text + ("\n" if settings else "")
