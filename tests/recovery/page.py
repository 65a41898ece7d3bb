"""docs/recovery.md from the table of the study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from recovery import registries

TEXT = Path(__file__).with_name("page.md")
LOWEST, HIGHEST = 0.93, 0.97
# What each scenario is there to show: methods that are to cover, and the others for comparison.
RIGHT = {
    "observed": ("mixed model", "joint model", "Cox, delayed entry", "Kaplan–Meier, delayed entry"),
    "shared": ("joint model",),
}


def read_summary(path: Path) -> pd.DataFrame:
    """The table of the study."""
    return pd.read_csv(path, sep="\t")


def verdict(row: pd.Series) -> str:
    """Whether the row is as it should be, or that it only stands beside."""
    if row["method"] not in RIGHT[row["scenario"]]:
        return "for comparison"
    return "yes" if LOWEST <= row["coverage"] <= HIGHEST else "**no**"


def write_page(summary: Path, page: Path) -> None:
    """Fill the template."""
    table = read_summary(summary)
    text = TEXT.read_text(encoding="utf-8")
    for scenario in registries.SCENARIOS:
        text = text.replace(f"{{{scenario.name}}}", _rows(table[table["scenario"] == scenario.name]))
    values = {
        "n_replicates": table["n_replicates"].iloc[0], "n_people": registries.N_PEOPLE, "slope": registries.SLOPE,
        "slope_per_copy": registries.SLOPE_PER_COPY, "latest_entry": registries.LATEST_ENTRY,
        "association_intercept": registries.SCENARIOS[1].association[0],
        "association_slope": registries.SCENARIOS[1].association[1], "log_ratio": registries.LOG_RATIO,
    }  # fmt: skip
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", f"{value:g}".replace("-", "−"))
    page.write_text(text, encoding="utf-8")


def _rows(table: pd.DataFrame) -> str:
    lines = [
        "| method | parameter | truth | mean estimate | bias (± Monte Carlo) | bias in SE | SD | mean SE | 95 % interval holds the truth | 93–97 % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for _, row in table.iterrows():
        bias = row["mean"] - row["truth"]
        lines.append(
            f"| {row['method']} | {row['parameter']} | {row['truth']:.3f} | {row['mean']:.3f} | {bias:+.4f} (± {1.96 * row['bias_error']:.4f}) | "
            f"{bias / row['mean_standard_error']:+.2f} | {row['sd']:.4f} | {row['mean_standard_error']:.4f} | {row['coverage']:.1%} | {verdict(row)} |"
        )
    return "\n".join(lines).replace("-", "−").replace("|−−−", "|---").replace("−−−|", "---|")
