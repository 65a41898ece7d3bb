"""Make a repetitive genome and a VCF of multiallelic, padded and misaligned records on it: ``python normalise.py``."""

import random
from pathlib import Path

HERE = Path(__file__).parent
SAMPLES = 6


def main() -> None:
    draw = random.Random(3)
    sequence = "".join(draw.choice(("ACACACAC", "TTTTTT", "GATGATGAT", "ACGT", "CCGCCG", "AGTC")) for _ in range(700))
    (HERE / "genome.fa").write_text(">chr1\n" + sequence + "\n")
    (HERE / "genome.fa.fai").write_text(f"chr1\t{len(sequence)}\t6\t{len(sequence)}\t{len(sequence) + 1}\n")
    lines = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID=chr1,length={len(sequence)}>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(f"S{k}" for k in range(SAMPLES)),
    ]
    for position in range(20, len(sequence) - 20, 9):
        length = draw.choice((1, 1, 2, 3, 4))
        ref = sequence[position - 1 : position - 1 + length]
        alts: list[str] = []
        while len(alts) < draw.choice((1, 1, 2, 3)):
            alt = draw.choice(
                (
                    ref[0],
                    ref + sequence[position - 1 + length :][: draw.randint(1, 4)],
                    ref[:-1] + draw.choice("ACGT"),
                    ref[0] + "".join(draw.choice("ACGT") for _ in range(2)) + ref[1:],
                    ref + ref,
                )
            )
            if alt != ref and alt not in alts:
                alts.append(alt)
        calls = [
            draw.choice(
                (
                    "0/0",
                    "./.",
                    f"0/{draw.randint(1, len(alts))}",
                    "/".join(map(str, sorted(draw.choices(range(len(alts) + 1), k=2)))),
                )
            )
            for _ in range(SAMPLES)
        ]
        lines.append(f"chr1\t{position}\t.\t{ref}\t{','.join(alts)}\t.\tPASS\t.\tGT\t" + "\t".join(calls))
    (HERE / "unnormalised.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
