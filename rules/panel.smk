"""Carriers in the genes of a list (panel.genes), and carriers per gene against a public sites file.

Reads merge, identity, annotation, association and the list of genes. Writes panel/{freeze}/{cohort}/: genes.tsv, variants.tsv,
carriers.parquet, repeats.parquet and people.parquet (who carries what: individual-level), comparisons.tsv (carriers against the
rest); with panel.controls, controls.tsv, control_variants.tsv and control_checks.tsv.
"""


rule find_carriers:
    """Find who of a cohort carries a variant, or a long repeat, in a gene of the list."""
    input:
        genes=RUN.gene_list,
        places=f"{workflow.basedir}/resources/genes/als_gene_intervals.GRCh38.tsv",
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("merge/{{freeze}}/{{cohort}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS),
        variants=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        persons="identity/{freeze}/persons.tsv",
        annotations=expand(
            "annotation/{{freeze}}/{shard}.variants.parquet", shard=SHARDS
        ),
        values=inputs.value_tables,
        clinvar=inputs.clinvar_files,
        chains=inputs.annotation_chains,
        fasta=inputs.fasta_files,
        repeats=inputs.repeat_files,
    output:
        genes="panel/{freeze}/{cohort}/genes.tsv",
        variants="panel/{freeze}/{cohort}/variants.tsv",
        carriers="panel/{freeze}/{cohort}/carriers.parquet",
        repeats="panel/{freeze}/{cohort}/repeats.parquet",
        people="panel/{freeze}/{cohort}/people.parquet",
    log:
        "logs/panel/find_carriers/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/panel/find_carriers/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(20),
    params:
        kinds=inputs.assay_kinds_of_cohort,
        populations=inputs.populations,
        clinvar_builds=inputs.clinvar_builds,
        builds=inputs.annotation_builds,
        repeat_assay=inputs.repeat_assay,
        annotation=settings("annotation"),
        settings=settings("panel"),
        code=code("panel/find_carriers"),
    script:
        "../scripts/panel/find_carriers.py"


rule compare_carriers:
    """Compare carriers of a cohort with the rest."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS[:1])[0],
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS[:1])[0],
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
        genes="panel/{freeze}/{cohort}/genes.tsv",
        carriers="panel/{freeze}/{cohort}/carriers.parquet",
        repeats="panel/{freeze}/{cohort}/repeats.parquet",
        people="panel/{freeze}/{cohort}/people.parquet",
    output:
        comparisons="panel/{freeze}/{cohort}/comparisons.tsv",
    log:
        "logs/panel/compare_carriers/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/panel/compare_carriers/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        specification=settings("trait_specification"),
        association=settings("association"),
        reading_assays=inputs.reading_assays_of_cohort,
        settings=settings("panel"),
        code=code("panel/compare_carriers"),
    script:
        "../scripts/panel/compare_carriers.py"


rule compare_controls:
    """Compare carriers per gene with allele counts of a public sites file."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("merge/{{freeze}}/{{cohort}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS),
        variants=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        variant_qc=inputs.variant_qc_of_reading_assays,
        patients="registry/{freeze}/patients.parquet",
        components="structure/{freeze}/{cohort}/components.tsv",
        annotations=expand(
            "annotation/{{freeze}}/{shard}.variants.parquet", shard=SHARDS
        ),
        values=inputs.value_tables,
        controls=expand("annotation/{{freeze}}/{shard}.controls.parquet", shard=SHARDS),
        beds=inputs.beds_of_reading_assays,
        chains=inputs.lifted_bed_chains,
    output:
        controls="panel/{freeze}/{cohort}/controls.tsv",
        masks="panel/{freeze}/{cohort}/control_masks.tsv",
        losses="panel/{freeze}/{cohort}/control_losses.tsv",
    log:
        "logs/panel/compare_controls/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/panel/compare_controls/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=runtime(60),
    params:
        assays=inputs.reading_assays_of_cohort,
        captured=inputs.captured_reading_assays,
        bed_builds=inputs.bed_builds_of_reading_assays,
        builds=inputs.lifted_bed_builds,
        populations=inputs.populations,
        has_homozygotes=inputs.control_homozygotes,
        annotation=settings("annotation"),
        settings=settings("panel.controls"),
        code=code("panel/compare_controls"),
    script:
        "../scripts/panel/compare_controls.py"
