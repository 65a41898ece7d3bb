"""variant_qc: PGEN of an assay and shard, samples that are usable -> variant_qc/{freeze}/{assay}/{shard}.variants.parquet.

One row per ingested variant, in PGEN order: metrics over usable samples, is_* flags, verdict and reason.
"""


rule flag_variants:
    """Measure every variant of a shard and say which are usable."""
    input:
        pgen="ingest/{freeze}/{assay}/{shard}.pgen",
        pvar="ingest/{freeze}/{assay}/{shard}.pvar.zst",
        psam="ingest/{freeze}/{assay}/{shard}.psam",
        variant_info="ingest/{freeze}/{assay}/{shard}.variant_info.parquet",
        sample_qc="sample_qc/{freeze}/{assay}.samples.tsv",
        samples="registry/{freeze}/samples.parquet",
        pedigree="registry/{freeze}/pedigree.parquet",
    output:
        variants="variant_qc/{freeze}/{assay}/{shard}.variants.parquet",
    log:
        "logs/variant_qc/flag_variants/{freeze}.{assay}.{shard}.log",
    benchmark:
        "benchmarks/variant_qc/flag_variants/{freeze}.{assay}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        settings=settings("variant_qc"),
        code=code("variant_qc/flag_variants"),
    script:
        "../scripts/variant_qc/flag_variants.py"
