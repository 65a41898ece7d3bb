"""From a view model to a self-contained page. Everything that comes from data is escaped."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alsreg.language import current, gettext, ngettext
from alsreg.report.compare_model import ComparisonReport
from alsreg.report.control_model import ControlReport
from alsreg.report.meta_model import MetaReport
from alsreg.report.model import CohortReport, Index
from alsreg.report.terms import first_upper, term, words

ABSENT = "–"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def render_cohort(report: CohortReport) -> str:
    """HTML of a cohort's report."""
    page = _environment(report.min_cell).get_template("cohort.html.j2")
    return page.render(report=report, style=_style(), script=_asset("report.js"), library=_library())


def render_control(report: ControlReport) -> str:
    """HTML of the external-control comparison."""
    return _environment(report.min_cell).get_template("control.html.j2").render(report=report, style=_style())


def render_comparison(report: ComparisonReport) -> str:
    """HTML of the comparison of two freezes."""
    return _environment(report.min_cell).get_template("compare.html.j2").render(report=report, style=_style())


def render_meta(report: MetaReport) -> str:
    """HTML of a meta-analysis."""
    return _environment(1).get_template("meta.html.j2").render(report=report, style=_style())


def render_index(index: Index) -> str:
    """HTML of the index of a freeze."""
    return _environment(1).get_template("index.html.j2").render(index=index, style=_style())


def _environment(min_cell: int) -> Environment:
    environment = Environment(
        loader=PackageLoader("alsreg.report"), autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["language"] = current()
    environment.filters.update(FORMATS)
    environment.filters["people"] = lambda value: f"<{min_cell}" if value is None else whole(value)
    return environment


def _style() -> str:
    return (files("alsreg.report") / "templates/style.css").read_text(encoding="utf-8")


def _asset(name: str) -> str:
    return (files("alsreg.report") / f"assets/{name}").read_text(encoding="utf-8")


def _library() -> str:
    """BokehJS with its plotting interface, as the Python package ships it."""
    folder = files("bokeh") / "server/static/js"
    parts = [(folder / f"{name}.min.js").read_text(encoding="utf-8") for name in ("bokeh", "bokeh-api")]
    # An end tag within the code would end the element that holds it.
    return "\n".join(parts).replace("</script", "<\\/script")


def whole(value: Any) -> str:
    """An integer with thin thousands separators."""
    return ABSENT if value is None or value != value else f"{round(value):,}"


def fixed(value: float | None, digits: int = 2) -> str:
    """A number with a fixed number of decimals."""
    return ABSENT if value is None or value != value else f"{value:.{digits}f}".replace("-", "−")


def probability(value: float | None) -> str:
    """A p-value: three significant digits, as a power of ten below 0.001."""
    if value is None:
        return ABSENT
    if value >= 0.001:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def cell(value: int | None) -> str:
    """A count of people that may be hidden."""
    return gettext("hidden") if value is None else whole(value)


FORMATS = {
    "whole": whole,
    "fixed": fixed,
    "probability": probability,
    "words": words,
    "cell": cell,
    "term": term,
    "first_upper": first_upper,
}
