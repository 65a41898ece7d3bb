"""Write the file of a new freeze from the data themselves: sample counts, checksums, shards."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from alsreg.config.freeze import BESIDE, CHROMOSOMES, Freeze, expand_variables
from alsreg.config.load import parse
from alsreg.errors import ConfigError
from alsreg.formats.atomic import atomic_path
from alsreg.provenance import sha256

SCHEMA_LINE = "# yaml-language-server: $schema=../schemas/freeze.schema.json\n"
CLINICAL_TABLES = ("patients", "visits", "events", "samples", "pedigree")
SUFFIXES = (".csv", ".tsv", ".xlsx")
# Compressed bytes of the largest assay that one job reads in a few minutes.
BYTES_PER_SHARD = 200_000_000
# GRCh38, Mb (Genome Reference Consortium): only their proportions matter here.
LENGTHS_MB = dict(
    zip(CHROMOSOMES, (249, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80, 59, 64, 47,
                      51, 156, 57, 1), strict=False)
)  # fmt: skip
LENGTHS_MB["MT"] = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``alsreg new-freeze``."""
    parser.add_argument("--id", required=True, help="name of the freeze, e.g. 2022-02")
    parser.add_argument("--freeze-date", required=True, help="data cut-off, YYYY-MM-DD")
    parser.add_argument(
        "--root", default=".", help="folder of the data; ${NAME:-default} is kept and expanded at run time"
    )
    parser.add_argument(
        "--assay", action="append", required=True, metavar="NAME:KIND:BUILD:FILE[,FILE…]",
        help="e.g. array:array:GRCh37:array.vcf.gz; KIND is array, wes or wgs; repeat for each assay",
    )  # fmt: skip
    parser.add_argument(
        "--registry", required=True, help="folder with patients, visits, events, samples (.csv, .tsv, .xlsx)"
    )
    parser.add_argument(
        "--chain", action="append", default=[], metavar="BUILD:FILE", help="chain file from BUILD to GRCh38"
    )
    parser.add_argument("--fasta", help="GRCh38 FASTA, indexed")
    parser.add_argument("--gff3", help="gene models for consequences")
    parser.add_argument("--no-checksums", action="store_true", help="leave SHA-256 out")


def run(options: argparse.Namespace, base: Path) -> int:
    """Write ``config/freezes/<id>.yaml`` below `base`; an existing freeze is never overwritten."""
    target = base / "config/freezes" / f"{options.id}.yaml"
    if target.exists():
        raise ConfigError("this freeze exists; a freeze is never changed", file=target, remedy="choose another --id")
    values = describe_freeze(options, base)
    parse(Freeze, values, target)
    with atomic_path(target) as temporary:
        text = yaml.safe_dump(values, sort_keys=False, width=110, allow_unicode=True)
        temporary.write_text(SCHEMA_LINE + text, encoding="utf-8")
    print(f"wrote {target}\nselect it with `freeze: '{options.id}'`; check it with `alsreg preflight`")
    return 0


def describe_freeze(options: argparse.Namespace, base: Path) -> dict[str, Any]:
    """The freeze as plain values, with what only the files can tell."""
    root = (base / expand_variables(options.root)).resolve()

    def entry(path: str) -> dict[str, Any]:
        if not (root / path).is_file():
            raise ConfigError("no such file", file=root / path, remedy="paths are relative to --root")
        return {"path": path} if options.no_checksums else {"path": path, "sha256": sha256(root / path)}

    assays: dict[str, dict[str, Any]] = {}
    for text in options.assay:
        name, described = _describe_assay(text, root, entry)
        if name in assays:
            raise ConfigError("this assay was given before", where="--assay", value=text,
                              remedy="join the files of one assay by commas")  # fmt: skip
        assays[name] = described
    values: dict[str, Any] = {
        "id": options.id,
        "freeze_date": options.freeze_date,
        "root": options.root,
        "assays": assays,
        "clinical": _describe_clinical(options.registry, root, entry),
        "cohorts": _cohorts(assays),
        "shards": shards_for(max(_bytes_of(assay, root) for assay in assays.values())),
        "chains": {build: entry(path) for build, _, path in (text.partition(":") for text in options.chain)},
    }
    if options.fasta:
        values["fasta"] = entry(options.fasta)
    if options.gff3:
        values["annotation"] = {"gff3": entry(options.gff3)}
    return values


def shards_for(n_bytes: int) -> dict[str, list[str]]:
    """Contiguous sets of chromosomes of about equal length: from two for small data to one per chromosome."""
    chromosomes = [name for name in CHROMOSOMES if name not in ("Y", "MT")]
    n_shards = min(max(2, -(-n_bytes // BYTES_PER_SHARD)), len(chromosomes))
    total, groups, done = sum(LENGTHS_MB[name] for name in chromosomes), [[]], 0
    for position, name in enumerate(chromosomes):
        must_split = len(chromosomes) - position == n_shards - len(groups)
        if groups[-1] and len(groups) < n_shards and (must_split or done >= total * len(groups) / n_shards):
            groups.append([])
        groups[-1].append(name)
        done += LENGTHS_MB[name]
    return {f"chr{group[0]}" + (f"-{group[-1]}" if len(group) > 1 else ""): group for group in groups}


def _describe_assay(text: str, root: Path, entry: Any) -> tuple[str, dict[str, Any]]:
    from alsreg.formats.vcf import read_header  # heavy: numba

    parts = text.split(":", 3)
    if len(parts) != 4:
        raise ConfigError("--assay needs NAME:KIND:BUILD:FILE", value=text, remedy="e.g. wgs:wgs:GRCh38:wgs.vcf.gz")
    name, kind, build, files = parts
    paths = files.split(",")
    described: dict[str, Any] = {"kind": kind, "build": build, "files": [entry(path) for path in paths]}
    described["n_samples"] = len(read_header(root / paths[0]).samples)
    if kind == "array":
        described["has_reference_alleles"] = False
    return name, described


def _describe_clinical(folder: str, root: Path, entry: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in (*CLINICAL_TABLES, *BESIDE):
        for suffix in SUFFIXES:
            if (root / folder / f"{table}{suffix}").exists() and table not in found:
                found[table] = entry(f"{folder}/{table}{suffix}")
    if "withdrawn" in found:
        found["withdrawn"].pop("sha256", None)  # the one file of a freeze that may grow
    absent = [table for table in CLINICAL_TABLES[:-1] if table not in found]
    if absent:
        raise ConfigError(f"tables {absent} are missing", file=root / folder,
                          remedy=f"name them {absent[0]}{'|'.join(SUFFIXES)}, or write the freeze file by hand")  # fmt: skip
    return found


def _cohorts(assays: dict[str, Any]) -> dict[str, Any]:
    """One cohort per assay, and all of them together: WGS before WES before arrays."""
    rank = {"wgs": 0, "wes": 1, "array": 2}
    ordered = sorted(assays, key=lambda name: rank.get(assays[name]["kind"], 3))
    return {**{name: {"assays": [name]} for name in assays}, "all": {"assays": ordered}}


def _bytes_of(assay: dict[str, Any], root: Path) -> int:
    return sum((root / file["path"]).stat().st_size for file in assay["files"])
