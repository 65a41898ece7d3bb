"""How many latent classes, and are they there again in other people from the same registry?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alsreg.errors import AnalysisError
from alsreg.stats.latent_classes import ClassFit, Moments, climb_from_starts, posterior_of
from alsreg.stats.null import FloatArray, IntArray


@dataclass(frozen=True)
class Stability:
    """Agreement of the classes with those of resampled people; all people are assigned by either fit."""

    rand_index: float  # mean adjusted Rand index over resamples
    jaccard: FloatArray  # (k,) mean Jaccard similarity of each class with the nearest class of the resample
    n_resamples: int  # resamples with a fit


@dataclass(frozen=True)
class Criteria:
    """What speaks for a number of classes; smaller is better but for entropy and shares."""

    aic: float
    bic: float
    sample_size_adjusted_bic: float
    icl: float
    entropy: float  # relative, 1: everybody's class is certain; NaN for one class
    smallest_share: float  # of people assigned
    certainty: float  # smallest mean posterior of the class assigned, over classes


def criteria(fit: ClassFit) -> Criteria:
    """Information criteria with people, not visits, as the sample size (Nylund et al. 2007; Proust-Lima et al. 2017)."""
    n, k = fit.posterior.shape
    deviance = -2.0 * fit.log_likelihood
    bic = deviance + fit.n_parameters * np.log(n)
    p = np.clip(fit.posterior, 1e-300, 1.0)
    spread = float(-(p * np.log(p)).sum())
    counts = np.bincount(fit.assigned, minlength=k)
    own = fit.posterior.max(axis=1)
    certainty = [own[fit.assigned == label].mean() if counts[label] else 0.0 for label in range(k)]
    return Criteria(
        aic=deviance + 2.0 * fit.n_parameters,
        bic=float(bic),
        sample_size_adjusted_bic=float(deviance + fit.n_parameters * np.log((n + 2.0) / 24.0)),
        icl=float(bic + 2.0 * spread),
        entropy=1.0 - spread / (n * np.log(k)) if k > 1 else np.nan,
        smallest_share=float(counts.min() / n),
        certainty=float(min(certainty)),
    )


def choose(values: Sequence[Criteria | None], min_share: float, min_entropy: float) -> tuple[int, list[str]]:
    """Position of the number of classes to use, and a word on each: smallest BIC among those whose classes can be used.

    `values` are for 1, 2, … classes, None where there is no fit. A class must hold `min_share` of the people, and classes
    must be told apart with a relative entropy of `min_entropy`; one class needs neither.
    """
    words = []
    for number, value in enumerate(values, start=1):
        if value is None:
            words.append("no maximum found")
        elif number > 1 and value.smallest_share < min_share:
            words.append(f"smallest class holds less than {100 * min_share:g} % of people")
        elif number > 1 and value.entropy < min_entropy:
            words.append(f"entropy below {min_entropy:g}: classes cannot be told apart")
        else:
            words.append("")
    usable = [place for place, word in enumerate(words) if not word]
    if not usable:
        raise AnalysisError("not even one class has a maximum of the likelihood", remedy="look into the visits")
    bic = {place: value.bic for place in usable if (value := values[place]) is not None}
    chosen = min(bic, key=lambda place: bic[place])
    for place in usable:
        words[place] = "chosen" if place == chosen else f"larger BIC than {chosen + 1} classes"
    return chosen, words


def resample_stability(
    moments: Moments, fit: ClassFit, n_resamples: int, rng: np.random.Generator, n_starts: int = 2
) -> Stability:
    """Refit on people drawn with replacement and compare the classes of everybody (Hennig 2007, CSDA 52:258).

    Each refit starts from the classes found and from `n_starts` - 1 random ones; the best maximum counts. Jaccard
    similarities below 0.6 mean that a class is not there, above 0.75 that it is.
    """
    n = len(moments.yy)
    rand, jaccard = [], []
    for _ in range(n_resamples):
        weights = np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
        try:
            found, _ = climb_from_starts(moments, weights, fit.n_classes, rng, n_starts, fit.parameters)
        except AnalysisError:
            continue
        labels = posterior_of(moments, found[0], fit.n_classes).argmax(axis=1)
        rand.append(adjusted_rand_index(fit.assigned, labels))
        jaccard.append(jaccard_similarities(fit.assigned, labels, fit.n_classes))
    if not rand:
        return Stability(np.nan, np.full(fit.n_classes, np.nan), 0)
    return Stability(float(np.mean(rand)), np.mean(jaccard, axis=0), len(rand))


def adjusted_rand_index(first: IntArray, second: IntArray) -> float:
    """Agreement of two partitions beyond chance, 1: the same (Hubert & Arabie 1985)."""
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1.0)

    def pairs(counts: FloatArray) -> float:
        return float((counts * (counts - 1.0) / 2.0).sum())

    rows, columns = pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / pairs(np.array([float(len(a))]))
    largest = (rows + columns) / 2.0
    return 1.0 if largest == expected else (pairs(table) - expected) / (largest - expected)


def jaccard_similarities(first: IntArray, second: IntArray, n_classes: int) -> FloatArray:
    """Of each class 0 … n_classes - 1 of `first`: the largest |A ∩ B| / |A ∪ B| over classes B of `second`; 0 if empty."""
    found = np.zeros(n_classes)
    for label in range(n_classes):
        a = first == label
        for other in np.unique(second):
            b = second == other
            found[label] = max(found[label], (a & b).sum() / (a | b).sum())
    return found
