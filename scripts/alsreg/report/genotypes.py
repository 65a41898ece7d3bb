"""Numbers of the flow, identity and structure sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from alsreg.language import gettext, noop
from alsreg.plots.people import component_density, scree
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import AssayFlow, AssayPair, Finding, Picture, Step, Structure
from alsreg.report.pictures import picture
from alsreg.report.terms import term

# Ingest counts that are totals, not changes.
TOTALS = ("read", "used", "from_records", "written")
MEANINGS = {
    "expected_match": noop("the registry says the same person, and the genotypes agree"),
    "swap": noop("the registry says the same person, and the genotypes deny it"),
    "missing_match": noop("the registry says the same person, and too few SNPs can tell"),
    "unexpected_same": noop("two people of the registry share one genome"),
    "relative": noop("two people are related"),
    "none": noop("nothing to report"),
}
MAX_GRID = 24  # cells along an axis of a grid of counts
PEOPLE_PER_CELL = 4  # on average, so that few cells have to be hidden
MAX_SHOWN_COMPONENTS = 10


def assay_flow(
    assay: str, build: str, ingest: pd.DataFrame, samples: pd.DataFrame, persons: pd.DataFrame,
    variant_reasons: Mapping[str, int],
) -> AssayFlow:  # fmt: skip
    """What became of an assay.

    Parameters
    ----------
    ingest, samples, persons
        The ingest counts, sample QC and ledger of all assays or of this one.
    variant_reasons
        Verdict of variant QC: number of variants; the empty reason stands for usable.
    """
    counts = ingest[ingest["assay"] == assay].groupby(["unit", "reason", "is_loss"])["count"].sum()
    samples = samples[samples["assay"] == assay]
    ledger = persons[persons["assay"] == assay]
    used = int(ledger["is_usable"].sum())
    excluded = samples["is_excluded"].to_numpy(dtype=bool)
    losses = Counter(_first(samples.loc[excluded, "reason"]))
    unusable_later = len(samples) - int(excluded.sum()) - used
    if unusable_later > 0:
        losses["identity"] += unusable_later
    return AssayFlow(
        assay=assay,
        build=build,
        n_records=_get(counts, "record", "read"),
        n_written=_get(counts, "variant", "written"),
        record_losses=_pairs(counts, ("record", "variant"), is_loss=True),
        record_changes=_pairs(counts, ("record", "variant"), is_loss=False, without=TOTALS),
        n_genotypes_filtered=sum(n for _, n in _pairs(counts, ("genotype",), is_loss=True)),
        n_samples=len(samples),
        sample_losses=tuple(sorted(losses.items())),
        n_samples_used=used,
        n_variants_excluded=sum(n for reason, n in variant_reasons.items() if reason),
        variant_losses=tuple(sorted((reason, n) for reason, n in variant_reasons.items() if reason)),
        n_variants_used=variant_reasons.get("", 0),
    )


def merged_step(reasons: Mapping[str, int]) -> Step:
    """Variants of the merged cohort and those excluded from tests."""
    losses = tuple(sorted((reason, n) for reason, n in reasons.items() if reason))
    return Step(gettext("Variants merged; excluded from tests"), sum(reasons.values()), losses)


def findings(pairs: pd.DataFrame) -> tuple[Finding, ...]:
    """Sample pairs by identity finding."""
    counts = pairs["finding"].value_counts()
    return tuple(
        Finding(name, gettext(meaning), int(counts[name])) for name, meaning in MEANINGS.items() if name in counts
    )


def assay_pairs(pairs: pd.DataFrame) -> tuple[AssayPair, ...]:
    """Agreement of confirmed same-person pairs, by pair of assays."""
    same = pairs[(pairs["finding"] == "expected_match") & (pairs["assay_1"] != pairs["assay_2"])]
    return tuple(
        AssayPair(
            f"{one} – {two}",
            len(group),
            float(group["n_snps"].median()),
            float(group["concordance"].median()),
        )
        for (one, two), group in same.groupby(["assay_1", "assay_2"], sort=True)
    )


def structure(
    components: pd.DataFrame, kinship: pd.DataFrame, variance: Sequence[float], disclosure: Disclosure
) -> Structure:
    """Relatives, and components as a grid of counts."""
    degrees = kinship["relation"].value_counts().sort_index()
    share = np.asarray(variance, dtype=float)[:MAX_SHOWN_COMPONENTS]
    return Structure(
        n_people=len(components),
        n_related=int(components["is_related"].sum()),
        n_projected=int(components["is_projected"].sum()),
        n_outliers=disclosure.count(int(components["is_outlier"].sum()), gettext("component outliers")),
        n_pairs=tuple(
            (str(name), disclosure.count(int(n), gettext("pairs: {relation}", relation=term(str(name)))))
            for name, n in degrees.items()
        ),
        variance_percent=tuple(100 * share),
        pictures=(*_component_pictures(components, disclosure), _scree_picture(share)),
    )


def _component_pictures(components: pd.DataFrame, disclosure: Disclosure) -> Iterable[Picture]:
    names = [name for name in components.columns if name.startswith("PC")]
    for x, y in list(zip(names[::2], names[1::2], strict=False))[:2]:
        points = components[[x, y]].dropna().to_numpy(dtype=float)
        if len(points) == 0:
            continue
        n_cells = int(np.clip(np.sqrt(len(points) / PEOPLE_PER_CELL), 3, MAX_GRID))
        counts, x_edges, y_edges = np.histogram2d(points[:, 0], points[:, 1], bins=n_cells)
        hidden = disclosure.bins(counts.astype(np.int64), gettext("{x} against {y}", x=x, y=y))
        shown = np.where(hidden == 0, np.nan, hidden)
        alt = gettext("Grid of counts of people by {x} and {y}; cells with few people are left white.", x=x, y=y)
        yield picture(
            gettext("{x} and {y}: people per cell", x=x, y=y), alt, component_density(x_edges, y_edges, shown, (x, y))
        )


def _scree_picture(share: np.ndarray) -> Picture:
    alt = gettext("Share of variance of each component; the numbers stand above.")
    return picture(gettext("Variance by component"), alt, scree(share))


def _get(counts: pd.Series, unit: str, reason: str) -> int:
    return sum(int(n) for (u, r, _), n in counts.items() if u == unit and r == reason)


def _pairs(
    counts: pd.Series, units: tuple[str, ...], *, is_loss: bool, without: tuple[str, ...] = ()
) -> tuple[tuple[str, int], ...]:
    return tuple(
        (str(reason), int(n))
        for (unit, reason, loss), n in counts.items()
        if unit in units and bool(loss) == is_loss and reason not in without and n
    )


def _first(reasons: pd.Series) -> list[str]:
    """The first flag of each verdict, so that losses add up."""
    return [str(reason).split(";")[0] if pd.notna(reason) and reason else "unknown" for reason in reasons]
