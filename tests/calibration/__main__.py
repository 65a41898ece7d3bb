"""``python -m calibration``: make the null tests that are still missing, then write the pages of docs/calibration."""

from __future__ import annotations

import argparse
from pathlib import Path

from calibration import bias, genes, page, real_genotypes, robust
from calibration.cells import all_cells
from calibration.counts import read_counts
from calibration.run import chosen, run_cells

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/calibration"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument("--cells", default="*", help="shell pattern on the names of cells")
    parser.add_argument("--counts", type=Path, default=FOLDER / "counts.tsv", help="table that a run continues")
    parser.add_argument("--gene-counts", type=Path, default=FOLDER / "gene_counts.tsv", help="the same of gene tests")
    parser.add_argument("--only", choices=["variants", "genes"], help="one study alone")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tests", type=int, help="null tests per cell instead of what the cell asks for")
    parser.add_argument("--results", type=Path, default=ROOT / "results", help="where `make kg3` left its results")
    arguments = parser.parse_args()
    if arguments.only != "genes":
        _study_variants(arguments)
    if arguments.only != "variants":
        cells = chosen(genes.gene_cells(), arguments.cells)
        genes.run_genes(arguments.gene_counts, arguments.processes, cells, arguments.tests or genes.N_TESTS)
        genes.write_page(read_counts(arguments.gene_counts), FOLDER / "genes.md")


def _study_variants(arguments: argparse.Namespace) -> None:
    run_cells(chosen(all_cells(), arguments.cells), arguments.counts, arguments.processes, arguments.tests)
    page.write_page(read_counts(arguments.counts), FOLDER / "README.md")
    bias.write_page(FOLDER / "power-and-bias.md")
    robust.write_page(FOLDER / "robust.md")
    if (arguments.results / "association" / real_genotypes.FREEZE).exists():
        real_genotypes.write_page(arguments.results, FOLDER / "real-genotypes.md")


if __name__ == "__main__":
    main()
