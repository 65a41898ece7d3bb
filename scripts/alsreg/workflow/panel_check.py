"""Does the panel ask only for what configuration and freeze have?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from alsreg.config.freeze import Freeze
from alsreg.config.settings import Settings
from alsreg.errors import ConfigError


def check_panel(settings: Settings, freeze: Freeze, base: Path) -> None:
    """Raise `ConfigError` for the first list, mask, cohort, file or population that is not there."""
    for where, problem, value, remedy in _problems(settings, freeze, base):
        raise ConfigError(problem, where=f"key panel.{where}", value=value, remedy=remedy)


def _problems(settings: Settings, freeze: Freeze, base: Path) -> Iterator[tuple[str, str, object, str]]:
    panel, masks = settings.panel, list(settings.annotation.masks)
    if panel.genes is not None and not (base / panel.genes).exists():
        yield "genes", "no such list of genes", str((base / panel.genes).resolve()), "check the path"
    for key, names in (("masks", panel.masks), ("controls.masks", panel.controls.masks)):
        for name in (name for name in names if name not in masks):
            yield key, "no such mask", name, f"masks there: {', '.join(masks)}"
    for cohort in (name for name in panel.leave_out_of if name not in freeze.cohorts):
        yield "leave_out_of", "no such cohort", cohort, f"cohorts there: {', '.join(freeze.cohorts)}"
    if panel.leave_out_of and freeze.annotation is None:
        yield (
            "leave_out_of",
            "the freeze has no annotation, so nobody is known to carry anything",
            panel.leave_out_of,
            ("give `annotation` in the freeze"),
        )
    if (
        panel.leave_out_of
        and panel.leave_out_by == "clinvar_pathogenic"
        and not (freeze.annotation and freeze.annotation.clinvar)
    ):
        yield "leave_out_by", "the freeze has no ClinVar", panel.leave_out_by, "give `annotation.clinvar` in the freeze"
