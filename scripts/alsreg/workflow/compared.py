"""Two freezes: the one in force, and an older one that has been run before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any

from alsreg.config.freeze import Freeze
from alsreg.config.load import load_freeze
from alsreg.config.settings import Settings
from alsreg.errors import ConfigError

PROVENANCE = "report/{freeze}/provenance.json"
NUMBERS = "quality/{freeze}/numbers.tsv"


@dataclass(frozen=True)
class Side:
    """One freeze as its run has it: names of what its results are about."""

    id: str
    assays: tuple[str, ...]
    cohorts: dict[str, tuple[str, ...]]  # their assays
    shards: tuple[str, ...]
    traits: tuple[str, ...]

    @property
    def summary(self) -> dict[str, Any]:
        """The same as plain values, for a script."""
        return {"id": self.id, "cohorts": {name: list(assays) for name, assays in self.cohorts.items()},
                "assays": list(self.assays), "shards": list(self.shards), "traits": list(self.traits)}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """An older freeze beside the newer one."""

    older: Side
    newer: Side

    @property
    def cohorts(self) -> list[str]:
        """Cohorts of both."""
        return [name for name in self.newer.cohorts if name in self.older.cohorts]

    def files(self, side: Side, *patterns: str) -> list[str]:
        """Paths of a freeze: ``{freeze}``, ``{assay}``, ``{shard}`` and ``{trait}`` are filled in with all there are.

        The last named varies fastest. ``{each_cohort}`` is every cohort of both; ``{cohort}`` stays for the workflow manager.
        """
        values = {
            "freeze": [side.id],
            "assay": side.assays,
            "shard": side.shards,
            "trait": side.traits,
            "each_cohort": self.cohorts,
        }
        found = []
        for pattern in patterns:
            names = [name for _, name, _, _ in Formatter().parse(pattern) if name and name != "cohort"]
            for chosen in product(*(values[name] for name in names)):
                found.append(pattern.format(cohort="{cohort}", **dict(zip(names, chosen, strict=True))))
        return found


def find_comparison(settings: Settings, newer: Freeze, base: Path, results: Path = Path()) -> Comparison | None:
    """The comparison that ``freezes`` asks for; none without it.

    Raises
    ------
    ConfigError
        The two freezes have one id or are given in the wrong order, or the older one has not been run to its end.
    """
    if not settings.freezes:
        return None
    older = load_freeze(settings.freezes[0], base)
    if older.id == newer.id:
        raise ConfigError("both freezes have the same id", where="key freezes", value=newer.id,
                          remedy="a freeze is immutable: new data are a new freeze with an id of its own")  # fmt: skip
    if older.freeze_date > newer.freeze_date:
        raise ConfigError(f"{older.id} ({older.freeze_date}) is newer than {newer.id} ({newer.freeze_date})",
                          where="key freezes", remedy="name the older freeze first")  # fmt: skip
    for pattern in (PROVENANCE, NUMBERS):
        if not (results / pattern.format(freeze=older.id)).exists():
            raise ConfigError("the older freeze has not been run", file=pattern.format(freeze=older.id), where="key freezes",
                              value=older.id, remedy=f"run the pipeline on it first: --config freeze={settings.freezes[0]}")  # fmt: skip
    record = json.loads((results / PROVENANCE.format(freeze=older.id)).read_text(encoding="utf-8"))
    return Comparison(_side(older, list(record["settings"]["traits"])), _side(newer, list(settings.traits)))


def _side(freeze: Freeze, traits: list[str]) -> Side:
    cohorts = {name: tuple(cohort.assays) for name, cohort in freeze.cohorts.items()}
    used = {assay for assays in cohorts.values() for assay in assays}
    return Side(
        freeze.id, tuple(name for name in freeze.assays if name in used), cohorts, tuple(freeze.shards), tuple(traits)
    )
