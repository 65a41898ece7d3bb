"""The inputs of an analysis without the pipeline: a fileset, a samples table and a trait specification."""

from __future__ import annotations

from pathlib import Path

from alsreg.config.load import parse, read_yaml
from alsreg.config.traits import LongitudinalTrait, TraitSpecification
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import people_of_fileset


def read_models(
    prefix: str | Path, samples: str | Path, specification: str | Path, min_people_per_source: int = 10
) -> NullModels:
    """Null models, not yet fitted, for the people of a fileset.

    Visits tables stand where the specification says, relative to the specification's folder.

    Raises
    ------
    InputError, ConfigError
        If a file is absent, malformed, or speaks of other people.
    """
    traits = _read_specification(Path(specification))
    visits = {trait.visits for trait in traits.traits.values() if isinstance(trait, LongitudinalTrait)}
    return NullModels(people_of_fileset(prefix, samples, *sorted(visits)), traits, min_people_per_source)


def _read_specification(file: Path) -> TraitSpecification:
    """The traits, with the paths of their visits tables as seen from here."""
    specification = parse(TraitSpecification, read_yaml(file), file)
    traits = {
        name: trait.model_copy(update={"visits": str(file.parent / trait.visits)})
        if isinstance(trait, LongitudinalTrait)
        else trait
        for name, trait in specification.traits.items()
    }
    return specification.model_copy(update={"traits": traits})
