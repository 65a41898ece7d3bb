"""A whole synthetic registry: genotypes, clinical tables, references, freeze file and the truth."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import yaml

from alsreg.config.freeze import Freeze
from alsreg.errors import AnalysisError, InputError
from alsreg.simulate import clinical
from alsreg.simulate.assays import (
    BUILDS,
    Records,
    Samples,
    join_parts,
    part_path,
    vcf_header,
    write_chromosome,
)
from alsreg.simulate.coalescent import demography
from alsreg.simulate.cohort import Cohort, draw_cohort, planted_loci
from alsreg.simulate.faults import ClinicalTables, PlannedSamples, plan_samples, samples_table, spoil_clinical
from alsreg.simulate.genome import ASSEMBLIES, BASES, CHROMOSOMES, Chromosome, build_chromosome, gff3_lines
from alsreg.simulate.people import ASSAYS, draw_assays
from alsreg.simulate.sizes import FREEZE_DATE, PRESETS, SimulationSize, stream
from alsreg.simulate.truth import GENOME_WIDE, NOMINAL, Analysed, burden_truth, planted_truth
from alsreg.simulate.variants import LocusVariants, simulate_locus

_LETTERS = np.append(BASES, ord("N")).astype(np.uint8)
_FASTA_WIDTH = 60


def simulate_registry(
    out: Path,
    n_people: int,
    seed: int,
    size: SimulationSize | str = "demo",
    freeze_id: str = "synthetic",
    n_processes: int = 1,
) -> Path:
    """Write a synthetic registry into the new folder `out`; returns the path of its freeze file.

    `size` is a `SimulationSize` or the name of a preset. The same arguments give the same bytes, for any number of
    processes. `out` appears whole or not at all.

    Raises
    ------
    InputError
        `out` exists and is not empty, or `n_people` is too few for what is to be planted.
    """
    out = Path(out).resolve()
    size = PRESETS[size] if isinstance(size, str) else size
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "the folder for the synthetic registry is not empty", file=out, remedy="name a new folder"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".simulate-", dir=out.parent) as temporary:
        folder = Path(temporary) / out.name
        for name in ("genotypes", "reference", "registry"):
            (folder / name).mkdir(parents=True)
        try:
            _write_registry(folder, out, n_people, seed, size, freeze_id, n_processes)
        except ValueError as error:
            raise InputError(
                str(error), where="n_people", value=n_people, remedy="simulate more people"
            ) from error
        os.replace(folder, out)
    return out / "freeze.yaml"


def _write_registry(
    folder: Path, root: Path, n_people: int, seed: int, size: SimulationSize, freeze_id: str, n_processes: int
) -> None:
    """All files, in the order in which each part needs the others."""
    genome = {name: build_chromosome(name, size, seed, planted_loci(size)) for name in CHROMOSOMES}
    _write_references(folder / "reference", genome)
    cohort = draw_cohort(genome, n_people, size, seed)
    has_assay = draw_assays(n_people, stream(seed, "assays"))
    is_unrelated = cohort.pedigree.family[:n_people] < 0
    planned = plan_samples(
        has_assay, cohort.pedigree.is_male[:n_people], is_unrelated, size.faults, stream(seed, "samples")
    )
    tables = _write_clinical(folder / "registry", cohort, planned, size, seed)
    counts = _write_genotypes(folder / "genotypes", genome, cohort, planned, size, seed, n_processes)
    truth = _truth(cohort, planned, has_assay, tables, counts)
    truth = {"freeze": freeze_id, "seed": seed, **truth}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    _write_freeze(folder, root, freeze_id, size, planned, counts, has_pedigree=tables.has_pedigree)
    _check(folder, genome, planned, counts, size)


def _write_references(folder: Path, genome: dict[str, Chromosome]) -> None:
    """FASTA, GFF3, capture regions and chain files."""
    fasta = folder / "genome.GRCh38.fa"
    with fasta.open("wb") as file:
        for chromosome in genome.values():
            letters = _LETTERS[chromosome.bases]
            whole = len(letters) // _FASTA_WIDTH * _FASTA_WIDTH
            lines = np.full((whole // _FASTA_WIDTH, _FASTA_WIDTH + 1), ord("\n"), dtype=np.uint8)
            lines[:, :-1] = letters[:whole].reshape(-1, _FASTA_WIDTH)
            rest = letters[whole:].tobytes()
            file.write(b">chr%s\n" % chromosome.name.encode() + lines.tobytes() + rest + b"\n" * bool(rest))
    pysam.faidx(str(fasta))
    genes = [line for chromosome in genome.values() for gene in chromosome.genes for line in gff3_lines(gene)]
    _write_bgzf(folder / "genes.GRCh38.gff3.gz", "##gff-version 3\n" + "\n".join(genes) + "\n")
    build = ASSEMBLIES[BUILDS["wes"]]
    regions = [
        f"{chromosome.name}\t{start - 1}\t{end}"
        for chromosome in genome.values()
        for start, end in build.from_grch38(chromosome, chromosome.capture_regions())
    ]
    (folder / f"capture.{build.name}.bed").write_text("\n".join(regions) + "\n", encoding="utf-8")
    for name in ("NCBI36", "GRCh37"):
        chain = "".join(
            ASSEMBLIES[name].chain(c, number) for number, c in enumerate(genome.values(), start=1)
        )
        _write_bgzf(folder / f"{name}_to_GRCh38.chain.gz", chain)


def _write_bgzf(path: Path, text: str) -> None:
    """Compressed without a timestamp, so that the same text is the same bytes."""
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text.encode())


@dataclass(frozen=True)
class _Clinical:
    persons: list[str]
    bad_rows: list[dict[str, object]]
    visits: list[np.ndarray]
    has_pedigree: bool
    is_clean: np.ndarray


def _write_clinical(
    folder: Path, cohort: Cohort, planned: PlannedSamples, size: SimulationSize, seed: int
) -> _Clinical:
    """The CSV tables. Rows beyond the people are second registrations of `planned.faults["duplicates"]`."""
    n, rng = cohort.n_people, stream(seed, "tables")
    twins = np.array([fault["person"] for fault in planned.faults["duplicates"]], dtype=int)
    owner = np.concatenate([np.arange(n), twins])
    persons = [f"SYN{number:05d}" for number in rng.permutation(len(owner)) + 1]
    courses = cohort.courses.take(owner)
    visits = clinical.draw_visit_days(courses, stream(seed, "visits"))
    items = clinical.draw_items(courses, visits, stream(seed, "items"))
    is_male = cohort.pedigree.is_male[owner].copy()
    wrong = [fault["person"] for fault in planned.faults["sex_mismatches"]]
    is_male[wrong] = ~is_male[wrong]
    tables = ClinicalTables(
        clinical.patients_table(persons, courses, is_male, cohort.pedigree.family[owner] >= 0, rng),
        clinical.visits_table(persons, visits, items),
        clinical.events_table(persons, courses),
    )
    is_free = (cohort.pedigree.family[owner] < 0) & ~planned.spoiled[owner]
    tables, bad_rows = spoil_clinical(tables, is_free, size.faults.bad_rows, stream(seed, "bad rows"))
    samples = samples_table(planned, persons, clinical.iso(courses.dna), stream(seed, "sample table"))
    pedigree = _pedigree_table(cohort, persons)
    for name, table in (("patients", tables.patients), ("visits", tables.visits), ("events", tables.events),
                        ("samples", samples), ("pedigree", pedigree)):  # fmt: skip
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    spoiled = {row["person"] for row in bad_rows}
    is_clean = np.array([person not in spoiled for person in persons[:n]])
    return _Clinical(persons, bad_rows, visits[:n], True, is_clean)


def _pedigree_table(cohort: Cohort, persons: list[str]) -> pd.DataFrame:
    """Children with a registered parent."""
    rows = []
    for person in range(cohort.n_people):
        parents = [
            persons[parent] if 0 <= parent < cohort.n_people else ""
            for parent in (cohort.pedigree.father[person], cohort.pedigree.mother[person])
        ]
        if any(parents):
            rows.append((persons[person], *parents))
    return pd.DataFrame(rows, columns=["person_id", "father", "mother"])


@dataclass(frozen=True)
class _Job:
    """What a process needs to write one chromosome."""

    folder: Path
    chromosome: Chromosome
    origin: np.ndarray
    drawn: dict[int, LocusVariants]
    planted: frozenset[int]
    samples: dict[str, Samples]
    n_founders: int
    array_fraction: float
    seed: int


def _write_genotypes(
    folder: Path,
    genome: dict[str, Chromosome],
    cohort: Cohort,
    planned: PlannedSamples,
    size: SimulationSize,
    seed: int,
    n_processes: int,
) -> dict[str, dict[str, int]]:
    """The VCFs; returns per chromosome the records of each assay and of their union."""
    jobs = []
    for name, chromosome in genome.items():
        drawn = {index: locus for (where, index), locus in cohort.loci.items() if where == name}
        planted = frozenset(
            int(cohort.loci[p.chromosome, p.locus].positions[p.row])
            for p in cohort.planted
            if p.chromosome == name
        )
        n_founders = int((cohort.pedigree.father < 0).sum())
        jobs.append(_Job(folder, chromosome, cohort.origins[name], drawn, planted, planned.columns, n_founders,
                         size.array_fraction, seed))  # fmt: skip
    if n_processes == 1:
        counts = [_write_one(job) for job in jobs]
    else:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(n_processes, mp_context=context) as pool:
            counts = list(pool.map(_write_one, jobs))
    for assay in ASSAYS:
        for path, chromosomes in _files(assay, size).items():
            header = vcf_header(assay, list(genome.values()), planned.columns[assay].names)
            join_parts(folder / path, header, [part_path(folder, assay, name) for name in chromosomes])
    return dict(zip(genome, counts, strict=True))


def _write_one(job: _Job) -> dict[str, int]:
    """Simulate a chromosome and write its part of every assay."""
    model = demography(0.75 if job.chromosome.name == "X" else 1.0)
    loci = [
        job.drawn[index]
        if index in job.drawn
        else simulate_locus(model, job.chromosome, locus, job.n_founders, job.seed)
        for index, locus in enumerate(job.chromosome.loci)
    ]
    rng = stream(job.seed, "records", job.chromosome.name)
    records = Records.of(job.chromosome, loci, job.array_fraction, set(job.planted), rng)
    rows = write_chromosome(job.folder, job.chromosome, records, job.origin, job.samples, job.seed)
    union = np.unique(np.concatenate(list(rows.values())))
    return {**{assay: len(kept) for assay, kept in rows.items()}, "union": len(union)}


def _files(assay: str, size: SimulationSize) -> dict[str, tuple[str, ...]]:
    """VCF names and the chromosomes in each."""
    if size.has_file_per_chromosome:
        return {f"{assay}.{BUILDS[assay]}.chr{name}.vcf.gz": (name,) for name in CHROMOSOMES}
    return {f"{assay}.{BUILDS[assay]}.vcf.gz": CHROMOSOMES}


def _truth(
    cohort: Cohort,
    planned: PlannedSamples,
    has_assay: np.ndarray,
    tables: _Clinical,
    counts: dict[str, dict[str, int]],
) -> dict[str, object]:
    """Everything planted, with names as the freeze has them."""
    n_variants = sum(count["union"] for count in counts.values())
    family = cohort.pedigree.family[: cohort.n_people]
    # One of each family stays in an analysis of unrelated people: its first member here.
    is_first = np.array(
        [one < 0 or index == np.flatnonzero(family == one)[0] for index, one in enumerate(family)]
    )
    analysed = Analysed(
        is_first & ~planned.spoiled & tables.is_clean, has_assay[:, 1:].any(axis=1), tables.visits
    )
    n_genes = sum(1 for _ in cohort.planted)
    thresholds = {"genome_wide": GENOME_WIDE, "nominal": NOMINAL, "bonferroni": 0.05 / n_variants}
    return {
        "n_people": cohort.n_people,
        "n_registered": len(tables.persons),
        "n_variants": n_variants,
        "n_records": {assay: sum(count[assay] for count in counts.values()) for assay in ASSAYS},
        "n_samples": {assay: len(samples.names) for assay, samples in planned.columns.items()},
        "n_analysed": int(analysed.is_usable.sum()),
        "n_planted": n_genes,
        "thresholds": thresholds,
        "effects": planted_truth(cohort, analysed, thresholds),
        "burdened_gene": burden_truth(cohort, analysed, {**thresholds, "genes": 2.5e-6}),
        "faults": _named_faults(cohort, planned, tables),
    }


def _named_faults(cohort: Cohort, planned: PlannedSamples, tables: _Clinical) -> dict[str, object]:
    """Faults by the names the registry uses."""
    persons, columns = tables.persons, planned.columns
    faults = planned.faults
    return {
        "swaps": [
            {"assay": f["assay"], "samples": [columns[f["assay"]].names[c] for c in f["columns"]],
             "persons": [persons[p] for p in f["persons"]]} for f in faults["swaps"]
        ],
        "duplicates": [{"persons": [persons[f["person"]], persons[f["row"]]]} for f in faults["duplicates"]],
        "sex_mismatches": [{"person": persons[f["person"]]} for f in faults["sex_mismatches"]],
        "contaminated": [
            {"assay": f["assay"], "sample": columns[f["assay"]].names[f["column"]], "person": persons[f["person"]],
             "fraction": f["fraction"], "contaminant": columns[f["assay"]].names[f["contaminant_column"]]}
            for f in faults["contaminated"]
        ],
        "low_call_rate": [
            {"assay": f["assay"], "sample": columns[f["assay"]].names[f["column"]], "person": persons[f["person"]]}
            for f in faults["low_call_rate"]
        ],
        "relatives": _relative_pairs(cohort, persons),
        "clinical_rows": tables.bad_rows,
    }  # fmt: skip


def _relative_pairs(cohort: Cohort, persons: list[str]) -> list[dict[str, object]]:
    """First-degree pairs of registered people."""
    pedigree, n = cohort.pedigree, cohort.n_people
    pairs = []
    for one in range(n):
        for other in range(one + 1, n):
            if pedigree.family[one] < 0 or pedigree.family[one] != pedigree.family[other]:
                continue
            if one in (pedigree.father[other], pedigree.mother[other]) or other in (
                pedigree.father[one],
                pedigree.mother[one],
            ):
                kind = "parent-child"
            elif pedigree.father[one] >= 0 and pedigree.father[one] == pedigree.father[other]:
                kind = "siblings"
            else:
                continue
            pairs.append({"persons": [persons[one], persons[other]], "kind": kind})
    return pairs


def _write_freeze(
    folder: Path,
    root: Path,
    freeze_id: str,
    size: SimulationSize,
    planned: PlannedSamples,
    counts: dict[str, dict[str, int]],
    has_pedigree: bool,
) -> None:
    """The freeze file, checked against its model."""
    assays = {}
    for assay in ASSAYS:
        files = [
            {
                "path": f"genotypes/{name}",
                **({"chromosomes": list(held)} if size.has_file_per_chromosome else {}),
            }
            for name, held in _files(assay, size).items()
        ]
        assays[assay] = {"kind": assay, "build": BUILDS[assay], "files": files,
                         "n_samples": len(planned.columns[assay].names)}  # fmt: skip
    assays["array"]["has_reference_alleles"] = False
    assays["wes"]["capture_bed"] = {"path": f"reference/capture.{BUILDS['wes']}.bed"}
    names = {"person": "person_id"}
    clinical_files = {
        name: {
            "path": f"registry/{name}.csv",
            "columns": {**names, **({"sample": "sample_id"} if name == "samples" else {})},
        }
        for name in ("patients", "visits", "events", "samples", *(["pedigree"] if has_pedigree else []))
    }
    freeze = {
        "id": freeze_id,
        "freeze_date": str(FREEZE_DATE),
        "root": str(root),
        "assays": assays,
        "clinical": clinical_files,
        "cohorts": {
            **{assay: {"assays": [assay]} for assay in ASSAYS},
            "all": {"assays": ["wgs", "wes", "array"]},
        },
        "shards": balance_shards({name: count["union"] for name, count in counts.items()}, size.shards),
        "fasta": {"path": "reference/genome.GRCh38.fa"},
        "chains": {name: {"path": f"reference/{name}_to_GRCh38.chain.gz"} for name in ("NCBI36", "GRCh37")},
        "annotation": {"gff3": {"path": "reference/genes.GRCh38.gff3.gz"}},
    }
    Freeze.model_validate(freeze)
    text = yaml.safe_dump(freeze, sort_keys=False, allow_unicode=True)
    (folder / "freeze.yaml").write_text(
        "# A synthetic registry: no real person is in it.\n" + text, encoding="utf-8"
    )


def balance_shards(weights: dict[str, int], n_shards: int) -> dict[str, list[str]]:
    """Neighbouring chromosomes joined into `n_shards` sets of about the same weight."""
    if n_shards >= len(weights):
        return {f"chr{name}": [name] for name in weights}
    middles = np.cumsum(list(weights.values())) - np.array(list(weights.values())) / 2
    number = np.minimum((middles / sum(weights.values()) * n_shards).astype(int), n_shards - 1)
    shards: dict[str, list[str]] = {}
    for shard in range(n_shards):
        held = [name for name, own in zip(weights, number, strict=True) if own == shard]
        if held:
            shards[f"chr{held[0]}-{held[-1]}" if len(held) > 1 else f"chr{held[0]}"] = held
    return shards


def _check(
    folder: Path,
    genome: dict[str, Chromosome],
    planned: PlannedSamples,
    counts: dict[str, dict[str, int]],
    size: SimulationSize,
) -> None:
    """Read back: sample names, number of records, REF of the genomes against the FASTA."""
    for assay in ASSAYS:
        for name, chromosomes in _files(assay, size).items():
            path = folder / "genotypes" / name
            with pysam.VariantFile(str(path)) as file:
                if list(file.header.samples) != planned.columns[assay].names:
                    raise AnalysisError("the VCF written has other samples than planned", file=path)
            expected = sum(counts[chromosome][assay] for chromosome in chromosomes)
            found = int(pysam.bcftools.index("--nrecords", str(path)).strip())
            if found != expected:
                raise AnalysisError(f"the VCF written has {found} records, not {expected}", file=path)
    with pysam.FastaFile(str(folder / "reference/genome.GRCh38.fa")) as fasta:
        for name in _files("wgs", size):
            path = folder / "genotypes" / name
            with pysam.TabixFile(str(path)) as file:
                for contig in file.contigs:
                    sequence = fasta.fetch(contig)
                    for line in file.fetch(contig):
                        _, position, _, ref = line.split("\t", 4)[:4]
                        start = int(position) - 1
                        if sequence[start : start + len(ref)] != ref:
                            raise AnalysisError(
                                "REF is not the reference base", file=path, where=f"{contig}:{position}"
                            )
