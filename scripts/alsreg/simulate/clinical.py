"""The course of the disease, what the registry sees of it, and its tables."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from alsreg.simulate.sizes import FREEZE_DATE

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25
ITEMS = (
    "speech", "salivation", "swallowing", "handwriting", "cutting", "dressing",
    "turning_in_bed", "walking", "climbing_stairs", "dyspnea", "orthopnea", "respiratory_insufficiency",
)  # fmt: skip
# ASSUME: a Japanese registry's picture (JaCALS, kg3): onset near 62, 28 % bulbar, -0.8 points a month, median
# onset-to-event near 40 months, registration a median of 11 months after onset, a quarter of first events ventilation.
AGE_MEAN, AGE_SD = 62.0, 11.0
BULBAR_PREVALENCE = 0.28
SLOPE_MEAN, SLOPE_SD = -0.8, 0.4
INTERCEPT_SD, RESIDUAL_SD = 2.0, 1.2
LOWEST_TOTAL = 6  # nobody is rated again after a total below this
WEIBULL_SHAPE, _WEIBULL_SCALE = 1.6, 52.0
_LOG_HAZARD_PER_YEAR, _LOG_HAZARD_BULBAR, _LOG_HAZARD_PER_SLOPE_SD = 0.02, 0.4, -0.25
_DELAY_MEDIAN, _DELAY_SIGMA = 11.0, 0.6
DROPOUT_MONTHS = 150.0
_VENTILATED_MONTHS = 70.0
_VISIT_DAYS, _MAX_VISITS, _MISSED_VISIT, _MISSING_ITEM = 91, 24, 0.08, 0.004
_KINDS = ("death", "tracheostomy", "niv_23h")
_KIND_SHARES = (0.72, 0.18, 0.10)
BULBAR_REGION = 0
_REGIONS = ("bulbar", "upper_limb", "lower_limb", "respiratory")
_REGION_ITEMS = np.repeat(np.eye(4), 3, axis=1)  # regions x 12 items: bulbar, fine motor, gross motor, respiratory


@dataclass(frozen=True)
class Courses:
    """One entry per person; dates are days since 1970-01-01; `event_kind` indexes death, tracheostomy, niv_23h.

    `event` is the first of those (as the registry would record it), `death` comes at or after it; both may lie beyond
    what is observed, which ends at `last_contact`.
    """

    birth: np.ndarray
    onset: np.ndarray
    registration: np.ndarray
    dna: np.ndarray
    event: np.ndarray
    event_kind: np.ndarray
    death: np.ndarray
    last_contact: np.ndarray
    region: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    @property
    def is_registered(self) -> np.ndarray:
        """Seen by the registry: alive and free of the event when registered and when DNA was taken, before the freeze."""
        entry = np.maximum(self.registration, self.dna)
        return (self.event > entry) & (self.last_contact > entry)

    @property
    def is_event_observed(self) -> np.ndarray:
        return self.event <= self.last_contact

    def take(self, index: np.ndarray) -> Courses:
        return Courses(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def replaced(self, index: np.ndarray, other: Courses) -> Courses:
        """With the people at `index` given the courses of `other`."""
        merged = {f.name: getattr(self, f.name).copy() for f in fields(self)}
        for name, values in merged.items():
            values[index] = getattr(other, name)
        return Courses(**merged)


def draw_courses(shift: dict[str, np.ndarray], rng: np.random.Generator) -> Courses:
    """Draw a course for each person; `shift` holds the genetic effects on each trait, centred, one array per trait."""
    n = len(shift["age_at_onset"])
    age = np.clip(AGE_MEAN + shift["age_at_onset"] + rng.normal(0, AGE_SD, n), 16, 93)
    odds = np.log(BULBAR_PREVALENCE / (1 - BULBAR_PREVALENCE)) + shift["bulbar_onset"]
    is_bulbar = rng.random(n) < 1 / (1 + np.exp(-odds))
    region = np.where(is_bulbar, BULBAR_REGION, rng.choice([1, 2, 3], size=n, p=[0.49, 0.48, 0.03]))
    deviation = rng.normal(0, 1, n)
    # The part of the slope that genes planted on the slope cause does not touch survival, so that each planted
    # effect is an effect on one trait.
    hazard = shift["survival"] + _LOG_HAZARD_PER_YEAR * (age - AGE_MEAN) + _LOG_HAZARD_BULBAR * is_bulbar
    hazard = hazard + _LOG_HAZARD_PER_SLOPE_SD * deviation
    event_months = _WEIBULL_SCALE * (rng.exponential(1, n) * np.exp(-hazard)) ** (1 / WEIBULL_SHAPE)
    kind = rng.choice(3, size=n, p=_KIND_SHARES)
    first, last = (np.datetime64(day).astype(int) for day in ("2006-01-01", "2021-06-30"))
    onset = rng.integers(first, last, n)
    registration = onset + np.round(_months(rng.lognormal(np.log(_DELAY_MEDIAN), _DELAY_SIGMA, n))).astype(int)
    dna = registration + rng.integers(0, 31, n)
    event = onset + np.maximum(1, np.round(_months(event_months))).astype(int)
    event = np.where(rng.random(n) < 0.3, _first_of_month(event), event)  # registries often know the month only
    ventilated = np.round(_months(rng.exponential(_VENTILATED_MONTHS, n))).astype(int)
    death = np.where(kind == 0, event, event + 1 + ventilated)
    dropout = dna + np.round(_months(rng.exponential(DROPOUT_MONTHS, n))).astype(int)
    last_contact = np.minimum(np.minimum(dropout, death), FREEZE_DATE.astype("datetime64[D]").astype(int))
    return Courses(
        birth=onset - np.round(age * DAYS_PER_YEAR).astype(int), onset=onset, registration=registration, dna=dna,
        event=event, event_kind=kind, death=death, last_contact=last_contact, region=region,
        slope=SLOPE_MEAN + shift["slope"] + SLOPE_SD * deviation, intercept=rng.normal(0, INTERCEPT_SD, n),
    )  # fmt: skip


def _months(months: np.ndarray) -> np.ndarray:
    return months * DAYS_PER_MONTH


def _first_of_month(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(int)


def draw_visits(
    courses: Courses, rng: np.random.Generator, turn: np.ndarray | None = None, gain_per_month: float = 0.0
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Days and ALSFRS-R totals of each person's visits: at registration, then about every three months.

    The total declines linearly from 48 at onset with the person's slope and intercept and a normal error, rounded to
    points. Visits end with the event, the last contact, or once a total below `LOWEST_TOTAL` was recorded: that depends
    on recorded values only, so that a mixed model stays unbiased. From the day `turn` of a person on the slope is higher by
    `gain_per_month`.
    """
    days, totals = [], []
    for person in range(len(courses.onset)):
        end = min(courses.event[person] - 1, courses.last_contact[person])
        gaps = rng.integers(_VISIT_DAYS - 12, _VISIT_DAYS + 13, _MAX_VISITS)
        planned = courses.registration[person] + np.concatenate([[0], np.cumsum(gaps)])
        is_kept = rng.random(len(planned)) >= _MISSED_VISIT
        is_kept[0] = True
        planned = planned[is_kept & (planned <= end)]
        months = (planned - courses.onset[person]) / DAYS_PER_MONTH
        latent = 48 + courses.intercept[person] + courses.slope[person] * months
        if turn is not None:
            latent += gain_per_month * np.maximum(planned - turn[person], 0) / DAYS_PER_MONTH
        total = np.clip(np.round(latent + rng.normal(0, RESIDUAL_SD, len(planned))), 0, 48)
        n_rated = np.append(np.flatnonzero(total < LOWEST_TOTAL), len(total))[0] + 1
        days.append(planned[:n_rated])
        totals.append(total[:n_rated])
    return days, totals


def slope_covariance(delays: np.ndarray) -> np.ndarray:
    """Covariance (2, 2) of intercept and slope when time starts at registration, `delays` months after onset.

    A line with slope b through 48 + a at onset is 48 + a + b d at registration. Over people with delays d, a and b
    independent: variance ``var(a) + var(b) E[d^2] + E[b]^2 var(d)``, covariance ``var(b) E[d]``.
    """
    slope = SLOPE_SD**2
    intercept = INTERCEPT_SD**2 + slope * (delays**2).mean() + SLOPE_MEAN**2 * delays.var()
    return np.array([[intercept, slope * delays.mean()], [slope * delays.mean(), slope]])


def draw_items(courses: Courses, totals: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """ALSFRS-R items of all visits in order, (visits, 12) float; NaN where an item was not filled in.

    The points lost are shared among the items by weights that favour the region of onset; items add up to the total.
    """
    person = np.repeat(np.arange(len(totals)), [len(total) for total in totals])
    loss = 48 - np.concatenate(totals)
    weight = (0.35 + 2.0 * _REGION_ITEMS[courses.region]) * rng.gamma(4, 0.25, (len(totals), 12))
    share = (weight / weight.sum(axis=1, keepdims=True))[person]
    lost = np.zeros((len(loss), 12))
    for point in range(48):
        # Each point goes to the item furthest behind its share; ties and exhausted shares go by weight.
        due = np.where(lost < 4, loss[:, None] * share - lost + 1e-6 * share, -np.inf)
        is_left = point < loss
        lost[np.flatnonzero(is_left), np.argmax(due, axis=1)[is_left]] += 1
    items = 4 - lost
    items[rng.random(items.shape) < _MISSING_ITEM] = np.nan
    return items


def iso(days: np.ndarray) -> np.ndarray:
    """Days since 1970 as ISO dates."""
    return np.datetime_as_string(np.asarray(days).astype("datetime64[D]"))


def patients_table(
    persons: list[str],
    courses: Courses,
    is_male: np.ndarray,
    is_familial: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The registry's table of people, as exported."""
    n = len(persons)
    return pd.DataFrame({
        "person_id": persons,
        "site": [f"S{number:02d}" for number in rng.integers(1, max(4, min(40, n // 25)) + 1, n)],
        "sex": np.where(is_male, "M", "F"),
        "birth_date": iso(courses.birth),
        "onset_date": iso(courses.onset),
        "registration_date": iso(courses.registration),
        "onset_region": np.array(_REGIONS)[courses.region],
        "el_escorial": rng.choice(["definite", "probable", "possible"], size=n, p=[0.35, 0.45, 0.2]),
        "family_history": (is_familial | (rng.random(n) < 0.03)).astype(int).astype(str),
        "reported_ancestry": "EAS",
    })  # fmt: skip


def visits_table(persons: list[str], visits: list[np.ndarray], items: np.ndarray) -> pd.DataFrame:
    """One row per visit, items as the registry writes them (empty when missing)."""
    names = np.repeat(np.array(persons, dtype=object), [len(days) for days in visits])
    table = pd.DataFrame({"person_id": names, "visit_date": iso(np.concatenate(visits))})
    text = np.where(np.isnan(items), "", np.nan_to_num(items).astype(int).astype(str))
    return pd.concat([table, pd.DataFrame(text, columns=list(ITEMS))], axis=1)


def events_table(persons: list[str], courses: Courses) -> pd.DataFrame:
    """The first event and a later death where they were observed, and the last contact of everybody."""
    rows = []
    for index, person in enumerate(persons):
        last = courses.last_contact[index]
        kind = _KINDS[courses.event_kind[index]]
        if courses.event[index] <= last:
            rows.append((person, kind, courses.event[index]))
        if kind != "death" and courses.death[index] <= last:
            rows.append((person, "death", courses.death[index]))
        rows.append((person, "last_contact", last))
    table = pd.DataFrame(rows, columns=["person_id", "event", "event_date"])
    return table.assign(event_date=iso(table["event_date"].to_numpy()))
