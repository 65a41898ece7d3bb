"""Run the pipeline as a user would, and look at what it wrote."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
VOLATILE_FOLDERS = {"logs", "benchmarks", "audit", ".snakemake"}
RUN_TABLE = re.compile(r"<caption>Run</caption>.*?</table>", re.DOTALL)


# The mini registry has 120 people and 3,000 variants on chromosomes of 100 kb: too small for the defaults, which want
# hundreds of independent SNPs.
MINI_SETTINGS = {
    "identity": {"min_distance_kb": 0, "min_snps": 50},
    "structure": {
        "window_kb": 20,
        "max_r2": 0.5,
        "min_overlap": 10,
        "min_snps": 50,
        "min_projection_snps": 20,
        "n_components": 5,
    },
}


def command(results: Path, config: Path, *arguments: str, root: Path = ROOT) -> list[str]:
    """The command line of a run."""
    return [
        str(BIN / "snakemake"), "--snakefile", str(root / "Snakefile"), "--directory", str(results),
        "--configfile", str(config), "--workflow-profile", str(root / "config/profiles/local"), "--cores", "2", *arguments,
    ]  # fmt: skip


def run(results: Path, config: Path, *arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run to the end; stdout and stderr come together."""
    results.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(root / "scripts"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command(results, config, *arguments, root=root), text=True, env=environment, cwd=results.parent,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def write_config(path: Path, freeze: Path, **changes: dict) -> Path:
    """A configuration file that differs from the defaults only in `changes`, by section."""
    path.write_text(yaml.safe_dump({"freeze": str(freeze), **changes}))
    return path


def write_mini_config(path: Path, freeze: Path, **changes: dict) -> Path:
    """The same for the mini registry, on top of `MINI_SETTINGS`."""
    sections = {name: {**MINI_SETTINGS.get(name, {}), **changes.get(name, {})} for name in MINI_SETTINGS | changes}
    return write_config(path, freeze, **sections)


def planned_rules(results: Path, config: Path, root: Path = ROOT) -> dict[str, int]:
    """Rules a dry run would run, with their number of jobs; `all` and stage targets left out."""
    done = run(results, config, "--dry-run", root=root)
    assert done.returncode == 0, done.stdout
    if "Nothing to be done" in done.stdout:
        return {}
    table = done.stdout.split("Job stats:", 1)[1].split("\ntotal", 1)[0]
    counts = {name: int(n) for name, n in re.findall(r"^(\w+)\s+(\d+)\s*$", table, re.MULTILINE)}
    return {name: n for name, n in counts.items() if name != "all"}


def digests(results: Path) -> dict[str, str]:
    """SHA-256 of every result; the record of the run (time, command) is left out of reports and provenance."""
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results)
        if not path.is_file() or name.parts[0] in VOLATILE_FOLDERS:
            continue
        content = path.read_bytes()
        if path.suffix == ".html":
            content = RUN_TABLE.sub("", content.decode()).encode()
        elif path.name == "provenance.json":
            record = json.loads(content)
            record.pop("run")
            content = json.dumps(record, sort_keys=True).encode()
        found[str(name)] = hashlib.sha256(content).hexdigest()
    return found


def differences(results: Path, reference: Path) -> dict[str, str]:
    """What differs between two results folders, by file: only here, only in the reference, or other bytes."""
    ours, theirs = digests(results), digests(reference)
    return {
        name: "other bytes" if name in ours and name in theirs else "only here" if name in ours else "missing"
        for name in sorted(ours | theirs)
        if ours.get(name) != theirs.get(name)
    }
