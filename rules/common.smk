"""Names that all rule files share. Binds functions of the package; defines none."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from alsreg.errors import AlsregError
from alsreg.formats.atomic import remove_partial_outputs
from alsreg.provenance import record_run
from alsreg.workflow import inputs as input_functions
from alsreg.workflow.locks import release_stale_lock
from alsreg.workflow.run import memory, one_of, runtime, start_run

try:
    RUN = start_run(config, workflow.basedir)
except AlsregError as error:
    raise WorkflowError(f"alsreg: error: {error}") from None

release_stale_lock(locks=Path(".snakemake/locks"), runs=Path("logs/runs"))

FREEZE = RUN.freeze
FREEZE_ID = RUN.freeze.id
ASSAYS = RUN.assays
SHARDS = RUN.shards
COHORTS = RUN.cohorts
TRAITS = RUN.traits

settings = RUN.section
code = RUN.code
inputs = RUN.bind(input_functions)
metas = RUN.metas


wildcard_constraints:
    freeze=one_of([FREEZE_ID]),
    older=one_of(RUN.older_freezes),
    analysis=one_of(metas.names),
    assay=one_of(ASSAYS),
    shard=one_of(SHARDS),
    cohort=one_of(COHORTS),
    trait=one_of(TRAITS),
