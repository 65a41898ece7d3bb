"""Time `alsreg associate` beside PLINK 2 and R on the same people and variants; prints ratios, never fails on a time.

``python tests/benchmark/time_associate.py FOLDER [SECTION ...] [--scale 1.0] [--pairs 3] [--threads 2]``

Sections: missing, complete, survival, binary, together, growth. Programs run in turn, ours, theirs, ours, …, as whole processes;
a ratio is the median over pairs of theirs over ours, of wall and of CPU seconds. `--scale` multiplies the numbers of variants.
Needs `plink2` and, for survival, `Rscript` with the package survival on the PATH.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from associate_inputs import TRAITS, write_fileset, write_samples, write_specification

from alsreg.formats.pgen import PgenReader

ALSREG = [str(Path(sys.executable).with_name("alsreg")), "associate"]
PLINK = ["plink2", "--covar", "plink_covariates.tsv", "--covar-variance-standardize"]
N_PEOPLE, N_REFERENCE = 2000, 300
HERE = Path(__file__).resolve().parent


class Cost(NamedTuple):
    wall: float
    cpu: float
    megabytes: float


def run(command: list[str], folder: Path) -> Cost:
    """One whole process. A failure ends the benchmark."""
    start = time.perf_counter()
    with (folder / "output.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed; see {folder / 'output.log'}")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Benchmark:
    def __init__(self, folder: Path, scale: float, n_pairs: int, threads: int) -> None:
        self.folder, self.scale, self.n_pairs, self.threads = folder, scale, n_pairs, str(threads)
        write_samples(folder, N_PEOPLE)

    def fileset(self, n_variants: int, missing: float, n_people: int = N_PEOPLE) -> str:
        n = max(int(n_variants * self.scale), 1000)
        name = f"g{n}_{n_people}_{missing:g}"
        write_fileset(self.folder / name, n, n_people, missing)
        return name

    def ours(self, fileset: str, traits: list[str], *more: str, samples: str = "samples.tsv") -> list[str]:
        specification = write_specification(self.folder / f"{'_'.join(traits)}.yaml", traits).name
        paths = ["--pfile", fileset, "--samples", samples, "--spec", specification, "--out", "ours"]
        return [*ALSREG, *paths, "--threads", self.threads, *more]

    def plink(self, fileset: str, phenotypes: str, *glm: str) -> list[str]:
        files = ["--pfile", fileset, "vzs", "--pheno", phenotypes, "--threads", self.threads, "--out", "theirs"]
        return [*PLINK, *files, "--glm", "hide-covar", *glm]

    def compare(self, title: str, ours: list[str], theirs: list[str]) -> None:
        pairs = [(run(ours, self.folder), run(theirs, self.folder)) for _ in range(self.n_pairs)]
        wall, cpu = (statistics.median(b[k] / a[k] for a, b in pairs) for k in (0, 1))
        a, b = (Cost(*map(statistics.median, zip(*costs, strict=True))) for costs in zip(*pairs, strict=True))
        print(f"{title}: {wall:.1f} x by wall, {cpu:.1f} x by CPU; ours {a.wall:.1f} s ({a.cpu:.1f} CPU), "
              f"theirs {b.wall:.1f} s ({b.cpu:.1f} CPU)", flush=True)  # fmt: skip

    def quantitative(self, n_variants: int, missing: float) -> None:
        fileset, label = self.fileset(n_variants, missing), f"two quantitative traits, {missing:.0%} missing"
        theirs = self.plink(fileset, "plink_quantitative.tsv")
        self.compare(f"{label}, plain", self.ours(fileset, ["q1", "q2"], "--plain"), theirs)
        self.compare(f"{label}, bgzip and index", self.ours(fileset, ["q1", "q2"]), theirs)

    def binary(self) -> None:
        fileset = self.fileset(200_000, 0.01)
        theirs = self.plink(fileset, "plink_binary.tsv", "firth-fallback")
        self.compare("binary", self.ours(fileset, ["case"], "--plain"), theirs)

    def survival(self) -> None:
        """R is timed within, over its loop alone; we over the whole process."""
        fileset = self.fileset(1_000_000, 0.01)
        with PgenReader(self.folder / fileset) as reader:
            counts = reader.hardcalls(0, N_REFERENCE).astype(float)
        np.savetxt(self.folder / "reference.tsv", np.where(counts < 0, np.nan, counts), fmt="%g", delimiter="\t")
        ours, rates = self.ours(fileset, ["survival"], "--plain"), []
        for _ in range(self.n_pairs):
            cost = run(ours, self.folder)
            script = ["Rscript", str(HERE / "time_coxph.R"), "samples.tsv", "reference.tsv"]
            output = subprocess.run(script, cwd=self.folder, check=True, capture_output=True, text=True).stdout
            theirs = [float(rate) for rate in output.split()]
            n_variants = int(fileset.split("_")[0][1:])
            rates.append((n_variants / cost.wall, n_variants / cost.cpu * int(self.threads), *theirs))
        for k, name in enumerate(("by the clock", "by CPU, all threads at work")):
            a, b = (statistics.median(rate[i] for rate in rates) for i in (k, k + 2))
            ratio = statistics.median(rate[k] / rate[k + 2] for rate in rates)
            print(f"survival {name}: {a:,.0f} variants/s, coxph {b:.0f}; {ratio:,.0f} x", flush=True)

    def together(self) -> None:
        fileset = self.fileset(200_000, 0.01)
        kinds = ["q1", "case", "survival", "slope"]
        rounds = [[run(self.ours(fileset, traits, "--plain"), self.folder) for traits in ([*kinds], *([k] for k in kinds))]
                  for _ in range(self.n_pairs)]  # fmt: skip
        for k, name in enumerate(("wall", "CPU")):
            costs = [statistics.median(r[i][k] for r in rounds) for i in range(len(kinds) + 1)]
            ratio = statistics.median(r[0][k] / max(cost[k] for cost in r[1:]) for r in rounds)
            alone = ", ".join(f"{kind} {cost:.1f}" for kind, cost in zip(kinds, costs[1:], strict=True))
            print(
                f"four traits together: {costs[0]:.1f} s {name}, {ratio:.2f} x the slowest alone ({alone})", flush=True
            )

    def growth(self) -> None:
        for n_variants in (20_000, 200_000, 2_000_000):
            cost = run(self.ours(self.fileset(n_variants, 0.0), ["q1"], "--plain"), self.folder)
            print(f"{n_variants} variants: {cost.wall:.1f} s, {cost.cpu:.1f} CPU, {cost.megabytes:.0f} MB", flush=True)
        for n_people in (2_000, 5_000, 20_000):
            folder = self.folder / f"people{n_people}"
            folder.mkdir(exist_ok=True)
            write_samples(folder, n_people)
            ours = self.ours(f"../{self.fileset(20_000, 0.01, n_people)}", list(TRAITS))
            write_specification(folder / f"{'_'.join(TRAITS)}.yaml", list(TRAITS))
            cost = run(ours, folder)
            print(
                f"{n_people} people, five traits: {cost.wall:.1f} s, {cost.cpu:.1f} CPU, {cost.megabytes:.0f} MB",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sections", nargs="*")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_intermixed_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    benchmark = Benchmark(options.folder.resolve(), options.scale, options.pairs, options.threads)
    build = subprocess.run(["plink2", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{build}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    sections = {
        "missing": lambda: benchmark.quantitative(200_000, 0.01), "complete": lambda: benchmark.quantitative(1_000_000, 0.0),
        "survival": benchmark.survival, "binary": benchmark.binary, "together": benchmark.together, "growth": benchmark.growth,
    }  # fmt: skip
    for name in options.sections or sections:
        sections[name]()


if __name__ == "__main__":
    main()
