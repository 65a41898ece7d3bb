"""Make the frozen answers of PLINK 2 in this folder: ``python make.py`` beside a `plink2` on the path.

Simulated genotypes of 150 people (two ancestry groups, 1 % missing, X with males coded 0 and 2) go to
``genotypes.tsv.gz`` and through PLINK 2; its tables are kept as it wrote them.
"""

import gzip
import subprocess
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
N = 150
PAR_POSITIONS, X_POSITIONS = (1_000_000, 2_781_479, 155_701_383), tuple(range(2_781_480, 100_000_000, 4_000_000))


def main() -> None:
    rng = np.random.default_rng(20_261_123)
    sex = rng.choice(["M", "F"], N)
    group = np.where(np.arange(N) < 90, "one", "two")
    places = [("1", 10_000 * k) for k in range(1, 101)] + [("22", 20_000 * k) for k in range(1, 61)]
    places += [("X", position) for position in sorted((*PAR_POSITIONS, *X_POSITIONS))]
    genotypes = np.array([simulate(rng, place, sex, group) for place in places])
    samples = [f"P{k:03d}" for k in range(N)]
    with gzip.GzipFile(HERE / "genotypes.tsv.gz", "wb", mtime=0) as stream:
        lines = ["\t".join(("chromosome", "position", *samples)), "\t".join((".", "sex", *sex)),
                 "\t".join((".", "group", *group))]  # fmt: skip
        lines += ["\t".join(map(str, (*place, *row))) for place, row in zip(places, genotypes, strict=True)]
        stream.write(("\n".join(lines) + "\n").encode())
    run_plink(samples, sex, group, places, genotypes)


def simulate(rng: np.random.Generator, place: tuple[str, int], sex: np.ndarray, group: np.ndarray) -> np.ndarray:
    p = rng.beta(0.5, 1.5)
    frequency = np.clip(p + np.where(group == "one", 0.05, -0.05) * rng.normal(), 0.002, 0.998)
    inbreeding = rng.choice([0, 0.3], p=[0.9, 0.1])
    first = rng.random(N) < frequency
    second = np.where(rng.random(N) < inbreeding, first, rng.random(N) < frequency)
    is_haploid = (sex == "M") & (place[0] == "X") & (place[1] in X_POSITIONS)
    row = np.where(is_haploid, 2 * first, first.astype(int) + second)
    return np.where(rng.random(N) < 0.01, -9, row)


def run_plink(samples, sex, group, places, genotypes) -> None:
    call = {-9: "./.", 0: "0/0", 1: "0/1", 2: "1/1"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        header = "\t".join(("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples))
        rows = ["\t".join((c, str(p), f"{c}_{p}", "A", "C", ".", ".", ".", "GT", *(call[g] for g in row)))
                for (c, p), row in zip(places, genotypes.tolist(), strict=True)]  # fmt: skip
        (folder / "in.vcf").write_text("##fileformat=VCFv4.2\n" + "\n".join([header, *rows]) + "\n")
        people = "\n".join(f"{s}\t{'1' if x == 'M' else '2'}" for s, x in zip(samples, sex, strict=True))
        (folder / "in.psam").write_text(f"#IID\tSEX\n{people}\n")
        for label in ("one", "two"):
            keep = [s for s, g in zip(samples, group, strict=True) if g == label]
            (folder / f"{label}.keep").write_text("\n".join(keep) + "\n")
        base = ["plink2", "--pfile", "all", "--threads", "1"]
        plink = lambda *words: subprocess.run([*words], cwd=folder, check=True, capture_output=True)  # noqa: E731
        plink("plink2", "--vcf", "in.vcf", "--psam", "in.psam", "--split-par", "hg38", "--make-pgen", "--out", "all")
        plink(*base, "--freq", "--out", "all")
        plink(*base, "--missing", "--autosome", "--out", "all")
        plink(*base, "--het", "small-sample", "--keep", "one.keep", "--autosome", "--out", "one")
        plink(*base, "--hardy", "--keep", "one.keep", "--autosome", "--out", "one")
        plink(*base, "--hardy", "midp", "--keep", "one.keep", "--autosome", "--out", "one.midp")
        plink(*base, "--hardy", "--keep-females", "--chr", "X", "--out", "females")
        kept = ("all.afreq", "all.smiss", "all.vmiss", "one.het", "one.hardy", "one.midp.hardy", "females.hardy.x")
        for file in kept:
            (HERE / file).write_text((folder / file).read_text())
        version = subprocess.run(["plink2", "--version"], capture_output=True, text=True, check=True).stdout
        (HERE / "version.txt").write_text(version)


if __name__ == "__main__":
    main()
