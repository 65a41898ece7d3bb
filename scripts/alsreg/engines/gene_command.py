"""``alsreg genes``: gene tests alone, on the files that regenie reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alsreg.config.burden import BurdenConfig
from alsreg.config.load import parse
from alsreg.errors import ConfigError

RELATIONSHIP_HELP = (
    "with `relatedness: mixed`: fileset of the same people whose autosomal variants, in linkage equilibrium, tell "
    "relationships (default: variants of --pfile, pruned here)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options: one for every setting of the burden stage."""
    parser.add_argument(
        "--pfile", required=True, metavar="PREFIX", help="PLINK 2 fileset; variants are named by its IDs"
    )
    parser.add_argument(
        "--samples", required=True, type=Path, help="table with #IID and the columns that the traits name"
    )
    parser.add_argument("--spec", required=True, type=Path, help="traits and covariates, YAML")
    parser.add_argument("--annotations", required=True, type=Path, help="lines of: variant gene consequence")
    parser.add_argument(
        "--set-list", required=True, type=Path, help="lines of: gene chromosome position variant,variant,..."
    )
    parser.add_argument("--masks", required=True, type=Path, help="lines of: mask consequence,consequence,...")
    parser.add_argument("--out", required=True, type=Path, help="folder for <trait>.genes.tsv")
    parser.add_argument("--max-allele-frequency", type=float, default=0.01, metavar="F",
                        help="highest frequency of the rarer allele among the people tested (default 0.01)")  # fmt: skip
    parser.add_argument("--condition", type=Path, metavar="FILE",
                        help="variants, one ID per line, that every null model is to hold: tests are given these")  # fmt: skip
    parser.add_argument("--relationship-pfile", metavar="PREFIX", help=RELATIONSHIP_HELP)
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="processes that share the genes (default 1)"
    )
    parser.add_argument("--export", action="store_true",
                        help="write <trait>.scores.tsv.gz, too: scores and covariances for `alsreg meta-genes`, nobody's data")  # fmt: skip
    parser.add_argument("--build", choices=("GRCh38", "GRCh37", "NCBI36"), default="GRCh38", help="of the fileset")
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """One option for every setting of the burden stage."""
    for name, default, description in _settings():
        is_list = isinstance(default, list)
        shown = " ".join(default) if is_list else f"{default:g}"
        parser.add_argument(f"--{name.replace('_', '-')}", nargs="+" if is_list else None, metavar="TEST" if is_list else "X",
                            help=f"{description} (default {shown})")  # fmt: skip


# Settings of what the pipeline does with hits.
_OF_HITS = {"max_p_hit", "condition_window_kb", "min_frequency_lead", "n_resamples", "seed"}


def _settings() -> Iterator[tuple[str, Any, str]]:
    for name, field in BurdenConfig.model_fields.items():
        if name in _OF_HITS:
            continue
        yield name, field.get_default(call_default_factory=True), (field.description or "").replace("%", "%%")


def settings_of(options: argparse.Namespace) -> BurdenConfig:
    """The burden stage's settings, where options give them in place of the defaults."""
    given = {name: getattr(options, name) for name, *_ in _settings() if getattr(options, name) is not None}
    return parse(BurdenConfig, given, "command line")


def frequency_limit(options: argparse.Namespace) -> float:
    """``--max-allele-frequency``, if it is one."""
    if not 0 < options.max_allele_frequency <= 0.5:
        raise ConfigError("not a frequency of a rarer allele", where="--max-allele-frequency",
                          value=options.max_allele_frequency, remedy="give more than 0, at most 0.5")  # fmt: skip
    return float(options.max_allele_frequency)


def run(options: argparse.Namespace) -> int:
    """Test all genes against all traits; nothing is written unless all succeed."""
    from alsreg.engines.analysis import models_of_fileset
    from alsreg.engines.conditional import condition_on_file
    from alsreg.engines.gene_scan import GeneScan, report_counts
    from alsreg.engines.gene_sets import MaskRule, read_catalogue, variants_by_name
    from alsreg.formats.regenie import read_annotations, read_masks
    from alsreg.tables.results import GENES

    settings, limit = settings_of(options), frequency_limit(options)
    if options.threads < 1:
        raise ConfigError("no process to work", where="--threads", value=options.threads, remedy="give at least 1")
    masks = read_masks(options.masks, read_annotations(options.annotations))
    limits = {name: MaskRule(terms, limit) for name, terms in masks.items()}
    variants = [variants_by_name(options.pfile)]
    catalogue = read_catalogue(options.annotations, options.set_list, limits, variants)
    with models_of_fileset(options.pfile, options.samples, options.spec, options.relationship_pfile) as models:
        if options.condition:
            models = condition_on_file(models, options.pfile, options.condition)
        scan = GeneScan(catalogue, [options.pfile], models, settings)
        tables = scan.run(options.threads)
        if options.export:
            paths = {trait: options.out / f"{trait}.scores.tsv.gz" for trait in tables}
            scan.export(paths, options.build, options.threads)
    for trait, table in tables.items():
        GENES.write(table, options.out / f"{trait}.genes.tsv")
        report_counts(trait, table)
    return 0
