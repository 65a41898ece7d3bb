"""Test the variants of each gene together.

In: merge/{freeze}/{cohort}/{shard}.*, association/{freeze}/{cohort}/{samples,visits}.tsv, annotation/{freeze}/masks/.
Out: burden/{freeze}/{cohort}/{trait}.genes.tsv, one row per gene, mask and test, with the reason where there is no p-value.
"""


rule test_genes:
    """Test every gene and mask against every trait."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("merge/{{freeze}}/{{cohort}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS),
        variants=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
        annotations="annotation/{freeze}/masks/annotations.tsv",
        set_list="annotation/{freeze}/masks/set_list.tsv",
        masks="annotation/{freeze}/masks/masks.tsv",
    output:
        genes=expand("burden/{{freeze}}/{{cohort}}/{trait}.genes.tsv", trait=TRAITS),
    log:
        "logs/burden/test_genes/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/burden/test_genes/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        specification=settings("trait_specification"),
        annotation=settings("annotation"),
        association=settings("association"),
        settings=settings("burden"),
        code=code("burden/test_genes"),
    script:
        "../scripts/burden/test_genes.py"
