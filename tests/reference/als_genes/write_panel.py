"""Write resources/genes/ from files at hand; no row comes from anywhere else.

``python write_panel.py als_genes.tsv als_gene_scanner.hg19.bed hg19_gencodeV7.txt.gz GRCh37_to_GRCh38.chain.gz OUT``

als_genes.tsv: ALSoD's "definitive" category as quoted in a public configuration, of unknown date. als_gene_scanner.hg19.bed:
142 intervals of ALSgeneScanner (github.com/KHP-Informatics/DNAscan, commit 716cc5eae8a34ebe58eff84a2152207b17aebb38, MIT),
without names. Only intervals of genes in the list are kept: each takes the gene of GENCODE 7 that it overlaps best (both files on
GRCh37), then the place on GRCh38.
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

import numpy as np

from alsreg.formats.chain import read_chain
from alsreg.formats.contigs import CHROMOSOMES


def transcripts(path: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Bounds over all transcripts, by chromosome and symbol."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    with gzip.open(path, "rt") as stream:
        for line in stream:
            f = line.rstrip("\n").split("\t")
            low, high = found.get((f[2], f[12]), (10**10, 0))
            found[f[2], f[12]] = min(low, int(f[4])), max(high, int(f[5]))
    return found


def best_gene(interval: tuple[str, int, int], genes: dict) -> tuple[float, str]:
    """Largest share of the union that is shared, and its gene."""
    chromosome, start, end = interval
    shares = [
        ((min(end, high) - max(start, low)) / (max(end, high) - min(start, low)), name)
        for (where, name), (low, high) in genes.items()
        if where == chromosome and low < end and high > start
    ]
    return max(shares, default=(0.0, ""))


def main(listed: str, bed: str, gencode: str, chain_file: str, out: str) -> None:
    rows = list(csv.DictReader(Path(listed).read_text().splitlines(), delimiter="\t"))
    folder = Path(out)
    with (folder / "als_genes.tsv").open("w") as stream:
        stream.write(
            "# version: ALSoD definitive category as quoted in a public configuration, 17 genes, date unknown\n"
        )
        stream.write("gene\ttier\tsource\tdate\n")
        for row in rows:
            source, _, date = row["source"].partition("; date ")
            stream.write(f"{row['gene']}\t{row['tier']}\t{source}\t{date}\n")
    genes, chain = transcripts(gencode), read_chain(chain_file)
    wanted = {row["gene"] for row in rows}
    places = []
    for line in Path(bed).read_text().splitlines():
        chromosome, start, end = line.split()[:3]
        share, gene = best_gene((chromosome, int(start), int(end)), genes)
        if gene in wanted:
            ends = chain.lift(chromosome.removeprefix("chr"), np.array([int(start) + 1, int(end)]))
            assert len(set(ends.chromosome)) == 1 and ends.chromosome[0] >= 0, gene
            low, high = sorted(ends.position.tolist())
            places.append((gene, CHROMOSOMES[ends.chromosome[0]], low, high, f"{share:.3f}"))
    assert {place[0] for place in places} == wanted and len(places) == len(wanted)
    with (folder / "als_gene_intervals.GRCh38.tsv").open("w") as stream:
        stream.write("gene\tchromosome\tstart\tend\toverlap\n")
        for place in sorted(places):
            stream.write("\t".join(map(str, place)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
