"""What an assay's alleles and positions are held against, read once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.chain import Chain, check_chain, read_chain
from alsreg.formats.contigs import ORDER
from alsreg.formats.fasta import Genome
from alsreg.formats.variant_ids import split_variant_ids
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.sites import ReferenceSites
from alsreg.tables.genotypes import VARIANT_INFO


def read_references(chains: dict[str, str], fasta: Sequence[str] = (), variant_infos: Sequence[str] = ()) -> References:
    """Open chain files (by build), the genome (at most one FASTA), and the variant tables of sequencing assays, the
    most trusted first."""
    by_build = {build: _open_chain(path, build) for build, path in chains.items()}
    genome = Genome(fasta[0]) if fasta else None
    if genome is not None:
        for build, chain in by_build.items():
            _check_lengths(chain, genome, chains[build])
    sites = read_sites(variant_infos) if variant_infos else None
    return References(genome, sites, by_build)


def read_sites(paths: Sequence[str]) -> ReferenceSites:
    """Sites from the variant tables of other assays; the first table wins where they disagree."""
    table = pd.concat([VARIANT_INFO.read(path) for path in paths], ignore_index=True)
    parts = split_variant_ids(table["variant_id"].tolist())
    return ReferenceSites(
        parts["CHROM"].map(ORDER).to_numpy(np.int64), parts["POS"].to_numpy(),
        (parts["REF"].tolist(), parts["ALT"].tolist()), table["alt_frequency"].to_numpy(float),
        table["is_ref_verified"].to_numpy(dtype=bool), table["rs_id"].fillna("").tolist(),
    )  # fmt: skip


def _open_chain(path: str, build: str) -> Chain:
    chain = read_chain(path)
    check_chain(chain, build, path)
    return chain


def _check_lengths(chain: Chain, genome: Genome, path: str) -> None:
    for name, length in chain.target_lengths.items():
        if name in genome.lengths and genome.lengths[name] != length:
            raise InputError(
                f"the chain file leads to another genome than the FASTA {genome.path}", file=path,
                where=f"length of chromosome {name}", value=f"{length} in the chain, {genome.lengths[name]} in the FASTA",
                remedy="use a chain file and a FASTA of the same GRCh38",
            )  # fmt: skip
