"""Write the ledger: who every sample is, whether it is used, and why."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from alsreg.config.freeze import ClinicalTable
from alsreg.config.identity import IdentityConfig
from alsreg.genotypes.persons import Decision, Key, PersonRecord, Policy, Review, Sample, SamplePairs, resolve
from alsreg.runlog import rule_log
from alsreg.sheets.sample_overrides import SampleOverride, check_sample_overrides, read_sample_overrides
from alsreg.sheets.withdrawn import read_samples_withdrawn
from alsreg.tables.genotypes import PAIRS, PERSONS, SAMPLE_OVERRIDES, SAMPLE_QC
from alsreg.tables.registry import PATIENTS

log = logging.getLogger("alsreg.identity")


@dataclass(frozen=True)
class ReviewFiles:
    """Reviewed decisions (none or one file), and withdrawals with the samples table that says whose a sample is."""

    overrides: Sequence[str] = ()
    withdrawn: Sequence[str] = ()
    samples_table: Sequence[ClinicalTable] = ()


def resolve_persons(
    pairs: str, samples: Sequence[str], patients: str, review: ReviewFiles, settings: IdentityConfig, outputs: tuple[str, str]
) -> None:  # fmt: skip
    """Decide for every sample of all assays from the pairs compared, sample QC, the registry and reviewed decisions.

    `outputs` are the ledger and the log of reviewed decisions.
    """
    table = pd.concat([SAMPLE_QC.read(path) for path in samples], ignore_index=True)
    found = PAIRS.read(pairs)
    untested = found["expected"].eq("true") & found["relation"].eq("not_testable")
    known = read_persons(PATIENTS.read(patients))
    evidence = (
        [read_sample(row) for row in table.itertuples(index=False)],
        SamplePairs(keys(found[found["relation"] == "same"]), keys(found[untested])),
        known,
        Policy(settings.swapped_samples, settings.duplicate_registrations),
    )
    overrides = read_overrides(review, table, known)
    alone = decisions = resolve(*evidence)
    if overrides:
        decisions = resolve(*evidence, {o.key: Review(o.person or None, o.review) for o in overrides})
    frame = pd.DataFrame([ledger_row(decision) for decision in decisions])
    frame = frame if len(frame) else PERSONS.empty()
    kinds = frame["reason"].str.split(" ").str[0].value_counts().to_dict()
    log.info("%d of %d samples usable; %s", int(frame["is_usable"].sum()), len(frame), kinds)
    SAMPLE_OVERRIDES.write(override_rows(overrides, alone), outputs[1])
    PERSONS.write(frame, outputs[0])


def read_overrides(
    review: ReviewFiles, samples: pd.DataFrame, persons: Mapping[str, PersonRecord]
) -> list[SampleOverride]:
    """The reviewed decisions on samples of this freeze."""
    if not review.overrides:
        return []
    (path,) = review.overrides
    found = read_sample_overrides(path)
    present = set(zip(samples["assay"].astype(str), samples["sample"].astype(str), strict=True))
    gone = {
        assay: read_samples_withdrawn(review.withdrawn, review.samples_table, assay)
        for assay in {o.assay for o in found}
    }
    return check_sample_overrides(found, present, gone, persons, path)


def override_rows(overrides: Sequence[SampleOverride], alone: Sequence[Decision]) -> pd.DataFrame:
    """The log: each decision beside what the genotypes `alone` would have done."""
    before = {decision.sample.key: decision for decision in alone}
    rows = [
        {
            **{
                name: getattr(o, name) or None
                for name in ("assay", "sample", "decision", "person", "who", "why", "date")
            },
            "person_before": before[o.key].person if before[o.key].is_usable else None,
            "reason_before": before[o.key].reason,
        }
        for o in overrides
    ]
    for row in rows:
        row["is_changed"] = row["person"] != row["person_before"]
        log.info("override of %s %s: %s, was %s", row["assay"], row["sample"], row["person"], row["person_before"])
    return pd.DataFrame(rows) if rows else SAMPLE_OVERRIDES.empty()


def keys(pairs: pd.DataFrame) -> list[tuple[Key, Key]]:
    """Assay and sample of both sides of each pair."""
    columns = pairs[["assay_1", "sample_1", "assay_2", "sample_2"]]
    return [((a, s), (b, t)) for a, s, b, t in columns.itertuples(index=False, name=None)]


def read_sample(row) -> Sample:
    """A row of the sample QC table."""
    text = {
        name: None if pd.isna(value := getattr(row, name)) else str(value)
        for name in ("claimed_person", "genetic_sex", "reason")
    }
    exclusions = frozenset(filter(None, (text["reason"] or "").split(";"))) if row.is_excluded else frozenset()
    return Sample(
        assay=row.assay, name=row.sample, claimed_person=text["claimed_person"], genetic_sex=text["genetic_sex"],
        is_doubtful=bool(row.is_contaminated) if pd.notna(row.is_contaminated) else False,
        exclusions=exclusions, call_rate=float(row.call_rate) if pd.notna(row.call_rate) else 0.0,
    )  # fmt: skip


def read_persons(patients: pd.DataFrame) -> dict[str, PersonRecord]:
    """Registry records by person."""
    dates = {
        name: [None if pd.isna(value) else value.date() for value in patients[name]]
        for name in ("birth_date", "onset_date", "registration_date")
    }
    sexes = [None if pd.isna(value) else str(value) for value in patients["sex"]]
    records = zip(patients["person"], sexes, *dates.values(), strict=True)
    return {str(person): PersonRecord(*rest) for person, *rest in records}


def ledger_row(decision: Decision) -> dict[str, object]:
    sample = decision.sample
    return {
        "person": decision.person, "assay": sample.assay, "sample": sample.name,
        "claimed_person": sample.claimed_person, "is_usable": decision.is_usable, "reason": decision.reason,
    }  # fmt: skip


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        resolve_persons(
            pairs=snakemake.input.pairs,
            samples=snakemake.input.samples,
            patients=snakemake.input.patients,
            review=ReviewFiles(
                snakemake.input.overrides,
                snakemake.input.withdrawn,
                [ClinicalTable(**table) for table in snakemake.params.samples_table],
            ),
            settings=IdentityConfig(**snakemake.params.settings),
            outputs=(snakemake.output.persons, snakemake.output.overrides),
        )
