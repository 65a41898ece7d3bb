"""Where few carriers were left out of single-variant tests, numbers of people beside these tests would give their number back.

The flow hides how many they are; the people tested, subtracted from those unrelated, would tell. So no count of people stands beside a
single-variant result of such a cohort, nor what is computed from one alone.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from alsreg.language import gettext
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import CohortReport, TraitResult
from alsreg.report.pictures import Picture

# Numbers of variants and of results, which tell of no person.
OF_VARIANTS = frozenset(
    [
        "n_tested",
        "n_untestable",
        "n_hits",
        "n_hits_expected",
        "n_leads",
        "n_not_drawn",
        "n_variants",
        "n_signals",
        "n_credible",
        "n_masks",
        "n_genes",
        "n_tests",
    ]
)
# What a number of people, and the page's digits, give: 1,000/N times λ, the effect found with power 0.8, copies over people.
DERIVED = frozenset(("effective_n", "lambda_1000", "detectable_effect", "frequency", "expected_mac", "fates"))
# Figures without counts of people.
KEPT_FIGURES = ("manhattan", "quantiles")
UNTOLD = float("nan")  # printed as a dash, where None would be read as a small count
Model = TypeVar("Model")


def without_counts(report: CohortReport, disclosure: Disclosure) -> CohortReport:
    """The page without counts of people beside single-variant results."""
    rule = gettext("would give back how few carriers were left out of single-variant tests")
    disclosure.hide(gettext("people in single-variant results"), len(report.traits), rule)
    return replace(
        report,
        traits=tuple(_without_detail(untold(trait)) for trait in report.traits),
        longitudinal=replace(report.longitudinal, leads=tuple(untold(lead) for lead in report.longitudinal.leads)),
        prognosis=replace(report.prognosis, leads=tuple(untold(lead) for lead in report.prognosis.leads)),
        hidden=tuple((entry.what, entry.n_hidden, entry.rule) for entry in disclosure.log),
    )


def _without_detail(trait: TraitResult) -> TraitResult:
    """Without power, which is computed from the number of people, and without warnings, which spell it out."""
    if trait.detail is None:
        return trait
    loci = tuple(replace(locus, warning="") for locus in trait.detail.loci)
    return replace(trait, detail=replace(trait.detail, power=(), loci=loci))


def untold(value: Any) -> Any:
    """The same model with every count of people in it, however deep, replaced; figures that rest on such counts are gone."""
    if isinstance(value, tuple):
        return tuple(untold(part) for part in value if not isinstance(part, Picture) or _is_kept(part))
    if not is_dataclass(value) or isinstance(value, Picture):
        return value
    changed = {
        field.name: UNTOLD
        if _counts_people(field.name, getattr(value, field.name))
        else untold(getattr(value, field.name))
        for field in fields(value)
    }
    return replace(value, **changed)  # type: ignore[type-var]


def _counts_people(name: str, value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_count = (name == "n" or name.startswith("n_")) and name not in OF_VARIANTS
    return name in DERIVED or (is_count and (is_number or value is None))


def _is_kept(picture: Picture) -> bool:
    return getattr(picture, "name", picture.title) in KEPT_FIGURES or picture.uri.startswith("data:image/png")
