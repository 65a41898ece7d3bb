"""What the figures show: points, labels, lines."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from alsreg.plots import people
from alsreg.plots.association import manhattan, quantile_quantile
from alsreg.plots.base import as_data_uri

CHROMOSOME = np.array([1, 1, 2, 23, 23, 23])
POSITION = np.array([10_000_000, 90_000_000, 50_000_000, 20_000_000, 30_000_000, 99_000_000])
P_VALUE = np.array([0.1, 0.01, 1e-12, 0.5, 0.0, 1.0])


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def points(canvas: Figure) -> np.ndarray:
    """Every scattered point."""
    return np.vstack([np.asarray(part.get_offsets()) for part in canvas.axes[0].collections if len(part.get_offsets())])


def test_manhattan__a_point_per_variant_in_genome_order() -> None:
    canvas = manhattan(CHROMOSOME, POSITION, P_VALUE, (5e-8, 1e-5), {(2, 50_000_000): "UNC13A", (7, 1): "absent"})
    axes = canvas.axes[0]
    found = points(canvas)
    found = found[np.argsort(found[:, 0])]
    assert len(found) == 6
    np.testing.assert_allclose(found[:, 1], -np.log10(np.maximum(P_VALUE, 1e-300)))
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "X"]
    assert [text.get_text() for text in axes.texts] == ["UNC13A"]
    assert axes.texts[0].xy[1] == pytest.approx(12)
    assert [line.get_ydata()[0] for line in axes.lines] == pytest.approx([-np.log10(5e-8), 5])
    assert axes.get_xlim()[0] <= found[0, 0]
    assert found[-1, 0] <= axes.get_xlim()[1]
    assert axes.get_ylim()[1] > 300


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["$\\frac", "a_b^c", "<b>"])
def test_manhattan__one_variant_of_any_name(name: str) -> None:
    canvas = manhattan(CHROMOSOME[:1], POSITION[:1], P_VALUE[:1], (5e-8, 1e-5), {(1, 10_000_000): name})
    as_data_uri(canvas, "png")
    assert len(points(canvas)) == 1
    assert canvas.axes[0].texts[0].get_text() == name


def test_quantile_quantile__band_and_points() -> None:
    n = 1000
    rank = np.array([1, 10, 500, 1000])
    canvas = quantile_quantile((rank - 0.5) / n, rank, n, 1.25)
    axes = canvas.axes[0]
    assert axes.get_title(loc="left") == "λ = 1.250"
    scattered = np.asarray(axes.collections[-1].get_offsets())
    np.testing.assert_allclose(scattered[:, 0], -np.log10((rank - 0.5) / n))
    np.testing.assert_allclose(scattered[:, 0], scattered[:, 1])
    band = axes.collections[0].get_paths()[0].vertices
    at_first = band[np.isclose(band[:, 0], -np.log10(0.5 / n)), 1]
    expected = -np.log10(stats.beta.ppf([0.975, 0.025], 1, n))
    np.testing.assert_allclose([at_first.min(), at_first.max()], expected)


def test_histogram__hidden_bins_are_empty() -> None:
    axes = people.histogram(np.array([40.0, 45, 50]), np.array([7, np.nan]), "age, years").axes[0]
    assert [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in axes.patches] == [(40, 5, 7), (45, 5, 0)]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("age, years", "people")


def test_kaplan_meier__curve_and_numbers_at_risk() -> None:
    times = np.array([0.0, 3, 6])
    curve = people.Curve("all", times, 1 - times / 10, 0.9 - times / 10, 1 - times / 20, [0, 24], [12, None])
    axes = people.kaplan_meier([curve], "months").axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), np.column_stack([times, 1 - times / 10]))
    assert [text.get_text() for text in axes.texts] == ["12", "–", "at risk"]
    assert axes.get_legend() is None
    both = people.kaplan_meier([curve, curve], "months").axes[0]
    assert [text.get_text() for text in both.get_legend().get_texts()] == ["all", "all"]


def test_decline__means_and_intervals() -> None:
    axes = people.decline(np.array([3.0, 9]), np.array([40.0, 34.5]), np.array([1.0, 2])).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[3, 40], [9, 34.5]])
    segments = axes.collections[0].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in segments], [[39, 41], [32.5, 36.5]])
    assert axes.get_ylim() == (0, 48)


def test_bars__hidden_counts_are_a_dash() -> None:
    axes = people.bars(["a", "b"], [7, np.nan]).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [7, 0]
    assert [text.get_text().strip() for text in axes.texts] == ["7", "–"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


def test_component_density__hidden_cells_are_masked() -> None:
    counts = np.array([[5.0, np.nan, 7], [np.nan, 9, np.nan]])
    axes = people.component_density(np.arange(3.0), np.arange(4.0), counts, ("PC1", "PC2")).axes[0]
    mesh = axes.collections[0].get_array()
    assert np.ma.compressed(mesh).tolist() == [5, 9, 7]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("PC1", "PC2")


def test_scree__percent() -> None:
    axes = people.scree(np.array([0.5, 0.25])).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[1, 50], [2, 25]])


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_as_data_uri__same_bytes_and_closed(kind: str, start: bytes) -> None:
    one, two = (as_data_uri(people.scree(np.array([0.5, 0.25])), kind) for _ in range(2))
    assert one == two
    assert plt.get_fignums() == []
    media, content = one[0].split(",", 1)
    assert media == f"data:image/{'svg+xml' if kind == 'svg' else 'png'};base64"
    assert base64.b64decode(content).startswith(start)
    assert one[1] == round(3.4 * 96)


@pytest.mark.parametrize("n_curves", [1, 4, 6])
def test_numbers_at_risk_of_every_curve_lie_on_the_figure(n_curves: int) -> None:
    times = np.arange(0.0, 80.0, 5.0)
    share = np.exp(-times / 20)
    curves = [people.Curve(f"stage {k}", times, share, share, share, [20, 40], [90, None]) for k in range(n_curves)]
    canvas = people.kaplan_meier(curves, "months since onset")
    canvas.draw_without_rendering()
    (axes,) = canvas.axes
    assert len(axes.texts) == 2 * n_curves + 1
    assert all(text.get_window_extent().y0 >= 0 for text in axes.texts)
