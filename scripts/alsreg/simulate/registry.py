"""A whole synthetic registry: genotypes, clinical tables, references, freeze file and the truth."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import yaml

from alsreg.config.freeze import Freeze
from alsreg.errors import AnalysisError, InputError
from alsreg.simulate.assays import BUILDS, Samples
from alsreg.simulate.cohort import draw_cohort, planted_loci
from alsreg.simulate.faults import plan_samples
from alsreg.simulate.genome import CHROMOSOMES, build_chromosome
from alsreg.simulate.genotypes import files_of, write_genotypes
from alsreg.simulate.people import ASSAYS, draw_assays
from alsreg.simulate.references import CAPTURE, CHAINS, FASTA, GFF3, check_reference_alleles, write_references
from alsreg.simulate.sizes import FREEZE_DATE, PRESETS, Plan, SimulationSize, TooFewPeople, stream
from alsreg.simulate.tables import write_tables
from alsreg.simulate.truth import Analysed, describe

_TABLES = ("patients", "visits", "events", "samples", "pedigree")


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
    processes; only `freeze.yaml` knows where `out` is. `out` appears whole or not at all.

    Raises
    ------
    InputError
        `out` exists and is not empty, or `n_people` is too few for what is to be planted.
    """
    out = Path(out).resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("the folder for the synthetic registry is not empty", file=out, remedy="name a new folder")
    plan = Plan(n_people, seed, PRESETS[size] if isinstance(size, str) else size, freeze_id, n_processes)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".simulate-", dir=out.parent) as temporary:
        folder = Path(temporary) / out.name
        for name in ("genotypes", "reference", "registry"):
            (folder / name).mkdir(parents=True)
        try:
            _write_registry(folder, out, plan)
        except TooFewPeople as error:
            raise InputError(str(error), where="people", value=n_people, remedy="simulate more people") from error
        folder.replace(out)
    return out / "freeze.yaml"


def _write_registry(folder: Path, root: Path, plan: Plan) -> None:
    """All files, in the order in which each part needs the others; `root` is where the folder will stand."""
    seed, size = plan.seed, plan.size
    genome = {name: build_chromosome(name, size, seed, planted_loci(size)) for name in CHROMOSOMES}
    write_references(folder / "reference", genome)
    cohort = draw_cohort(genome, plan.n_people, size, seed)
    has_assay = draw_assays(cohort.n_people, stream(seed, "assays"))
    is_male = cohort.pedigree.is_male[: cohort.n_people]
    is_unrelated = cohort.pedigree.family[: cohort.n_people] < 0
    planned = plan_samples(has_assay, is_male, is_unrelated, size.faults, stream(seed, "samples"))
    tables = write_tables(folder / "registry", cohort, planned, plan)
    counts = write_genotypes(folder / "genotypes", genome, cohort, planned.columns, plan)
    has_sequence = has_assay[:, 1:].any(axis=1)
    analysed = Analysed.of(cohort, planned, tables, has_sequence)
    n_genes = sum(len(chromosome.genes) for chromosome in genome.values())
    truth = {
        "freeze": plan.freeze_id,
        "seed": seed,
        "n_records": {assay: sum(count[assay] for count in counts.values()) for assay in ASSAYS},
        **describe(cohort, planned, tables, analysed, sum(count["union"] for count in counts.values()), n_genes),
    }
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    n_samples = {assay: len(samples.names) for assay, samples in planned.columns.items()}
    _write_freeze(folder, root, plan, n_samples, {name: count["union"] for name, count in counts.items()})
    _check(folder, planned.columns, counts, size)


def _write_freeze(folder: Path, root: Path, plan: Plan, n_samples: dict[str, int], n_variants: dict[str, int]) -> None:
    """The freeze file, checked against its model; `n_variants` per chromosome balances the shards."""
    assays: dict[str, dict[str, object]] = {}
    for assay in ASSAYS:
        files = [
            {"path": f"genotypes/{name}"} | ({"chromosomes": [*held]} if plan.size.has_file_per_chromosome else {})
            for name, held in files_of(assay, plan.size).items()
        ]
        assays[assay] = {"kind": assay, "build": BUILDS[assay], "files": files, "n_samples": n_samples[assay]}
    assays["array"]["has_reference_alleles"] = False
    assays["wes"]["capture_bed"] = {"path": f"reference/{CAPTURE}"}
    cohorts = {assay: {"assays": [assay]} for assay in ASSAYS}
    freeze = {
        "id": plan.freeze_id,
        "freeze_date": str(FREEZE_DATE),
        "root": str(root),
        "assays": assays,
        "clinical": {name: {"path": f"registry/{name}.csv", "columns": _columns(name)} for name in _TABLES},
        "cohorts": {**cohorts, "all": {"assays": ["wgs", "wes", "array"]}},
        "shards": balance_shards(n_variants, plan.size.shards),
        "fasta": {"path": f"reference/{FASTA}"},
        "chains": {name: {"path": f"reference/{path}"} for name, path in CHAINS.items()},
        "annotation": {"gff3": {"path": f"reference/{GFF3}"}},
    }
    Freeze.model_validate(freeze)
    text = yaml.safe_dump(freeze, sort_keys=False, allow_unicode=True)
    note = "# A synthetic registry: no real person is in it.\n"
    (folder / "freeze.yaml").write_text(note + text, encoding="utf-8")


def _columns(table: str) -> dict[str, str]:
    """Our column names where the file has others."""
    return {"person": "person_id"} | ({"sample": "sample_id"} if table == "samples" else {})


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


def _check(folder: Path, columns: dict[str, Samples], counts: dict[str, dict[str, int]], size: SimulationSize) -> None:
    """Read back: sample names, number of records, REF of the genomes against the FASTA."""
    for assay in ASSAYS:
        for name, chromosomes in files_of(assay, size).items():
            path = folder / "genotypes" / name
            with pysam.VariantFile(str(path)) as file:
                if list(file.header.samples) != columns[assay].names:
                    raise AnalysisError("the VCF written has other samples than planned", file=path)
            expected = sum(counts[chromosome][assay] for chromosome in chromosomes)
            found = int(pysam.bcftools.index("--nrecords", str(path)).strip())
            if found != expected:
                raise AnalysisError(f"the VCF written has {found} records, not {expected}", file=path)
            if assay == "wgs":
                check_reference_alleles(path, folder / "reference" / FASTA)
