"""Relatives and principal components of every cohort.

Reads merge, identity and resources/long_range_ld.GRCh38.tsv. Writes structure/{freeze}/{cohort}/pruned.tsv (variants in
linkage equilibrium), kinship.tsv (pairs closer than chance), components.tsv (components, and who is left out as a
relative), scree.tsv (variance of each component) and, with `relatedness: mixed`, relationships.npz. Components take one thread: sums in another order are other bytes.
"""


rule prune_variants:
    """Choose common variants in approximate linkage equilibrium."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        variants=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        persons="identity/{freeze}/persons.tsv",
        regions=f"{workflow.basedir}/resources/long_range_ld.GRCh38.tsv",
    output:
        pruned="structure/{freeze}/{cohort}/pruned.tsv",
    log:
        "logs/structure/prune_variants/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/structure/prune_variants/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        settings=settings(
            "structure",
            "min_maf",
            "min_call_rate",
            "window_kb",
            "max_r2",
            "min_overlap",
            "max_variants",
            "n_components",
        ),
        code=code("structure/prune_variants"),
    script:
        "../scripts/structure/prune_variants.py"


rule estimate_kinship:
    """Find relatives among the people of one cohort."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pruned="structure/{freeze}/{cohort}/pruned.tsv",
    output:
        kinship="structure/{freeze}/{cohort}/kinship.tsv",
    log:
        "logs/structure/estimate_kinship/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/structure/estimate_kinship/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        settings=settings(
            "structure", "min_snps", "max_false_relatives", "degree_confidence"
        ),
        code=code("structure/estimate_kinship"),
    script:
        "../scripts/structure/estimate_kinship.py"


rule estimate_relationships:
    """Sum up by chromosome how all people of one cohort are related."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pruned="structure/{freeze}/{cohort}/pruned.tsv",
    output:
        relationships="structure/{freeze}/{cohort}/relationships.npz",
    log:
        "logs/structure/estimate_relationships/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/structure/estimate_relationships/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=runtime(60),
    params:
        settings=settings("structure", "min_snps"),
        code=code("structure/estimate_relationships"),
    script:
        "../scripts/structure/estimate_relationships.py"


rule compute_components:
    """Compute principal components on unrelated people and project the others."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pruned="structure/{freeze}/{cohort}/pruned.tsv",
        kinship="structure/{freeze}/{cohort}/kinship.tsv",
        persons="identity/{freeze}/persons.tsv",
    output:
        components="structure/{freeze}/{cohort}/components.tsv",
        scree="structure/{freeze}/{cohort}/scree.tsv",
    log:
        "logs/structure/compute_components/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/structure/compute_components/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=runtime(60),
    params:
        cohort=inputs.cohort_definition,
        settings=settings(
            "structure",
            "max_kinship",
            "n_components",
            "min_projection_snps",
            "max_component_sd",
        ),
        code=code("structure/compute_components"),
    script:
        "../scripts/structure/compute_components.py"
