"""Rows of a gene that masks test together: each tested alone, with their scores and Φ, once for all masks that hold it.

Within a carrier set all variants share one null model; Φ between two sets comes from the people observed for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_selection import RareRows, Selection
from alsreg.engines.nulls import FittedNull
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.null import FloatArray, IntArray, VariantTestOptions, VariantTests


@dataclass(frozen=True)
class CarrierBlock:
    """Rows to be tested in one carrier set, with score and test of each row alone."""

    fitted: FittedNull
    copies: FloatArray  # (k, n) copies of the rarer allele, NaN where missing
    frequency: FloatArray  # (k,) that the weights are taken at
    u: FloatArray  # (k,)
    tests: VariantTests  # of each row alone, at any count

    @cached_property
    def filled(self) -> FloatArray:
        """Missing genotypes at the mean of their row."""
        block = centre_dosages(self.copies)
        return block.centred + block.mean[:, None]

    def take(self, rows: IntArray) -> CarrierBlock:
        """Some of the rows."""
        tests = VariantTests(*(getattr(self.tests, f.name)[rows] for f in fields(VariantTests)))
        return CarrierBlock(self.fitted, self.copies[rows], self.frequency[rows], self.u[rows], tests)


@dataclass(frozen=True)
class MaskRows:
    """The rows of one mask, ``k`` over all its carrier sets."""

    blocks: tuple[CarrierBlock, ...]
    phi: FloatArray  # (k, k)

    @cached_property
    def u(self) -> FloatArray:
        return np.concatenate([block.u for block in self.blocks])

    @cached_property
    def frequency(self) -> FloatArray:
        return np.concatenate([block.frequency for block in self.blocks])

    @cached_property
    def p_values(self) -> tuple[FloatArray, NDArray[np.str_]]:
        """p of each row alone, NaN where it has none, and its method."""
        tests = [block.tests for block in self.blocks]
        return np.concatenate([t.p_value for t in tests]), np.concatenate([t.p_method for t in tests])

    def split(self, values: FloatArray) -> list[FloatArray]:
        """``(k,)`` values of the rows by block."""
        return np.split(values, np.cumsum([len(block.u) for block in self.blocks])[:-1])


def carrier_block(rows: RareRows, settings: BurdenConfig) -> CarrierBlock:
    """The rows of one carrier set, each tested alone."""
    options = VariantTestOptions(0.0, 0.0, settings.min_z_correction, 0.0)
    model = rows.fitted.model
    tests = model.test_variants(rows.copies, options)
    return CarrierBlock(rows.fitted, rows.copies, rows.frequency, model.score(rows.copies).u, tests)


def covariance_of(blocks: Sequence[CarrierBlock | RareRows]) -> FloatArray:
    """Φ over all carrier sets, ``(k, k)``."""
    rows = []
    for i, left in enumerate(blocks):
        row = [
            left.fitted.model.covariance(left.copies)
            if i == j
            else left.fitted.model.cross_covariance(left.copies, right.fitted.model, right.copies)
            for j, right in enumerate(blocks)
        ]
        rows.append(np.hstack(row))
    phi = np.vstack(rows)
    return 0.5 * (phi + phi.T)


def rows_of_masks(selections: Sequence[Selection], settings: BurdenConfig) -> list[MaskRows]:
    """The rows of each selection of one gene, those they share tested once."""
    distinct: dict[str, dict[bytes, tuple[RareRows, int]]] = {}  # by carrier set and variants: where a row stands
    for selection in selections:
        for part in selection.blocks:
            own = distinct.setdefault(part.fitted.carrier_set, {})
            for k, variants in enumerate(part.members):
                own.setdefault(variants.tobytes(), (part, k))
    blocks = {name: carrier_block(_gather(list(rows.values())), settings) for name, rows in distinct.items()}
    phi = covariance_of(list(blocks.values()))
    numbers = {name: {key: k for k, key in enumerate(rows)} for name, rows in distinct.items()}
    starts = dict(zip(blocks, np.cumsum([0, *(len(block.u) for block in blocks.values())]), strict=False))
    found = []
    for selection in selections:
        own_blocks, places = [], []
        for part in selection.blocks:
            name = part.fitted.carrier_set
            rows = np.array([numbers[name][variants.tobytes()] for variants in part.members])
            own_blocks.append(blocks[name].take(rows))
            places.append(starts[name] + rows)
        every = np.concatenate(places)
        found.append(MaskRows(tuple(own_blocks), phi[np.ix_(every, every)]))
    return found


def _gather(rows: Sequence[tuple[RareRows, int]]) -> RareRows:
    """Rows from several selections of one carrier set."""
    first = rows[0][0]
    return RareRows(
        first.fitted, tuple(part.members[k] for part, k in rows), np.stack([part.copies[k] for part, k in rows]),
        np.array([part.frequency[k] for part, k in rows]),
    )  # fmt: skip
