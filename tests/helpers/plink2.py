"""Frozen genotypes and the tables PLINK 2 made of them (tests/reference/plink2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).resolve().parents[1] / "reference/plink2"


@dataclass(frozen=True)
class Plink2:
    """Variants by people: ALT counts, int8, -9 is missing."""

    chromosome: np.ndarray
    position: np.ndarray
    samples: list[str]
    sex: np.ndarray
    group: np.ndarray
    genotypes: np.ndarray

    @classmethod
    def load(cls) -> Plink2:
        frame = pd.read_csv(FOLDER / "genotypes.tsv.gz", sep="\t", dtype=str)
        people, variants = frame.iloc[:2, 2:], frame.iloc[2:]
        return cls(
            variants["chromosome"].to_numpy(str), variants["position"].astype(int).to_numpy(), list(people.columns),
            people.iloc[0].to_numpy(str), people.iloc[1].to_numpy(str), variants.iloc[:, 2:].astype(np.int8).to_numpy(),
        )  # fmt: skip

    @property
    def is_autosomal(self) -> np.ndarray:
        return self.chromosome != "X"

    def table(self, name: str) -> pd.DataFrame:
        """A table as PLINK 2 wrote it."""
        return pd.read_csv(FOLDER / name, sep="\t")
