"""Who every sample is, decided from genotypes: labels are claims, genotypes are evidence.

Samples with the same genotypes form a **cluster**: one genetic individual. A cluster is given to the person whom the
labels of strictly most assays in it name, if that person has no cluster as well supported; persons and clusters
so settled leave the contest, and the rest is judged again. What stays tied is used for nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Key = tuple[str, str]  # assay, sample
SEX_MISMATCH = "sex_mismatch"


@dataclass(frozen=True)
class Sample:
    """A sample, the person its label claims, and what sample QC found."""

    assay: str
    name: str
    claimed_person: str | None
    genetic_sex: str | None = None  # M or F where testable
    is_doubtful: bool = False  # contaminated: its matches are no evidence
    exclusions: frozenset[str] = frozenset()  # flags behind sample QC's verdict
    call_rate: float = 1.0

    @property
    def key(self) -> Key:
        return self.assay, self.name

    def __str__(self) -> str:
        return f"{self.assay} {self.name}"


@dataclass(frozen=True)
class PersonRecord:
    """What the registry says of a person, as far as it helps to tell a double registration from a twin."""

    sex: str | None = None
    birth_date: date | None = None
    onset_date: date | None = None
    registration_date: date | None = None

    def agrees_with(self, other: PersonRecord) -> bool:
        """Sex, birth and onset date are known and equal: monozygotic twins share the first two only."""
        mine = self.sex, self.birth_date, self.onset_date
        return None not in mine and mine == (other.sex, other.birth_date, other.onset_date)


@dataclass(frozen=True)
class Policy:
    """Actions the configuration chooses."""

    swapped_samples: Literal["reassign_proven", "exclude"] = "reassign_proven"
    duplicate_registrations: Literal["keep_first", "exclude"] = "keep_first"


@dataclass(frozen=True)
class SamplePairs:
    """Pairs of samples with the same genotypes, and pairs claimed for one person that share too few variants."""

    same: Sequence[tuple[Key, Key]]
    untested: Sequence[tuple[Key, Key]] = ()


@dataclass(frozen=True)
class Review:
    """What somebody decided about a sample: the person it is used for, None for nobody, and who, when and why."""

    person: str | None
    review: str


@dataclass(frozen=True)
class Decision:
    """A row of the ledger."""

    sample: Sample
    person: str | None
    is_usable: bool
    reason: str


def resolve(
    samples: Sequence[Sample],
    pairs: SamplePairs,
    persons: Mapping[str, PersonRecord],
    policy: Policy,
    reviews: Mapping[Key, Review] | None = None,
) -> list[Decision]:
    """Decide for every sample.

    Parameters
    ----------
    samples
        All samples of all assays.
    pairs
        What the comparison of genotypes found.
    persons
        Registry records by person.
    reviews
        Decisions by sample that stand above the evidence.

    Returns
    -------
    One decision per sample, in the order given. Of a person's usable samples in one assay the one reviewed, or the one with
    the highest call rate, is used.
    """
    clusters = cluster_samples(samples, pairs.same)
    duplicates = find_duplicate_registrations(clusters, persons)
    case = _Case(persons, policy, clusters, duplicates, pairs.untested)
    decided = [_reviewed(case.decide(sample), (reviews or {}).get(sample.key)) for sample in samples]
    return _drop_replicates(decided, set(reviews or ()))


def _reviewed(decision: Decision, review: Review | None) -> Decision:
    if review is None:
        return decision
    reason = f"override ({review.review}); was: {decision.reason}"
    return Decision(decision.sample, review.person, review.person is not None, reason)


@dataclass
class _Case:
    """The evidence, and what follows from it."""

    persons: Mapping[str, PersonRecord]
    policy: Policy
    clusters: list[list[Sample]]
    kept_for: dict[str, str]  # double registration: the person kept
    untested: Sequence[tuple[Key, Key]]
    cluster_of: dict[Key, int] = field(init=False)
    person_of: dict[int, str] = field(init=False)
    claimants: dict[str, list[Sample]] = field(init=False)

    def __post_init__(self) -> None:
        self.cluster_of = {sample.key: k for k, cluster in enumerate(self.clusters) for sample in cluster}
        self.person_of = assign_clusters([self._support(cluster) for cluster in self.clusters], self._untested())
        self.claimants = defaultdict(list)
        for cluster in self.clusters:
            for sample in cluster:
                if (person := self._claim(sample)) is not None:
                    self.claimants[person].append(sample)

    def decide(self, sample: Sample) -> Decision:
        """The verdict on one sample."""
        claimed = self._claim(sample)
        if claimed is None:
            return Decision(sample, None, False, "unknown_sample" + self._matches(sample))
        if sample.is_doubtful:
            return Decision(sample, None, False, f"sample_qc ({_listed(sample.exclusions) or 'contaminated'})")
        true_person = self._true_person(sample)
        if true_person == claimed:
            return self._confirm(sample, claimed)
        if true_person is None:
            return Decision(sample, None, False, self._conflict(sample, claimed))
        return self._relabel(sample, true_person)

    def _untested(self) -> frozenset[frozenset[int]]:
        """Pairs of clusters of which no two samples with one claim could be compared."""
        n_untested = Counter(
            frozenset((self.cluster_of[first], self.cluster_of[second]))
            for first, second in self.untested
            if first in self.cluster_of and second in self.cluster_of
        )
        claims = [Counter(self._claim(sample) for sample in cluster) for cluster in self.clusters]
        return frozenset(
            pair
            for pair, n in n_untested.items()
            if len(pair) == 2 and n == _n_shared_claims(*(claims[c] for c in pair))
        )

    def _claim(self, sample: Sample) -> str | None:
        """The person claimed, double registrations being one."""
        person = sample.claimed_person
        return None if person is None else self.kept_for.get(person, person)

    def _true_person(self, sample: Sample) -> str | None:
        return self.person_of.get(self.cluster_of[sample.key])

    def _support(self, cluster: Sequence[Sample]) -> dict[str, int]:
        """Number of assays in the cluster whose label claims each person; none for a person of the other sex."""
        sex = genetic_sex(cluster)
        assays: dict[str, set[str]] = defaultdict(set)
        for sample in cluster:
            person = self._claim(sample)
            if person is not None and not self._is_other_sex(person, sex):
                assays[person].add(sample.assay)
        return {person: len(names) for person, names in assays.items()}

    def _is_other_sex(self, person: str, sex: str | None) -> bool:
        registered = self.persons[person].sex if person in self.persons else None
        return sex is not None and registered is not None and sex != registered

    def _confirm(self, sample: Sample, person: str) -> Decision:
        if sample.exclusions:
            return Decision(sample, None, False, f"sample_qc ({_listed(sample.exclusions)})")
        others = _listed(str(other) for other in self._companions(sample) if self._claim(other) == person)
        reason = f"confirmed (same genotypes: {others})" if others else "unconfirmed (no other sample to compare)"
        duplicates = [name for name, kept in self.kept_for.items() if kept == person]
        if duplicates:
            names = " = ".join(sorted([person, *duplicates]))
            reason = f"duplicate_registration ({names}: same genotypes, sex, birth and onset date); {reason}"
            if self.policy.duplicate_registrations == "exclude":
                return Decision(sample, None, False, reason)
        return Decision(sample, person, True, reason)

    def _relabel(self, sample: Sample, true_person: str) -> Decision:
        companions = self._companions(sample)
        evidence = _listed(str(other) for other in companions if self._claim(other) == true_person)
        cycle = self._exchange(sample)
        if not cycle:
            reason = f"label_contradicted (genotypes of {true_person}: {evidence}; no closed exchange)"
            return Decision(sample, None, False, reason)
        partners = _listed(str(other) for other in cycle[1:])
        reason = f"swap (genotypes of {true_person}: {evidence}; exchanged with {partners})"
        # Sample QC judged the sex by the label; a cluster of the other sex is never given to a person.
        exclusions = sample.exclusions - {SEX_MISMATCH}
        if exclusions:
            return Decision(sample, None, False, f"{reason}; sample_qc ({_listed(exclusions)})")
        is_used = self.policy.swapped_samples == "reassign_proven"
        return Decision(sample, true_person if is_used else None, is_used, reason)

    def _exchange(self, sample: Sample) -> list[Sample]:
        """The samples of one assay that exchanged labels, this one first; empty if the exchange does not close."""
        cycle, start, person = [sample], self._claim(sample), self._true_person(sample)
        while person != start:
            holders = [
                other
                for other in self.claimants[person or ""]
                if other.assay == sample.assay and self._true_person(other) != person
            ]
            if len(holders) != 1 or holders[0] in cycle:
                return []
            cycle.append(holders[0])
            person = self._true_person(holders[0])
        return cycle

    def _conflict(self, sample: Sample, claimed: str) -> str:
        """Why the cluster of a sample is nobody's."""
        number = self.cluster_of[sample.key]
        cluster = self.clusters[number]
        elsewhere = _listed(str(o) for o in self.claimants[claimed] if self.cluster_of[o.key] != number)
        if claimed in self.person_of.values():
            return f"label_contradicted (genotypes differ from {elsewhere})" + self._matches(sample)
        sex = genetic_sex(cluster)
        if self._is_other_sex(claimed, sex):
            registered = self.persons[claimed].sex
            return f"sex_mismatch (genotypes {sex}, registered {registered})" + self._matches(sample)
        rivals = _listed({person for other in cluster if (person := self._claim(other)) is not None} - {claimed})
        parts = [f"genotypes differ from {elsewhere}"] if elsewhere else []
        parts += [f"same genotypes claimed by {rivals}"] if rivals else []
        return f"unresolved_conflict ({'; '.join(parts)})"

    def _companions(self, sample: Sample) -> list[Sample]:
        number = self.cluster_of.get(sample.key)
        return [] if number is None else [other for other in self.clusters[number] if other.key != sample.key]

    def _matches(self, sample: Sample) -> str:
        names = _listed(f"{other} of {other.claimed_person}" for other in self._companions(sample))
        return f"; same genotypes: {names}" if names else ""


def cluster_samples(samples: Sequence[Sample], same: Iterable[tuple[Key, Key]]) -> list[list[Sample]]:
    """Connected samples, in the order of `samples`; doubtful ones (their matches prove nothing) are left out."""
    parent = {sample.key: sample.key for sample in samples if not sample.is_doubtful}

    def root(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for first, second in same:
        if first in parent and second in parent:
            parent[root(second)] = root(first)
    clusters: dict[Key, list[Sample]] = {}
    for sample in samples:
        if sample.key in parent:
            clusters.setdefault(root(sample.key), []).append(sample)
    return list(clusters.values())


def genetic_sex(cluster: Sequence[Sample]) -> str | None:
    """The sex the genotypes of a cluster show, where testable and without contradiction."""
    sexes = {sample.genetic_sex for sample in cluster if sample.genetic_sex in ("M", "F")}
    return sexes.pop() if len(sexes) == 1 else None


def find_duplicate_registrations(
    clusters: Sequence[Sequence[Sample]], persons: Mapping[str, PersonRecord]
) -> dict[str, str]:
    """Persons registered twice: one cluster holds all their samples, and their records agree.

    Returns
    -------
    The person kept, by duplicate: the one with most samples, then the earliest registration, then the first name.
    """
    homes: dict[str, set[int]] = defaultdict(set)
    n_samples: Counter[str] = Counter()
    for number, cluster in enumerate(clusters):
        for sample in cluster:
            if sample.claimed_person in persons:
                homes[sample.claimed_person].add(number)
                n_samples[sample.claimed_person] += 1
    settled: dict[int, list[str]] = defaultdict(list)
    for person, numbers in homes.items():
        if len(numbers) == 1:
            settled[min(numbers)].append(person)
    kept: dict[str, str] = {}
    for claimed in settled.values():
        first, *others = sorted(claimed, key=lambda p: (-n_samples[p], persons[p].registration_date or date.max, p))
        kept |= {other: first for other in others if persons[other].agrees_with(persons[first])}
    return kept


def assign_clusters(
    support: Sequence[Mapping[str, int]], untested: frozenset[frozenset[int]] = frozenset()
) -> dict[int, str]:
    """Give clusters to persons: repeatedly, wherever each is the other's single best-supported choice.

    Parameters
    ----------
    support
        For each cluster, how many assays claim each person.
    untested
        Pairs of clusters that share too few variants to be compared: both may be one person's.

    Returns
    -------
    Person by cluster number; clusters and persons in a tie stay out.
    """
    by_person: dict[str, dict[int, int]] = defaultdict(dict)
    for number, claims in enumerate(support):
        for person, n in claims.items():
            by_person[person][number] = n
    assigned: dict[int, str] = {}

    def contenders(number: int, person: str) -> list[int]:
        """Clusters claimed for the person that differ from this one, and itself."""
        return [c for c in by_person[person] if c == number or frozenset((c, number)) not in untested]

    while True:
        settled = {}
        for number, claims in enumerate(support):
            if number in assigned:
                continue
            free = {p: n for p, n in claims.items() if all(assigned.get(c) != p for c in contenders(number, p))}
            person = _single_best(free)
            if person is not None:
                rivals = {c: by_person[person][c] for c in contenders(number, person) if c not in assigned}
                if _single_best(rivals) == number:
                    settled[number] = person
        if not settled:
            return assigned
        assigned |= settled


def _single_best(counts):
    """The key with strictly the largest count, if there is one."""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    is_single = len(ranked) == 1 or (len(ranked) > 1 and ranked[0][1] > ranked[1][1])
    return ranked[0][0] if is_single else None


def _n_shared_claims(first: Counter[str | None], second: Counter[str | None]) -> int:
    """Number of pairs of samples, one of each cluster, that claim the same person."""
    return sum(n * second[person] for person, n in first.items() if person is not None)


def _drop_replicates(decisions: list[Decision], reviewed: set[Key]) -> list[Decision]:
    """Keep one usable sample of each person in each assay."""

    def rank(sample: Sample) -> tuple[bool, float, str]:
        return sample.key not in reviewed, -sample.call_rate, sample.name

    best: dict[tuple[str, str], Sample] = {}
    for decision in decisions:
        if decision.person is not None:
            slot, sample = (decision.person, decision.sample.assay), decision.sample
            if slot not in best or rank(sample) < rank(best[slot]):
                best[slot] = sample
    out = []
    for decision in decisions:
        used = best.get((decision.person or "", decision.sample.assay))
        if decision.is_usable and used is not None and used.key != decision.sample.key:
            reason = f"replicate ({used} is used); {decision.reason}"
            decision = Decision(decision.sample, None, False, reason)
        out.append(decision)
    return out


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
