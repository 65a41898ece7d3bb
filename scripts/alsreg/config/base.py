"""What every section of the configuration shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A closed, immutable set of settings: an unknown key is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=False)
