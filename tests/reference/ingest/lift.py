"""Freeze where htsjdk's LiftOver, through Hail, sends random positions: ``python lift.py DATA_FOLDER``.

Writes lift.tsv.gz: build, chromosome, position, target chromosome, position and strand (empty where unmapped).
"""

import gzip
import random
import sys
from pathlib import Path

import hail as hl

BUILDS = {"NCBI36": "NCBI36_to_GRCh38.chain.gz", "GRCh37": "GRCh37_to_GRCh38.chain.gz"}
N_PER_BUILD = 3000


def lengths(chain: Path, side: int) -> dict[str, int]:
    found = {}
    with gzip.open(chain, "rt") as stream:
        for line in stream:
            if line.startswith("chain"):
                fields = line.split()
                found[fields[side]] = int(fields[side + 1])
    return found


def block_edges(chain: Path, names: set[str]) -> set[tuple[str, int]]:
    """Starts and ends of blocks, 0-based half open, on the source."""
    found, name, place = set(), "", 0
    with gzip.open(chain, "rt") as stream:
        for line in stream:
            fields = line.split()
            if line.startswith("chain"):
                name, place = fields[2], int(fields[5])
            elif fields and name in names:
                found |= {(name, place), (name, place + int(fields[0]))}
                place += int(fields[0]) + (int(fields[1]) if len(fields) == 3 else 0)
    return found


def main(folder: Path) -> None:
    hl.init(quiet=True, log="/dev/null", master="local[1]")
    rows = []
    for build, name in BUILDS.items():
        chain = folder / "reference" / name
        source, target = lengths(chain, 2), lengths(chain, 7)
        here = hl.ReferenceGenome(build + "_chain", list(source), source)
        there = hl.ReferenceGenome(build + "_target", list(target), target)
        here.add_liftover(str(chain), there)
        draw = random.Random(1)
        names = [*map(str, range(1, 23)), "X", "Y"]
        places = [(c, draw.randint(1, source[c])) for c in draw.choices(names, k=N_PER_BUILD)]
        # As many again at the edges of blocks, where an error by one base would show.
        edges = draw.sample(sorted(block_edges(chain, set(names))), N_PER_BUILD)
        places = sorted(set(places + [(c, min(max(1, p + draw.choice((-1, 0, 1, 2))), source[c])) for c, p in edges]))
        table = hl.Table.parallelize(
            [{"c": c, "p": p} for c, p in places], hl.tstruct(c=hl.tstr, p=hl.tint32), n_partitions=1
        )
        locus = hl.locus(table.c, table.p, reference_genome=here)
        table = table.annotate(to=hl.liftover(locus, there, min_match=1.0, include_strand=True))
        for row in table.collect():
            to = row.to
            rows.append(
                (
                    build,
                    row.c,
                    row.p,
                    *(
                        ("", "", "")
                        if to is None
                        else (to.result.contig, to.result.position, "-" if to.is_negative_strand else "+")
                    ),
                )
            )
    with gzip.GzipFile("lift.tsv.gz", "wb", mtime=0) as stream:
        stream.write(b"build\tchromosome\tposition\tto_chromosome\tto_position\tstrand\n")
        stream.write("".join("\t".join(map(str, row)) + "\n" for row in rows).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
