"""QC numbers as custom content of MultiQC: a file per stage, each a table with its settings as comments above it.

Format: https://docs.seqera.io/multiqc/custom_content, section "Custom data format".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import yaml

from alsreg.report.disclosure import Disclosure

# Numbers of people by what they have or are; the rest counts the analysis.
OF_PEOPLE = ("n_events", "n_outliers")
SECTIONS = {
    "ingest": ("Import of genotypes", "Records, variants and genotypes by what became of them, by assay."),
    "sample_qc": ("Sample QC", "Samples, exclusions by flag, and medians of the samples that stay, by assay."),
    "variant_qc": ("Variant QC", "Variants and exclusions by flag, by assay."),
    "identity": ("Identity", "Pairs of samples by finding, and samples that can be used."),
    "merge": ("Merge", "Variants of the merged assays and exclusions by flag, by cohort."),
    "structure": ("Structure", "People, relatives and outliers, by cohort."),
    "association": ("Association", "Size and calibration of the tests, by cohort and trait."),
}
MADE = (*(f"alsreg_{stage}_mqc.tsv" for stage in SECTIONS), "alsreg_samples_mqc.tsv")
SAMPLE_COLUMNS = (
    "call_rate",
    "heterozygosity",
    "inbreeding_f",
    "ti_tv",
    "mean_dp",
    "contamination",
    "reason",
)


def stage_files(numbers: pd.DataFrame, freeze: str, hide: Disclosure) -> dict[str, str]:
    """Name and text of the file of each stage, of rows of `QC_NUMBERS`; small counts of people are left empty."""
    found = {}
    for stage, rows in numbers.groupby("stage", sort=False):
        title, words = SECTIONS[str(stage)]
        cells: dict[str, dict[str, object]] = {}
        for row in rows.itertuples():
            cells.setdefault(row.unit, {})[row.metric] = _shown(
                row.metric, row.value, f"{row.unit}: {row.metric}", hide
            )
        wide = pd.DataFrame(
            [{"Sample": unit, **own} for unit, own in cells.items()],
            columns=["Sample", *dict.fromkeys(rows["metric"])],
            dtype=object,
        )
        found[f"alsreg_{stage}_mqc.tsv"] = _file(f"alsreg_{stage}", title, f"{words} Freeze {freeze}.", wide)
    return found


def sample_file(samples: Sequence[pd.DataFrame], freeze: str) -> dict[str, str]:
    """Name and text of the file with a row per sample: individual-level."""
    table = pd.concat(samples, ignore_index=True)
    shown = table[list(SAMPLE_COLUMNS)]
    wide = shown.astype(object).where(shown.notna(), None)
    wide.insert(
        len(wide.columns) - 1, "verdict", table["is_excluded"].map({True: "excluded", False: "used"}).astype(object)
    )
    wide.insert(0, "Sample", table["assay"] + "/" + table["sample"])
    words = f"Metrics of every sample. Individual-level: this page stays inside the registry. Freeze {freeze}."
    return {"alsreg_samples_mqc.tsv": _file("alsreg_samples", "Samples", words, wide)}


def _shown(metric: str, value: float, what: str, hide: Disclosure) -> float | int | None:
    if pd.isna(value):
        return None
    if metric in OF_PEOPLE:
        return hide.count(int(value), what)
    return int(value) if metric.startswith("n") else float(value)


def _file(name: str, title: str, words: str, table: pd.DataFrame) -> str:
    settings = {
        "id": name, "section_name": title, "description": words, "parent_id": "alsreg", "parent_name": "alsreg", "parent_description": "QC numbers of an ALS registry, by stage.",
        "plot_type": "table", "pconfig": {"id": f"{name}_table", "title": f"alsreg: {title}", "namespace": "alsreg"},
        "headers": {column: _header(column) for column in table.columns[1:]},
    }  # fmt: skip
    comments = "".join(f"# {line}\n" for line in yaml.safe_dump(settings, sort_keys=False, width=10_000).splitlines())
    return comments + table.to_csv(sep="\t", index=False, na_rep="", lineterminator="\n")


def _header(column: str) -> dict[str, str]:
    """How MultiQC shows a column: whole numbers for counts."""
    title = re.sub(r"^n_", "", column).replace("_", " ")
    return {"title": title, "format": "{:,.0f}"} if column.startswith("n") else {"title": title, "format": "{:,.4f}"}
