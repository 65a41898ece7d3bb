"""Small files of sites and a genome, for tests of annotation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam


def write_genome(folder: Path, sequences: dict[str, str]) -> str:
    """A FASTA with its index."""
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    pysam.faidx(str(path))
    return str(path)


def repetitive_bases(n: int, seed: int) -> str:
    """Bases with short repeats, so that insertions and deletions have many spellings."""
    rng = np.random.default_rng(seed)
    units = ["A", "CA", "GAT", "T", "C"]
    return "".join(units[k] * int(rng.integers(1, 6)) for k in rng.integers(0, len(units), n))[:n]


def variants_of(names) -> pd.DataFrame:
    """A variant table from names ``chromosome_position_REF_ALT``."""
    parts = [name.split("_") for name in names]
    return pd.DataFrame({"CHROM": [p[0] for p in parts], "POS": [int(p[1]) for p in parts], "ID": list(names),
                         "REF": [p[2] for p in parts], "ALT": [p[3] for p in parts]})  # fmt: skip


def write_vcf(path: Path, info: list[str], rows: list[str], contigs: str = "") -> str:
    """A VCF of sites; `rows` are ``CHROM POS REF ALT INFO`` parted by blanks; bgzipped and indexed if the name ends in .gz."""
    lines = [f"##INFO={line}" for line in info]
    body = ["\t".join((c, p, ".", r, a, ".", ".", i)) for c, p, r, a, i in (row.split() for row in rows)]
    header = ["##fileformat=VCFv4.2", *contigs.splitlines(), *lines, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    return write_text(path, "\n".join([*header, *body]) + "\n", (0, 1))


def write_text(path: Path, text: str, columns: tuple[int, int]) -> str:
    """Text, or bgzip with a tabix index over contig and position `columns` if the name ends in .gz."""
    if path.suffix != ".gz":
        path.write_bytes(text.encode())
        return str(path)
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text.encode())
    pysam.tabix_index(
        str(path), seq_col=columns[0], start_col=columns[1], end_col=columns[1], meta_char="#", force=True
    )
    return str(path)
