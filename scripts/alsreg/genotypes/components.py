"""Principal components of genotypes, right where whole blocks are missing.

People typed on different assays lack whole sets of variants. Filling the gaps with means would make the assay a
component; centring each variant on whoever was typed for it would shift the origin by assay. So the components are
fitted by maximum likelihood to the observed genotypes alone: probabilistic principal component analysis with an
intercept for each variant, by expectation maximisation (Tipping and Bishop 1999, J R Stat Soc B 61:611; with missing
data Ilin and Raiko 2010, J Mach Learn Res 11:1957). On complete data that is ordinary principal component analysis of
the standardised genotypes (Patterson 2006, PLoS Genet 2:e190), and is computed as such.

A person's scores are their expectation given the genotypes observed. Few genotypes pull them towards the mean, which
is what a covariate measured with error needs to leave regression coefficients unbiased.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
Counts = NDArray[np.int8]

BLOCK = 1024


@dataclass(frozen=True)
class ComponentModel:
    """Components of the people they were fitted on.

    Attributes
    ----------
    frequency
        ALT frequency of each variant among those people, ``(m,)``: scales the genotypes.
    intercept, loadings
        Standardised genotype at the origin ``(m,)``, and per unit of each component ``(m, k)``.
    noise
        Variance of a standardised genotype about the model.
    scale
        Standard deviations of the expected scores, ``(k,)``; scores are divided by them.
    scores
        ``(n, k)``; each component has mean 0 and variance 1.
    eigenvalues
        Variance of each component, ``(k,)``: on complete data the eigenvalues of the genetic relationship matrix as
        PLINK prints them.
    total
        Sum of all eigenvalues.
    n_iterations, is_converged
        How the fit ended; complete data need no iteration.
    """

    frequency: FloatArray
    intercept: FloatArray
    loadings: FloatArray
    noise: float
    scale: FloatArray
    scores: FloatArray
    eigenvalues: FloatArray
    total: float
    n_iterations: int
    is_converged: bool


@dataclass(frozen=True)
class _Fit:
    """Parameters, and the scores' expectations ``(n, k)`` and covariances ``(n, k, k)`` under them."""

    intercept: FloatArray
    loadings: FloatArray
    noise: float
    mean: FloatArray
    covariance: FloatArray


def fit_components(
    counts: Counts, n_components: int, max_iterations: int = 100, tolerance: float = 2e-3
) -> ComponentModel:
    """Fit components to ALT counts.

    Parameters
    ----------
    counts
        ``(m, n)``, negative is missing; every variant must vary.
    tolerance
        Converged when an iteration changes the scores by less than this, in standard deviations, root mean square
        over components weighted by the square of their variance: components of noise drift for ever.

    Raises
    ------
    ValueError
        If a variant does not vary, or there are not more people and variants than components.
    """
    m, n = counts.shape
    if min(n - 1, m) <= n_components:
        raise ValueError(f"{n_components} components need more than {n} people and {m} variants")
    frequency = alt_frequency(counts)
    if not np.all((frequency > 0) & (frequency < 1)):
        raise ValueError("a variant does not vary")
    values, vectors, total = _relationship_components(counts, frequency, n_components)
    noise = max((total - values.sum()) / (n - 1 - n_components), 1e-6)
    mean, nothing = vectors * np.sqrt(n), np.zeros((n, n_components, n_components))
    intercept, loadings, _ = _maximise(counts, frequency, mean, nothing)
    fit = _expect(counts, frequency, *_rotate(intercept, loadings, mean, nothing), noise)
    if (counts >= 0).all():
        scores = _standardise(fit.mean)
        return ComponentModel(frequency, fit.intercept, fit.loadings, noise, fit.mean.std(axis=0), scores,
                              values, total, 0, True)  # fmt: skip
    scores, is_converged = _standardise(fit.mean), False
    n_iterations = 0
    while n_iterations < max_iterations and not is_converged:
        n_iterations += 1
        intercept, loadings, noise = _maximise(counts, frequency, fit.mean, fit.covariance)
        fit = _expect(counts, frequency, *_rotate(intercept, loadings, fit.mean, fit.covariance), noise)
        updated, weights = _standardise(fit.mean), (fit.loadings**2).sum(axis=0) ** 2
        change = np.sqrt(np.average(np.mean((updated - scores) ** 2, axis=0), weights=weights))
        scores, is_converged = updated, bool(change < tolerance)
    total_variance = n * float((fit.loadings**2).sum() / m + fit.noise)
    eigenvalues = n * ((fit.loadings**2).sum(axis=0) / m + fit.noise / m)
    return ComponentModel(
        frequency, fit.intercept, fit.loadings, fit.noise, fit.mean.std(axis=0), scores, eigenvalues,
        total_variance, n_iterations, is_converged,
    )  # fmt: skip


def project(model: ComponentModel, counts: Counts) -> FloatArray:
    """Scores of people given the variants they were typed for: ``(n, k)`` for ALT counts ``(m, n)``."""
    fit = _expect(counts, model.frequency, model.intercept, model.loadings, model.noise)
    return fit.mean / model.scale


def alt_frequency(counts: Counts) -> FloatArray:
    """ALT frequency of each variant among the called; NaN without calls."""
    called = (counts >= 0).sum(axis=1)
    alt = np.maximum(counts, 0).sum(axis=1, dtype=np.int64)
    return np.divide(alt, 2.0 * called, out=np.full(len(counts), np.nan), where=called > 0)


def _blocks(counts: Counts, frequency: FloatArray) -> Iterator[tuple[slice, SingleArray, SingleArray]]:
    """Rows, standardised genotypes (0 where missing) and called (0 or 1); single precision halves the time."""
    for start in range(0, len(counts), BLOCK):
        rows = slice(start, start + BLOCK)
        called = (counts[rows] >= 0).astype(np.float32)
        p = frequency[rows, None]
        scale = 1 / np.sqrt(2 * p * (1 - p))
        yield rows, called * (counts[rows] * scale.astype(np.float32) - (2 * p * scale).astype(np.float32)), called


def _relationship_components(counts: Counts, frequency: FloatArray, k: int) -> tuple[FloatArray, FloatArray, float]:
    """Leading eigenvalues and eigenvectors of the relationship matrix, each pair over the variants both were typed
    for, and its trace."""
    n = counts.shape[1]
    products, overlap = np.zeros((n, n)), np.zeros((n, n))
    for _, z, called in _blocks(counts, frequency):
        products += z.T @ z
        overlap += called.T @ called
    relationship = np.divide(products, overlap, out=np.zeros((n, n)), where=overlap > 0)
    values, vectors = scipy.linalg.eigh(relationship, subset_by_index=(n - k, n - 1))
    return values[::-1], vectors[:, ::-1], float(np.trace(relationship))


def _maximise(
    counts: Counts, frequency: FloatArray, mean: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Intercepts, loadings and noise given the scores' expectations and covariances."""
    n, k = mean.shape
    design = np.column_stack([np.ones(n), mean])
    moments = design[:, :, None] * design[:, None, :]
    moments[:, 1:, 1:] += covariance
    upper, square = _triangle(k + 1)
    packed, design = moments[:, *upper].astype(np.float32), design.astype(np.float32)
    intercept, loadings = np.empty(len(counts)), np.empty((len(counts), k))
    residual = n_called = 0.0
    for rows, z, called in _blocks(counts, frequency):
        right = (z @ design).astype(np.float64)
        normal = (called @ packed).astype(np.float64)[:, square]
        solution = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
        intercept[rows], loadings[rows] = solution[:, 0], solution[:, 1:]
        # At the optimum the expected squared residual is sum z^2 - solution . right.
        residual += float((z**2).sum(dtype=np.float64) - (solution * right).sum())
        n_called += float(called.sum(dtype=np.float64))
    return intercept, loadings, residual / n_called


def _expect(counts: Counts, frequency: FloatArray, intercept: FloatArray, loadings: FloatArray, noise: float) -> _Fit:
    """The scores' expectations and covariances given the parameters."""
    n, k = counts.shape[1], loadings.shape[1]
    upper, square = _triangle(k)
    packed, right = np.zeros((n, len(upper[0]))), np.zeros((n, k))
    for rows, z, called in _blocks(counts, frequency):
        v = loadings[rows].astype(np.float32)
        packed += called.T @ (v[:, upper[0]] * v[:, upper[1]])
        right += (z - called * intercept[rows, None].astype(np.float32)).T @ v
    inverse = np.linalg.inv(packed[:, square] + noise * np.eye(k))
    mean = (inverse @ right[:, :, None])[:, :, 0]
    return _Fit(intercept, loadings, noise, mean, noise * inverse)


def _triangle(k: int) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
    """Indices of the upper triangle of a symmetric ``k x k`` matrix, and where each of its cells is among them."""
    upper = np.triu_indices(k)
    square = np.empty((k, k), dtype=np.intp)
    square[upper] = np.arange(len(upper[0]))
    square.T[upper] = square[upper]
    return upper, square


def _rotate(
    intercept: FloatArray, loadings: FloatArray, mean: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The same model with scores of mean 0 and unit covariance, and orthogonal loadings in order of variance."""
    centre = mean.mean(axis=0)
    spread = (mean - centre).T @ (mean - centre) / len(mean) + covariance.mean(axis=0)
    axes, singular, _ = np.linalg.svd(loadings @ np.linalg.cholesky(spread), full_matrices=False)
    return intercept + loadings @ centre, axes * _signs(axes) * singular


def _signs(axes: FloatArray) -> FloatArray:
    """Signs that make each column's largest entry positive."""
    return np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def _standardise(scores: FloatArray) -> FloatArray:
    return (scores - scores.mean(axis=0)) / scores.std(axis=0)
