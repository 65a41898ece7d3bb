"""Write the page of the external-control comparison: one self-contained page."""

from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.config.control import ControlConfig
from alsreg.config.registry import RegistryConfig
from alsreg.config.report import ReportConfig
from alsreg.formats.atomic import atomic_path
from alsreg.language import gettext, speaking
from alsreg.report import control, control_words
from alsreg.report.control_model import ControlReport, EffectRow
from alsreg.report.disclosure import Disclosure
from alsreg.report.methods import load_provenance
from alsreg.report.render import render_control
from alsreg.report.terms import first_upper
from alsreg.runlog import rule_log
from alsreg.tables.control import (
    ALIGNED,
    ATTRITION,
    BALANCE,
    COHORTS,
    COMPARISON,
    CURVES,
    EFFECTS,
    SCORE_CHANGE,
    SCORES,
)

Paths = Any  # named inputs of the rule


def write_control_report(
    inputs: Paths, settings: ReportConfig, compared: ControlConfig, terminal_events: list[str], output: Path
) -> None:
    """Write the page."""
    with speaking(settings.language):
        page = render_control(build_report(inputs, settings, compared, terminal_events))
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def build_report(
    inputs: Paths, settings: ReportConfig, compared: ControlConfig, terminal_events: list[str]
) -> ControlReport:
    """Every number of the page."""
    hide = Disclosure(settings.min_cell)
    source, freeze, freeze_date = load_provenance(inputs.provenance)
    attrition, people, scores = (
        ATTRITION.read(inputs.attrition),
        ALIGNED.read(inputs.aligned),
        SCORES.read(inputs.scores),
    )
    comparison, effects = COMPARISON.read(inputs.comparison), EFFECTS.read(inputs.effects)
    balance = control.balance_rows(BALANCE.read(inputs.balance), comparison, hide)
    measures, negative = control.measures(effects, compared)
    fates_of, fates = control.fates(SCORE_CHANGE.read(inputs.score_change), comparison, hide)
    weighted = comparison.set_index("analysis").loc["weighted"]
    return ControlReport(
        freeze=freeze,
        freeze_date=freeze_date,
        treatment=first_upper(compared.treatment),
        treated_freeze_date=str(compared.treated_freeze_date),
        min_cell=settings.min_cell,
        max_difference=compared.max_standardised_difference,
        n_trimmed_treated=int(weighted["n_trimmed_treated"]),
        n_trimmed_control=int(weighted["n_trimmed_control"]),
        headline=_headline(effects),
        cautions=control_words.cautions(comparison, effects, compared),
        estimand=control_words.estimand(compared, terminal_events),
        time_zero=control_words.time_zero(compared),
        flows=tuple((gettext(control.NAMES[cohort]), control.flow(attrition, cohort, hide)) for cohort in COHORTS),
        analyses=control.analyses(comparison, hide),
        balance=balance,
        balance_pictures=control.balance_pictures(balance, scores, compared, hide),
        curve_pictures=control.curve_pictures(CURVES.read(inputs.curves), people, scores, hide),
        measures=measures,
        change_months=compared.change_months,
        fates_of=fates_of,
        fates=fates,
        negative_controls=negative,
        limits=control_words.limits(compared),
        methods=control_words.methods(compared, dict(source.versions)),
        provenance=source,
        hidden=tuple((entry.what, entry.n_hidden, entry.rule) for entry in hide.log),
    )


def _headline(effects: pd.DataFrame) -> EffectRow:
    chosen = effects[(effects["measure"] == "hazard_ratio") & (effects["analysis"] == "weighted")]
    return control.effect_row(chosen.iloc[0])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_control_report(
            inputs=snakemake.input,
            settings=ReportConfig(**snakemake.params.settings),
            compared=ControlConfig(**snakemake.params.control),
            terminal_events=RegistryConfig(**snakemake.params.registry).terminal_events,
            output=Path(snakemake.output.html),
        )
