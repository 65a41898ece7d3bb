"""Collect the numbers of every stage's QC in one table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alsreg.report import qc_numbers
from alsreg.report.qc_numbers import Row, by_folder
from alsreg.runlog import rule_log
from alsreg.tables.compare import QC_NUMBERS

SAMPLES = ".samples.tsv"


def collect_numbers(inputs: Any, output: Path) -> None:
    """Write the table; `inputs` are named as the rule's."""
    QC_NUMBERS.write(qc_numbers.as_table(_rows(inputs)), output)


def _rows(inputs: Any) -> Iterator[Row]:
    yield from qc_numbers.of_ingest(inputs.ingest)
    yield from qc_numbers.of_samples({Path(path).name.removesuffix(SAMPLES): path for path in inputs.samples})
    yield from qc_numbers.of_variants(by_folder(inputs.variants), "variant_qc", "call_rate")
    yield from qc_numbers.of_identity(inputs.pairs, inputs.persons)
    yield from qc_numbers.of_variants(by_folder(inputs.merged), "merge")
    yield from qc_numbers.of_structure({Path(path).parent.name: path for path in inputs.components})
    yield from qc_numbers.of_traits({Path(path).parent.name: path for path in inputs.diagnostics})


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        collect_numbers(inputs=snakemake.input, output=Path(snakemake.output.numbers))
