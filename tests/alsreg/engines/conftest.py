"""The cohort of the frozen answers, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.oracle_fileset import write_inputs


@pytest.fixture(scope="session")
def inputs(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fileset, samples, visits and specification."""
    return write_inputs(oracles, tmp_path_factory.mktemp("oracle_fileset"))
