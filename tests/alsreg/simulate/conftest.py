"""A tiny synthetic registry that the tests of the generator share."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from yaml import safe_load

from alsreg.config.freeze import Freeze
from alsreg.simulate.registry import simulate_registry
from alsreg.simulate.sizes import PRESETS, FaultCounts, SimulationSize

TINY_FAULTS = FaultCounts(trios=1, parent_child=1, siblings=1, swaps=1, contaminated=3, low_call_rate=3)
TINY = replace(PRESETS["mini"], loci_per_chromosome=3, burden_codons=900, faults=TINY_FAULTS)


@dataclass(frozen=True)
class Simulated:
    """A synthetic registry on disk."""

    folder: Path
    size: SimulationSize
    truth: dict
    freeze: Freeze

    def vcf(self, assay: str) -> str:
        return str(self.freeze.resolve(self.freeze.assays[assay].files[0], self.folder))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """140 people, seed 3."""
    folder = tmp_path_factory.mktemp("simulated") / "registry"
    path = simulate_registry(folder, 140, 3, TINY, freeze_id="tiny")
    truth = json.loads((folder / "truth.json").read_text())
    return Simulated(folder, TINY, truth, Freeze.model_validate(safe_load(path.read_text())))
