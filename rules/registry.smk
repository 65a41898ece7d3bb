"""Clinical tables: read, check, and turn into traits.

Reads the tables that the freeze names. Writes registry/{freeze}/: patients, visits, events, samples and pedigree after the
checks, issues.tsv with every rejected or doubtful cell, row and person, and the traits: phenotypes and stages.
"""

PEDIGREE = (
    {"pedigree": RUN.path(FREEZE.clinical.pedigree)} if FREEZE.clinical.pedigree else {}
)


rule import_registry:
    """Read and check the clinical tables."""
    input:
        **PEDIGREE,
        patients=RUN.path(FREEZE.clinical.patients),
        visits=RUN.path(FREEZE.clinical.visits),
        events=RUN.path(FREEZE.clinical.events),
        samples=RUN.path(FREEZE.clinical.samples),
    output:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        samples="registry/{freeze}/samples.parquet",
        pedigree="registry/{freeze}/pedigree.parquet",
        issues="registry/{freeze}/issues.tsv",
    log:
        "logs/registry/import_registry/{freeze}.log",
    benchmark:
        "benchmarks/registry/import_registry/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        clinical=FREEZE.clinical.model_dump(mode="json"),
        assays=list(FREEZE.assays),
        freeze_date=str(FREEZE.freeze_date),
        settings=settings("registry"),
        code=code("registry/import_registry"),
    script:
        "../scripts/registry/import_registry.py"


rule derive_traits:
    """Derive the traits of every person and the stages of every visit."""
    input:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        samples="registry/{freeze}/samples.parquet",
    output:
        phenotypes="registry/{freeze}/phenotypes.parquet",
        stages="registry/{freeze}/stages.parquet",
    log:
        "logs/registry/derive_traits/{freeze}.log",
    benchmark:
        "benchmarks/registry/derive_traits/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        freeze_date=str(FREEZE.freeze_date),
        settings=settings("registry"),
        code=code("registry/derive_traits"),
    script:
        "../scripts/registry/derive_traits.py"
