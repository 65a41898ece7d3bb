"""``alsreg meta-genes``: gene tests over several cohorts, from the files that ``alsreg genes --export`` writes."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from alsreg.engines.gene_command import add_settings, frequency_limit, settings_of

log = logging.getLogger("alsreg.burden")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--scores", required=True, nargs="+", type=Path, metavar="FILE",
                        help="<trait>.scores.tsv.gz of each cohort; nobody may be in two of them")  # fmt: skip
    parser.add_argument("--masks", required=True, type=Path, help="lines of: mask consequence,consequence,...")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="table of results")
    parser.add_argument("--max-allele-frequency", type=float, default=0.01, metavar="F",
                        help="highest frequency of the rarer allele among the people of all cohorts (default 0.01)")  # fmt: skip
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Test all genes; nothing is written unless all succeed."""
    import pandas as pd

    from alsreg.engines.gene_meta import CohortScores, join_cohorts, test_joint_gene
    from alsreg.engines.gene_scan import adjust, report_counts
    from alsreg.engines.gene_sets import MaskRule
    from alsreg.formats.gene_scores import GeneScoresFile
    from alsreg.formats.regenie import read_masks
    from alsreg.tables.results import GENES

    settings, limit = settings_of(options), frequency_limit(options)
    files = [GeneScoresFile(path) for path in options.scores]
    _require_alike(files)
    cohorts: dict[str, list[CohortScores]] = {}
    words: set[str] = set()
    for file in files:
        n = 0
        for scores in file.genes():
            numbers = (int(file.header["n_people"]), int(file.header["n_events"]))
            cohort = CohortScores(str(file.path), file.header["type"], *numbers, scores)
            cohorts.setdefault(scores.gene, []).append(cohort)
            words |= set(scores.table["annotation"])
            n += 1
        log.info("%s: %d genes, %s people", file.path, n, file.header["n_people"])
    masks = read_masks(options.masks, pd.DataFrame({"consequence": sorted(words)}))
    rules = {name: MaskRule(terms, limit) for name, terms in masks.items()}
    rows = [
        row
        for gene, parts in cohorts.items()
        for row in test_joint_gene(join_cohorts(gene, parts), rules, settings)
    ]  # fmt: skip
    n_everywhere = sum(len(parts) == len(files) for parts in cohorts.values())
    log.info("%d genes, %d of them in all %d files", len(cohorts), n_everywhere, len(files))
    table = adjust(GENES.conform(pd.DataFrame(rows, columns=GENES.column_names)))
    GENES.write(table, options.out)
    report_counts(files[0].header["trait"], table)
    return 0


def _require_alike(files: Sequence) -> None:  # type: ignore[type-arg]
    """Refuse files of other builds or kinds of trait, and one file given twice; say where definitions differ."""
    from alsreg.errors import InputError

    first = files[0]
    for file in files[1:]:
        for key in ("type", "build"):
            if file.header[key] != first.header[key]:
                raise InputError(f"{key} {file.header[key]}, but {first.header[key]} in {first.path}", file=file.path,
                                 remedy="join scores of one trait on one build only")  # fmt: skip
        if file.header["definition"] != first.header["definition"]:
            log.warning("%s defines the trait as %s, %s as %s: scores are summed all the same", file.path,
                        file.header["definition"], first.path, first.header["definition"])  # fmt: skip
    contents = [file.path.read_bytes() for file in files]
    for k, content in enumerate(contents):
        if content in contents[:k]:
            raise InputError("the same scores are given twice", file=files[k].path,
                             remedy="give each cohort once: people counted twice make p-values too small")  # fmt: skip
