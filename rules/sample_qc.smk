"""sample_qc: PGEN filesets and sample metrics of an assay -> sample_qc/{freeze}/{assay}.samples.tsv.

One row per sample of the VCF: metrics, is_* flags, verdict and reason. Nobody is dropped here; stages that follow use the
samples that are not is_excluded.
"""


rule flag_samples:
    """Measure every sample of an assay and say which are usable."""
    input:
        pgen=expand("ingest/{{freeze}}/{{assay}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("ingest/{{freeze}}/{{assay}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("ingest/{{freeze}}/{{assay}}/{shard}.psam", shard=SHARDS),
        metrics=expand(
            "ingest/{{freeze}}/{{assay}}/{shard}.sample_metrics.parquet",
            shard=SHARDS,
        ),
        samples="registry/{freeze}/samples.parquet",
        patients="registry/{freeze}/patients.parquet",
    output:
        samples="sample_qc/{freeze}/{assay}.samples.tsv",
    log:
        "logs/sample_qc/flag_samples/{freeze}.{assay}.log",
    benchmark:
        "benchmarks/sample_qc/flag_samples/{freeze}.{assay}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        settings=settings("sample_qc"),
        code=code("sample_qc/flag_samples"),
    script:
        "../scripts/sample_qc/flag_samples.py"
