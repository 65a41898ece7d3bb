"""Gather what became of all records of all assays."""

import logging
from collections.abc import Sequence

import pandas as pd

from alsreg.errors import InputError
from alsreg.genotypes.ledger import unaccounted
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import INGEST_COUNTS

log = logging.getLogger("alsreg.ingest")


def collect_counts(paths: Sequence[str], output: str) -> None:
    """Join the counts by assay and shard.

    Raises
    ------
    InputError
        If an assay has no variant left in any shard.
    ValueError
        If read and written plus lost differ: a defect of ours.
    """
    table = pd.concat([INGEST_COUNTS.read(path) for path in paths], ignore_index=True)
    wrong = unaccounted(table)
    if len(wrong):
        raise ValueError(f"records are not accounted for:\n{wrong.to_string(index=False)}")
    written = table[(table["unit"] == "variant") & (table["reason"] == "written")].groupby("assay")["count"].sum()
    for assay in table["assay"].unique():
        if written.get(assay, 0) == 0:
            raise InputError(
                "no variant on any chromosome of the freeze's shards", where=f"assay {assay}",
                remedy="check the assay's files, and that `shards` lists its chromosomes",
            )  # fmt: skip
        log.info("%s: %d variants written", assay, written[assay])
    INGEST_COUNTS.write(table, output)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        collect_counts(paths=snakemake.input.counts, output=snakemake.output.counts)
