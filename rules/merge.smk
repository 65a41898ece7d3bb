"""One genotype per person and variant from a cohort's assays, with the source of each.

Reads ingest, variant_qc, identity, registry. Writes merge/{freeze}/{cohort}/{shard}.pgen .pvar.zst .psam (the same
people in every shard, sorted), .variants.parquet (which assays carry a variant, discordance, platform effect, verdict),
.source.parquet (which assay each genotype came from) and .pairs.parquet (what two assays say of one person); by cohort
discordance.tsv (by person) and concordance.tsv (by pair of assays).
"""


rule merge_assays:
    """Merge the assays of one cohort and shard."""
    input:
        pgen=inputs.pgens_of_cohort,
        variants=inputs.variants_of_cohort,
        persons="identity/{freeze}/persons.tsv",
        pairs="identity/{freeze}/pairs.tsv",
        patients="registry/{freeze}/patients.parquet",
    output:
        pgen="merge/{freeze}/{cohort}/{shard}.pgen",
        pvar="merge/{freeze}/{cohort}/{shard}.pvar.zst",
        psam="merge/{freeze}/{cohort}/{shard}.psam",
        variants="merge/{freeze}/{cohort}/{shard}.variants.parquet",
        source="merge/{freeze}/{cohort}/{shard}.source.parquet",
        pairs="merge/{freeze}/{cohort}/{shard}.pairs.parquet",
    log:
        "logs/merge/merge_assays/{freeze}.{cohort}.{shard}.log",
    benchmark:
        "benchmarks/merge/merge_assays/{freeze}.{cohort}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        cohort=inputs.cohort_definition,
        settings=settings(
            "merge",
            "discordance_policy",
            "max_discordance",
            "min_compared",
            "min_platform_p",
        ),
        code=code("merge/merge_assays"),
    script:
        "../scripts/merge/merge_assays.py"


rule collect_discordance:
    """Add up how often the assays of a cohort differ about a person."""
    input:
        pairs=expand("merge/{{freeze}}/{{cohort}}/{shard}.pairs.parquet", shard=SHARDS),
    output:
        discordance="merge/{freeze}/{cohort}/discordance.tsv",
        concordance="merge/{freeze}/{cohort}/concordance.tsv",
    log:
        "logs/merge/collect_discordance/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/merge/collect_discordance/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(5),
    params:
        settings=settings("merge", "max_person_discordance"),
        code=code("merge/collect_discordance"),
    script:
        "../scripts/merge/collect_discordance.py"
