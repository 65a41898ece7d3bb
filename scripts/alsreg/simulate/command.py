"""``alsreg simulate``: make a synthetic registry."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from alsreg.simulate.sizes import PRESET_PEOPLE, PRESETS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``alsreg simulate``."""
    parser.add_argument("--out", type=Path, required=True, help="new folder for the registry")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="demo", help="how much genome (default: demo)")
    parser.add_argument("--people", type=int, help="registered people (default: the preset's number)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes (default: 1)")
    parser.add_argument("--id", help="name of the freeze (default: the preset's name)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="chromosomes simulated at once")


def run(arguments: argparse.Namespace) -> int:
    """Simulate, and print where the freeze file is; returns the exit code."""
    from alsreg.simulate.registry import simulate_registry  # heavy: msprime and numba

    people = PRESET_PEOPLE[arguments.preset] if arguments.people is None else arguments.people
    freeze = simulate_registry(
        arguments.out,
        people,
        arguments.seed,
        arguments.preset,
        freeze_id=arguments.id or arguments.preset,
        n_processes=arguments.processes,
    )
    truth = json.loads((freeze.parent / "truth.json").read_text(encoding="utf-8"))
    print(f"{truth['n_registered']} registered people, {truth['n_variants']} variants: {freeze}")
    return 0
