"""Test the variants of each gene together.

In: merge/{freeze}/{cohort}/{shard}.*, association/{freeze}/{cohort}/{samples,visits}.tsv, annotation/{freeze}/masks/.
Out: burden/{freeze}/{cohort}/{trait}.genes.tsv, one row per gene, mask and test, with the reason where there is no p-value;
hits.tsv, what else could explain small p-values (common leads, resampling), and left_out.tsv, hits without each of their variants;
on demand {trait}.scores.tsv.gz, what a meta-analysis needs (target `scores`).
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


rule export_scores:
    """Write scores and covariances of genes, which cohorts can share."""
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
        scores=expand(
            "burden/{{freeze}}/{{cohort}}/{trait}.scores.tsv.gz", trait=TRAITS
        ),
    log:
        "logs/burden/export_scores/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/burden/export_scores/{freeze}.{cohort}.tsv"
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
        code=code("burden/export_scores"),
    script:
        "../scripts/burden/export_scores.py"


rule examine_hits:
    """Look at genes with small p-values from other sides."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("merge/{{freeze}}/{{cohort}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS),
        variants=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        genes=expand("burden/{{freeze}}/{{cohort}}/{trait}.genes.tsv", trait=TRAITS),
        leads="association/{freeze}/{cohort}/leads.tsv",
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
        annotations="annotation/{freeze}/masks/annotations.tsv",
        set_list="annotation/{freeze}/masks/set_list.tsv",
        masks="annotation/{freeze}/masks/masks.tsv",
    output:
        hits="burden/{freeze}/{cohort}/hits.tsv",
        left_out="burden/{freeze}/{cohort}/left_out.tsv",
    log:
        "logs/burden/examine_hits/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/burden/examine_hits/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        specification=settings("trait_specification"),
        annotation=settings("annotation"),
        association=settings("association"),
        settings=settings("burden"),
        code=code("burden/examine_hits"),
    script:
        "../scripts/burden/examine_hits.py"
