"""The methods paragraph, from the settings that were in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alsreg.language import gettext, noop
from alsreg.report.model import Provenance, Source
from alsreg.report.terms import words

MODELS = {
    "quantitative": noop("least squares with exact t-tests on complete cases"),
    "binary": noop(
        "logistic regression, score tests with saddlepoint approximation in the tails and Firth's penalised "
        "likelihood for the strongest associations"
    ),
    "survival": noop(
        "Cox regression with delayed entry (at risk: entry < t ≤ exit), exact partial-likelihood score tests with "
        "small-count correction, refitted for leads"
    ),
    "longitudinal": noop("linear mixed models with random intercept and slope, testing the variant × time term"),
}

POLYGENIC = noop(
    "a linear mixed model with a polygenic effect (REML; generalised least squares, λ estimated anew with the variant for small p; "
    "missing genotypes at the mean)"
)
RELATED = {
    "exclude": noop("Related people were left out."),
    "mixed": noop(
        "Related people stayed in: relationships were estimated from variants in linkage equilibrium on all chromosomes but the "
        "one tested. Those of 0.05 or more were the covariance of the polygenic effect of quantitative traits; for other traits, scores were scaled to the "
        "variance that they have when relatives share alleles (retrospective model). Comparisons of assays, subdistribution "
        "hazards, tests of proportional hazards and survival curves left relatives out."
    ),
}


def methods(
    traits: Mapping[str, Mapping[str, Any]], builds: Mapping[str, str], thresholds: tuple[float, float],
    versions: Mapping[str, str], burden: Mapping[str, Any] | None, relatedness: str = "exclude",
) -> tuple[str, ...]:  # fmt: skip
    """Paragraphs ready for a paper.

    Parameters
    ----------
    traits
        The trait specification as plain values.
    builds
        Genome build of each assay.
    thresholds
        Genome-wide and lead p.
    versions
        Software versions.
    burden
        Settings of the gene tests; None if genes were not tested.
    relatedness
        ``exclude`` or ``mixed``.
    """
    lifted = [f"{assay} ({build})" for assay, build in builds.items() if build != "GRCh38"]
    data = gettext(
        "Genotypes of {assays} were filtered, split into biallelic variants and brought to GRCh38{lifted}. Samples and "
        "variants were flagged by quality control; the person behind each sample was established from genotypes (KING-robust kinship and concordance across all pairs of samples), not from labels. Assays were merged "
        "with the source of each genotype recorded. Principal components were estimated in unrelated people.",
        assays=", ".join(builds),
        lifted=gettext(" ({assays} by liftover)", assays=", ".join(lifted)) if lifted else "",
    )
    used = MODELS | ({"quantitative": POLYGENIC} if relatedness == "mixed" else {})
    models = "; ".join(_model(name, trait, used[trait["type"]]) for name, trait in traits.items())
    tests = gettext(
        "Traits were analysed one variant at a time: {models}. Null models were fitted once for each set of assays that "
        "carry a variant, on exactly the people observed, with the source assay as covariate (Cox: as stratum). "
        "{relatives} Variants with p < {genome_wide_p} are called genome-wide significant; leads are shown "
        "from p < {lead_p}.",
        models=models,
        relatives=gettext(RELATED[relatedness]),
        genome_wide_p=f"{thresholds[0]:g}",
        lead_p=f"{thresholds[1]:g}",
    )
    genes = burden and (
        gettext(
            "Rare variants were collected by gene and mask and tested by {tests} "
            "from the same scores and their covariance, with Beta({weight_alpha}, {weight_beta}) weights "
            "on the minor allele frequency; the method behind each p-value stands in its row.",
            tests=", ".join(name.replace("_", "-") for name in burden["tests"]),
            weight_alpha=f"{burden['weight_alpha']:g}",
            weight_beta=f"{burden['weight_beta']:g}",
        )
    )
    software = gettext(
        "alsreg {alsreg} with Python {python}, NumPy {numpy}, "
        "SciPy {scipy}, pandas {pandas}, pgenlib {pgenlib} and pysam {pysam}.",
        alsreg=versions["alsreg"],
        python=versions["python"],
        numpy=versions["numpy"],
        scipy=versions["scipy"],
        pandas=versions["pandas"],
        pgenlib=versions["pgenlib"],
        pysam=versions["pysam"],
    )
    return (data, tests, *([genes] if genes else []), software)


def _model(name: str, trait: Mapping[str, Any], model: str) -> str:
    return gettext("{trait} by {model}{options}", trait=words(name), model=gettext(model), options=_options(trait))


def _options(trait: Mapping[str, Any]) -> str:
    """What a longitudinal trait has besides."""
    curve = (
        gettext(", mean decline a natural cubic spline with {n_knots} knots", n_knots=trait["n_knots"])
        if trait.get("n_knots")
        else ""
    )
    joint = trait.get("joint") and (
        gettext(
            ", leads refitted in a joint model with {trait} (shared random effects, conditional on survival to entry)",
            trait=words(trait["joint"]["survival"]),
        )
    )
    return curve + (joint or "")


def load_provenance(path: str | Path) -> tuple[Provenance, str, str]:
    """Provenance for the page, and the freeze's id and date, from ``provenance.json``."""
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    run = record["run"] or dict.fromkeys(("command", "started"), gettext("not recorded"))
    source = Provenance(
        command=run["command"],
        started=run["started"],
        config_sha256=record["config_sha256"],
        versions=tuple(record["versions"].items()),
        inputs=tuple(Source(file["name"], file["sha256"]) for file in record["inputs"].values()),
    )
    return source, record["freeze"]["id"], record["freeze"]["date"]
