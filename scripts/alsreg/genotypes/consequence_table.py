"""A ready table of consequences: read, and matched to the variants at hand."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from alsreg.config.consequences import SEVERITY
from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome
from alsreg.formats.variant_ids import variant_ids

COLUMNS = ["chrom", "pos", "ref", "alt", "gene", "region"]
# Rows that share a position with a variant but not its alleles: at this share the table is on another build
# or strand.
MAX_MISMATCH = 0.5
MIN_ROWS_JUDGED = 20


def read_consequence_table(path: str | Path) -> pd.DataFrame:
    """Read ``chrom pos ref alt gene region``, tab-separated; several genes in one row are parted by ``;`` or
    ``,``.

    Returns
    -------
    DataFrame with ``chromosome``, ``position`` (int64), ``ref``, ``alt``, ``gene``, ``consequence``, one row
    per gene.

    Raises
    ------
    InputError
        If the file or a column is absent, or a row holds no position, no known chromosome, alleles that are
        not bases or a consequence outside the vocabulary; the row is named.
    """
    if not Path(path).exists():
        raise InputError("no such file", file=path, remedy="check `annotation.table` of the freeze")
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise InputError(f"columns {absent} are missing", file=path, remedy=f"columns needed: {', '.join(COLUMNS)}")
    table = table[COLUMNS].apply(lambda values: values.str.strip())
    chromosome = table["chrom"].map(canonical_chromosome)
    _refuse(table, chromosome.isna(), "chrom", "not a chromosome", path)
    _refuse(table, ~table["pos"].str.fullmatch(r"[1-9]\d*"), "pos", "not a position", path)
    for name in ("ref", "alt"):
        table[name] = table[name].str.upper()
        _refuse(table, ~table[name].str.fullmatch("[ACGT]+"), name, "not bases; split multiallelic rows", path)
    _refuse(table, table["gene"] == "", "gene", "no gene", path)
    _refuse(table, ~table["region"].isin(SEVERITY), "region", "unknown consequence", path)
    out = pd.DataFrame({
        "chromosome": chromosome, "position": table["pos"].astype("int64"), "ref": table["ref"], "alt": table["alt"],
        "gene": table["gene"].map(lambda text: [gene for gene in re.split("[;,]", text) if gene]),
        "consequence": table["region"],
    })  # fmt: skip
    return out.explode("gene", ignore_index=True).drop_duplicates(ignore_index=True)


def _refuse(table: pd.DataFrame, is_wrong: pd.Series, column: str, problem: str, path: str | Path) -> None:
    if is_wrong.any():
        row = int(is_wrong.to_numpy().argmax())
        raise InputError(problem, file=path, where=f"row {row + 2}, column {column}", value=table[column].iloc[row],
                         remedy="mend or remove the row; terms: Sequence Ontology or ANNOVAR's regions")  # fmt: skip


def match_consequences(
    table: pd.DataFrame, variants: pd.DataFrame, counts: Counter[tuple[str, bool]], path: str | Path
) -> pd.DataFrame:
    """Rows of the table for the variants at hand, by alleles; a table may hold REF and ALT of another build's
    genome.

    Parameters
    ----------
    table
        As `place_alleles` gives it.
    variants
        ``CHROM``, ``POS``, ``ID``, ``REF``, ``ALT`` on GRCh38.

    Returns
    -------
    DataFrame with ``variant_id``, ``gene``, ``consequence``.

    Raises
    ------
    InputError
        If at most positions shared with variants the alleles differ: a wrong build or strand.
    """
    known = set(variants["ID"])
    places = set(zip(variants["CHROM"], variants["POS"], strict=True))
    columns = [table[name] for name in ("chromosome", "position", "ref", "alt")]
    name = pd.Series(variant_ids(*columns), index=table.index, dtype=str)
    swapped = pd.Series(variant_ids(columns[0], columns[1], columns[3], columns[2]), index=table.index, dtype=str)
    is_snp = (table["ref"].str.len() == 1) & (table["alt"].str.len() == 1)
    direct, reverse = name.isin(known), swapped.isin(known) & is_snp
    is_near = pd.Series([place in places for place in zip(*columns[:2], strict=True)], index=table.index, dtype=bool)
    matched, mismatched = direct | reverse, is_near & ~(direct | reverse)
    for why, is_loss, rows in (
        ("matched", False, matched), ("matched_with_alleles_swapped", False, reverse & ~direct),
        ("alleles_differ", True, mismatched), ("not_among_the_variants", True, ~is_near & ~matched),
    ):  # fmt: skip
        counts[why, is_loss] += int(rows.sum())
    n_judged = int((is_near & is_snp).sum())
    if n_judged >= MIN_ROWS_JUDGED and (mismatched & is_snp).sum() > MAX_MISMATCH * n_judged:
        raise InputError(f"{int((mismatched & is_snp).sum())} of {n_judged} SNPs at shared positions have other alleles",
                         file=path, remedy="check `annotation.table_build` of the freeze, and the table's strand")  # fmt: skip
    out = table[matched].assign(variant_id=name.where(direct, swapped)[matched])
    return out[["variant_id", "gene", "consequence"]]


def most_severe(consequences: pd.DataFrame) -> pd.DataFrame:
    """One row per variant and gene: the most severe consequence."""
    rank = consequences["consequence"].map(SEVERITY)
    ordered = consequences.assign(rank=rank).sort_values(["variant_id", "gene", "rank"], kind="stable")
    return ordered.drop_duplicates(["variant_id", "gene"]).drop(columns="rank")
