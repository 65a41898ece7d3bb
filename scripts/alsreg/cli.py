"""The ``alsreg`` command."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from alsreg.errors import AlsregError

# The folder that holds Snakefile, config/ and scripts/.
BASE = Path(__file__).resolve().parents[2]
# Jobs are what runs in parallel, or threads of our own: those of a linear algebra library would only wait for each other.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; print what a user can mend as one line, without a traceback."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("alsreg").setLevel(logging.INFO)
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        options = _parse(given)
        status = options.run(options) or 0
        sys.stdout.flush()  # a reader that has gone is noticed here, not at exit
        return status
    except AlsregError as error:
        print(f"alsreg: error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(
            f"alsreg: error: {place}{error.strerror or error}. Remedy: check path, permissions and space",
            file=sys.stderr,
        )
        return 1


def _parse(given: Sequence[str]) -> argparse.Namespace:
    """The options, with the command's modules imported."""
    gc.disable()  # modules are no garbage: searching them for some, here and later on, takes a quarter of the start
    try:
        return _parser(given[0] if given else None).parse_args(given)
    finally:
        gc.freeze()
        gc.enable()


def _parser(command: str | None) -> argparse.ArgumentParser:
    """All commands by name, the one called with its arguments: the others' modules take long to import."""
    parser = argparse.ArgumentParser(prog="alsreg", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, summary, configure in (
        ("simulate", "make a synthetic registry with known effects and planted faults", _configure_simulate),
        (
            "simulate-comparison",
            "make a treated cohort and a registry with confounded treatment and a known effect",
            _configure_simulate_comparison,
        ),
        ("associate", "test every variant of a PLINK 2 fileset against traits", _configure_associate),
        ("new-freeze", "write config/freezes/<id>.yaml for a new data release", _configure_new_freeze),
        (
            "preflight",
            "check configuration, freeze and every input before a job starts",
            _configure_preflight,
        ),
        ("genes", "test the variants of each gene together, from files as regenie reads them", _configure_genes),
        ("meta-genes", "test genes over several cohorts, from their exported scores alone", _configure_meta_genes),
        (
            "map-registry",
            "draft the mapping of a registry's export, each guess with its evidence",
            _configure_map_registry,
        ),
        ("traits", "import and check a registry, and derive its traits, without genotypes", _configure_traits),
        (
            "compare-registries",
            "say who came, left and changed between two exports of a registry",
            _configure_compare_registries,
        ),
        (
            "source",
            "say where a person's genotype at a variant came from, and what each assay calls",
            _configure_source,
        ),
        ("purge", "list, then delete, every result that holds a person's data", _configure_purge),
        ("export", "write the one bundle of a cohort that may leave the registry", _configure_export),
        ("generate", "rewrite the files made from the models and the lock (developers)", _configure_generate),
    ):
        subparser = commands.add_parser(name, help=summary, description=summary)
        if name == command:
            configure(subparser)
    return parser


def _configure_simulate(parser: argparse.ArgumentParser) -> None:
    from alsreg.simulate.command import add_arguments, run

    add_arguments(parser)
    parser.set_defaults(run=run)


def _configure_simulate_comparison(parser: argparse.ArgumentParser) -> None:
    from alsreg.simulate.command import add_comparison_arguments, run_comparison

    add_comparison_arguments(parser)
    parser.set_defaults(run=run_comparison)


def _configure_associate(parser: argparse.ArgumentParser) -> None:
    from alsreg.engines.associate import run
    from alsreg.engines.gene_command import RELATIONSHIP_HELP

    parser.add_argument("--pfile", required=True, metavar="PREFIX", help="PREFIX.pgen, PREFIX.pvar[.zst], PREFIX.psam")
    parser.add_argument("--samples", type=Path, required=True, help="#IID, traits and covariates; tab-separated")
    parser.add_argument("--spec", type=Path, required=True, help="traits, covariates, relatedness (YAML)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--relationship-pfile", metavar="PREFIX", help=RELATIONSHIP_HELP)
    parser.add_argument("--build", choices=("GRCh38", "GRCh37", "NCBI36"), default="GRCh38", help="of the fileset")
    for name, default, summary in (
        ("min-mac", 20.0, "copies of the rarer allele among the people tested; fewer: untestable"),
        ("min-expected-events", 2.0, "events or cases expected among carriers; fewer: untestable"),
        ("min-z-correction", 2.0, "|z| above which p is corrected for small counts (survival, binary)"),
        ("max-p-refit", 1e-3, "largest p at which effects come from the full model"),
        ("genome-wide-p", 5e-8, "what diagnostics.tsv counts as a hit"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, help=f"{summary} (default: %(default)s)")
    parser.add_argument("--plain", action="store_true", help="plain text, without index and metadata")
    parser.add_argument("--threads", type=int, metavar="N", help="threads that test and write (default: all cores)")
    parser.set_defaults(run=run)


def _configure_new_freeze(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.new_freeze import add_arguments, run

    add_arguments(parser)
    parser.set_defaults(run=lambda options: run(options, BASE))


def _configure_preflight(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="configuration file, as given to --configfile")
    parser.add_argument("--no-checksums", action="store_true", help="do not compare SHA-256 (slow on large files)")
    parser.set_defaults(run=_preflight)


def _configure_genes(parser: argparse.ArgumentParser) -> None:
    from alsreg.engines.gene_command import add_arguments, run

    add_arguments(parser)
    parser.set_defaults(run=run)


def _configure_meta_genes(parser: argparse.ArgumentParser) -> None:
    from alsreg.engines.gene_meta_command import add_arguments, run

    add_arguments(parser)
    parser.set_defaults(run=run)


def _configure_generate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_generate)


def _configure_map_registry(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.registry_commands import add_map_arguments, run_map

    add_map_arguments(parser)
    parser.set_defaults(run=run_map)


def _configure_traits(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.registry_commands import add_traits_arguments, run_traits

    add_traits_arguments(parser)
    parser.set_defaults(run=lambda options: run_traits(options, BASE))


def _configure_compare_registries(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.registry_commands import add_compare_arguments, run_compare

    add_compare_arguments(parser)
    parser.set_defaults(run=run_compare)


def _configure_source(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.source import add_arguments, run

    add_arguments(parser, BASE)
    parser.set_defaults(run=run)


def _configure_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="configuration file, as given to --configfile")
    parser.add_argument("--cohort", required=True, help="cohort of the freeze: one per bundle")
    parser.add_argument("--out", type=Path, required=True, help="new folder for the bundle")
    parser.add_argument("--results", type=Path, default=BASE / "results", help="results folder (default: %(default)s)")
    parser.set_defaults(run=_export)


def _configure_purge(parser: argparse.ArgumentParser) -> None:
    from alsreg.workflow.registry_commands import add_purge_arguments, run_purge

    add_purge_arguments(parser, BASE)
    parser.set_defaults(run=run_purge)


def _preflight(options: argparse.Namespace) -> int:
    from alsreg.workflow.preflight import preflight

    findings = preflight(options.config, BASE, check_sums=not options.no_checksums)
    for finding in findings:
        print(finding)
    n_errors = sum(finding.is_error for finding in findings)
    print(f"{n_errors} error{'' if n_errors == 1 else 's'}" if n_errors else "ready to run")
    return 1 if n_errors else 0


def _export(options: argparse.Namespace) -> int:
    from alsreg.report.export import Request, export
    from alsreg.workflow.release import release_of

    files = export(Request(**release_of(options.config, options.cohort, options.results, BASE)), options.out)
    for path in files:
        print(options.out / path)
    return 0


def _generate(options: argparse.Namespace) -> int:
    from alsreg.workflow.generate import write_generated

    for path in write_generated(BASE):
        print(f"wrote {path.relative_to(BASE)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
