"""Time ingest, identity and merge beside bcftools and PLINK 2; prints ratios, never fails on a time.

``python tests/benchmark/time_genotypes.py FOLDER [ingest] [identity] [merge] [--scale 1.0] [--pairs 3]``

ingest: 1,000 people and 20,000 records of GT:AD:DP:GQ:PL on two chromosomes; ours as the workflow runs it, a process per shard, all
filters; theirs `bcftools norm -m- -Ou` then `plink2 --bcf --vcf-min-gq --vcf-min-dp --make-pgen --threads 2`, which knows no allele
balance. identity: 3,100 samples of three assays on 10,000 SNPs, every sample against every other. merge: two assays of 1,000
people, 500 of them on both, 20,000 variants; ours from PGEN to PGEN with sources, discordance and platform effect, theirs
`bcftools merge -Ob` of BCFs of the same genotypes. Whole processes in turn; medians of wall and CPU seconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from time_associate import Cost, run

from alsreg.config.freeze import Assay, Cohort
from alsreg.config.identity import IdentityConfig
from alsreg.config.ingest import IngestConfig
from alsreg.config.merge import MergeConfig
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.genotypes import PAIRS, PERSONS, SAMPLE_QC, VARIANT_QC
from alsreg.tables.registry import PATIENTS

HERE = Path(__file__).resolve()
SCRIPTS = HERE.parents[2] / "scripts"
CALLS = np.array(["0/0", "0/1", "1/1", "./."])


def frequencies(n: int, seed: int, lowest: float = 0.01) -> np.ndarray:
    return np.random.default_rng(seed).uniform(lowest, 0.5, n)


def draw(p: np.ndarray, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).binomial(2, p[:, None], (len(p), n)).astype(np.int8)


def conform(table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what else the table wants, missing."""
    return frame.assign(**{c.name: None for c in table.columns if c.name not in frame.columns})


# Ingest


def write_reads(path: Path, n_records: int, n_people: int) -> None:
    """A bgzipped, indexed VCF with depth about 30."""
    if path.exists():
        return
    rng = np.random.default_rng(1)
    header = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=248956422>", "##contig=<ID=chr2,length=242193529>"]
    for name, number, kind in (("GT", "1", "String"), ("AD", "R", "Integer"), ("DP", "1", "Integer"), ("GQ", "1", "Integer"), ("PL", "G", "Integer")):  # fmt: skip
        header.append(f'##FORMAT=<ID={name},Number={number},Type={kind},Description="{name}">')
    names = [f"S{k:04d}" for k in range(n_people)]
    header.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]))
    with path.open("wb") as out, subprocess.Popen(["bgzip", "-@2", "-c"], stdin=subprocess.PIPE, stdout=out) as bgzip:
        bgzip.stdin.write(("\n".join(header) + "\n").encode())
        for k, p in enumerate(frequencies(n_records, 2)):
            g = rng.binomial(2, p, n_people)
            depth = rng.poisson(30, n_people)
            alt = rng.binomial(depth, np.array([0.002, 0.5, 0.998])[g])
            gq = np.minimum(99, 3 * depth)
            chromosome, position = ("chr1", "chr2")[k >= n_records // 2], 1000 + 20 * k
            cells = [
                f"{c}:{d - a},{a}:{d}:{q}:{0 if c == '0/0' else 9 * d},{3 * d},{9 * d}"
                for c, d, a, q in zip(CALLS[g], depth, alt, gq, strict=True)
            ]
            alts = "G" if k % 50 else "G,T"
            if alts == "G,T":
                cells = [f"{c}:{d - a},{a},0:{d}:{q}:0,{3 * d},{9 * d},{3 * d},{9 * d},{9 * d}" for c, d, a, q in zip(CALLS[g], depth, alt, gq, strict=True)]  # fmt: skip
            line = "\t".join([chromosome, str(position), ".", "A", alts, "50", "PASS", ".", "GT:AD:DP:GQ:PL", *cells])
            bgzip.stdin.write(line.encode() + b"\n")
    subprocess.run(["bcftools", "index", "-t", "-f", str(path)], check=True)


def ingest_shard(vcf: str, chromosome: str, prefix: str) -> None:
    from alsreg.genotypes.references import read_references
    from ingest.import_genotypes import Job, import_genotypes

    conventions = Assay(kind="wgs", build="GRCh38", files=[{"path": "x"}])
    import_genotypes(
        [vcf], read_references({}), Job("wgs", chromosome, conventions, [chromosome]), IngestConfig(), prefix
    )


def together(commands: list[list[str]], folder: Path) -> Cost:
    """Processes at once: the longest wall time, the sum of CPU and memory."""
    with ThreadPoolExecutor(len(commands)) as pool:
        costs = list(pool.map(lambda command: run(command, folder), commands))
    return Cost(max(c.wall for c in costs), sum(c.cpu for c in costs), sum(c.megabytes for c in costs))


def step(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(HERE), "--step", name, *arguments]


def time_ingest(folder: Path, scale: float, n_pairs: int) -> None:
    vcf = folder / f"reads{scale:g}.vcf.gz"
    write_reads(vcf, int(20_000 * scale), 1000)

    def ours() -> Cost:
        return together([step("ingest", str(vcf), c, str(folder / f"ours{c}")) for c in ("1", "2")], folder)

    def theirs() -> Cost:
        norm = run(["bcftools", "norm", "-m-", "-Ou", "-o", "x.bcf", str(vcf)], folder)
        plink = run(["plink2", "--bcf", "x.bcf", "--vcf-min-gq", "20", "--vcf-min-dp", "10", "--make-pgen", "--threads", "2", "--out", "theirs"], folder)  # fmt: skip
        return Cost(norm.wall + plink.wall, norm.cpu + plink.cpu, max(norm.megabytes, plink.megabytes))

    report("ingest", ours, theirs, n_pairs)
    parsing = run(["bcftools", "view", "-Ou", "-o", "/dev/null", str(vcf)], folder)
    print(f"  floor: htslib reads the text in {parsing.wall:.1f} s ({parsing.cpu:.1f} s CPU)")


# Identity


def write_assay(folder: Path, assay: str, samples: list[str], counts: np.ndarray, persons: list[str]) -> None:
    """Fileset and tables of an assay on one shard."""
    n = len(counts)
    position = 1000 + 25_000 * np.arange(n)
    variants = pd.DataFrame(
        {"CHROM": "1", "POS": position, "ID": [f"1_{x}_A_G" for x in position], "REF": "A", "ALT": "G"}
    )
    with PgenWriter(folder / assay, pd.DataFrame({"IID": samples, "SEX": "unknown"}), n) as writer:
        for start in range(0, n, 4096):
            writer.append(variants.iloc[start : start + 4096], counts[start : start + 4096])
    table = pd.DataFrame({
        "variant_id": variants["ID"], "chromosome": "1", "position": position, "ref": "A", "alt": "G", "n_called": counts.shape[1],
        "alt_frequency": counts.mean(axis=1) / 2, "is_excluded": False, "reason": "",
    })  # fmt: skip
    VARIANT_QC.write(conform(VARIANT_QC, table), folder / f"{assay}.variants.parquet")
    rows = pd.DataFrame({"sample": samples, "assay": assay, "claimed_person": persons})
    rows = rows.assign(is_excluded=False, is_contaminated=False, call_rate=1.0, reason="")
    SAMPLE_QC.write(conform(SAMPLE_QC, rows), folder / f"{assay}.samples.tsv")


def compare(folder: str) -> None:
    from identity.compare_samples import compare_samples

    assays = ["wgs", "wes", "array"]
    files = [
        [f"{folder}/{assay}{suffix}" for assay in assays] for suffix in (".pgen", ".variants.parquet", ".samples.tsv")
    ]
    compare_samples(*files, assays, IdentityConfig(min_distance_kb=0), f"{folder}/pairs.tsv")


def time_identity(folder: Path, scale: float, n_pairs: int) -> None:
    sizes = {"wgs": (0, 900), "wes": (300, 1400), "array": (700, 1800)}
    truth = draw(frequencies(int(10_000 * scale), 3, 0.06), 1800, 4)
    for assay, (start, stop) in sizes.items():
        people = [f"P{k}" for k in range(start, stop)]
        write_assay(folder, assay, [f"{assay}{name}" for name in people], truth[:, start:stop], people)
    costs = [run(step("identity", str(folder)), folder) for _ in range(n_pairs)]
    show("identity, 3,100 samples", costs)


# Merge


def merge(folder: str) -> None:
    from merge.merge_assays import PersonTables, merge_assays

    assays = ["first", "second"]
    people = PersonTables(*(f"{folder}/{name}" for name in ("persons.tsv", "patients.parquet", "no_pairs.tsv")))
    merge_assays([f"{folder}/{a}.pgen" for a in assays], [f"{folder}/{a}.variants.parquet" for a in assays], people,
                 Cohort(assays=assays), MergeConfig(), f"{folder}/merged")  # fmt: skip


def time_merge(folder: Path, scale: float, n_pairs: int) -> None:
    truth = draw(frequencies(int(20_000 * scale), 5), 1500, 6)
    ledger = []
    for assay, start in (("first", 0), ("second", 500)):
        people = [f"P{k:04d}" for k in range(start, start + 1000)]
        samples = [f"{assay}{name}" for name in people]
        write_assay(folder, assay, samples, truth[:, start : start + 1000], people)
        ledger.append(pd.DataFrame({"person": people, "assay": assay, "sample": samples, "claimed_person": people}))
        pfile = ["plink2", "--pfile", assay, "--export", "bcf", "--out", assay]
        subprocess.run(["zstd", "-dqf", f"{assay}.pvar.zst"], cwd=folder, check=True)
        run(pfile, folder)
        subprocess.run(["bcftools", "index", "-f", f"{assay}.bcf"], cwd=folder, check=True)
    PERSONS.write(pd.concat(ledger).assign(is_usable=True, reason=""), folder / "persons.tsv")
    known = pd.DataFrame({"person": [f"P{k:04d}" for k in range(1500)], "sex": "F"})
    PATIENTS.write(conform(PATIENTS, known), folder / "patients.parquet")
    PAIRS.write(PAIRS.empty(), folder / "no_pairs.tsv")
    theirs = ["bcftools", "merge", "-Ob", "-o", "merged.bcf", "first.bcf", "second.bcf"]
    report("merge", lambda: run(step("merge", str(folder)), folder), lambda: run(theirs, folder), n_pairs)


# Reporting


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def show(name: str, costs: list[Cost]) -> None:
    cost = median(costs)
    print(f"{name}: {cost.wall:.1f} s ({cost.cpu:.1f} s CPU), {cost.megabytes:.0f} MB")


def report(name: str, ours: Callable[[], Cost], theirs: Callable[[], Cost], n_pairs: int) -> None:
    """Print both, and the median ratio of theirs over ours."""
    ours()  # compiles kernels, fills the page cache
    pairs = [(ours(), theirs()) for _ in range(n_pairs)]
    show(f"{name}, ours", [pair[0] for pair in pairs])
    show(f"{name}, theirs", [pair[1] for pair in pairs])
    wall, cpu = (statistics.median(t[k] / o[k] for o, t in pairs) for k in (0, 1))
    print(f"  theirs over ours: wall {wall:.2f}, CPU {cpu:.2f}")


SECTIONS = {"ingest": time_ingest, "identity": time_identity, "merge": time_merge}
STEPS = {"ingest": ingest_shard, "identity": compare, "merge": merge}


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        sys.path.insert(0, str(SCRIPTS))
        STEPS[sys.argv[2]](*sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sections", nargs="*", default=list(SECTIONS), metavar="SECTION")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.sections:
        SECTIONS[name](options.folder.resolve(), options.scale, options.pairs)


if __name__ == "__main__":
    main()
