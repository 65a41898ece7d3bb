"""Read summary statistics of GWAS-SSF part by part, ours or another's, and refuse what cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from alsreg.errors import InputError
from alsreg.formats.contigs import CHROMOSOME_NUMBERS
from alsreg.formats.gwas_ssf import MISSING, metadata_path

PLACE = ("chromosome", "base_pair_location", "effect_allele", "other_allele")
RATIOS = ("odds_ratio", "hazard_ratio")
NUMBERS = ("beta", "standard_error", "effect_allele_frequency", "p_value", "n", "n_events")
PART = 20_000
# By name, or by the number itself.
CHROMOSOMES = {**{str(number): number for number in CHROMOSOME_NUMBERS.values()}, **CHROMOSOME_NUMBERS}
KEY = 1 << 32  # chromosome * KEY + position orders a genome


def require_build(path: Path, build: str) -> None:
    """Refuse a file on another build than GRCh38, as the configuration or the metadata beside it says.

    Raises
    ------
    InputError
        The file is not there or on another build.
    """
    if not path.exists():
        raise InputError("no such file", file=path, remedy="check the path")
    beside = metadata_path(path)
    told = yaml.safe_load(beside.read_text(encoding="utf-8")).get("genome_assembly") if beside.exists() else None
    for where, name in (("key build", build), (f"genome_assembly of {beside.name}", told)):
        if name not in (None, "GRCh38"):
            raise InputError(
                "the file is not on GRCh38", file=path, where=where, value=name, remedy="lift it to GRCh38 first"
            )


def read_parts(path: Path, needed: tuple[str, ...], rows: int = PART) -> Iterator[pd.DataFrame]:
    """Parts of a file in order: `PLACE`, `NUMBERS` (NaN where the file has none), rs_id, and ``key``, which orders the genome.

    ``odds_ratio`` or ``hazard_ratio`` stand for beta, as their logarithm.

    Raises
    ------
    InputError
        A column is missing, a chromosome unknown, a number no number, or the rows are out of order.
    """
    last, line = -1, 2
    with pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, chunksize=rows) as parts:
        for part in parts:
            frame = _numbers(part, path, needed, line)
            key = frame["key"].to_numpy()
            before = np.concatenate([[last], key[:-1]])
            if (key < before).any():
                raise InputError("rows are not in order of chromosome and position", file=path, where=f"line {line + int((key < before).argmax())}",
                                 remedy="sort the file by chromosome (X = 23) and base_pair_location")  # fmt: skip
            last, line = int(key[-1]), line + len(frame)
            yield frame


def _numbers(part: pd.DataFrame, path: Path, needed: tuple[str, ...], line: int) -> pd.DataFrame:
    ratio = next((name for name in RATIOS if name in part.columns), None)
    lacking = [name for name in (*PLACE, *needed) if name not in part.columns and not (name == "beta" and ratio)]
    if lacking:
        raise InputError(f"columns are missing: {', '.join(lacking)}", file=path, where="line 1",
                         remedy="name them as GWAS-SSF does; n and n_events may stand in the configuration")  # fmt: skip
    found: dict[str, object] = {}
    for name in NUMBERS:
        source = ratio if name == "beta" and "beta" not in part.columns else name
        found[name] = (
            _number(part[source], path, source, line) if source in part.columns else np.full(len(part), np.nan)
        )
    if "beta" not in part.columns:
        with np.errstate(divide="ignore", invalid="ignore"):
            found["beta"] = np.log(np.asarray(found["beta"], dtype=float))
    chromosome = part["chromosome"].str.removeprefix("chr").map(CHROMOSOMES)
    if chromosome.isna().any():
        bad = int(chromosome.isna().to_numpy().argmax())
        raise InputError("no such chromosome", file=path, where=f"line {line + bad}, column chromosome", value=part["chromosome"].iloc[bad],
                         remedy="name chromosomes 1-22, X or 23")  # fmt: skip
    position = _number(part["base_pair_location"], path, "base_pair_location", line)
    alleles = {name: part[name].str.upper().to_numpy(dtype=object) for name in ("effect_allele", "other_allele")}
    rs = part["rs_id"] if "rs_id" in part.columns else pd.Series(MISSING, index=part.index)
    place = {
        "chromosome": chromosome.astype(int).to_numpy(),
        "base_pair_location": position.astype(np.int64),
        **alleles,
    }
    key = place["chromosome"].astype(np.int64) * KEY + place["base_pair_location"]
    return pd.DataFrame({**place, **found, "rs_id": rs.to_numpy(dtype=object), "key": key})


def _number(texts: pd.Series, path: Path, column: str, line: int) -> np.ndarray:
    values = pd.to_numeric(texts.replace({MISSING: "nan", "NA": "nan", "": "nan"}), errors="coerce")
    bad = values.isna() & ~texts.isin([MISSING, "NA", "", "nan", "NaN"])
    if column == "base_pair_location":
        bad |= values.isna()
    if bad.any():
        k = int(bad.to_numpy().argmax())
        raise InputError(
            "not a number",
            file=path,
            where=f"line {line + k}, column {column}",
            value=texts.iloc[k],
            remedy="correct the file",
        )
    return values.to_numpy(dtype=float)
