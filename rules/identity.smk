"""Who is who: every sample against every sample, by genotypes.

Reads ingest, sample_qc, variant_qc, registry. Writes identity/{freeze}/pairs.tsv (pairs of samples that are, or are
claimed to be, one person or relatives) and identity/{freeze}/persons.tsv (the ledger: every sample, the person it is
used for, and why) and identity/{freeze}/overrides.tsv (reviewed decisions and what they changed). Exclusions of samples are decided here and nowhere else.
"""


rule compare_samples:
    """Compare the genotypes of all samples within and across assays."""
    input:
        pgen=expand(
            "ingest/{{freeze}}/{assay}/{shard}.pgen", assay=ASSAYS, shard=SHARDS
        ),
        variants=expand(
            "variant_qc/{{freeze}}/{assay}/{shard}.variants.parquet",
            assay=ASSAYS,
            shard=SHARDS,
        ),
        samples=expand("sample_qc/{{freeze}}/{assay}.samples.tsv", assay=ASSAYS),
    output:
        pairs="identity/{freeze}/pairs.tsv",
    log:
        "logs/identity/compare_samples/{freeze}.log",
    benchmark:
        "benchmarks/identity/compare_samples/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        assays=ASSAYS,
        settings=settings(
            "identity",
            "min_maf",
            "min_distance_kb",
            "max_snps",
            "min_snps",
            "max_false_relatives",
            "degree_confidence",
        ),
        code=code("identity/compare_samples"),
    script:
        "../scripts/identity/compare_samples.py"


rule resolve_persons:
    """Write the ledger of samples and persons."""
    input:
        pairs="identity/{freeze}/pairs.tsv",
        samples=expand("sample_qc/{{freeze}}/{assay}.samples.tsv", assay=ASSAYS),
        patients="registry/{freeze}/patients.parquet",
        overrides=inputs.sample_override_files,
        withdrawn=inputs.withdrawal_files,
    output:
        persons="identity/{freeze}/persons.tsv",
        overrides="identity/{freeze}/overrides.tsv",
    log:
        "logs/identity/resolve_persons/{freeze}.log",
    benchmark:
        "benchmarks/identity/resolve_persons/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        samples_table=inputs.withdrawal_tables,
        settings=settings("identity", "swapped_samples", "duplicate_registrations"),
        code=code("identity/resolve_persons"),
    script:
        "../scripts/identity/resolve_persons.py"
