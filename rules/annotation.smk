"""Say what each variant does to which gene, and group variants into masks.

In: ingest/{freeze}/{assay}/{shard}.pvar.zst, and the freeze's ready table or gene models.
Out: annotation/{freeze}/{shard}.variants.parquet and .counts.tsv; annotation/{freeze}/masks/ in the annotation, set-list and
mask files that regenie reads, with counts.tsv, where a mask that matches nothing says so.
"""


rule annotate_variants:
    """Find the most severe consequence of each variant in each gene."""
    input:
        pvar=inputs.pvars_of_shard,
        table=inputs.annotation_table,
        chain=inputs.annotation_chain,
        gff3=inputs.gene_models,
        fasta=inputs.fasta_files,
    output:
        variants="annotation/{freeze}/{shard}.variants.parquet",
        counts="annotation/{freeze}/{shard}.counts.tsv",
    log:
        "logs/annotation/annotate_variants/{freeze}.{shard}.log",
    benchmark:
        "benchmarks/annotation/annotate_variants/{freeze}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        table_build=inputs.annotation_build,
        code=code("annotation/annotate_variants"),
    script:
        "../scripts/annotation/annotate_variants.py"


rule build_masks:
    """Write gene sets and masks as regenie reads them."""
    input:
        variants=expand("annotation/{{freeze}}/{shard}.variants.parquet", shard=SHARDS),
    output:
        annotations="annotation/{freeze}/masks/annotations.tsv",
        set_list="annotation/{freeze}/masks/set_list.tsv",
        masks="annotation/{freeze}/masks/masks.tsv",
        counts="annotation/{freeze}/masks/counts.tsv",
    log:
        "logs/annotation/build_masks/{freeze}.log",
    benchmark:
        "benchmarks/annotation/build_masks/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        settings=settings("annotation"),
        code=code("annotation/build_masks"),
    script:
        "../scripts/annotation/build_masks.py"
