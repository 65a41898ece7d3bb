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
    yield from _control_problems(settings, freeze)
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


def _control_problems(settings: Settings, freeze: Freeze) -> Iterator[tuple[str, str, object, str]]:
    """Of a comparison with public allele counts, where one is asked for."""
    controls, source = settings.panel.controls, freeze.annotation
    if not controls.strata:
        return
    if source is None or source.coding_models is None:
        yield ("controls.strata", "nothing in the freeze tells coding bases", list(controls.strata),
               "give `annotation.coding` or `annotation.gff3`")  # fmt: skip
        return
    known = [f"{name}.{population}" for name, told in source.controls.items() for population in told.populations]
    for name, stratum in controls.strata.items():
        if stratum.controls not in known:
            yield (f"controls.strata.{name}", "the freeze has no such controls", stratum.controls,
                   f"there are: {', '.join(known) or 'none'}; add annotation.controls to the freeze")  # fmt: skip
    if "calibration" in settings.annotation.masks:
        yield "controls", "a mask has the name of the calibration", "calibration", "give the mask another name"
    for name, assay in freeze.assays.items():
        if assay.kind == "wes" and assay.capture_bed is None:
            yield ("controls.strata", "an exome without capture regions: an absent variant may be an unseen one", name,
                   "give the assay its `capture_bed`")  # fmt: skip
    used = {name.split(".")[0] for name in settings.annotation.external_populations or source.population_names}
    files = {file.path for name in used if name in source.frequencies for file in source.frequencies[name].files}
    compared = {stratum.controls.split(".")[0] for stratum in controls.strata.values()}
    same = {file.path for name in compared if name in source.controls for file in source.controls[name].files} & files
    judged = [name for name, mask in settings.annotation.masks.items() if mask.max_external_frequency is not None]
    for mask in (name for name in judged if same and name in (controls.masks or judged)):
        yield ("controls.masks", "the mask is judged by frequencies in the controls themselves, which would make them carriers of less",
               mask, "compare other masks, or judge by other frequencies")  # fmt: skip
