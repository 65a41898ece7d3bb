"""Time `alsreg traits` on a registry of 2,080 people with 40 visits each, and print it: ``python tests/benchmark/time_traits.py``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg import cli
from alsreg.tables.registry import ITEMS

N_PEOPLE, N_VISITS = 2080, 40


def write_registry(folder: Path) -> None:
    """Registered between 2006 and 2011, seen every three months, with a straight decline and noise."""
    rng = np.random.default_rng(1)
    person = np.array([f"P{number:05d}" for number in range(N_PEOPLE)])
    registration = np.datetime64("2006-01-01") + rng.integers(0, 1800, N_PEOPLE)
    onset = registration - rng.integers(60, 700, N_PEOPLE)
    birth = onset - rng.integers(40 * 365, 80 * 365, N_PEOPLE)
    pd.DataFrame({
        "person": person, "site": [f"S{k:02d}" for k in rng.integers(1, 33, N_PEOPLE)], "sex": rng.choice(["M", "F"], N_PEOPLE),
        "birth_date": birth.astype(str), "onset_date": onset.astype(str), "registration_date": registration.astype(str),
        "onset_region": rng.choice(["bulbar", "upper_limb", "lower_limb"], N_PEOPLE),
    }).to_csv(folder / "patients.csv", index=False)  # fmt: skip
    owner, number = np.repeat(np.arange(N_PEOPLE), N_VISITS), np.tile(np.arange(N_VISITS), N_PEOPLE)
    days = registration[owner] + number * 91 + rng.integers(-10, 11, owner.size) * (number > 0)
    slope = rng.normal(-0.06, 0.03, N_PEOPLE)[owner]
    items = np.clip(
        np.round(3.9 + slope[:, None] * number[:, None] + rng.normal(0, 0.4, (owner.size, 12))), 0, 4
    ).astype(int)
    visits = pd.DataFrame({"person": person[owner], "visit_date": days.astype(str)})
    pd.concat([visits, pd.DataFrame(items, columns=list(ITEMS))], axis=1).to_csv(folder / "visits.csv", index=False)
    last = registration + N_VISITS * 91 + 30
    dead = rng.random(N_PEOPLE) < 0.6
    events = [pd.DataFrame({"person": person, "event": "last_contact", "event_date": last.astype(str)})]
    events.append(pd.DataFrame({"person": person[dead], "event": "death", "event_date": last[dead].astype(str)}))
    pd.concat(events).to_csv(folder / "events.csv", index=False)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        write_registry(folder / "in")
        start, cpu = time.perf_counter(), time.process_time()
        code = cli.main(
            ["traits", "--registry", str(folder / "in"), "--freeze-date", "2022-02-28", "--out", str(folder / "out")]
        )
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(f"{N_PEOPLE} people, {N_VISITS} visits each: {wall:.1f} s, of which {cpu:.1f} s at work on a core")
    return code


if __name__ == "__main__":
    sys.exit(main())
