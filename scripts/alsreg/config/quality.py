"""Settings of the quality stage: QC numbers of all stages, for MultiQC too."""

from __future__ import annotations

from pydantic import Field

from alsreg.config.base import Section


class QualityConfig(Section):
    """What is written of QC for MultiQC."""

    per_sample: bool = Field(
        False,
        description="MultiQC: also one row per sample (individual-level: the page then stays inside the registry)",
    )
