"""The inputs of an analysis without the pipeline: a fileset, a samples table and a trait specification."""

from __future__ import annotations

from pathlib import Path

from alsreg.config.load import parse, read_yaml
from alsreg.config.traits import LongitudinalTrait, TraitSpecification
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.errors import ConfigError
from alsreg.formats.pgen import read_psam


def read_models(
    prefix: str | Path, samples: str | Path, specification: str | Path, min_people_per_source: int = 10
) -> NullModels:
    """Null models, not yet fitted, for the people of a fileset.

    A visits table stands where the specification says, relative to the specification's folder.

    Raises
    ------
    InputError, ConfigError
        If a file is absent, malformed, or speaks of other people.
    """
    traits = parse(TraitSpecification, read_yaml(Path(specification)), specification)
    people = read_people(read_psam(prefix)["IID"].tolist(), samples, _visits(traits, Path(specification)))
    return NullModels(people, traits, min_people_per_source)


def _visits(traits: TraitSpecification, file: Path) -> Path | None:
    named = {trait.visits for trait in traits.traits.values() if isinstance(trait, LongitudinalTrait)}
    if len(named) > 1:
        raise ConfigError("longitudinal traits name different visits tables", file=file, where="key traits",
                          value=", ".join(sorted(named)), remedy="put all values into one table")  # fmt: skip
    return file.parent / named.pop() if named else None
