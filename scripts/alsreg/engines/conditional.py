"""Null models that hold some variants already, so that what is tested is what these do not explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from alsreg.engines.nulls import NullModels
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenReader
from alsreg.stats.null import FloatArray


def condition(models: NullModels, dosages: Mapping[str, FloatArray]) -> NullModels:
    """The same models with variants as further covariates of every trait.

    Parameters
    ----------
    dosages
        By variant, ``(n,)`` over the people of `models`; missing ones stand at the mean.
    """
    filled = {name: np.where(np.isnan(g), np.nanmean(g), g) for name, g in dosages.items()}
    specification = models.specification
    traits = {
        name: trait.model_copy(update={"covariates": [*specification.covariates_of(name), *filled]})
        for name, trait in specification.traits.items()
    }
    people = replace(models.people, table=models.people.table.assign(**filled))
    return replace(models, people=people, specification=specification.model_copy(update={"traits": traits}), _fitted={})


def condition_on_file(models: NullModels, prefix: str | Path, path: str | Path) -> NullModels:
    """As `condition`, with the variants of a fileset that a file names, one ID per line.

    Raises
    ------
    InputError
        If the file is absent or empty; a variant is absent, stands twice, or does not vary.
    """
    if not Path(path).exists():
        raise InputError("no such file", file=path, remedy="give one variant ID per line")
    names = list(dict.fromkeys(Path(path).read_text(encoding="utf-8-sig").split()))
    if not names:
        raise InputError("the file is empty", file=path, remedy="give one variant ID per line")
    dosages = {}
    with PgenReader(prefix) as reader:
        ids = reader.variants["ID"].to_numpy(dtype=object)
        for name in names:
            rows = np.flatnonzero(ids == name)
            if len(rows) != 1:
                raise InputError(f"stands {len(rows)} times among the genotypes", file=path, value=name,
                                 remedy=f"give IDs of {prefix}.pvar")  # fmt: skip
            calls = reader.dosages(int(rows[0]), int(rows[0]) + 1)[0].astype(np.float64)
            seen = calls[~np.isnan(calls)]
            if not len(seen) or seen.min() == seen.max():
                raise InputError("does not vary, so that nothing can be given it", file=path, value=name,
                                 remedy="take it out")  # fmt: skip
            dosages[name] = calls
    return condition(models, dosages)
