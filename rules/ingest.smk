"""Bring every assay's genotypes to biallelic variants on the forward strand of GRCh38.

In: the freeze's VCFs, chain files and (optional) FASTA.
Out, by assay and shard: ingest/{freeze}/{assay}/{shard}.pgen .pvar.zst .psam, .sample_metrics.parquet,
.variant_info.parquet, .counts.tsv; by freeze: ingest/{freeze}/ingest.tsv, where every input record is accounted for.
"""


rule import_genotypes:
    """Filter, split, lift and resolve the genotypes of one assay and shard."""
    input:
        vcf=inputs.assay_vcfs,
        chains=inputs.chain_files,
        fasta=inputs.fasta_files,
        sites=inputs.reference_sites,
        withdrawn=inputs.withdrawal_files,
    output:
        pgen="ingest/{freeze}/{assay}/{shard}.pgen",
        pvar="ingest/{freeze}/{assay}/{shard}.pvar.zst",
        psam="ingest/{freeze}/{assay}/{shard}.psam",
        metrics="ingest/{freeze}/{assay}/{shard}.sample_metrics.parquet",
        info="ingest/{freeze}/{assay}/{shard}.variant_info.parquet",
        counts="ingest/{freeze}/{assay}/{shard}.counts.tsv",
    log:
        "logs/ingest/import_genotypes/{freeze}.{assay}.{shard}.log",
    benchmark:
        "benchmarks/ingest/import_genotypes/{freeze}.{assay}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        builds=list(FREEZE.chains),
        conventions=inputs.assay_conventions,
        chromosomes=inputs.shard_chromosomes,
        samples_table=inputs.withdrawal_tables,
        settings=settings("ingest"),
        code=code("ingest/import_genotypes"),
    script:
        "../scripts/ingest/import_genotypes.py"


rule collect_counts:
    """Gather the counts of all assays and shards, and check that every record is accounted for."""
    input:
        counts=expand(
            "ingest/{{freeze}}/{assay}/{shard}.counts.tsv", assay=ASSAYS, shard=SHARDS
        ),
    output:
        counts="ingest/{freeze}/ingest.tsv",
    log:
        "logs/ingest/collect_counts/{freeze}.log",
    benchmark:
        "benchmarks/ingest/collect_counts/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(5),
    params:
        code=code("ingest/collect_counts"),
    script:
        "../scripts/ingest/collect_counts.py"
