"""The one bundle that may leave the registry: pages, summary statistics and gene results under the rules of disclosure.

What it holds is listed, not what it leaves out: a new result stays inside until it is added here.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.config.report import ReportConfig
from alsreg.errors import InputError
from alsreg.formats.atomic import PARTIAL_PREFIX
from alsreg.language import gettext, speaking
from alsreg.provenance import sha256
from alsreg.report.disclosure import Disclosure, Hidden
from alsreg.report.methods import methods
from alsreg.report.people import people_tested
from alsreg.report.release import export_genes, export_summary_statistics
from alsreg.report.release_check import Secrets, refuse_secrets
from alsreg.tables.genotypes import COMPONENTS
from alsreg.tables.panel import PANEL_PEOPLE
from alsreg.tables.results import DIAGNOSTICS

LOG, MANIFEST = "disclosure.tsv", "manifest.tsv"
# Of provenance.json: no command and no file names, which tell of folders, hospitals and people.
PROVENANCE_KEYS = ("freeze", "config_sha256", "versions")


@dataclass(frozen=True)
class Request:
    """What to export: `analysis` is what a report knows of the cohort, `config_sha256` the digest of the settings in force."""

    results: Path
    freeze: str
    cohort: str
    analysis: Mapping[str, Any]
    settings: ReportConfig
    burden_min_mac: float
    config_sha256: str
    names: frozenset[str]  # identifiers of people and samples
    public: frozenset[str]  # words that the bundle may hold, though an identifier may look like one: genes
    folders: frozenset[str]  # of the registry's data and results

    def path(self, stage: str, *parts: str) -> Path:
        """A result of the freeze; `InputError` where it is not there."""
        path = self.results.joinpath(stage, self.freeze, *parts)
        if not path.is_file():
            raise InputError("no such result", file=path, remedy="run the pipeline to its end, then export")
        return path


def export(request: Request, output: Path) -> list[Path]:
    """Write the bundle to the new folder `output`, whole or not at all.

    Returns
    -------
    Its files, relative to `output`.

    Raises
    ------
    InputError
        `output` exists, a result is absent or was made with other settings, or a file of the bundle names a person or a path.
    """
    if output.exists():
        raise InputError("the folder exists", file=output, remedy="name a new one: a bundle is never added to")
    if not output.parent.is_dir():
        raise InputError("no such folder", file=output.parent, remedy="make it first")
    _require_same_settings(request)
    with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=output.parent) as temporary:
        folder = Path(temporary) / output.name
        folder.mkdir(mode=0o750)
        hide, secrets = Disclosure(request.settings.min_cell), Secrets(request.names, request.public, request.folders)
        with speaking(request.settings.language):
            _write(request, folder, hide)
            _log_unsought(secrets, hide)
            _write_log(hide.log, folder / LOG)
        refuse_secrets(folder, secrets)
        files = _write_manifest(folder)
        folder.rename(output)
    return files


def _require_same_settings(request: Request) -> None:
    path = request.path("report", "provenance.json")
    made_with = json.loads(path.read_text(encoding="utf-8"))["config_sha256"]
    if made_with != request.config_sha256:
        raise InputError(
            "the results were made with other settings, perhaps with another minimum cell", file=path,
            remedy="run the pipeline with this configuration, then export",
        )  # fmt: skip


def _write(request: Request, folder: Path, hide: Disclosure) -> None:
    shutil.copyfile(request.path("report", f"{request.cohort}.html"), folder / "report.html")
    record = json.loads(request.path("report", "provenance.json").read_text(encoding="utf-8"))
    kept = {key: record[key] for key in PROVENANCE_KEYS}
    kept["inputs"] = {key: file["sha256"] for key, file in record["inputs"].items()}
    (folder / "provenance.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "methods.txt").write_text("\n\n".join(_methods(request, record["versions"])) + "\n", encoding="utf-8")
    (folder / "association").mkdir(mode=0o750)
    _write_association(request, folder / "association", hide)
    if request.analysis["burden"]:
        (folder / "genes").mkdir(mode=0o750)
        for trait in request.analysis["traits"]:
            source = request.path("burden", request.cohort, f"{trait}.genes.tsv")
            export_genes(source, folder / f"genes/{trait}.genes.tsv", request.settings.export.min_mac, hide)
        _write_scores(request, folder / "genes")


def _methods(request: Request, versions: Mapping[str, str]) -> tuple[str, ...]:
    known = request.analysis
    thresholds = (known["genome_wide_p"], known["lead_p"])
    return methods(known["traits"], known["builds"], thresholds, versions, known["burden"], known["relatedness"])


def _write_association(request: Request, folder: Path, hide: Disclosure) -> None:
    """Summary statistics of every trait tested; none of a cohort whose few left-out carriers their numbers would give back."""
    n_left_out = _left_out(request)
    if 0 < n_left_out < hide.min_cell:
        rule = gettext("numbers of people would give back how few carriers were left out")
        hide.hide(gettext("association: all traits"), len(request.analysis["traits"]), rule)
        return
    status = DIAGNOSTICS.read(request.path("association", request.cohort, "diagnostics.tsv")).set_index("trait")[
        "status"
    ]
    for trait in request.analysis["traits"]:
        if status.get(trait) != "tested":
            hide.hide(gettext("association: {trait}", trait=trait), 1, gettext("not tested"))
            continue
        source = request.path("association", request.cohort, f"{trait}.tsv.gz")
        export_summary_statistics(source, folder / source.name, request.settings.export.min_mac, hide)


def _left_out(request: Request) -> int:
    """People whom single-variant tests of the cohort left out because of what they carry."""
    path = request.results / PANEL_PEOPLE.path.format(freeze=request.freeze, cohort=request.cohort)
    if not path.is_file():
        return 0
    people = PANEL_PEOPLE.read(path)
    components = COMPONENTS.read(request.path("structure", request.cohort, "components.tsv"))
    gone = set(people.loc[people["is_left_out"].astype(bool), "person"])
    return len(gone & people_tested(components, request.analysis["relatedness"]))


def _write_scores(request: Request, folder: Path) -> None:
    settings = request.settings.export
    if not settings.is_with_gene_scores:
        return
    if request.burden_min_mac < settings.min_mac:
        raise InputError(
            "scores of genes hold variants with fewer copies than may leave", where="key burden.min_mac_exported",
            value=request.burden_min_mac, remedy=f"set it to report.export.min_mac ({settings.min_mac:g}) or more, and make them anew",
        )  # fmt: skip
    for trait in request.analysis["traits"]:
        source = request.path("burden", request.cohort, f"{trait}.scores.tsv.gz")
        shutil.copyfile(source, folder / source.name)


def _log_unsought(secrets: Secrets, hide: Disclosure) -> None:
    if n := len(secrets.names - secrets.sought):
        rule = gettext("short, a bare number or the name of a gene: a page may hold such a word by chance")
        hide.hide(gettext("identifiers that the last check could not look for"), n, rule)


def _write_log(log: Sequence[Hidden], path: Path) -> None:
    rows = [(entry.what, entry.n_hidden, entry.rule) for entry in log]
    pd.DataFrame(rows, columns=["what", "n_hidden", "rule"]).to_csv(path, sep="\t", index=False)


def _write_manifest(folder: Path) -> list[Path]:
    """Size and SHA-256 of every other file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = [(path.relative_to(folder).as_posix(), path.stat().st_size, sha256(path)) for path in files]
    pd.DataFrame(rows, columns=["file", "n_bytes", "sha256"]).to_csv(folder / MANIFEST, sep="\t", index=False)
    for path in folder.rglob("*"):
        path.chmod(0o750 if path.is_dir() else 0o640)
    return [path.relative_to(folder) for path in [*files, folder / MANIFEST]]
