"""The inputs of an analysis: a fileset, a samples table, a trait specification, and how people are related."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alsreg.config.load import parse, read_yaml
from alsreg.config.structure import StructureConfig
from alsreg.config.traits import LongitudinalTrait, TraitSpecification
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import people_of_fileset
from alsreg.engines.pruning import pruned_rows
from alsreg.engines.relationships import Relationships, write_relationships
from alsreg.errors import ConfigError
from alsreg.formats.pgen import read_psam
from alsreg.formats.shards import ShardedReader

log = logging.getLogger("alsreg.engines")


def models_of_cohort(
    prefix: str | Path, tables: tuple[str, str], specification: TraitSpecification, min_people_per_source: int,
    relationships: str | None = None,
) -> NullModels:  # fmt: skip
    """Null models, not yet fitted, for the people of a cohort of the pipeline.

    `tables` are samples.tsv and visits.tsv; `relationships` is needed where the specification says `relatedness: mixed`.
    """
    known = None if relationships is None else Relationships(relationships, read_psam(prefix)["IID"])
    return NullModels(people_of_fileset(prefix, *tables), specification, min_people_per_source, known)


@contextmanager
def models_of_fileset(
    prefix: str | Path, samples: str | Path, specification: str | Path, relationship_pfile: str | None = None
) -> Iterator[NullModels]:
    """Null models, not yet fitted, for the people of a fileset, to be used inside the ``with`` block.

    Visits tables stand where the specification says, relative to the specification's folder. With `relatedness: mixed`
    relationships come from all autosomal variants of `relationship_pfile`, or from variants of the fileset itself that
    are pruned as the structure stage does it.

    Raises
    ------
    InputError, ConfigError
        If a file is absent, malformed, or speaks of other people.
    AnalysisError
        If there are too few variants to tell relationships.
    """
    traits = _read_specification(Path(specification))
    visits = {trait.visits for trait in traits.traits.values() if isinstance(trait, LongitudinalTrait)}
    people = people_of_fileset(prefix, samples, *sorted(visits))
    if traits.relatedness == "exclude":
        if relationship_pfile is not None:
            raise ConfigError("relationships are of no use where relatives are left out", where="--relationship-pfile",
                              file=specification, remedy="say `relatedness: mixed` there, or leave out the option")  # fmt: skip
        yield NullModels(people, traits)
        return
    with TemporaryDirectory(prefix="alsreg-") as folder:
        path = Path(folder) / "relationships.npz"
        settings = StructureConfig()
        with ShardedReader([str(relationship_pfile or prefix)]) as reader:
            rows = pruned_rows(reader, None if relationship_pfile else settings)
            write_relationships(reader, rows, path, settings.min_snps)
        yield NullModels(people, traits, relationships=Relationships(path, read_psam(prefix)["IID"]))


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
