"""When each stage was reached: between which visits, or not yet, or before anybody looked."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from alsreg.clinical.dates import months_between
from alsreg.clinical.staging import kings_bounds, mitos_bounds
from alsreg.clinical.traits import days_of, gastrostomy_at, observation_start
from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import ITEMS, PHENOTYPES, STAGE_TIMES

SCALES = ("kings", "mitos")
# Stage 5 is death, whose day is known: it is a survival time.
TIMED_STAGES = (1, 2, 3, 4)
REACHED, NOT_REACHED = "reached", "not reached"
LEFT_CENSORED, UNKNOWN = "left-censored", "not assessable"


def derive_stage_times(
    patients: pd.DataFrame,
    visits: pd.DataFrame,
    events: pd.DataFrame,
    samples: pd.DataFrame,
    settings: RegistryConfig,
    freeze_date: date,
) -> pd.DataFrame:
    """When each person reached each stage or a later one, months since onset: the table `STAGE_TIMES`.

    A stage counts as reached at the first visit that shows it or a later one, or at death (stage 5). A later visit in an
    earlier stage is flagged (`is_reversed`); it does not undo that, unless `registry.stage_reached` is ``sustained``: then
    the first visit counts after which no visit is in an earlier stage. Visits count from the start of observation on, as
    for survival (`registry.entry`). A visit whose missing items leave open whether the stage was reached says nothing.

    - *reached*: at the first visit that decides, the person was not there yet (`entry_months`: from here on they are at
      risk); the stage was reached after the last such visit (`lower_months`) and by the one that shows it, or by death
      (`upper_months`).
    - *not reached*: not by the last visit that decides (`lower_months`), and no death is known.
    - *left-censored*: the first visit that decides shows it (`upper_months`). Such people are no part of a curve with
      delayed entry: of those who reached it as early, the dead were never registered.
    - *not assessable*: no visit decides, there is no date of onset or registration, or a death without usable date ends
      the observation.
    """
    known = _assessed(patients, visits, events, samples, settings.entry)
    death = _deaths(patients, events, freeze_date)
    is_sustained = settings.stage_reached == "sustained"
    parts = [
        _times(patients["person"], _decide(known, scale, stage, is_sustained), death).assign(scale=scale, stage=stage)
        for scale in SCALES
        for stage in TIMED_STAGES
    ]
    return STAGE_TIMES.conform(pd.concat(parts, ignore_index=True))


def add_sightings(phenotypes: pd.DataFrame, stage_times: pd.DataFrame) -> pd.DataFrame:
    """`phenotypes` with entry, exit and event of the first visit (or death) that shows each stage.

    A survival trait of its own: exit is the first visit that shows the stage, or the last that does not. Whether a
    genotype matters is tested honestly as long as visits are scheduled without regard to it; the hazard ratio is that of
    being seen in the stage, nearer to one than that of reaching it where visits are rare.
    """
    times = stage_times[stage_times["status"].isin([REACHED, NOT_REACHED])]
    columns = {}
    for scale in SCALES:
        for stage in TIMED_STAGES:
            own = times[(times["scale"] == scale) & (times["stage"] == stage)].set_index("person")
            exit_months = own["upper_months"].fillna(own["lower_months"])
            columns[f"{scale}_{stage}_entry_months"] = phenotypes["person"].map(own["entry_months"])
            columns[f"{scale}_{stage}_exit_months"] = phenotypes["person"].map(exit_months)
            columns[f"is_{scale}_{stage}"] = phenotypes["person"].map((own["status"] == REACHED).astype("Int64"))
    return PHENOTYPES.conform(phenotypes.assign(**columns))


def _assessed(
    patients: pd.DataFrame, visits: pd.DataFrame, events: pd.DataFrame, samples: pd.DataFrame, entry: str
) -> pd.DataFrame:
    """Visits under observation with the bounds of both stages, in order of time."""
    start = pd.Series(observation_start(patients, samples, entry), index=patients["person"])
    known = visits[visits["months_since_onset"].notna()]
    known = known[days_of(known["visit_date"]) >= days_of(known["person"].map(start))]
    items = known[list(ITEMS)].to_numpy(dtype=float, na_value=np.nan)
    bounds = {"kings": kings_bounds(items, gastrostomy_at(known, events)), "mitos": mitos_bounds(items)}
    frame = pd.DataFrame({"person": known["person"], "months": known["months_since_onset"].astype(float)})
    for scale, (lowest, highest) in bounds.items():
        frame[f"{scale}_lowest"], frame[f"{scale}_highest"] = lowest, highest
    return frame.sort_values(["person", "months"], kind="stable")


def _deaths(patients: pd.DataFrame, events: pd.DataFrame, freeze_date: date) -> pd.Series:
    """Months from onset to death by person, infinite where a death has no usable date."""
    deaths = events[(events["event"] == "death") & (events["event_date"] <= pd.Timestamp(freeze_date))]
    day = patients["person"].map(deaths.groupby("person")["event_date"].min())
    months = months_between(days_of(patients["onset_date"]), days_of(day))
    unusable = patients["unusable_events"].fillna("").str.split("+")
    is_unusable = unusable.map(lambda kinds: bool({"death", "unknown"}.intersection(kinds))).to_numpy(dtype=bool)
    return pd.Series(np.where(is_unusable, np.inf, months), index=patients["person"])


def _decide(known: pd.DataFrame, scale: str, stage: int, is_sustained: bool) -> pd.DataFrame:
    """Visits that decide on a stage: whether they show it (`is_shown`), and whether they come after it was reached."""
    is_shown, is_below = known[f"{scale}_lowest"] >= stage, known[f"{scale}_highest"] < stage
    visits = known.loc[is_shown | is_below, ["person", "months"]].assign(is_shown=is_shown)
    last_below = visits["person"].map(visits[~visits["is_shown"]].groupby("person")["months"].max())
    first_shown = visits["person"].map(visits[visits["is_shown"]].groupby("person")["months"].min())
    # Comparisons with NaN (no such visit) are false.
    visits["is_reversed"] = ~visits["is_shown"] & (visits["months"] > first_shown)
    visits["is_undone"] = is_sustained & visits["is_shown"] & (visits["months"] < last_below)
    visits["is_before"] = ~visits["is_shown"] & (is_sustained | ~visits["is_reversed"])
    return visits


def _times(persons: pd.Series, visits: pd.DataFrame, death: pd.Series) -> pd.DataFrame:
    """Status and limits of every person, from the visits that decide."""
    before = visits[visits["is_before"]].groupby("person")["months"]
    shown = visits[visits["is_shown"] & ~visits["is_undone"]].groupby("person")["months"].min()
    entry, lower, shown, end = (values.reindex(persons) for values in (before.min(), before.max(), shown, death))
    upper = shown.fillna(end)
    status = np.select(
        [entry.notna() & np.isinf(upper), entry.notna() & upper.notna(), entry.notna(), shown.notna()],
        [UNKNOWN, REACHED, NOT_REACHED, LEFT_CENSORED],
        default=UNKNOWN,
    )
    is_timed = np.isin(status, [REACHED, NOT_REACHED])
    return pd.DataFrame(
        {
            "person": persons.to_numpy(),
            "status": status,
            "entry_months": np.where(is_timed, entry, np.nan),
            "lower_months": np.where(is_timed, lower, np.where(status == LEFT_CENSORED, 0.0, np.nan)),
            "upper_months": np.where(np.isin(status, [REACHED, LEFT_CENSORED]), upper, np.nan),
            "is_reversed": persons.isin(set(visits.loc[visits["is_reversed"], "person"])).to_numpy(),
        }
    )
