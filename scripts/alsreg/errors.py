"""The errors a user can mend, each with its place and its remedy."""

from __future__ import annotations

from pathlib import Path


class AlsregError(Exception):
    """A fault in the input or the configuration, said once and in full.

    Parameters
    ----------
    problem
        What is wrong, in one sentence without a full stop.
    file, where, value
        The file, the place in it (``row 12, column birth_date``) and the offending value, where they exist.
    remedy
        What the user should do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        where: str | None = None,
        value: object = None,
        remedy: str | None = None,
    ) -> None:
        self.problem, self.file, self.where, self.value, self.remedy = problem, file, where, value, remedy
        super().__init__(self._message())

    def _message(self) -> str:
        place = ", ".join(str(part) for part in (self.file, self.where) if part is not None)
        message = f"{place}: {self.problem}" if place else self.problem
        if self.value is not None:
            message += f" (value: {self.value!r})"
        if self.remedy:
            message += f". Remedy: {self.remedy}"
        return message


class ConfigError(AlsregError):
    """The configuration or a freeze file cannot be used."""


class InputError(AlsregError):
    """A data file cannot be used."""


class AnalysisError(AlsregError):
    """The data are readable, but the analysis asked for is impossible on them."""
