"""What a user may ask for besides everything: one stage by its name."""


rule registry:
    """Check the clinical tables and derive the traits."""
    input:
        f"registry/{FREEZE_ID}/phenotypes.parquet",
        f"registry/{FREEZE_ID}/joint_model.tsv",
        f"registry/{FREEZE_ID}/quality.tsv",


rule ingest:
    """Bring the genotypes of all assays to one build and format."""
    input:
        f"ingest/{FREEZE_ID}/ingest.tsv",


rule sample_qc:
    """Flag samples."""
    input:
        expand(f"sample_qc/{FREEZE_ID}/{{assay}}.samples.tsv", assay=ASSAYS),


rule variant_qc:
    """Flag variants."""
    input:
        expand(
            f"variant_qc/{FREEZE_ID}/{{assay}}/{{shard}}.variants.parquet",
            assay=ASSAYS,
            shard=SHARDS,
        ),


rule identity:
    """Say who every sample is."""
    input:
        f"identity/{FREEZE_ID}/persons.tsv",


rule merge:
    """Merge the assays of every cohort."""
    input:
        expand(
            f"merge/{FREEZE_ID}/{{cohort}}/{{shard}}.pgen",
            cohort=COHORTS,
            shard=SHARDS,
        ),
        expand(f"merge/{FREEZE_ID}/{{cohort}}/discordance.tsv", cohort=COHORTS),


rule structure:
    """Find relatives and principal components of every cohort."""
    input:
        expand(f"structure/{FREEZE_ID}/{{cohort}}/components.tsv", cohort=COHORTS),


rule association:
    """Test every variant against every trait."""
    input:
        expand(
            f"association/{FREEZE_ID}/{{cohort}}/{{trait}}.tsv.gz",
            cohort=COHORTS,
            trait=TRAITS,
        ),
        expand(
            f"association/{FREEZE_ID}/{{cohort}}/{{table}}.tsv",
            cohort=COHORTS,
            table=["leads", "diagnostics"],
        ),


rule annotation:
    """Say what each variant does to which gene."""
    input:
        f"annotation/{FREEZE_ID}/masks/set_list.tsv",
        inputs.coverage_table,


rule burden:
    """Test genes."""
    input:
        expand(
            f"burden/{FREEZE_ID}/{{cohort}}/{{trait}}.genes.tsv",
            cohort=COHORTS,
            trait=TRAITS,
        ),
        expand(f"burden/{FREEZE_ID}/{{cohort}}/hits.tsv", cohort=COHORTS),


rule scores:
    """Write what other registries need to test genes together with ours; no person's data."""
    input:
        expand(
            f"burden/{FREEZE_ID}/{{cohort}}/{{trait}}.scores.tsv.gz",
            cohort=COHORTS,
            trait=TRAITS,
        ),


rule panel:
    """Find carriers in the genes of a list and compare them with the rest."""
    input:
        RUN.panel_results,


rule control:
    """Compare a treated cohort with the registry; needs no genotypes."""
    input:
        RUN.control_results,


rule report:
    """Write the reports."""
    input:
        f"report/{FREEZE_ID}/index.html",


rule quality:
    """Collect the numbers of every stage's QC."""
    input:
        f"quality/{FREEZE_ID}/numbers.tsv",
        f"quality/{FREEZE_ID}/multiqc",


rule compare:
    """Compare two freezes; needs `freezes`."""
    input:
        RUN.comparison_results,


rule meta:
    """Join cohorts and other registries' files."""
    input:
        metas.results,
