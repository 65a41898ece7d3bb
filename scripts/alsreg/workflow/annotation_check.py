"""Do the masks ask only for what the freeze has?"""

from __future__ import annotations

from collections.abc import Iterator

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.annotation_sources import AnnotationSource
from alsreg.errors import ConfigError


def check_annotation(settings: AnnotationConfig, source: AnnotationSource | None) -> None:
    """Raise `ConfigError` for the first score, population, LOFTEE or transcript choice that the freeze cannot serve.

    Without annotation in the freeze no gene is tested, and nothing is asked.
    """
    if source is None:
        return
    for where, problem, value, remedy in _problems(settings, source):
        raise ConfigError(problem, where=f"key annotation.{where}", value=value, remedy=remedy)


def _problems(settings: AnnotationConfig, source: AnnotationSource) -> Iterator[tuple[str, str, object, str]]:
    scores, populations = source.score_names, source.population_names
    for name, mask in settings.masks.items():
        for score in sorted({score for rule in mask.scored for score in rule.min_scores} - set(scores)):
            yield (f"masks.{name}.scored", "the freeze has no such score", score,
                   f"add it to the freeze's annotation.scores; there are: {', '.join(scores) or 'none'}")  # fmt: skip
        if mask.loftee != "any" and not source.vcf:
            yield (f"masks.{name}.loftee", "only an annotated VCF holds LOFTEE's verdicts", mask.loftee,
                   "give annotation.vcf in the freeze, or leave loftee out")  # fmt: skip
        if mask.max_external_frequency is not None and not populations:
            yield (f"masks.{name}.max_external_frequency", "the freeze has no frequencies of other people",
                   mask.max_external_frequency, "add annotation.frequencies to the freeze")  # fmt: skip
    for population in settings.external_populations:
        if population not in populations:
            yield ("external_populations", "the freeze has no such population", population,
                   f"there are: {', '.join(populations) or 'none'}")  # fmt: skip
    if settings.transcripts != ["all"] and not source.vcf:
        yield ("transcripts", "only an annotated VCF tells kinds of transcript", settings.transcripts,
               "give annotation.vcf in the freeze, or gene models with the transcripts wanted only")  # fmt: skip
