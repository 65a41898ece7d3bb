"""Write versions, digests of settings and inputs, and the command of the run."""

import json
import shlex
from pathlib import Path
from typing import Any

from alsreg.formats.atomic import atomic_path
from alsreg.provenance import latest_run, sha256, versions
from alsreg.runlog import rule_log


def record_provenance(
    inputs: dict[str, str], settings_digest: str, freeze: dict[str, Any], runs: Path, output: Path, settings: dict[str, Any]
) -> None:  # fmt: skip
    """Write ``provenance.json``.

    Parameters
    ----------
    inputs
        Dotted key of the freeze: path of the file.
    settings_digest
        SHA-256 of the settings in force and the freeze.
    freeze
        Id and date of the freeze, its assays and cohorts.
    runs
        Folder of run records; the newest is this run.
    output
        The JSON file.
    settings
        The settings themselves.
    """
    files = {key: {"name": Path(path).name, "sha256": sha256(path)} for key, path in sorted(inputs.items())}
    run = latest_run(runs)
    record = {
        "freeze": freeze,
        "config_sha256": settings_digest,
        "settings": settings,
        "versions": versions(),
        "inputs": files,
        "run": {"command": shlex.join(_name(word) for word in run["command"]), "started": run["started"]}
        if run
        else None,
    }
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _name(word: str) -> str:
    """An absolute path without its folders, which say where a registry keeps its data."""
    return Path(word).name if word.startswith("/") else word


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        record_provenance(
            inputs=snakemake.params.inputs,
            settings_digest=snakemake.params.settings_digest,
            settings=snakemake.params.settings,
            freeze=snakemake.params.freeze,
            runs=Path("logs/runs"),
            output=Path(snakemake.output.provenance),
        )
