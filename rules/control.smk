"""External control: a treated cohort against the registry. Off unless control.treated names the cohort's tables.

Reads registry/{freeze}/ and the tables of the treated cohort. Writes control/{freeze}/: the treated cohort's checked tables,
aligned.parquet and followed.parquet (the people compared, and their visits), attrition.tsv (everybody else), scores.parquet,
balance.tsv, comparison.tsv, effects.tsv, score_change.tsv and curves.tsv. The page is report/{freeze}/control.html.
"""


rule import_treated:
    """Read and check the clinical tables of the treated cohort."""
    input:
        **RUN.treated_files,
    output:
        patients="control/{freeze}/treated/patients.parquet",
        visits="control/{freeze}/treated/visits.parquet",
        events="control/{freeze}/treated/events.parquet",
        issues="control/{freeze}/treated/issues.tsv",
        imports="control/{freeze}/treated/imports.tsv",
    log:
        "logs/control/import_treated/{freeze}.log",
    benchmark:
        "benchmarks/control/import_treated/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        freeze_date=settings("control")["treated_freeze_date"],
        settings=settings("registry"),
        code=code("control/import_treated"),
    script:
        "../scripts/control/import_treated.py"


rule align_cohorts:
    """Bring both cohorts to one time zero and one set of criteria."""
    input:
        patients="registry/{freeze}/patients.parquet",
        visits="registry/{freeze}/visits.parquet",
        events="registry/{freeze}/events.parquet",
        samples="registry/{freeze}/samples.parquet",
        treated_patients="control/{freeze}/treated/patients.parquet",
        treated_visits="control/{freeze}/treated/visits.parquet",
        treated_events="control/{freeze}/treated/events.parquet",
    output:
        aligned="control/{freeze}/aligned.parquet",
        followed="control/{freeze}/followed.parquet",
        attrition="control/{freeze}/attrition.tsv",
    log:
        "logs/control/align_cohorts/{freeze}.log",
    benchmark:
        "benchmarks/control/align_cohorts/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        freeze_date=str(FREEZE.freeze_date),
        settings=settings("control"),
        clinical=settings("registry"),
        code=code("control/align_cohorts"),
    script:
        "../scripts/control/align_cohorts.py"


rule compare_cohorts:
    """Compare the treated with their controls as they are, weighted, and matched."""
    input:
        aligned="control/{freeze}/aligned.parquet",
        followed="control/{freeze}/followed.parquet",
    output:
        scores="control/{freeze}/scores.parquet",
        balance="control/{freeze}/balance.tsv",
        comparison="control/{freeze}/comparison.tsv",
        effects="control/{freeze}/effects.tsv",
        score_change="control/{freeze}/score_change.tsv",
        curves="control/{freeze}/curves.tsv",
    log:
        "logs/control/compare_cohorts/{freeze}.log",
    benchmark:
        "benchmarks/control/compare_cohorts/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(60),
    params:
        settings=settings("control"),
        code=code("control/compare_cohorts"),
    script:
        "../scripts/control/compare_cohorts.py"
