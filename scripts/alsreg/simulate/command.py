"""``alsreg simulate`` and ``simulate-comparison``: make synthetic registries."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from alsreg.simulate.sizes import PRESET_PEOPLE, PRESETS, Scenario


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


def add_comparison_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``alsreg simulate-comparison``."""
    default = Scenario()
    parser.add_argument("--out", type=Path, required=True, help="new folder for the two cohorts")
    parser.add_argument("--people", type=int, default=default.n_people, help="registered and treated people together (default: %(default)s)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=default.seed, help="same seed, same bytes (default: %(default)s)")
    parser.add_argument("--hazard-ratio", type=float, default=default.hazard_ratio, help="of treatment (default: %(default)s)")  # fmt: skip
    parser.add_argument("--confounding", type=float, default=default.confounding, help="0: none; 1: as doctors choose; 4: no overlap (default: %(default)s)")  # fmt: skip


def run_comparison(options: argparse.Namespace) -> int:
    """Simulate, and print where the configuration is that compares them."""
    from alsreg.simulate.comparison import simulate_comparison

    config = simulate_comparison(
        options.out, Scenario(options.people, options.seed, options.hazard_ratio, confounding=options.confounding)
    )
    print(f"two cohorts; run the target `control` with --configfile {config}")
    return 0
