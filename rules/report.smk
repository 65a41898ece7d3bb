"""Reports: one self-contained page per cohort, an index, and where everything came from.

Reads the tables of every stage; writes nothing that another stage reads.
"""


rule record_provenance:
    """Write versions, digests of settings and inputs, and the command of the run."""
    input:
        RUN.input_files,
    output:
        provenance="report/{freeze}/provenance.json",
    log:
        "logs/report/record_provenance/{freeze}.log",
    benchmark:
        "benchmarks/report/record_provenance/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(30),
    params:
        inputs=RUN.named_input_files,
        settings_digest=RUN.settings_digest,
        settings=RUN.all_settings,
        freeze=RUN.freeze_summary,
        code=code("report/record_provenance"),
    script:
        "../scripts/report/record_provenance.py"


rule write_report:
    """Write the report of one cohort."""
    input:
        provenance="report/{freeze}/provenance.json",
        patients="registry/{freeze}/patients.parquet",
        phenotypes="registry/{freeze}/phenotypes.parquet",
        visits="registry/{freeze}/visits.parquet",
        stage_times="registry/{freeze}/stage_times.parquet",
        joint_model="registry/{freeze}/joint_model.tsv",
        issues="registry/{freeze}/issues.tsv",
        trajectories="registry/{freeze}/trajectories.parquet",
        trajectory_models="registry/{freeze}/trajectory_models.tsv",
        trajectory_classes="registry/{freeze}/trajectory_classes.tsv",
        trajectory_curves="registry/{freeze}/trajectory_curves.tsv",
        prognosis="registry/{freeze}/prognosis.parquet",
        prognosis_coefficients="registry/{freeze}/prognosis.tsv",
        prognosis_performance="registry/{freeze}/prognosis_performance.tsv",
        prognosis_calibration="registry/{freeze}/prognosis_calibration.tsv",
        ingest="ingest/{freeze}/ingest.tsv",
        samples=inputs.sample_qc_of_cohort,
        variants=inputs.variant_qc_of_cohort,
        persons="identity/{freeze}/persons.tsv",
        pairs="identity/{freeze}/pairs.tsv",
        merged=expand(
            "merge/{{freeze}}/{{cohort}}/{shard}.variants.parquet", shard=SHARDS
        ),
        components="structure/{freeze}/{cohort}/components.tsv",
        kinship="structure/{freeze}/{cohort}/kinship.tsv",
        scree="structure/{freeze}/{cohort}/scree.tsv",
        diagnostics="association/{freeze}/{cohort}/diagnostics.tsv",
        leads="association/{freeze}/{cohort}/leads.tsv",
        lead_groups="association/{freeze}/{cohort}/lead_groups.tsv",
        lead_sensitivity="association/{freeze}/{cohort}/lead_sensitivity.tsv",
        lead_curves="association/{freeze}/{cohort}/lead_curves.parquet",
        lead_means="association/{freeze}/{cohort}/lead_means.tsv",
        lead_influence="association/{freeze}/{cohort}/lead_influence.tsv",
        loci="association/{freeze}/{cohort}/loci.tsv",
        conditional="association/{freeze}/{cohort}/conditional.tsv",
        credible="association/{freeze}/{cohort}/credible.tsv",
        regions="association/{freeze}/{cohort}/regions.parquet",
        power="association/{freeze}/{cohort}/power.tsv",
        confounding="association/{freeze}/{cohort}/confounding.tsv",
        gene_bounds=inputs.gene_bounds,
        lead_decline="association/{freeze}/{cohort}/lead_decline.tsv",
        thinned=expand(
            "association/{{freeze}}/{{cohort}}/{trait}.thinned.parquet", trait=TRAITS
        ),
        genes=RUN.genes_of_cohort,
        hits=RUN.hits_of_cohort,
        left_out=RUN.left_out_of_cohort,
        coverage=inputs.coverage_table,
        panel=RUN.panel_of_cohort,
        panel_controls=RUN.panel_controls_of_cohort,
    output:
        html=report(
            "report/{freeze}/{cohort}.html",
            category="Cohorts",
            labels={"cohort": "{cohort}"},
        ),
    log:
        "logs/report/write_report/{freeze}/{cohort}.log",
    benchmark:
        "benchmarks/report/write_report/{freeze}/{cohort}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(20),
    params:
        settings=settings("report"),
        analysis=RUN.analysis_of_cohort,
        code=code("report/write_report"),
    script:
        "../scripts/report/write_report.py"


rule write_control_report:
    """Write the page of the external-control comparison."""
    input:
        provenance="report/{freeze}/provenance.json",
        attrition="control/{freeze}/attrition.tsv",
        aligned="control/{freeze}/aligned.parquet",
        followed="control/{freeze}/followed.parquet",
        scores="control/{freeze}/scores.parquet",
        balance="control/{freeze}/balance.tsv",
        comparison="control/{freeze}/comparison.tsv",
        effects="control/{freeze}/effects.tsv",
        score_change="control/{freeze}/score_change.tsv",
        curves="control/{freeze}/curves.tsv",
    output:
        html=report(
            "report/{freeze}/control.html",
            category="Treated cohort",
            labels={"page": "external controls"},
        ),
    log:
        "logs/report/write_control_report/{freeze}.log",
    benchmark:
        "benchmarks/report/write_control_report/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        settings=settings("report"),
        control=settings("control"),
        registry=settings("registry"),
        code=code("report/write_control_report"),
    script:
        "../scripts/report/write_control_report.py"


rule write_index:
    """Write the page that leads to the reports of the freeze."""
    input:
        control=RUN.control_pages,
        provenance="report/{freeze}/provenance.json",
        reports=expand("report/{{freeze}}/{cohort}.html", cohort=COHORTS),
        components=expand(
            "structure/{{freeze}}/{cohort}/components.tsv", cohort=COHORTS
        ),
        leads=expand("association/{{freeze}}/{cohort}/leads.tsv", cohort=COHORTS),
    output:
        index="report/{freeze}/index.html",
    log:
        "logs/report/write_index/{freeze}.log",
    benchmark:
        "benchmarks/report/write_index/{freeze}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(10),
    params:
        settings=settings("report", "language"),
        cohorts=RUN.cohort_assays,
        code=code("report/write_index"),
    script:
        "../scripts/report/write_index.py"
