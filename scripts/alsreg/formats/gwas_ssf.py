"""GWAS-SSF: the GWAS Catalog's format of summary statistics, bgzipped, indexed, with its metadata beside it.

Format: Hayhurst et al. 2022 (bioRxiv 2022.07.15.500230), version 1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pysam
import yaml

from alsreg.formats.atomic import atomic_path

MISSING = "#NA"
FILE_TYPE = "GWAS-SSF v1.0"


def write_gwas_ssf(
    parts: Iterable[pd.DataFrame], columns: list[str], path: str | Path, metadata: Mapping[str, Any]
) -> None:
    """Write ``path`` (.tsv.gz), its tabix index and ``-meta.yaml``.

    Parameters
    ----------
    parts
        Tables in order of chromosome and position, each with `columns` in order; chromosomes are integers.
    metadata
        Fields of the format's metadata besides those about the file itself.
    """
    path = Path(path)
    index, meta = Path(f"{path}.tbi"), metadata_path(path)
    with ExitStack() as stack:
        data, tbi, yml = (stack.enter_context(atomic_path(p)) for p in (path, index, meta))
        write_bgzip(parts, columns, data, missing=MISSING)
        pysam.tabix_index(str(data), force=True, seq_col=0, start_col=1, end_col=1, line_skip=1, index=str(tbi))
        about = {
            **metadata,
            "data_file_name": path.name,
            "file_type": FILE_TYPE,
            "data_file_md5sum": hashlib.md5(data.read_bytes(), usedforsecurity=False).hexdigest(),
            "is_harmonised": False,
            "is_sorted": True,
        }
        yml.write_text(yaml.safe_dump(about, sort_keys=False, allow_unicode=True), encoding="utf-8")


def metadata_path(path: str | Path) -> Path:
    """Where the metadata of a data file stand: the name the format asks for is ``<file>-meta.yaml``."""
    return Path(f"{path}-meta.yaml")


def write_bgzip(parts: Iterable[pd.DataFrame], columns: list[str], path: str | Path, missing: str = "NA") -> None:
    """Write tables under one header as bgzipped tab-separated text."""
    with pysam.BGZFile(str(path), "wb") as stream:
        stream.write(("\t".join(columns) + "\n").encode())
        for part in parts:
            if len(part):
                text = part[columns].to_csv(sep="\t", index=False, header=False, na_rep=missing, lineterminator="\n")
                stream.write(text.encode())
