"""Tables as they may leave: rows that rest on few people are dropped, and columns that count few."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pysam
import yaml

from alsreg.formats.gwas_ssf import index_and_describe, metadata_path
from alsreg.language import gettext
from alsreg.report.disclosure import Disclosure, apart

ROWS_AT_ONCE = 200_000
# Counts of carriers and copies stay inside: with the frequency, they tell how few are homozygous.
SUMMARY_COLUMNS = (
    "chromosome", "base_pair_location", "effect_allele", "other_allele", "beta", "standard_error",
    "effect_allele_frequency", "p_value", "variant_id", "rs_id", "n", "effect_method", "p_method",
)  # fmt: skip
GENE_COLUMNS = (
    "gene",
    "mask",
    "test",
    "n_variants",
    "beta",
    "standard_error",
    "p_value",
    "p_method",
    "p_bonferroni",
    "q_value",
)
OWN_METADATA = ("data_file_name", "file_type", "data_file_md5sum", "is_harmonised", "is_sorted")


def export_summary_statistics(source: Path, target: Path, min_mac: float, hide: Disclosure) -> None:
    """Rows of a GWAS-SSF file whose variant enough people carry and do not carry, with index and metadata.

    Numbers are copied as they are written.
    """
    n_dropped, n_people = 0, 0
    with pysam.BGZFile(str(target), "wb") as file:
        for k, rows in enumerate(
            pd.read_csv(source, sep="\t", dtype=str, keep_default_na=False, chunksize=ROWS_AT_ONCE)
        ):
            kept = rows[_may_leave(rows, min_mac, hide.min_cell)]
            n_dropped += len(rows) - len(kept)
            n_people = max(n_people, int(pd.to_numeric(kept["n"]).max()) if len(kept) else 0)
            columns = [name for name in SUMMARY_COLUMNS if name in rows]
            file.write(kept[columns].to_csv(sep="\t", index=False, header=k == 0, lineterminator="\n").encode())
    if n_dropped:
        rule = gettext(
            "fewer than {n} copies of the rarer allele, or fewer than {k} people on a side",
            n=f"{min_mac:g}",
            k=hide.min_cell,
        )
        hide.hide(gettext("association: variants of {file}", file=target.name), n_dropped, rule)
    about = yaml.safe_load(metadata_path(source).read_text(encoding="utf-8"))
    lowest = {"minor_allele_freq_lower_limit": min_mac / (2 * n_people)} if n_people else {}
    kept_about = {key: value for key, value in about.items() if key not in OWN_METADATA}
    checksum = hashlib.md5(target.read_bytes(), usedforsecurity=False).hexdigest()
    index_and_describe(target, kept_about | lowest, checksum)


def _may_leave(rows: pd.DataFrame, min_mac: float, min_cell: int) -> pd.Series:
    n, mac, carriers = (pd.to_numeric(rows[name], errors="coerce") for name in ("n", "mac", "n_carriers"))
    kept = (mac >= min_mac) & (carriers >= min_cell) & (n - carriers >= min_cell)
    events = pd.to_numeric(rows["n_events"], errors="coerce") if "n_events" in rows else None
    if events is not None and events.notna().any() and (events < n).any():
        kept &= (events >= min_cell) & (n - events >= min_cell)
    return kept


def export_genes(source: Path, target: Path, min_mac: float, hide: Disclosure) -> None:
    """Rows of a table of gene tests that rest on enough carriers, without their counts.

    Of two masks of a gene whose carriers differ by few, the one with fewer is dropped: the difference of their estimates would
    tell of these few.
    """
    rows = pd.read_csv(source, sep="\t", dtype=str, keep_default_na=False)
    carriers, mac = (pd.to_numeric(rows[name], errors="coerce").fillna(0) for name in ("n_carriers", "mac"))
    is_tested = pd.to_numeric(rows["p_value"], errors="coerce").notna()
    enough = is_tested & (mac >= min_mac) & (carriers >= hide.min_cell)
    counts = carriers[enough].astype(int).groupby([rows["gene"][enough], rows["mask"][enough]]).max()
    shown = {
        (gene, mask)
        for gene, own in counts.groupby(level=0)
        for (_, mask), is_apart in zip(own.index, apart(own.tolist(), hide.min_cell), strict=True)
        if is_apart
    }
    is_shown = enough & pd.Series(
        [pair in shown for pair in zip(rows["gene"], rows["mask"], strict=True)], index=rows.index
    )
    for n, rule in (
        (int((is_tested & ~enough).sum()), gettext("fewer than {n} copies of rarer alleles, or fewer than {k} carriers", n=f"{min_mac:g}", k=hide.min_cell)),
        (int((enough & ~is_shown).sum()), gettext("differs from another mask of the gene by fewer than {k} carriers", k=hide.min_cell)),
    ):  # fmt: skip
        if n:
            hide.hide(gettext("genes: rows of {file}", file=target.name), n, rule)
    rows.loc[is_shown, list(GENE_COLUMNS)].to_csv(target, sep="\t", index=False)
