"""The embedded engine: one pass over a PGEN for all traits, NumPy and Numba, memory flat in the number of variants."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome, is_pseudoautosomal
from alsreg.formats.pgen import PgenReader, read_pvar
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.genotype_sums import as_dosages
from alsreg.stats.null import VariantTestOptions, VariantTests
from alsreg.tables.results import VARIANT_TESTS

BLOCK = 2048
CHROMOSOME_NUMBERS = {**{str(number): number for number in range(1, 23)}, "X": 23, "Y": 24, "MT": 25}
# ASSUME: Y and mitochondrial variants are haploid and have no test here.
UNTESTED_CHROMOSOMES = {"Y": "chromosome Y is not tested", "MT": "chromosome MT is not tested"}
TESTED = "tested"


def score_fileset(
    prefix: str | Path,
    variants: pd.DataFrame,
    models: NullModels,
    options: VariantTestOptions,
    outputs: Mapping[str, str | Path],
) -> None:
    """Test every variant of a fileset against every trait; write one table of `VARIANT_TESTS` per trait.

    Parameters
    ----------
    prefix
        Fileset whose people are ``models.people``, in order.
    variants
        One row per variant in the fileset's order: columns of `MERGED_VARIANTS` from ``variant_id`` to ``carrier_set``,
        ``is_excluded`` and ``reason``; see `variants_of_fileset` for filesets that know no assays.
    outputs
        Path by trait.
    """
    with PgenReader(prefix) as reader, ExitStack() as stack:
        _check_order(reader, variants, models, prefix)
        writers = {trait: stack.enter_context(VARIANT_TESTS.stream(path)) for trait, path in outputs.items()}
        for start, stop in reader.blocks(BLOCK):
            rows = variants.iloc[start:stop].reset_index(drop=True)
            for trait, table in score_block(
                reader.genotypes(start, stop), rows, models, options, list(outputs)
            ).items():
                writers[trait](table)


def variants_of_fileset(prefix: str | Path, build: str = "GRCh38") -> pd.DataFrame:
    """Variants of a fileset in which everybody is observed everywhere: one empty carrier set."""
    table = read_pvar(prefix)
    names = {contig: canonical_chromosome(contig) for contig in table["CHROM"].unique()}
    if unknown := sorted(contig for contig, name in names.items() if name is None):
        raise InputError("unknown chromosomes", file=f"{prefix}.pvar[.zst]", value=unknown[:5],
                         remedy="keep 1-22, X, Y, MT, PAR1, PAR2 (plink2 --chr) and give them their usual names")  # fmt: skip
    if (several := table["ALT"].str.contains(",", regex=False)).any():
        raise InputError("a variant has several ALT alleles", file=f"{prefix}.pvar[.zst]",
                         value=table.loc[several, "ID"].iloc[0], remedy="split them with bcftools norm -m-")  # fmt: skip
    is_par = [is_pseudoautosomal(c, p, build) for c, p in zip(table["CHROM"], table["POS"], strict=True)]
    table["CHROM"] = table["CHROM"].map(names)
    is_rs = table["ID"].str.fullmatch(r"rs\d+")
    return pd.DataFrame(
        {
            "variant_id": table["CHROM"] + "_" + table["POS"].astype(str) + "_" + table["REF"] + "_" + table["ALT"],
            "chromosome": table["CHROM"],
            "position": table["POS"],
            "ref": table["REF"],
            "alt": table["ALT"],
            "rs_id": table["ID"].where(is_rs, None),
            "carrier_set": "",
            "is_on_x": (table["CHROM"] == "X") & ~np.array(is_par, dtype=bool),
            "is_excluded": False,
            "reason": "",
        }
    )


def _check_order(reader: PgenReader, variants: pd.DataFrame, models: NullModels, prefix: str | Path) -> None:
    if (
        len(variants) != reader.n_variants
        or (variants["position"].to_numpy(dtype=np.int64) != reader.variants["POS"].to_numpy()).any()
    ):
        raise InputError("the variants table is not that of the genotype file", file=prefix)
    if len(models.people) != reader.n_samples:
        raise InputError("the people are not those of the genotype file", file=prefix)


def score_block(
    genotypes: NDArray[np.number],
    variants: pd.DataFrame,
    models: NullModels,
    options: VariantTestOptions,
    traits: list[str],
) -> dict[str, pd.DataFrame]:
    """Results of a block of hard calls or dosages ``(m, n)`` by trait, in the order of `variants`."""
    parts: dict[str, list[pd.DataFrame]] = {trait: [] for trait in traits}
    if "is_on_x" not in variants:
        numbers = variants["chromosome"].map(CHROMOSOME_NUMBERS)
        on_x = [is_haploid_in_males(*place) for place in zip(numbers, variants["position"], strict=True)]
        variants = variants.assign(is_on_x=on_x)
    for (carrier_set, on_x), group in variants.groupby(["carrier_set", "is_on_x"], sort=True):
        subsets: dict[bytes, NDArray[np.number]] = {}  # traits often share their people
        for trait in traits:
            fitted = models.fit(trait, str(carrier_set), bool(on_x))
            key = fitted.people.tobytes()
            if key not in subsets:
                subsets[key] = genotypes[np.ix_(group.index.to_numpy(), fitted.people)]
            tests = _test_group(fitted, subsets[key], options)
            parts[trait].append(_tabulate(group, tests))
    return {trait: pd.concat(tables).sort_index() for trait, tables in parts.items()}


def is_haploid_in_males(chromosome: int, position: int) -> bool:
    """Whether a variant (GRCh38) lies on X outside the pseudoautosomal regions."""
    return chromosome == CHROMOSOME_NUMBERS["X"] and not is_pseudoautosomal("X", position, "GRCh38")


def _test_group(fitted: FittedNull, genotypes: NDArray[np.number], options: VariantTestOptions) -> VariantTests:
    if fitted.model is not None:
        return fitted.model.test_variants(genotypes, options)
    m = len(genotypes)
    nothing = np.full(m, np.nan)
    if not len(fitted.people):
        zero = np.zeros(m, dtype=np.int64)
        return VariantTests(
            *[nothing] * 3, zero, nothing, np.zeros(m), zero, zero, zero, *[np.full(m, "")] * 2,
            status=np.full(m, fitted.status),
        )  # fmt: skip
    block = centre_dosages(as_dosages(genotypes))
    events = np.full(m, fitted.n_events)
    return VariantTests(
        nothing, nothing, nothing, block.n_typed, block.frequency, block.mac, block.n_carriers, events,
        block.n_missing, np.full(m, ""), np.full(m, ""), np.full(m, fitted.status),
    )  # fmt: skip


def _tabulate(variants: pd.DataFrame, tests: VariantTests) -> pd.DataFrame:
    """Rows of `VARIANT_TESTS`; excluded variants and untested chromosomes lose their numbers to a reason."""
    excluded = "excluded: " + variants["reason"].fillna("").replace("", "by quality control").astype(str)
    status = pd.Series(tests.status.astype(object), index=variants.index)
    status = status.where(~variants["is_excluded"].astype(bool), excluded)
    barred = variants["chromosome"].map(UNTESTED_CHROMOSOMES)
    status = status.where(barred.isna(), barred)
    is_tested = (status == TESTED).to_numpy()
    return pd.DataFrame(
        {
            "variant_id": variants["variant_id"],
            "chromosome": variants["chromosome"].map(CHROMOSOME_NUMBERS),
            "base_pair_location": variants["position"],
            "effect_allele": variants["alt"],
            "other_allele": variants["ref"],
            "rs_id": variants["rs_id"],
            **{name: np.where(is_tested, getattr(tests, name), np.nan) for name in ("beta", "standard_error")},
            "effect_allele_frequency": tests.effect_allele_frequency,
            "p_value": np.where(is_tested, tests.p_value, np.nan),
            **{name: getattr(tests, name) for name in ("n", "n_events", "n_carriers", "mac", "n_imputed")},
            "carrier_set": variants["carrier_set"],
            **{name: np.where(is_tested, getattr(tests, name), "") for name in ("effect_method", "p_method")},
            "status": status,
        }
    )


def options_of(settings: object) -> VariantTestOptions:
    """Test options from the section of the configuration."""
    names = ("min_mac", "min_expected_events", "min_z_correction", "max_p_refit")
    return VariantTestOptions(**{name: getattr(settings, name) for name in names})
