"""Join studies variant by variant: parts of the genome in step, alleles brought to those of the first study that has the variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.meta import MetaConfig
from alsreg.formats.contigs import chromosome_name
from alsreg.formats.summary_statistics import NUMBERS, PART, read_parts
from alsreg.formats.variant_ids import variant_ids
from alsreg.genotypes.alleles import reverse_complement
from alsreg.stats.meta import join_effects, join_z, one_sided_p, signed_z

ONE_STUDY = "in too few studies"
USED = "used"


@dataclass
class Study:
    """A file to join: how its strand is known, constants where it has no columns, and what became of its rows."""

    name: str
    path: Path
    kind: str  # of the trait
    is_forward: bool = True
    n: float | None = None
    n_events: float | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def parts(self, rows: int = PART) -> Iterator[pd.DataFrame]:
        """Usable rows, duplicates left out, in parts that end between positions."""
        needed = ("beta", "standard_error", "effect_allele_frequency", "p_value")
        needed += ("n",) if self.n is None else ()
        needed += ("n_events",) if self.n_events is None and self.kind in ("survival", "binary") else ()
        for part in _whole_positions(read_parts(self.path, needed, rows)):
            self.counts["read"] += len(part)
            yield self._usable(part)

    def _usable(self, part: pd.DataFrame) -> pd.DataFrame:
        for name, value in (("n", self.n), ("n_events", self.n_events)):
            if value is not None:
                part[name] = float(value)
        frequency = part["effect_allele_frequency"]
        good = (
            np.isfinite(part["beta"])
            & (part["standard_error"] > 0)
            & np.isfinite(part["standard_error"])
            & part["p_value"].between(0, 1)
        )
        good &= frequency.between(0, 1)
        self.counts["no usable number"] += int((~good).sum())
        part = part[good].reset_index(drop=True)
        part["pair"] = [pair_of(a, b) for a, b in zip(part["effect_allele"], part["other_allele"], strict=True)]
        twice = part.duplicated(["key", "pair"], keep=False)
        self.counts["given twice"] += int(twice.sum())
        part = part[~twice].reset_index(drop=True)
        part["weight"] = effective_n(self.kind, part["n"].to_numpy(), part["n_events"].to_numpy())
        return part


def effective_n(kind: str, n: np.ndarray, n_events: np.ndarray) -> np.ndarray:
    """People; survival: events; binary: 4 / (1/cases + 1/others)."""
    if kind == "survival":
        return n_events
    if kind == "binary":
        with np.errstate(divide="ignore", invalid="ignore"):
            return 4.0 / (1.0 / n_events + 1.0 / (n - n_events))
    return n


def pair_of(effect: str, other: str) -> str:
    """The two alleles without their order and, of a SNP, without their strand."""
    direct = sorted((effect, other))
    if len(effect) != 1 or len(other) != 1:
        return "/".join(direct)
    turned = sorted((reverse_complement(effect), reverse_complement(other)))
    return "/".join(min(direct, turned))


def _whole_positions(parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The same rows in parts of which none ends within a position."""
    rest: pd.DataFrame | None = None
    for part in parts:
        part = part if rest is None else pd.concat([rest, part], ignore_index=True)
        is_last = part["key"] == part["key"].iloc[-1]
        rest = part[is_last]
        if not is_last.all():
            yield part[~is_last].reset_index(drop=True)
    if rest is not None:
        yield rest.reset_index(drop=True)


def in_step(studies: Sequence[Study], rows: int = PART) -> Iterator[list[pd.DataFrame]]:
    """Rows of all studies for one stretch of the genome after the other; memory holds a part of each file."""
    sources = [study.parts(rows) for study in studies]
    buffers: list[pd.DataFrame | None] = [next(source, None) for source in sources]
    while any(buffer is not None for buffer in buffers):
        for k, buffer in enumerate(buffers):
            while buffer is not None and not len(buffer):  # nothing of the part was usable
                buffer = buffers[k] = next(sources[k], None)
        waiting = [buffer for buffer in buffers if buffer is not None]
        if not waiting:
            return
        end = min(int(buffer["key"].iloc[-1]) for buffer in waiting)
        stretch = []
        for k, buffer in enumerate(buffers):
            if buffer is None:
                stretch.append(None)
                continue
            cut = int(np.searchsorted(buffer["key"].to_numpy(), end, side="right"))
            stretch.append(buffer.iloc[:cut])
            rest = buffer.iloc[cut:]
            buffers[k] = rest if len(rest) else next(sources[k], None)
        empty = waiting[0].iloc[:0]
        yield [empty if part is None else part for part in stretch]


def align(
    parts: Sequence[pd.DataFrame], studies: Sequence[Study], settings: MetaConfig
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Variants of a stretch with the alleles of the first study that has them, and `NUMBERS` and weight ``(k, m)`` per its effect allele.

    Numbers are NaN where a study lacks the variant or its alleles cannot be trusted; why is counted in `Study.counts`.
    """
    columns = ["key", "pair", "chromosome", "base_pair_location", "effect_allele", "other_allele", "rs_id"]
    stacked = pd.concat([part.assign(study=k) for k, part in enumerate(parts) if len(part)], ignore_index=True)
    variants = stacked.drop_duplicates(["key", "pair"])[columns].sort_values(
        ["key", "effect_allele", "other_allele"], ignore_index=True
    )
    index = pd.MultiIndex.from_frame(variants[["key", "pair"]])
    places = index.get_indexer(pd.MultiIndex.from_frame(stacked[["key", "pair"]]))
    first = stacked.groupby(places)["effect_allele_frequency"].first().to_numpy()  # of the study whose alleles they are
    numbers = {name: np.full((len(studies), len(variants)), np.nan) for name in (*NUMBERS, "weight")}
    shared = stacked.groupby("key")["study"].transform("nunique") > 1
    alone = pd.Series(places).map(pd.Series(places).value_counts()).to_numpy() == 1
    for k, study in enumerate(studies):
        own = (stacked["study"] == k).to_numpy()
        rows, at = stacked[own], places[own]
        study.counts["other alleles than elsewhere at the position"] += int((shared.to_numpy()[own] & alone[own]).sum())
        sign, trusted = _orient(rows, variants.iloc[at], first[at], study, settings)
        rows, at, sign = rows[trusted], at[trusted], sign[trusted]
        for name in (*NUMBERS, "weight"):
            numbers[name][k, at] = rows[name].to_numpy()
        numbers["beta"][k, at] *= sign
        numbers["effect_allele_frequency"][k, at] = np.where(
            sign > 0, rows["effect_allele_frequency"], 1 - rows["effect_allele_frequency"]
        )
    return variants, numbers


def _orient(
    rows: pd.DataFrame, like: pd.DataFrame, reference: np.ndarray, study: Study, settings: MetaConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Sign that brings each row to the effect allele of `like`, and whether it can be told; `reference` is that allele's frequency."""
    effect, wanted = rows["effect_allele"].to_numpy(), like["effect_allele"].to_numpy()
    turned = np.array([reverse_complement(allele) for allele in effect], dtype=object)
    others = rows["other_allele"].to_numpy()
    palindromic = np.array([a == reverse_complement(b) for a, b in zip(effect, others, strict=True)], dtype=bool)
    same, flipped = effect == wanted, others == like["effect_allele"].to_numpy()
    by_strand = ~same & ~flipped
    sign = np.where(same | (by_strand & (turned == wanted)), 1.0, -1.0)
    frequency = rows["effect_allele_frequency"].to_numpy()
    trusted = np.ones(len(rows), dtype=bool)
    if not study.is_forward:
        in_doubt = palindromic & (np.minimum(frequency, 1 - frequency) > settings.max_palindromic_frequency)
        in_doubt |= palindromic & (np.minimum(reference, 1 - reference) > settings.max_palindromic_frequency)
        study.counts["palindromic, strand undecided"] += int(in_doubt.sum())
        trusted &= ~in_doubt
        aligned = np.where(sign > 0, frequency, 1 - frequency)
        other_strand = palindromic & trusted & ((aligned > 0.5) != (reference > 0.5))
        sign = np.where(other_strand, -sign, sign)
        study.counts["palindromic, strand by frequency"] += int(other_strand.sum())
    differs = np.abs(np.where(sign > 0, frequency, 1 - frequency) - reference) > settings.max_frequency_difference
    study.counts["frequency differs"] += int((differs & trusted).sum())
    trusted &= ~differs
    study.counts["alleles swapped"] += int((flipped & trusted).sum())
    study.counts["other strand"] += int((by_strand & trusted).sum())
    study.counts[USED] += int(trusted.sum())
    return sign, trusted


def join(
    variants: pd.DataFrame, numbers: Mapping[str, np.ndarray], settings: MetaConfig
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of `META_STATISTICS` for the variants in enough studies, and which variants these are."""
    joined = join_effects(numbers["beta"], numbers["standard_error"])
    kept = joined.n_studies >= settings.min_studies
    z, p_z = join_z(signed_z(numbers["beta"], numbers["p_value"], numbers["standard_error"]), numbers["weight"])
    present = ~np.isnan(numbers["beta"])
    people = np.where(present, numbers["n"], 0.0)
    frequency = np.nansum(people * np.nan_to_num(numbers["effect_allele_frequency"]), axis=0) / np.maximum(
        np.nansum(people, axis=0), 1
    )
    frame = variants.drop(columns=["key", "pair"]).assign(
        beta=joined.beta, standard_error=joined.standard_error, effect_allele_frequency=frequency,
        p_value=np.maximum(joined.p_value, np.finfo(float).tiny),
        variant_id=variant_ids(variants["chromosome"].map(chromosome_name), variants["base_pair_location"], variants["other_allele"],
                               variants["effect_allele"]),
        n=np.nansum(people, axis=0), n_events=_total(numbers["n_events"], present), n_studies=joined.n_studies,
        directions=["".join("?" if np.isnan(b) else "+" if b > 0 else "-" for b in column) for column in numbers["beta"].T],
        heterogeneity_q=joined.q, heterogeneity_p=joined.q_p, heterogeneity_i2=joined.i2, tau2=joined.tau2, beta_random=joined.beta_random,
        standard_error_random=joined.standard_error_random, p_random=joined.p_random, z_sample_size=z, p_sample_size=p_z,
    )  # fmt: skip
    return frame[kept].reset_index(drop=True), kept


def _total(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Sum over studies; NaN where one that has the variant does not tell."""
    return np.where((present & np.isnan(values)).any(axis=0), np.nan, np.nansum(np.where(present, values, 0.0), axis=0))


@dataclass
class Found:
    """What is kept of the pass beside the file: variants of small p or looked for, with each study's numbers."""

    max_p: float
    wanted: set[tuple[int, str]]  # key and pair
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        variants: pd.DataFrame,
        numbers: Mapping[str, np.ndarray],
        joined: pd.DataFrame,
        kept: np.ndarray,
        studies: Sequence[Study],
    ) -> None:
        """Keep those of a stretch; one row per study that has the variant, and two for all of them together."""
        small = np.zeros(len(kept), dtype=bool)
        small[kept] = (joined["p_value"] < self.max_p).to_numpy()
        looked = np.array(
            [(key, pair) in self.wanted for key, pair in zip(variants["key"], variants["pair"], strict=True)],
            dtype=bool,
        )
        place = np.cumsum(kept) - 1
        for i in np.flatnonzero(small | looked):
            common = {**variants.iloc[i][["key", "pair", "chromosome", "base_pair_location", "effect_allele", "other_allele", "rs_id"]].to_dict(),
                      "is_small": bool(small[i])}  # fmt: skip
            for k, study in enumerate(studies):
                if not np.isnan(numbers["beta"][k, i]):
                    self.rows.append({**common, "study": study.name, **{name: numbers[name][k, i] for name in NUMBERS}})
            if kept[i]:
                total = joined.iloc[place[i]]
                self.rows.append({**common, "study": FIXED, **{name: total[name] for name in NUMBERS}, "heterogeneity_p": total["heterogeneity_p"],
                                  "heterogeneity_i2": total["heterogeneity_i2"]})  # fmt: skip
                self.rows.append({**common, "study": RANDOM, **{name: total[name] for name in NUMBERS}, "beta": total["beta_random"],
                                  "standard_error": total["standard_error_random"], "p_value": total["p_random"]})  # fmt: skip


FIXED, RANDOM = "fixed effects", "random effects"


def hits_of(found: Found, window_kb: float) -> pd.DataFrame:
    """The variant of smallest p in each window, strongest first, with the rows of its studies: `META_HITS`."""
    rows = pd.DataFrame([row for row in found.rows if row["is_small"]])
    if not len(rows):
        return rows
    totals = rows[rows["study"] == FIXED].sort_values(["p_value", "key", "pair"])
    leads: list[tuple[int, str]] = []
    taken: list[int] = []
    for row in totals.itertuples():
        if all(abs(row.key - key) > 1000 * window_kb for key in taken):  # keys of two chromosomes lie far apart
            taken.append(row.key)
            leads.append((row.key, row.pair))
    order = {lead: k for k, lead in enumerate(leads)}
    rows["order"] = [order.get((key, pair), -1) for key, pair in zip(rows["key"], rows["pair"], strict=True)]
    return rows[rows["order"] >= 0].sort_values("order", kind="stable", ignore_index=True)


def replicate(found: Found, lookup: pd.DataFrame) -> pd.DataFrame:
    """One row per variant looked for and study, effects per the allele the lookup names: `META_LOOKUP`.

    The p of replication is one-sided, in the direction that the lookup expects.
    """
    rows = []
    by_place: dict[tuple[object, object], list[dict[str, object]]] = {}
    for row in found.rows:
        by_place.setdefault((row["key"], row["pair"]), []).append(row)
    for wanted in lookup.to_dict("records"):
        common = {
            name: wanted[name]
            for name in ("chromosome", "base_pair_location", "effect_allele", "other_allele", "direction")
        }
        there = by_place.get((wanted["key"], wanted["pair"]), [])
        if not there:
            rows.append({**common, "study": FIXED, "status": "in too few studies, or in none"})
        for row in there:
            is_same = row["effect_allele"] == wanted["effect_allele"] or (
                row["effect_allele"] != wanted["other_allele"] and reverse_complement(str(row["effect_allele"])) == wanted["effect_allele"])  # fmt: skip
            beta = row["beta"] if is_same else -row["beta"]
            z = float(signed_z(beta, row["p_value"], row["standard_error"]))
            frequency = row["effect_allele_frequency"] if is_same else 1 - row["effect_allele_frequency"]
            rows.append({**common, "study": row["study"], "beta": beta, "standard_error": row["standard_error"], "effect_allele_frequency": frequency,
                         "n": row["n"], "p_value": row["p_value"], "p_one_sided": float(one_sided_p(z, 1 if wanted["direction"] == "+" else -1)),
                         "status": "found"})  # fmt: skip
    return pd.DataFrame(rows)


def combine(studies: Sequence[Study], settings: MetaConfig, found: Found, rows: int = PART) -> Iterator[pd.DataFrame]:
    """Rows of `META_STATISTICS`, stretch by stretch; what `found` asks for is kept beside."""
    for parts in in_step(studies, rows):
        variants, numbers = align(parts, studies, settings)
        joined, kept = join(variants, numbers, settings)
        for k, study in enumerate(studies):
            study.counts[ONE_STUDY] += int((~np.isnan(numbers["beta"][k]) & ~kept).sum())
        found.add(variants, numbers, joined, kept, studies)
        yield joined
