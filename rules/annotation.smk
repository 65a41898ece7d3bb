"""Say what each variant does to which gene, and group variants into masks.

In: ingest/{freeze}/{assay}/{shard}.pvar.zst, and the freeze's annotated VCFs, ready table or gene models, files of scores and
frequencies, capture regions.
Out, where panel.controls asks: annotation/{freeze}/{shard}.controls.parquet. Out: annotation/{freeze}/{shard}.variants.parquet and .counts.tsv, .sites.parquet and .sites.tsv; annotation/{freeze}/masks/ in
the annotation, set-list and mask files that regenie reads, with counts.tsv, where a mask that matches nothing says so;
annotation/{freeze}/coverage.tsv, how much of each gene each assay could see.
"""


rule read_controls:
    """Read allele counts of controls on coding bases, and whether each place could have been seen."""
    input:
        pvar=inputs.pvars_of_shard,
        files=inputs.control_files,
        models=inputs.coding_models,
        chains=inputs.annotation_chains,
        fasta=inputs.fasta_files,
    output:
        controls="annotation/{freeze}/{shard}.controls.parquet",
    log:
        "logs/annotation/read_controls/{freeze}.{shard}.log",
    benchmark:
        "benchmarks/annotation/read_controls/{freeze}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=runtime(120),
    params:
        files=inputs.control_parts,
        sources=inputs.control_sources,
        models_build=inputs.coding_build,
        builds=inputs.annotation_builds,
        chromosomes=inputs.shard_chromosomes,
        settings=settings("annotation"),
        code=code("annotation/read_controls"),
    script:
        "../scripts/annotation/read_controls.py"


rule annotate_variants:
    """Find the most severe consequence of each variant in each gene."""
    input:
        pvar=inputs.pvars_of_shard,
        table=inputs.annotation_table,
        vcf=inputs.annotated_vcfs,
        gff3=inputs.gene_models,
        phased=inputs.phased_vcfs,
        controls=RUN.controls_of_shard,
        withdrawn=inputs.withdrawal_of_phased,
        chains=inputs.annotation_chains,
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
        vcf_builds=inputs.annotated_vcf_builds,
        csq_scores=inputs.csq_scores,
        builds=inputs.annotation_builds,
        n_phased=inputs.n_phased_vcfs,
        samples_table=inputs.withdrawal_tables,
        ingest=settings("ingest"),
        settings=settings("annotation", "transcripts", "max_mismatch_rate"),
        code=code("annotation/annotate_variants"),
    script:
        "../scripts/annotation/annotate_variants.py"


rule match_sites:
    """Look up scores and frequencies elsewhere of the variants that a mask may select."""
    input:
        variants="annotation/{freeze}/{shard}.variants.parquet",
        files=inputs.value_files,
        chains=inputs.annotation_chains,
        fasta=inputs.fasta_files,
    output:
        values="annotation/{freeze}/{shard}.sites.parquet",
        counts="annotation/{freeze}/{shard}.sites.tsv",
    log:
        "logs/annotation/match_sites/{freeze}.{shard}.log",
    benchmark:
        "benchmarks/annotation/match_sites/{freeze}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        sources=inputs.value_sources,
        builds=inputs.annotation_builds,
        settings=settings("annotation"),
        code=code("annotation/match_sites"),
    script:
        "../scripts/annotation/match_sites.py"


rule build_masks:
    """Write gene sets and masks as regenie reads them."""
    input:
        variants=expand("annotation/{{freeze}}/{shard}.variants.parquet", shard=SHARDS),
        sites=inputs.value_tables,
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
        populations=inputs.populations,
        code=code("annotation/build_masks"),
    script:
        "../scripts/annotation/build_masks.py"


rule measure_coverage:
    """Measure how much of each gene each assay could see."""
    input:
        models=inputs.coding_models,
        variants=expand(
            "variant_qc/{{freeze}}/{assay}/{shard}.variants.parquet",
            assay=ASSAYS,
            shard=SHARDS,
        ),
        beds=inputs.capture_beds,
        chains=inputs.coverage_chains,
    output:
        coverage="annotation/{freeze}/coverage.tsv",
    log:
        "logs/annotation/measure_coverage/{freeze}.log",
    benchmark:
        "benchmarks/annotation/measure_coverage/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        assays=inputs.coverage_assays,
        models_build=inputs.coding_build,
        builds=inputs.coverage_builds,
        code=code("annotation/measure_coverage"),
    script:
        "../scripts/annotation/measure_coverage.py"
