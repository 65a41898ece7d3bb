"""Write the ledger: who every sample is, whether it is used, and why."""

import logging
from collections.abc import Sequence

import pandas as pd

from alsreg.config.identity import IdentityConfig
from alsreg.genotypes.persons import Decision, Key, PersonRecord, Policy, Sample, SamplePairs, resolve
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import PAIRS, PERSONS, SAMPLE_QC
from alsreg.tables.registry import PATIENTS

log = logging.getLogger("alsreg.identity")


def resolve_persons(pairs: str, samples: Sequence[str], patients: str, settings: IdentityConfig, output: str) -> None:
    """Decide for every sample of all assays from the pairs compared, sample QC and the registry."""
    table = pd.concat([SAMPLE_QC.read(path) for path in samples], ignore_index=True)
    found = PAIRS.read(pairs)
    untested = found["expected"].eq("true") & found["relation"].eq("not_testable")
    decisions = resolve(
        [read_sample(row) for row in table.itertuples(index=False)],
        SamplePairs(keys(found[found["relation"] == "same"]), keys(found[untested])),
        read_persons(PATIENTS.read(patients)),
        Policy(settings.swapped_samples, settings.duplicate_registrations),
    )
    frame = pd.DataFrame([ledger_row(decision) for decision in decisions])
    frame = frame if len(frame) else PERSONS.empty()
    kinds = frame["reason"].str.split(" ").str[0].value_counts().to_dict()
    log.info("%d of %d samples usable; %s", int(frame["is_usable"].sum()), len(frame), kinds)
    PERSONS.write(frame, output)


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
            settings=IdentityConfig(**snakemake.params.settings),
            output=snakemake.output.persons,
        )
