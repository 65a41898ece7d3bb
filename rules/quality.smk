"""quality: tables of all stages -> their QC numbers in one table, and as custom content of MultiQC."""


rule collect_numbers:
    """Collect the numbers of every stage's QC in one table."""
    input:
        ingest="ingest/{freeze}/ingest.tsv",
        samples=expand("sample_qc/{{freeze}}/{assay}.samples.tsv", assay=ASSAYS),
        variants=expand(
            "variant_qc/{{freeze}}/{assay}/{shard}.variants.parquet",
            assay=ASSAYS,
            shard=SHARDS,
        ),
        pairs="identity/{freeze}/pairs.tsv",
        persons="identity/{freeze}/persons.tsv",
        merged=expand(
            "merge/{{freeze}}/{cohort}/{shard}.variants.parquet",
            cohort=COHORTS,
            shard=SHARDS,
        ),
        components=expand(
            "structure/{{freeze}}/{cohort}/components.tsv", cohort=COHORTS
        ),
        diagnostics=expand(
            "association/{{freeze}}/{cohort}/diagnostics.tsv", cohort=COHORTS
        ),
    output:
        numbers="quality/{freeze}/numbers.tsv",
    log:
        "logs/quality/collect_numbers/{freeze}.log",
    benchmark:
        "benchmarks/quality/collect_numbers/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code("quality/collect_numbers"),
    script:
        "../scripts/quality/collect_numbers.py"


rule write_multiqc:
    """Write the QC numbers as custom content of MultiQC."""
    input:
        numbers="quality/{freeze}/numbers.tsv",
        samples=expand("sample_qc/{{freeze}}/{assay}.samples.tsv", assay=ASSAYS),
    output:
        folder=directory("quality/{freeze}/multiqc"),
    log:
        "logs/quality/write_multiqc/{freeze}.log",
    benchmark:
        "benchmarks/quality/write_multiqc/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(10),
    params:
        settings=settings("quality"),
        report=settings("report"),
        code=code("quality/write_multiqc"),
    script:
        "../scripts/quality/write_multiqc.py"
