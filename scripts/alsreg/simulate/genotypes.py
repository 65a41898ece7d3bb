"""All chromosomes' genotypes, each chromosome by itself so that memory stays flat."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
from alsreg.simulate.cohort import Cohort
from alsreg.simulate.genome import CHROMOSOMES, Chromosome
from alsreg.simulate.people import ASSAYS
from alsreg.simulate.sizes import Plan, SimulationSize, stream
from alsreg.simulate.variants import LocusVariants, simulate_locus

X_SIZE_FACTOR = 0.75  # three X chromosomes for four autosomes


@dataclass(frozen=True)
class _Job:
    """What a process needs to write one chromosome; `drawn` are its loci that exist already."""

    folder: Path
    chromosome: Chromosome
    origin: np.ndarray
    drawn: dict[int, LocusVariants]
    planted_positions: frozenset[int]
    samples: dict[str, Samples]
    n_founders: int
    plan: Plan


def files_of(assay: str, size: SimulationSize) -> dict[str, tuple[str, ...]]:
    """VCF names of an assay and the chromosomes in each."""
    if size.has_file_per_chromosome:
        return {f"{assay}.{BUILDS[assay]}.chr{name}.vcf.gz": (name,) for name in CHROMOSOMES}
    return {f"{assay}.{BUILDS[assay]}.vcf.gz": CHROMOSOMES}


def write_genotypes(
    folder: Path, genome: dict[str, Chromosome], cohort: Cohort, samples: dict[str, Samples], plan: Plan
) -> dict[str, dict[str, int]]:
    """Write the VCFs; returns per chromosome the number of records of each assay and of their ``union``."""
    jobs = [_job(folder, chromosome, cohort, samples, plan) for chromosome in genome.values()]
    if plan.n_processes == 1:
        counts = [_write_one(job) for job in jobs]
    else:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(plan.n_processes, mp_context=context) as pool:
            counts = list(pool.map(_write_one, jobs))
    for assay in ASSAYS:
        header = vcf_header(assay, list(genome.values()), samples[assay].names)
        for path, chromosomes in files_of(assay, plan.size).items():
            join_parts(folder / path, header, [part_path(folder, assay, name) for name in chromosomes])
    return dict(zip(genome, counts, strict=True))


def _job(folder: Path, chromosome: Chromosome, cohort: Cohort, samples: dict[str, Samples], plan: Plan) -> _Job:
    name = chromosome.name
    return _Job(
        folder=folder,
        chromosome=chromosome,
        origin=cohort.origins[name],
        drawn={index: locus for (where, index), locus in cohort.loci.items() if where == name},
        planted_positions=frozenset(
            int(cohort.loci[name, planted.locus].positions[planted.row])
            for planted in cohort.planted
            if planted.chromosome == name
        ),
        samples=samples,
        n_founders=int((cohort.pedigree.father < 0).sum()),
        plan=plan,
    )


def _write_one(job: _Job) -> dict[str, int]:
    """Simulate a chromosome and write its part of every assay."""
    chromosome, seed = job.chromosome, job.plan.seed
    model = demography(X_SIZE_FACTOR if chromosome.name == "X" else 1.0)
    loci = [
        job.drawn[index] if index in job.drawn else simulate_locus(model, chromosome, locus, job.n_founders, seed)
        for index, locus in enumerate(chromosome.loci)
    ]
    rng = stream(seed, "records", chromosome.name)
    records = Records.of(chromosome, loci, job.plan.size.array_fraction, job.planted_positions, rng)
    rows = write_chromosome(job.folder, chromosome, records, job.origin, job.samples, seed)
    union = np.unique(np.concatenate(list(rows.values())))
    return {**{assay: len(kept) for assay, kept in rows.items()}, "union": len(union)}
