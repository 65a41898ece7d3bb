"""Hold QC numbers and settings of two freezes against each other."""

from pathlib import Path

from alsreg.report.settings_compared import settings_differences
from alsreg.runlog import rule_log
from alsreg.tables.compare import COMPARED_NUMBERS, COMPARED_SETTINGS, QC_NUMBERS

KEYS = ["stage", "unit", "metric"]


def compare_numbers(numbers: list[str], provenance: list[str], outputs: dict[str, Path]) -> None:
    """Write both tables; every pair of paths has the older freeze first."""
    older, newer = (QC_NUMBERS.read(path) for path in numbers)
    order = list(dict.fromkeys([*newer["stage"], *older["stage"]]))
    both = older.rename(columns={"value": "older"}).merge(
        newer.rename(columns={"value": "newer"}), on=KEYS, how="outer"
    )
    both = both.sort_values(KEYS, key=lambda column: column.map(order.index) if column.name == "stage" else column)
    COMPARED_NUMBERS.write(both, outputs["numbers"])
    COMPARED_SETTINGS.write(settings_differences(*provenance), outputs["settings"])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_numbers(
            numbers=snakemake.input.numbers,
            provenance=snakemake.input.provenance,
            outputs={name: Path(path) for name, path in snakemake.output.items()},
        )
