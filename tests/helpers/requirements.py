"""A skipped test names what is absent; where everything is required it fails instead."""

from __future__ import annotations

import os

import pytest


def absent(what: str) -> None:
    """Skip for want of `what`; fail instead where everything is required (``ALSREG_REQUIRE_ALL=1``)."""
    if os.environ.get("ALSREG_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required here but absent")
    pytest.skip(f"{what} is absent")
