"""GWAS-SSF: the GWAS Catalog's format of summary statistics, bgzipped, indexed, with its metadata beside it.

Format: Hayhurst et al. 2022 (bioRxiv 2022.07.15.500230), version 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pysam
import yaml

MISSING = "#NA"
FILE_TYPE = "GWAS-SSF v1.0"


def index_and_describe(path: Path, metadata: Mapping[str, Any], md5: str) -> None:
    """Write the tabix index of a bgzipped file and ``-meta.yaml`` beside it.

    Parameters
    ----------
    path
        The file: rows in order of chromosome and position, which are its first columns.
    metadata
        Fields of the format's metadata besides those about the file itself.
    md5
        The file's checksum.
    """
    pysam.tabix_index(str(path), force=True, seq_col=0, start_col=1, end_col=1, line_skip=1)
    about = {
        **metadata,
        "data_file_name": path.name,
        "file_type": FILE_TYPE,
        "data_file_md5sum": md5,
        "is_harmonised": False,
        "is_sorted": True,
    }
    metadata_path(path).write_text(yaml.safe_dump(about, sort_keys=False, allow_unicode=True), encoding="utf-8")


def metadata_path(path: str | Path) -> Path:
    """Where the metadata of a data file stand: the name the format asks for is ``<file>-meta.yaml``."""
    return Path(f"{path}-meta.yaml")
