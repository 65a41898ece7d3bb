"""compare: results of two freezes -> who entered and left, which values, QC numbers and settings changed, and why a hit is gone.

compare/{freeze}/{older}/: people, values (individual-level), flows, numbers, settings; {cohort}.hits.tsv and
{cohort}.effects.parquet; index.html, the page for readers. The older freeze is only read: it has been run before.
"""


rule compare_people:
    """Say who entered and left each cohort and why, and which clinical values changed."""
    input:
        older_registry=RUN.older(
            "registry/{freeze}/patients.parquet",
            "registry/{freeze}/visits.parquet",
            "registry/{freeze}/events.parquet",
            "registry/{freeze}/samples.parquet",
        ),
        newer_registry=RUN.newer(
            "registry/{freeze}/patients.parquet",
            "registry/{freeze}/visits.parquet",
            "registry/{freeze}/events.parquet",
            "registry/{freeze}/samples.parquet",
        ),
        persons=RUN.older("identity/{freeze}/persons.tsv")
        + RUN.newer("identity/{freeze}/persons.tsv"),
        older_components=RUN.older("structure/{freeze}/{each_cohort}/components.tsv"),
        newer_components=RUN.newer("structure/{freeze}/{each_cohort}/components.tsv"),
        withdrawals=inputs.withdrawal_files,
    output:
        people="compare/{freeze}/{older}/people.parquet",
        values="compare/{freeze}/{older}/values.parquet",
        flows="compare/{freeze}/{older}/flows.tsv",
    log:
        "logs/compare/compare_people/{freeze}.{older}.log",
    benchmark:
        "benchmarks/compare/compare_people/{freeze}.{older}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        older=RUN.compared("older"),
        newer=RUN.compared("newer"),
        code=code("compare/compare_people"),
    script:
        "../scripts/compare/compare_people.py"


rule compare_numbers:
    """Hold QC numbers and settings of both freezes against each other."""
    input:
        provenance=RUN.older("report/{freeze}/provenance.json")
        + RUN.newer("report/{freeze}/provenance.json"),
        numbers=RUN.older("quality/{freeze}/numbers.tsv")
        + RUN.newer("quality/{freeze}/numbers.tsv"),
    output:
        numbers="compare/{freeze}/{older}/numbers.tsv",
        settings="compare/{freeze}/{older}/settings.tsv",
    log:
        "logs/compare/compare_numbers/{freeze}.{older}.log",
    benchmark:
        "benchmarks/compare/compare_numbers/{freeze}.{older}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(10),
    params:
        code=code("compare/compare_numbers"),
    script:
        "../scripts/compare/compare_numbers.py"


rule compare_hits:
    """Say what became of each lead of a cohort, and why."""
    input:
        leads=RUN.older("association/{freeze}/{cohort}/leads.tsv")
        + RUN.newer("association/{freeze}/{cohort}/leads.tsv"),
        people=RUN.older("association/{freeze}/{cohort}/samples.tsv")
        + RUN.newer("association/{freeze}/{cohort}/samples.tsv"),
        older_tests=RUN.older("association/{freeze}/{cohort}/{shard}.{trait}.parquet"),
        newer_tests=RUN.newer("association/{freeze}/{cohort}/{shard}.{trait}.parquet"),
        older_thinned=RUN.older("association/{freeze}/{cohort}/{trait}.thinned.parquet"),
        newer_thinned=RUN.newer("association/{freeze}/{cohort}/{trait}.thinned.parquet"),
        older_variants=RUN.older("variant_qc/{freeze}/{assay}/{shard}.variants.parquet"),
        newer_variants=RUN.newer("variant_qc/{freeze}/{assay}/{shard}.variants.parquet"),
    output:
        hits="compare/{freeze}/{older}/{cohort}.hits.tsv",
        effects="compare/{freeze}/{older}/{cohort}.effects.parquet",
    log:
        "logs/compare/compare_hits/{freeze}.{older}.{cohort}.log",
    benchmark:
        "benchmarks/compare/compare_hits/{freeze}.{older}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        older=RUN.compared("older"),
        newer=RUN.compared("newer"),
        association=settings("association"),
        settings=settings("compare"),
        code=code("compare/compare_hits"),
    script:
        "../scripts/compare/compare_hits.py"


rule write_comparison:
    """Write the page of the comparison."""
    input:
        provenance="report/{freeze}/provenance.json",
        flows="compare/{freeze}/{older}/flows.tsv",
        values="compare/{freeze}/{older}/values.parquet",
        numbers="compare/{freeze}/{older}/numbers.tsv",
        settings="compare/{freeze}/{older}/settings.tsv",
        hits=expand(
            "compare/{{freeze}}/{{older}}/{cohort}.hits.tsv",
            cohort=RUN.compared_cohorts,
        ),
        effects=expand(
            "compare/{{freeze}}/{{older}}/{cohort}.effects.parquet",
            cohort=RUN.compared_cohorts,
        ),
    output:
        html=report(
            "compare/{freeze}/{older}/index.html",
            category="Freezes compared",
            labels={"against": "{older}"},
        ),
    log:
        "logs/compare/write_comparison/{freeze}.{older}.log",
    benchmark:
        "benchmarks/compare/write_comparison/{freeze}.{older}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        older=RUN.compared("older"),
        newer=RUN.compared("newer"),
        traits=RUN.trait_types,
        association=settings("association"),
        compared=settings("compare"),
        settings=settings("report"),
        code=code("compare/write_comparison"),
    script:
        "../scripts/compare/write_comparison.py"
