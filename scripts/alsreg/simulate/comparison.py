"""A treated cohort and a registry from one population, with confounded treatment and a known effect, as clinical tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from alsreg.errors import InputError
from alsreg.simulate import clinical
from alsreg.simulate.clinical import DAYS_PER_MONTH, Courses
from alsreg.simulate.sizes import FREEZE_DATE, TRAITS, Scenario, stream

# Log odds of treatment per unit of what doctors see at registration: the younger, the longer spared, the slower.
CONFOUNDING = {"age_decade": -0.35, "total_per_5": 0.45, "decline": -0.6}
BASE_LOG_ODDS = -0.6
FRACTURES_PER_MONTH, FRACTURE_RATIO_PER_DECADE = 0.01, 2.0  # at an onset at 63


def simulate_comparison(out: Path, scenario: Scenario) -> Path:
    """Write ``registry/``, ``treated/``, freeze, configuration and ``truth.json`` into the new folder `out`.

    Returns
    -------
    The configuration file. The freeze names an empty VCF, which the control stage does not read.

    Raises
    ------
    InputError
        `out` exists and is not empty, or there are fewer than 100 people.
    """
    out = Path(out).resolve()
    if out.exists() and any(out.iterdir()):
        raise InputError("the folder is not empty", file=out, remedy="name a new folder")
    if scenario.n_people < 100:
        raise InputError("too few people", value=scenario.n_people, remedy="simulate at least 100")
    courses, is_treated, start = draw_comparison(scenario)
    names = np.array([f"SYN{number:05d}" for number in stream(scenario.seed, "names").permutation(len(start)) + 1])
    for folder, group in (("registry", ~is_treated), ("treated", is_treated)):
        _write_cohort(out / folder, names[group], courses.take(np.flatnonzero(group)), start[group], scenario)
    (out / "treated/mapping.yaml").write_text(
        yaml.safe_dump({name: {"path": f"{name}.csv", "columns": {"person": "person_id"}} for name in ("patients", "visits", "events")})
    )  # fmt: skip
    return _write_settings(out, scenario, int(is_treated.sum()))


def draw_comparison(scenario: Scenario) -> tuple[Courses, np.ndarray, np.ndarray]:
    """Courses of everybody, who is treated, and the day on which treatment starts (or would have).

    Treatment starts within four weeks of registration, and multiplies the hazard from then on; Weibull hazards of the
    untreated course make this a change of clock. Visits keep the line up to the start and lose fewer points after it.
    """
    rng = stream(scenario.seed, "comparison")
    drawn = clinical.draw_courses({trait: np.zeros(2 * scenario.n_people) for trait in TRAITS}, rng)
    start = drawn.registration + rng.integers(0, 29, len(drawn.onset))
    everybody = np.flatnonzero(drawn.is_registered & (np.minimum(drawn.event, drawn.last_contact) > start))
    chosen = everybody[: scenario.n_people]
    if len(chosen) < scenario.n_people:
        raise InputError("too few people survive to registration", value=len(chosen), remedy="take another seed")
    courses, start = drawn.take(chosen), start[chosen]
    is_treated = rng.random(len(chosen)) < 1 / (1 + np.exp(-_log_odds(courses, start, scenario.confounding)))
    return _with_effect(courses, is_treated, start, scenario, rng), is_treated, start


def _log_odds(courses: Courses, start: np.ndarray, strength: float) -> np.ndarray:
    months = (start - courses.onset) / DAYS_PER_MONTH
    age = (start - courses.birth) / clinical.DAYS_PER_YEAR
    total = np.clip(48 + courses.intercept + courses.slope * months, 0, 48)
    decline = (48 - total) / months
    log_odds = CONFOUNDING["age_decade"] * (age - 63) / 10 + CONFOUNDING["total_per_5"] * (total - 37) / 5
    return BASE_LOG_ODDS + strength * (log_odds + CONFOUNDING["decline"] * (np.clip(decline, 0, 3) - 0.8))


def _with_effect(
    courses: Courses, is_treated: np.ndarray, start: np.ndarray, scenario: Scenario, rng: np.random.Generator
) -> Courses:
    shape = clinical.WEIBULL_SHAPE
    since = [np.maximum(days - courses.onset, 0).astype(float) ** shape for days in (start, courses.event)]
    clock = since[0] + np.maximum(since[1] - since[0], 0) / scenario.hazard_ratio
    event = np.where(is_treated, courses.onset + np.ceil(clock ** (1 / shape)).astype(int), courses.event)
    death = courses.death + event - courses.event
    end = FREEZE_DATE.astype("datetime64[D]").astype(int)
    # Who had died before dropping out may drop out now: exponential times forget how long they have lasted.
    wait = np.ceil(rng.exponential(clinical.DROPOUT_MONTHS * DAYS_PER_MONTH, len(event))).astype(int)
    dropout = np.where(
        courses.last_contact < np.minimum(courses.death, end), courses.last_contact, courses.death + wait
    )
    last = np.where(is_treated, np.minimum(np.minimum(dropout, death), end), courses.last_contact)
    return replace(courses, event=event, death=death, last_contact=last)


def _write_cohort(folder: Path, names: np.ndarray, courses: Courses, start: np.ndarray, scenario: Scenario) -> None:
    folder.mkdir(parents=True)
    persons, rng, is_treated = names.tolist(), stream(scenario.seed, folder.name), folder.name == "treated"
    visits, totals = clinical.draw_visits(courses, rng, start, scenario.slope_gain_per_month if is_treated else 0.0)
    items = clinical.draw_items(courses, totals, rng)
    is_male = rng.random(len(persons)) < 0.58
    patients = clinical.patients_table(persons, courses, is_male, np.zeros(len(persons), dtype=bool), rng)
    patients = patients.drop(columns="family_history").assign(
        height_cm=_heights(is_male, rng),
        fracture_date=_fractures(courses, stream(scenario.seed, f"{folder.name} fractures")),
    )
    tables = {
        "visits": clinical.visits_table(persons, visits, items),
        "events": clinical.events_table(persons, courses),
    }
    if is_treated:
        tables["patients"] = patients.assign(treatment_start_date=clinical.iso(start))
    else:
        tables["patients"] = patients
        tables["samples"] = pd.DataFrame({"sample": names[:1], "assay": "wgs", "person": names[:1]})
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def _heights(is_male: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nothing that treatment, or the choice of it, has to do with: the negative control."""
    return np.round(np.where(is_male, 167, 154) + rng.normal(0, 6, len(is_male)), 1)


def _fractures(courses: Courses, rng: np.random.Generator) -> np.ndarray:
    """First fractures, commoner with age, which decides on treatment too: the negative control that is an event."""
    age = (courses.onset - courses.birth) / clinical.DAYS_PER_YEAR
    monthly = FRACTURES_PER_MONTH * np.exp(np.log(FRACTURE_RATIO_PER_DECADE) * (age - 63) / 10)
    day = courses.onset + np.ceil(rng.exponential(1, len(age)) / monthly * DAYS_PER_MONTH).astype(int)
    return np.where(day < np.minimum(courses.death, courses.last_contact), clinical.iso(day), "")


def _write_settings(out: Path, scenario: Scenario, n_treated: int) -> Path:
    columns = {"columns": {"person": "person_id"}}
    freeze = {
        "id": out.name, "freeze_date": str(FREEZE_DATE), "root": str(out),
        "assays": {"wgs": {"kind": "wgs", "build": "GRCh38", "files": [{"path": "no-genotypes.vcf"}]}},
        "clinical": {name: {"path": f"registry/{name}.csv", **columns} for name in ("patients", "visits", "events")}
        | {"samples": {"path": "registry/samples.csv"}},
        "cohorts": {"all": {"assays": ["wgs"]}}, "shards": {"all": ["1"]},
    }  # fmt: skip
    (out / "no-genotypes.vcf").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    control = {
        "treated": str(out / "treated/mapping.yaml"), "treated_freeze_date": str(FREEZE_DATE),
        "treatment": "treatment X", "negative_control": "height_cm",
        "negative_control_event": "fracture_date",
        "eligibility": [
            {"column": "age_years", "min": 20, "max": 85}, {"column": "months_since_onset", "max": 36},
            {"column": "total", "min": 20}, {"column": "el_escorial", "values": ["definite", "probable"]},
        ],
    }  # fmt: skip
    truth = {"hazard_ratio_given_everything": scenario.hazard_ratio, "n_treated": n_treated, "seed": scenario.seed}
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    (out / "freeze.yaml").write_text(yaml.safe_dump(freeze, sort_keys=False))
    (out / "config.yaml").write_text(yaml.safe_dump({"freeze": str(out / "freeze.yaml"), "control": control}, sort_keys=False))  # fmt: skip
    return out / "config.yaml"
