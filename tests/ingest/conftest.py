"""Small VCFs and a quick way through the import."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pysam
import pytest

from alsreg.config.freeze import Assay
from alsreg.config.ingest import IngestConfig
from alsreg.formats.pgen import PgenReader
from alsreg.genotypes.references import read_references
from alsreg.tables.genotypes import INGEST_COUNTS, SAMPLE_METRICS, VARIANT_INFO
from ingest import import_genotypes as script

HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=q10,Description="Quality">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads">
"""


@pytest.fixture
def write_vcf(tmp_path: Path) -> Callable[..., Path]:
    """Write a VCF from record lines ``CHROM POS ID REF ALT FILTER FORMAT call call ...``."""

    def write(
        name: str, records: Iterable[str], samples: str = "S1 S2 S3", contigs: str = "", how: str = "bgzip index",
        header: str = "",
    ) -> Path:  # fmt: skip
        rows = [record.split() for record in records]
        names = contigs.split() or list(dict.fromkeys(row[0] for row in rows))
        text = HEADER + header + "".join(f"##contig=<ID={c}>\n" for c in names)
        text += "\t".join(
            [
                *["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"],
                *samples.split("," if "," in samples else None),
            ]
        )
        text += "\n" + "".join("\t".join([*row[:5], ".", row[5], ".", *row[6:]]) + "\n" for row in rows)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "bgzip" in how:
            with pysam.BGZFile(str(path), "w") as stream:
                stream.write(text.encode())
        else:
            path.write_bytes(gzip.compress(text.encode()) if "gzip" in how else text.encode())
        if "index" in how:
            pysam.tabix_index(str(path), preset="vcf", force=True)
        return path

    return write


@pytest.fixture
def run_import(tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Import VCFs and read everything back."""
    return partial(import_into, tmp_path)


@pytest.fixture(scope="module")
def run_import_once(tmp_path_factory) -> Callable[..., SimpleNamespace]:
    """The same for fixtures that a whole module shares."""
    return partial(import_into, tmp_path_factory.mktemp("import"))


def import_into(
    folder: Path, *vcfs: Path, assay: dict | None = None, chromosomes: Iterable[str] = ("1",), settings: dict | None = None,
    chains: dict | None = None, fasta: Path | None = None, sites: Iterable[Path] = (), name: str = "wgs",
    withdrawn: frozenset[str] = frozenset(),
) -> SimpleNamespace:  # fmt: skip
    conventions = Assay(**{"kind": "wgs", "build": "GRCh38", "files": [{"path": "x"}], **(assay or {})})
    prefix = folder / f"out {name}" / "shard.1"
    script.import_genotypes(
        [str(path) for path in vcfs],
        read_references(chains or {}, [str(fasta)] if fasta else [], [str(path) for path in sites]),
        script.Job(name, "shard.1", conventions, list(chromosomes), withdrawn),
        IngestConfig(**(settings or {})), str(prefix),
    )  # fmt: skip
    with PgenReader(prefix) as reader:
        counts = reader.hardcalls(0, reader.n_variants)
        genotypes = {name: row.tolist() for name, row in zip(reader.variants["ID"], counts, strict=True)}
        samples = reader.samples["IID"].tolist()
    table = INGEST_COUNTS.read(f"{prefix}.counts.tsv")
    return SimpleNamespace(
        prefix=prefix, genotypes=genotypes, samples=samples, table=table,
        counts={(row.unit, row.reason): row[6] for row in table.itertuples()},
        info=VARIANT_INFO.read(f"{prefix}.variant_info.parquet"),
        metrics=SAMPLE_METRICS.read(f"{prefix}.sample_metrics.parquet"),
    )  # fmt: skip
