"""From an ALS registry's clinical tables and three kinds of VCF to one report per cohort.

Settings: config/README.md. Machines: config/profiles/. Data: config/freezes/. Everything is written below results/.
"""

from snakemake.utils import min_version

min_version("9.10")


configfile: f"{workflow.basedir}/config/config.yaml"


workdir: f"{workflow.basedir}/results"


include: "rules/common.smk"


rule all:
    """Write the reports of all cohorts, and everything they stand on."""
    input:
        f"report/{FREEZE_ID}/index.html",
        f"quality/{FREEZE_ID}/numbers.tsv",
        f"quality/{FREEZE_ID}/multiqc",
        f"registry/{FREEZE_ID}/quality.tsv",
        expand(f"merge/{FREEZE_ID}/{{cohort}}/discordance.tsv", cohort=COHORTS),
        expand(
            f"association/{FREEZE_ID}/{{cohort}}/{{trait}}.tsv.gz",
            cohort=COHORTS,
            trait=TRAITS,
        ),


include: "rules/targets.smk"
include: "rules/registry.smk"
include: "rules/ingest.smk"
include: "rules/sample_qc.smk"
include: "rules/variant_qc.smk"
include: "rules/identity.smk"
include: "rules/merge.smk"
include: "rules/structure.smk"
include: "rules/annotation.smk"
include: "rules/association.smk"
include: "rules/burden.smk"
include: "rules/panel.smk"
include: "rules/control.smk"
include: "rules/meta.smk"
include: "rules/quality.smk"
include: "rules/report.smk"
include: "rules/compare.smk"


onstart:
    record_run("logs/runs", sys.argv, config)
    remove_partial_outputs(".")
