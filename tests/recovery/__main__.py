"""``python -m recovery``: simulate registries with planted decline and survival, and write docs/recovery.tsv and its page."""

from __future__ import annotations

import argparse
from pathlib import Path

from recovery.page import write_page
from recovery.study import N_REPLICATES, replicate, summarise, write_summary

FOLDER = Path(__file__).resolve().parents[2] / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m recovery", description=__doc__)
    parser.add_argument("--replicates", type=int, default=N_REPLICATES, help="registries per scenario")
    arguments = parser.parse_args()
    write_summary(summarise(replicate(range(arguments.replicates))), FOLDER / "recovery.tsv")
    write_page(FOLDER / "recovery.tsv", FOLDER / "recovery.md")


if __name__ == "__main__":
    main()
