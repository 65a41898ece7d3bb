"""Carriers per gene among patients against public allele counts: exact tests over strata, inflation, and all genes together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig, Mask
from alsreg.config.panel import SummaryControlsConfig
from alsreg.genotypes.control_cases import COMPARED
from alsreg.stats.exact_tables import conditional_distribution, exact_test, inflation
from alsreg.stats.multiple_testing import bonferroni

CALIBRATION, ALL_STRATA, TESTED = "calibration", "all", "tested"


@dataclass(frozen=True)
class Stratum:
    """One stratum: its controls, and one row per variant with counts of both sides and ``status``, indexed by ``variant_id``.

    `has_homozygotes`: the controls tell people with two copies, so that carriers are counted on both sides, copies elsewhere.
    """

    name: str
    controls: str
    variants: pd.DataFrame
    has_homozygotes: bool

    def sides(self) -> pd.DataFrame:
        """``case, control`` carriers and ``case_called, control_called`` people of the variants compared."""
        rows = self.variants[self.variants["status"] == COMPARED]
        copies = rows["n_copies"].fillna(0.0)
        usual = float(self.variants["n_alleles"].median())
        return pd.DataFrame({
            "case": rows["n_case_carriers"] + (0 if self.has_homozygotes else rows["n_case_homozygotes"]),
            "control": copies - rows["n_homozygotes"].fillna(0.0) if self.has_homozygotes else copies,
            "case_called": rows["n_case_called"], "control_called": rows["n_alleles"].fillna(usual) / 2.0,
            "case_copies": rows["n_case_carriers"] + rows["n_case_homozygotes"], "control_copies": copies,
        })  # fmt: skip


def with_calibration(
    chosen: SummaryControlsConfig, annotation: AnnotationConfig
) -> tuple[AnnotationConfig, dict[str, float]]:
    """The masks with the one that ought to be even, and by mask the highest frequency; minus a number of copies where stricter."""
    names = chosen.masks or list(annotation.masks)
    limits = {
        n: -float(m) if (m := annotation.masks[n].max_mac) else annotation.masks[n].max_allele_frequency for n in names
    }
    highest = max(annotation.masks[name].max_allele_frequency for name in names)
    calibration = Mask(consequences=chosen.calibration_consequences, max_allele_frequency=highest)
    masks = {**{name: annotation.masks[name] for name in names}, CALIBRATION: calibration}
    return annotation.model_copy(update={"masks": masks}), limits | {CALIBRATION: highest}


def rare_variants(strata: Sequence[Stratum], variants: pd.Series, max_frequency: float) -> pd.Index:
    """Variants at most so frequent among both sides and all strata together: a rule that does not know who is a patient."""
    sides = [stratum.sides().reindex(variants.unique()).fillna(0.0) for stratum in strata]
    copies = sum(side["case_copies"] + side["control_copies"] for side in sides)
    alleles = sum(2.0 * (side["case_called"] + side["control_called"]) for side in sides)
    return copies.index[(copies > 0) & (copies <= max_frequency * alleles)]


def compare_genes(rows: pd.DataFrame, strata: Sequence[Stratum], limits: Mapping[str, float]) -> pd.DataFrame:
    """Rows of `PANEL_CONTROLS`.

    Parameters
    ----------
    rows
        Variants that masks select: ``gene, variant_id, masks`` (joined by ``;``).
    limits
        Highest frequency by mask, in the order of the results.
    """
    found = pd.DataFrame([
        row
        for mask, limit in limits.items()
        for row in _compare_mask(rows[rows["masks"].str.split(";").apply(lambda names, m=mask: m in names)], mask, strata, limit)
    ])  # fmt: skip
    if len(found):
        is_counted = found["mask"] != CALIBRATION
        counted = found[is_counted].groupby("stratum")["p_value"]
        found["p_bonferroni"] = counted.transform(lambda p: bonferroni(p.to_numpy(dtype=float))).reindex(found.index)
    return found


def _compare_mask(
    rows: pd.DataFrame, mask: str, strata: Sequence[Stratum], limit: float
) -> Iterator[dict[str, object]]:
    rare = rare_variants(strata, rows["variant_id"], limit) if len(rows) else pd.Index([])
    sides = {stratum.name: stratum.sides() for stratum in strata}
    for gene, members in rows.groupby("gene", sort=True):
        names = [name for name in members["variant_id"].unique() if name in rare]
        tables = {stratum.name: _table(sides[stratum.name].reindex(names).dropna()) for stratum in strata}
        for stratum in strata:
            yield _row(str(gene), mask, stratum.name, stratum.controls, [tables[stratum.name]])
        if len(strata) > 1:
            yield _row(str(gene), mask, ALL_STRATA, ";".join(s.controls for s in strata), list(tables.values()))


def _table(counts: pd.DataFrame) -> tuple[int, tuple[int, int, int, int]]:
    """Variants that somebody carries, and carriers and others of cases, then of controls; people called on average."""
    carried = counts[(counts["case"] > 0) | (counts["control"] > 0)]
    if carried.empty:
        return 0, (0, 0, 0, 0)
    n_cases, n_controls = (round(carried[name].mean()) for name in ("case_called", "control_called"))
    cases, controls = min(int(carried["case"].sum()), n_cases), min(int(carried["control"].sum()), n_controls)
    return len(carried), (cases, n_cases - cases, controls, n_controls - controls)


def _row(
    gene: str, mask: str, stratum: str, controls: str, tables: list[tuple[int, tuple[int, int, int, int]]]
) -> dict[str, object]:
    counts = np.array([table for _, table in tables], dtype=np.int64)
    a, b, c, d = (int(n) for n in counts.sum(axis=0))
    row: dict[str, object] = {
        "gene": gene, "mask": mask, "stratum": stratum, "controls": controls, "n_variants": sum(n for n, _ in tables),
        "n_cases": a + b, "n_controls": c + d, "n_case_carriers": a, "n_control_carriers": c, "odds_ratio": np.nan, "lower": np.nan,
        "upper": np.nan, "p_value": np.nan, "p_mid": np.nan, "method": None,
    }  # fmt: skip
    if a + c == 0:
        return row | {"status": "no variant compared is carried"}
    found = exact_test(counts)
    return row | {
        "odds_ratio": found.odds_ratio, "lower": found.lower, "upper": found.upper, "p_value": found.p_value, "p_mid": found.p_mid,
        "method": "fisher" if len(tables) == 1 else "exact_stratified", "status": TESTED,
    }  # fmt: skip


def summarise_masks(table: pd.DataFrame, strata: Sequence[Stratum], min_carriers: int) -> pd.DataFrame:
    """Rows of `PANEL_CONTROL_MASKS` from those of `compare_genes`."""
    out = []
    names = [stratum.name for stratum in strata]
    for (mask, stratum), rows in table.groupby(["mask", "stratum"], sort=False):
        parts = names if stratum == ALL_STRATA else [str(stratum)]
        tested = rows[rows["status"] == TESTED]
        by_gene = table[(table["mask"] == mask) & table["stratum"].isin(parts)]
        many = tested[tested["n_case_carriers"] + tested["n_control_carriers"] >= min_carriers]
        nulls = [conditional_distribution(_counts(by_gene[by_gene["gene"] == gene])) for gene in many["gene"]]
        row: dict[str, object] = {
            "mask": mask, "stratum": stratum, "n_genes": len(tested), "n_genes_lambda": len(many),
            "lambda_gc": inflation(many["p_mid"].to_numpy(dtype=float), nulls),
        }  # fmt: skip
        if len(tested):
            sums = np.array([_counts(by_gene[by_gene["stratum"] == part]).sum(axis=0) for part in parts])
            found = exact_test(sums)
            row |= {
                "odds_ratio": found.odds_ratio,
                "lower": found.lower,
                "upper": found.upper,
                "p_value": found.p_value,
            }
        out.append(row)
    return pd.DataFrame(out)


def _counts(rows: pd.DataFrame) -> np.ndarray:
    a, n, c, m = (
        rows[name].to_numpy(dtype=np.int64)
        for name in ("n_case_carriers", "n_cases", "n_control_carriers", "n_controls")
    )
    return np.column_stack([a, n - a, c, m - c])


def count_losses(rows: pd.DataFrame, strata: Sequence[Stratum]) -> pd.DataFrame:
    """Rows of `PANEL_CONTROL_LOSSES`: fates of the variants that masks select."""
    out = []
    for stratum in strata:
        own = stratum.variants[stratum.variants.index.isin(rows["variant_id"])]
        for reason, part in own.groupby("status", sort=True):
            case = part["n_case_carriers"] + part["n_case_homozygotes"]
            out.append({"stratum": stratum.name, "reason": reason, "n_variants": len(part), "n_case_copies": int(case.sum()),
                        "n_control_copies": int(part["n_copies"].fillna(0).sum())})  # fmt: skip
    return pd.DataFrame(out)
