"""association: merged genotypes, traits and components of a cohort -> GWAS-SSF, leads and diagnostics per trait.

samples.tsv, visits.tsv; of shards and traits every variant, tested or why not; GWAS-SSF, untestable, thinned; leads and what is beside them.
"""


rule assemble_traits:
    """Put traits, covariates and visits of a cohort's people into two tables."""
    input:
        phenotypes="registry/{freeze}/phenotypes.parquet",
        visits="registry/{freeze}/visits.parquet",
        samples="registry/{freeze}/samples.parquet",
        trajectories="registry/{freeze}/trajectories.parquet",
        prognosis="registry/{freeze}/prognosis.parquet",
        persons="identity/{freeze}/persons.tsv",
        components="structure/{freeze}/{cohort}/components.tsv",
        carriers=RUN.carriers_left_out,
    output:
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
    log:
        "logs/association/assemble_traits/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/association/assemble_traits/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        specification=settings("trait_specification"),
        code=code("association/assemble_traits"),
    script:
        "../scripts/association/assemble_traits.py"


rule score_variants:
    """Test every variant of a shard against every trait."""
    input:
        pgen="merge/{freeze}/{cohort}/{shard}.pgen",
        pvar="merge/{freeze}/{cohort}/{shard}.pvar.zst",
        psam="merge/{freeze}/{cohort}/{shard}.psam",
        variants="merge/{freeze}/{cohort}/{shard}.variants.parquet",
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
    output:
        tests=expand(
            "association/{{freeze}}/{{cohort}}/{{shard}}.{trait}.parquet", trait=TRAITS
        ),
    log:
        "logs/association/score_variants/{freeze}.{cohort}.{shard}.log",
    benchmark:
        "benchmarks/association/score_variants/{freeze}.{cohort}.{shard}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        specification=settings("trait_specification"),
        settings=settings("association"),
        code=code("association/score_variants"),
    script:
        "../scripts/association/score_variants.py"


rule write_summary_statistics:
    """Gather the shards of a trait into GWAS-SSF and what plots need."""
    input:
        shards=expand(
            "association/{{freeze}}/{{cohort}}/{shard}.{{trait}}.parquet", shard=SHARDS
        ),
    output:
        statistics="association/{freeze}/{cohort}/{trait}.tsv.gz",
        index="association/{freeze}/{cohort}/{trait}.tsv.gz.tbi",
        metadata="association/{freeze}/{cohort}/{trait}.tsv.gz-meta.yaml",
        untestable="association/{freeze}/{cohort}/{trait}.untestable.tsv.gz",
        thinned="association/{freeze}/{cohort}/{trait}.thinned.parquet",
    log:
        "logs/association/write_summary_statistics/{freeze}.{cohort}.{trait}.log",
    benchmark:
        "benchmarks/association/write_summary_statistics/{freeze}.{cohort}.{trait}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        specification=settings("trait_specification"),
        settings=settings("association", "n_thinned"),
        freeze_date=FREEZE.freeze_date.isoformat(),
        code=code("association/write_summary_statistics"),
    script:
        "../scripts/association/write_summary_statistics.py"


rule describe_traits:
    """Say how every trait's tests are calibrated, what they could find, and whether assays differ."""
    input:
        psam=f"merge/{{freeze}}/{{cohort}}/{SHARDS[0]}.psam",
        tests=expand(
            "association/{{freeze}}/{{cohort}}/{shard}.{trait}.parquet",
            shard=SHARDS,
            trait=TRAITS,
        ),
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
    output:
        diagnostics="association/{freeze}/{cohort}/diagnostics.tsv",
        power="association/{freeze}/{cohort}/power.tsv",
        confounding="association/{freeze}/{cohort}/confounding.tsv",
        relatedness="association/{freeze}/{cohort}/relatedness.tsv",
    log:
        "logs/association/describe_traits/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/association/describe_traits/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        specification=settings("trait_specification"),
        settings=settings(
            "association",
            "genome_wide_p",
            "nominal_p",
            "min_mac",
            "min_people_per_source",
        ),
        code=code("association/describe_traits"),
    script:
        "../scripts/association/describe_traits.py"


rule report_leads:
    """Find and refit leading variants, look at them from other sides, and refine their loci."""
    input:
        pgen=expand("merge/{{freeze}}/{{cohort}}/{shard}.pgen", shard=SHARDS),
        pvar=expand("merge/{{freeze}}/{{cohort}}/{shard}.pvar.zst", shard=SHARDS),
        psam=expand("merge/{{freeze}}/{{cohort}}/{shard}.psam", shard=SHARDS),
        tests=expand(
            "association/{{freeze}}/{{cohort}}/{shard}.{trait}.parquet",
            shard=SHARDS,
            trait=TRAITS,
        ),
        samples="association/{freeze}/{cohort}/samples.tsv",
        visits="association/{freeze}/{cohort}/visits.tsv",
        relationships=RUN.relationships_of_cohort,
        genes=inputs.gene_bounds,
    output:
        leads="association/{freeze}/{cohort}/leads.tsv",
        groups="association/{freeze}/{cohort}/lead_groups.tsv",
        sensitivity="association/{freeze}/{cohort}/lead_sensitivity.tsv",
        decline="association/{freeze}/{cohort}/lead_decline.tsv",
        curves="association/{freeze}/{cohort}/lead_curves.parquet",
        means="association/{freeze}/{cohort}/lead_means.tsv",
        influence="association/{freeze}/{cohort}/lead_influence.tsv",
        loci="association/{freeze}/{cohort}/loci.tsv",
        conditional="association/{freeze}/{cohort}/conditional.tsv",
        credible="association/{freeze}/{cohort}/credible.tsv",
        regions="association/{freeze}/{cohort}/regions.parquet",
    log:
        "logs/association/report_leads/{freeze}.{cohort}.log",
    benchmark:
        "benchmarks/association/report_leads/{freeze}.{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        shards=SHARDS,
        specification=settings("trait_specification"),
        settings=settings(
            "association",
            "genome_wide_p",
            "max_p_lead",
            "lead_window_kb",
            "max_lead_r2",
            "max_leads",
            "min_people_per_source",
            "min_mac",
            "min_expected_events",
            "min_z_correction",
            "max_p_refit",
            "credible_coverage",
            "prior_sd_log_ratio",
            "prior_sd_share",
        ),
        code=code("association/report_leads"),
    script:
        "../scripts/association/report_leads.py"
