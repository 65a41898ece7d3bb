"""Who exists: founders, families, inheritance, and which assays a person has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alsreg.simulate.sizes import FaultCounts

ASSAYS = ("array", "wes", "wgs")
# People of a registry of 2,080 by the assays they have: array 1,500, WES 1,100, WGS 500.
_PATTERNS = {
    ("array", "wes", "wgs"): 150, ("array", "wes"): 600, ("array", "wgs"): 100, ("wes", "wgs"): 20,
    ("array",): 650, ("wes",): 330, ("wgs",): 230,
}  # fmt: skip


@dataclass(frozen=True)
class Pedigree:
    """People in an order where parents precede children.

    `father` and `mother` are indices or -1 (a founder has neither); `is_male`; `family` is -1 for the unrelated;
    `is_registrable` is False for parents whom the registry never sees.
    """

    father: np.ndarray
    mother: np.ndarray
    is_male: np.ndarray
    family: np.ndarray
    is_registrable: np.ndarray

    @property
    def n_people(self) -> int:
        return len(self.father)

    @property
    def founder(self) -> np.ndarray:
        """Number of each founder among the founders; -1 for children."""
        is_founder = self.father < 0
        return np.where(is_founder, np.cumsum(is_founder) - 1, -1)

    def subset(self, index: np.ndarray) -> Pedigree:
        """Some of the people, in the order of `index`, which must hold the parents of everybody in it."""
        renumber = np.full(self.n_people + 1, -1)
        renumber[index] = np.arange(len(index))
        father, mother = renumber[self.father[index]], renumber[self.mother[index]]
        if ((father < 0) != (self.father[index] < 0)).any() or ((mother < 0) != (self.mother[index] < 0)).any():
            raise ValueError("a subset of a pedigree needs the parents of its children")
        return Pedigree(father, mother, self.is_male[index], self.family[index], self.is_registrable[index])


def draw_pedigree(n_unrelated: int, faults: FaultCounts, rng: np.random.Generator) -> Pedigree:
    """Unrelated people first, then families: trios, parent and child, siblings; parents before children."""
    father, mother, is_male, family, is_registrable = ([] for _ in range(5))

    def add(male: bool, number: int, parents: tuple[int, int] = (-1, -1), seen: bool = True) -> int:
        father.append(parents[0])
        mother.append(parents[1])
        is_male.append(male)
        family.append(number)
        is_registrable.append(seen)
        return len(father) - 1

    for _ in range(n_unrelated):
        add(bool(rng.random() < 0.58), -1)  # ASSUME: 58 % of people with ALS are men
    number = 0
    for kind, count in (("trio", faults.trios), ("duo", faults.parent_child), ("siblings", faults.siblings)):
        for _ in range(count):
            seen_parents = {"trio": (True, True), "siblings": (False, False)}.get(kind)
            if seen_parents is None:
                seen_father = bool(rng.random() < 0.5)
                seen_parents = (seen_father, not seen_father)
            parents = (add(True, number, seen=seen_parents[0]), add(False, number, seen=seen_parents[1]))
            for _ in range(2 if kind == "siblings" else 1):
                add(bool(rng.random() < 0.5), number, parents)
            number += 1
    return Pedigree(np.array(father), np.array(mother), np.array(is_male), np.array(family), np.array(is_registrable))


def inherit(pedigree: Pedigree, n_loci: int, map_cm: float, is_x: bool, rng: np.random.Generator) -> np.ndarray:
    """Founder haplotype carried at each locus: (loci, people, 2), maternal first, int32.

    Crossovers between neighbouring loci follow Haldane's map function. On X a man carries his mother's gamete twice, so
    that both columns are his one haplotype, and gives it whole to his daughters.
    """
    origin = np.empty((n_loci, pedigree.n_people, 2), dtype=np.int32)
    recombination = 0.5 * (1 - np.exp(-2 * map_cm / 100 / n_loci))
    for person in range(pedigree.n_people):
        father, mother = pedigree.father[person], pedigree.mother[person]
        if father < 0:
            first = 2 * pedigree.founder[person]
            origin[:, person] = (first, first + 1)
        else:
            origin[:, person, 0] = _gamete(origin[:, mother], recombination, rng)
            origin[:, person, 1] = _gamete(origin[:, father], recombination, rng)
        if is_x and pedigree.is_male[person]:
            origin[:, person, 1] = origin[:, person, 0]
    return origin


def _gamete(parent: np.ndarray, recombination: float, rng: np.random.Generator) -> np.ndarray:
    """One haplotype per locus of a parent (loci, 2)."""
    switches = rng.random(len(parent)) < recombination
    switches[0] = rng.random() < 0.5
    strand = np.cumsum(switches) % 2
    return parent[np.arange(len(parent)), strand]


def draw_assays(n_people: int, rng: np.random.Generator) -> np.ndarray:
    """Which assays each person has, (people, 3) in the order of `ASSAYS`, in the real registry's proportions."""
    total = sum(_PATTERNS.values())
    share = np.array([n_people * count / total for count in _PATTERNS.values()])
    counts = np.floor(share).astype(int)
    counts[np.argsort(counts - share, kind="stable")[: n_people - counts.sum()]] += 1
    rows = [[assay in pattern for assay in ASSAYS] for pattern in _PATTERNS]
    return np.repeat(np.array(rows), counts, axis=0)[rng.permutation(n_people)]
