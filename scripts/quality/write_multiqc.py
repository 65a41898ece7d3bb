"""Write the QC numbers as custom content of MultiQC."""

from collections.abc import Sequence
from pathlib import Path

from alsreg.config.quality import QualityConfig
from alsreg.formats.atomic import atomic_folder
from alsreg.report.disclosure import Disclosure
from alsreg.report.multiqc import MADE, sample_file, stage_files
from alsreg.runlog import rule_log
from alsreg.tables.compare import QC_NUMBERS
from alsreg.tables.genotypes import SAMPLE_QC


def write_multiqc(
    numbers: str, samples: Sequence[str], freeze: str, settings: QualityConfig, min_cell: int, output: Path
) -> None:  # fmt: skip
    """Write a file per stage to the folder `output`; one row per sample only where `settings` ask for it."""
    files = stage_files(QC_NUMBERS.read(numbers), freeze, Disclosure(min_cell))
    if settings.per_sample:
        files |= sample_file([SAMPLE_QC.read(path) for path in samples], freeze)
    with atomic_folder(output, MADE) as temporary:
        for name, text in files.items():
            (temporary / name).write_text(text, encoding="utf-8")


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_multiqc(
            numbers=snakemake.input.numbers,
            samples=snakemake.input.samples,
            freeze=snakemake.wildcards.freeze,
            settings=QualityConfig(**snakemake.params.settings),
            min_cell=snakemake.params.report["min_cell"],
            output=Path(snakemake.output.folder),
        )
