"""docs/traits.md: what each trait is, with its source, from the functions that compute it."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getdoc

from alsreg.clinical import alsfrs, dates, staging, survival_times
from alsreg.clinical.alsfrs import DOMAINS
from alsreg.clinical.findings import RULES
from alsreg.config.registry import RegistryConfig
from alsreg.stats import slopes
from alsreg.tables.registry import ITEMS, PHENOTYPES, STAGES

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
    ("King's stage", (staging.kings_stage,), ()),
    ("MiToS stage", (staging.mitos_stage,), ()),
)


def trait_definitions() -> str:
    """The page as Markdown."""
    items = ", ".join(f"Q{number} {item}" for number, item in enumerate(ITEMS, 1))
    domains = ", ".join(f"{name} Q{part.start + 1}-Q{part.stop}" for name, part in DOMAINS.items())
    parts = [HEADER.format(items=items, domains=domains)]
    parts += [_section(*section) for section in SECTIONS]
    for title, table in (("Columns of the phenotypes", PHENOTYPES), ("Columns of the stages", STAGES)):
        rows = "\n".join(f"| `{column.name}` | {column.unit} | {column.description} |" for column in table.columns)
        parts.append(f"\n## {title}\n\n| column | unit | meaning |\n|---|---|---|\n{rows}\n")
    rules = "\n".join(
        f"| `{name}` | {rule.severity} | {rule.description} | {rule.remedy} |" for name, rule in RULES.items()
    )
    parts.append(f"\n## Rules of the checks\n\n| rule | severity | what | remedy |\n|---|---|---|---|\n{rules}\n")
    return "".join(parts)


def _section(title: str, functions: tuple[Callable[..., object], ...], settings: tuple[str, ...]) -> str:
    text = f"\n## {title}\n"
    for function in functions:
        text += f"\n`{function.__module__}.{function.__name__}`\n\n```text\n{getdoc(function)}\n```\n"
    for name in settings:
        field = RegistryConfig.model_fields[name]
        default = field.get_default(call_default_factory=True)
        text += f"\n- `registry.{name}` (default `{default}`): {field.description}."
    return text + ("\n" if settings else "")
