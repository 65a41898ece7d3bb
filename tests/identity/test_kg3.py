"""Every spoiled sample of the real three assays is found, and nobody else is accused.

Straight from the VCFs: SNPs are matched by rs number with unambiguous alleles, so that only identity is on trial.
"""

from __future__ import annotations

from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pytest

from alsreg.genotypes.kinship import RelationRule, call_relations, count_tiles
from alsreg.genotypes.persons import PersonRecord, Policy, Sample, SamplePairs, resolve

pytestmark = pytest.mark.real_data
FILES = {"array": "array.NCBI36.vcf.gz", "wes": "wes.GRCh37.vcf.gz", "wgs": "wgs.GRCh38.vcf.gz"}
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def read(path: Path) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Samples, alleles by rs number, ALT counts."""
    vcf = cyvcf2.VCF(str(path), gts012=True)
    alleles, counts = {}, []
    for record in vcf:
        single = (
            len(record.ALT) == 1 and len(record.REF) == len(record.ALT[0]) == 1 and record.CHROM.lstrip("chr") != "X"
        )
        if single and record.ID and record.ID not in alleles and record.REF.translate(COMPLEMENT) != record.ALT[0]:
            alleles[record.ID] = (record.REF, record.ALT[0])
            counts.append(np.where(record.gt_types == 3, -9, record.gt_types).astype(np.int8))
    return vcf.samples, pd.DataFrame.from_dict(alleles, orient="index", columns=["ref", "alt"]), np.array(counts)


def shared_counts(first, second) -> tuple[np.ndarray, np.ndarray]:
    """ALT counts of the SNPs both assays have, of one allele."""
    (_, a, counts_a), (_, b, counts_b) = first, second
    ids = a.index.intersection(b.index)
    counts_a, counts_b = counts_a[a.index.get_indexer(ids)], counts_b[b.index.get_indexer(ids)]
    ref_a, ref_b, alt_b = a.loc[ids, "ref"], b.loc[ids, "ref"], b.loc[ids, "alt"]
    flipped = ref_a.str.translate(COMPLEMENT)
    swapped = ((ref_a == alt_b) | (flipped == alt_b)).to_numpy()
    known = (swapped | ((ref_a == ref_b) | (flipped == ref_b)).to_numpy()) & ~(
        ref_b.eq(ref_a.str.translate(COMPLEMENT)) & alt_b.eq(ref_a)
    ).to_numpy()
    counts_b = np.where(swapped[:, None] & (counts_b >= 0), 2 - counts_b, counts_b).astype(np.int8)
    p = np.where(counts_a >= 0, counts_a, 0).mean(axis=1) / 2
    good = known & (np.minimum(p, 1 - p) > 0.05)
    return counts_a[good], counts_b[good]


def test_spoiled_samples(alsreg_data: Path) -> None:
    folder = alsreg_data / "kg3"
    assays = {name: read(folder / file) for name, file in FILES.items()}
    claimed = pd.read_csv(folder / "registry/samples.csv", dtype=str).set_index("sample_id")["person_id"]
    patients = pd.read_csv(
        folder / "registry/patients.csv", parse_dates=["birth_date", "onset_date", "registration_date"]
    )
    same = []
    for first, second in (("array", "wes"), ("array", "wgs"), ("wes", "wgs")):
        left, right = shared_counts(assays[first], assays[second])
        assert len(left) > 500
        rule = RelationRule(200, left.shape[1] * right.shape[1], 1.0, 0.95)
        for tile in count_tiles(left, right):
            for i, j in np.argwhere(call_relations(tile.counts, rule) == "same"):
                same.append(((first, assays[first][0][tile.first + i]), (second, assays[second][0][tile.second + j])))
    # E0544 holds DNA of two people (sample QC sees it by its heterozygotes): its matches are no evidence.
    samples = [Sample(assay, name, claimed.get(name), is_doubtful=name == "E0544")
               for assay, (names, _, _) in assays.items() for name in names]  # fmt: skip
    records = {row.person_id: PersonRecord(row.sex, row.birth_date.date(), row.onset_date.date(), row.registration_date.date())
               for row in patients.itertuples() if not pd.isna(row.birth_date) and not pd.isna(row.onset_date)}  # fmt: skip
    known = {person: records.get(person, PersonRecord()) for person in patients["person_id"]}
    decisions = resolve(samples, SamplePairs(same), known, Policy())
    assert len(decisions) == 957 + 700 + 480
    moved = {
        d.sample.name: (d.sample.claimed_person, d.person)
        for d in decisions
        if d.is_usable and d.person != d.sample.claimed_person
    }
    assert moved == {
        "A0319": ("JAC00666", "JAC00353"), "A0449": ("JAC00353", "JAC00666"),
        "A0486": ("JAC00618", "JAC01179"), "A0886": ("JAC01179", "JAC00618"),
        "A0735": ("JAC01305", "JAC00136"),
    }  # fmt: skip
    assert [d.sample.name for d in decisions if not d.is_usable] == ["E0544"]
