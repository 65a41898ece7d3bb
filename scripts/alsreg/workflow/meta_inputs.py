"""What a meta-analysis reads, and what is wrong with one before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alsreg.config.freeze import Freeze
from alsreg.config.meta import MetaAnalysis
from alsreg.config.settings import Settings
from alsreg.errors import ConfigError


def check_meta(settings: Settings, freeze: Freeze, base: Path) -> None:
    """Raise `ConfigError` for the first trait, cohort or file that is not there, or a build that is not ours."""
    for name, analysis in settings.meta.analyses.items():
        for key, problem, value, remedy in _problems(analysis, settings, freeze, base):
            raise ConfigError(problem, where=f"key meta.analyses.{name}.{key}", value=value, remedy=remedy)


def _problems(
    analysis: MetaAnalysis, settings: Settings, freeze: Freeze, base: Path
) -> Iterator[tuple[str, str, str, str]]:
    if analysis.trait not in settings.traits:
        yield "trait", "no such trait", analysis.trait, f"traits there: {', '.join(settings.traits)}"
    for cohort in (name for name in analysis.cohorts if name not in freeze.cohorts):
        yield "cohorts", "no such cohort", cohort, f"cohorts there: {', '.join(freeze.cohorts)}"
    for name, study in analysis.external.items():
        if study.build != "GRCh38":
            yield f"external.{name}.build", "the file is not on GRCh38", study.build, "lift it to GRCh38 first"
        if not (base / study.path).exists():
            yield f"external.{name}.path", "no such file", str((base / study.path).resolve()), "check the path"
    if analysis.lookup is not None and not (base / analysis.lookup).exists():
        yield "lookup", "no such file", str((base / analysis.lookup).resolve()), "check the path"


@dataclass(frozen=True)
class MetaInputs:
    """Input functions of the stage: each takes the job's wildcards."""

    settings: Settings
    freeze_id: str
    base: Path

    @property
    def names(self) -> list[str]:
        return list(self.settings.meta.analyses)

    def _entry(self, wildcards: Any) -> MetaAnalysis:
        return self.settings.meta.analyses[wildcards.analysis]

    def analysis(self, wildcards: Any) -> dict[str, Any]:
        """The configuration's entry, as plain values."""
        return self._entry(wildcards).model_dump(mode="json")

    def kind(self, wildcards: Any) -> str:
        """Type of the trait."""
        return self.settings.traits[self._entry(wildcards).trait].type

    def statistics(self, wildcards: Any) -> list[str]:
        """Statistics of the cohorts."""
        entry = self._entry(wildcards)
        return [f"association/{self.freeze_id}/{cohort}/{entry.trait}.tsv.gz" for cohort in entry.cohorts]

    def samples(self, wildcards: Any) -> list[str]:
        """Who is in the cohorts."""
        return [f"association/{self.freeze_id}/{cohort}/samples.tsv" for cohort in self._entry(wildcards).cohorts]

    def external(self, wildcards: Any) -> list[str]:
        """Files of other registries, in order."""
        return [str((self.base / study.path).resolve()) for study in self._entry(wildcards).external.values()]

    def lookup(self, wildcards: Any) -> list[str]:
        """The variants looked for, if any."""
        path = self._entry(wildcards).lookup
        return [] if path is None else [str((self.base / path).resolve())]

    def results(self, wildcards: Any) -> list[str]:
        """What the target ``meta`` asks for.

        Raises
        ------
        ConfigError
            The configuration has no meta-analysis.
        """
        if not self.names:
            raise ConfigError("no meta-analysis is defined", where="key meta.analyses", remedy="see docs/meta.md")
        return [f"meta/{self.freeze_id}/{name}.html" for name in self.names]
