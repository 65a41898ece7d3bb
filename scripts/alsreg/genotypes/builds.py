"""Does the claimed genome build fit the positions?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from alsreg.genotypes.sites import ReferenceSites


@dataclass
class BuildEvidence:
    """Tallies over blocks.

    Attributes
    ----------
    compared, agreed
        By kind of evidence: ``rs`` (position of an rs number that a sequencing assay has too) and ``ref`` (an allele
        equals the genome's base).
    overlap
        By candidate build: positions that hold a site of a sequencing assay.
    """

    compared: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    overlap: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, agrees: np.ndarray) -> None:
        self.compared[kind] += len(agrees)
        self.agreed[kind] += int(agrees.sum())

    def add_overlap(self, sites: ReferenceSites, keys_by_build: Mapping[str, np.ndarray]) -> None:
        for build, keys in keys_by_build.items():
            self.overlap[build] += sites.overlap(keys)

    def verdict(self, claimed: str, max_mismatch_rate: float, min_evidence: int) -> str | None:
        """Why the claimed build cannot be right; None if nothing speaks against it."""
        for kind, what in (("ref", "REF alleles"), ("rs", "positions of rs numbers known from sequencing")):
            n, wrong = self.compared[kind], self.compared[kind] - self.agreed[kind]
            if n >= min_evidence and wrong > max_mismatch_rate * n:
                return f"{wrong} of {n} {what} disagree"
        best = self.best_build
        if self.overlap[best] >= min_evidence and self.overlap[best] > 2 * self.overlap[claimed]:
            return f"{self.overlap[claimed]} positions meet a site of a sequencing assay; read as {best} {self.overlap[best]} do"
        return None

    @property
    def best_build(self) -> str:
        """The candidate under which most positions meet a known site; empty without candidates."""
        return max(sorted(self.overlap), key=lambda build: self.overlap[build], default="")
