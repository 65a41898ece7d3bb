"""meta: summary statistics of cohorts and of other registries -> one meta-analysis per entry of meta.analyses.

meta/{freeze}/{analysis}: .tsv.gz (GWAS-SSF) with index and metadata; counts (what became of each study's rows), hits,
lookup; .html, the page.
"""


rule combine_studies:
    """Join cohorts and other registries' files, and look variants up."""
    input:
        statistics=metas.statistics,
        samples=metas.samples,
        external=metas.external,
        lookup=metas.lookup,
    output:
        statistics="meta/{freeze}/{analysis}.tsv.gz",
        index="meta/{freeze}/{analysis}.tsv.gz.tbi",
        metadata="meta/{freeze}/{analysis}.tsv.gz-meta.yaml",
        counts="meta/{freeze}/{analysis}.counts.tsv",
        hits="meta/{freeze}/{analysis}.hits.tsv",
        lookup="meta/{freeze}/{analysis}.lookup.tsv",
    log:
        "logs/meta/combine_studies/{freeze}.{analysis}.log",
    benchmark:
        "benchmarks/meta/combine_studies/{freeze}.{analysis}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    params:
        analysis=metas.analysis,
        kind=metas.kind,
        settings=settings("meta"),
        association=settings("association"),
        freeze_date=FREEZE.freeze_date.isoformat(),
        code=code("meta/combine_studies"),
    script:
        "../scripts/meta/combine_studies.py"


rule write_meta_report:
    """Write the page of a meta-analysis: what was joined, hits with forest plots, replication."""
    input:
        provenance="report/{freeze}/provenance.json",
        counts="meta/{freeze}/{analysis}.counts.tsv",
        hits="meta/{freeze}/{analysis}.hits.tsv",
        lookup="meta/{freeze}/{analysis}.lookup.tsv",
    output:
        html=report(
            "meta/{freeze}/{analysis}.html",
            category="Meta-analyses",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "logs/meta/write_meta_report/{freeze}.{analysis}.log",
    benchmark:
        "benchmarks/meta/write_meta_report/{freeze}.{analysis}.tsv"
    conda:
        "../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        analysis=metas.analysis,
        kind=metas.kind,
        association=settings("association"),
        settings=settings("report"),
        code=code("meta/write_meta_report"),
    script:
        "../scripts/meta/write_meta_report.py"
