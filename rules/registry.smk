"""Clinical tables: read, check, and turn into traits.

Reads the tables that the freeze names. Writes registry/{freeze}/: patients, visits, events, samples and pedigree after the
checks, issues.tsv with every rejected or doubtful cell, row and person, imports.tsv with what became of each file, quality.tsv
by hospital, and the traits: phenotypes, stages, stage_times and joint_model.tsv (decline beside survival); groups of decline
(trajectories) and a prognostic model. Every import is also appended to audit/registry.jsonl.
"""

CLINICAL_FILES = {name: RUN.path(file) for name, file in FREEZE.clinical.files.items()}


rule import_registry:
    """Read and check the clinical tables."""
    input:
        **CLINICAL_FILES,
    output:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        samples="registry/{freeze}/samples.parquet",
        pedigree="registry/{freeze}/pedigree.parquet",
        issues="registry/{freeze}/issues.tsv",
        imports="registry/{freeze}/imports.tsv",
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
    """Derive the traits of every person, the stages of every visit, and when they were reached."""
    input:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        samples="registry/{freeze}/samples.parquet",
    output:
        phenotypes="registry/{freeze}/phenotypes.parquet",
        stages="registry/{freeze}/stages.parquet",
        stage_times="registry/{freeze}/stage_times.parquet",
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


rule fit_joint_model:
    """Fit decline and survival together: a sensitivity analysis under informative dropout."""
    input:
        phenotypes="registry/{freeze}/phenotypes.parquet",
        visits="registry/{freeze}/visits.parquet",
    output:
        joint_model="registry/{freeze}/joint_model.tsv",
    log:
        "logs/registry/fit_joint_model/{freeze}.log",
    benchmark:
        "benchmarks/registry/fit_joint_model/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(20),
    params:
        code=code("registry/fit_joint_model"),
    script:
        "../scripts/registry/fit_joint_model.py"


rule assess_quality:
    """Say how well each hospital fills the registry."""
    input:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        issues="registry/{freeze}/issues.tsv",
    output:
        quality="registry/{freeze}/quality.tsv",
    log:
        "logs/registry/assess_quality/{freeze}.log",
    benchmark:
        "benchmarks/registry/assess_quality/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        freeze_date=str(FREEZE.freeze_date),
        settings=settings("registry", "visit_interval_months"),
        code=code("registry/assess_quality"),
    script:
        "../scripts/registry/assess_quality.py"


rule group_trajectories:
    """Group people by the course of their ALSFRS-R total."""
    input:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
    output:
        people="registry/{freeze}/trajectories.parquet",
        models="registry/{freeze}/trajectory_models.tsv",
        classes="registry/{freeze}/trajectory_classes.tsv",
        curves="registry/{freeze}/trajectory_curves.tsv",
    log:
        "logs/registry/group_trajectories/{freeze}.log",
    benchmark:
        "benchmarks/registry/group_trajectories/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(20),
    params:
        settings=settings("registry.trajectories"),
        code=code("registry/group_trajectories"),
    script:
        "../scripts/registry/group_trajectories.py"


rule fit_prognosis:
    """Fit and judge a model of survival on what is known at registration."""
    input:
        patients="registry/{freeze}/patients.parquet",
        phenotypes="registry/{freeze}/phenotypes.parquet",
    output:
        people="registry/{freeze}/prognosis.parquet",
        coefficients="registry/{freeze}/prognosis.tsv",
        performance="registry/{freeze}/prognosis_performance.tsv",
        calibration="registry/{freeze}/prognosis_calibration.tsv",
    log:
        "logs/registry/fit_prognosis/{freeze}.log",
    benchmark:
        "benchmarks/registry/fit_prognosis/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(20),
    params:
        settings=settings("registry.prognosis"),
        code=code("registry/fit_prognosis"),
    script:
        "../scripts/registry/fit_prognosis.py"
