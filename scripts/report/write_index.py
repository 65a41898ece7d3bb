"""Write the page that leads to the reports of a freeze."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alsreg.config.report import ReportConfig
from alsreg.formats.atomic import atomic_path
from alsreg.language import speaking
from alsreg.report.methods import load_provenance
from alsreg.report.model import Index, IndexRow
from alsreg.report.render import render_index
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import COMPONENTS
from alsreg.tables.results import LEADS

DEFAULT = ReportConfig()


def write_index(
    cohorts: Mapping[str, list[str]], components: list[str], leads: list[str], provenance: str, output: Path,
    control: Sequence[str] = (), settings: ReportConfig = DEFAULT,
) -> None:  # fmt: skip
    """Write ``index.html``; `components` and `leads` are in the order of `cohorts`, `control` is its page if there is one."""
    with speaking(settings.language):
        source, freeze, freeze_date = load_provenance(provenance)
        rows = tuple(
            IndexRow(name, ", ".join(assays), len(COMPONENTS.read(people)), len(LEADS.read(found)), f"{name}.html")
            for (name, assays), people, found in zip(cohorts.items(), components, leads, strict=True)
        )
        page = Path(control[0]).name if control else None
        text = render_index(Index(freeze, freeze_date, rows, source, page))
    with atomic_path(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_index(
            cohorts=snakemake.params.cohorts,
            components=snakemake.input.components,
            leads=snakemake.input.leads,
            provenance=snakemake.input.provenance,
            output=Path(snakemake.output.index),
            control=snakemake.input.control,
            settings=ReportConfig(**snakemake.params.settings),
        )
