"""When two identifiers are likely to mean one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\uff70]")


def plain_identifier(text: str) -> str:
    """The form in which identifiers are compared: half-width, lower-case, one kind of dash, without what is not seen."""
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).casefold()
    return "".join(
        letter for letter in text if not letter.isspace() and unicodedata.category(letter) not in ("Cc", "Cf")
    )


def spelt_otherwise(unknown: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Names that nobody knows, each with the known one that differs from it in writing only."""
    written = {plain_identifier(name): name for name in known}
    return [(name, written[plain]) for name in unknown if (plain := plain_identifier(name)) in written]


class Identifiers(frozenset[str]):
    """A set that holds every spelling of its members by `plain_identifier`."""

    def __new__(cls, names: Iterable[str] = ()) -> Identifiers:
        return super().__new__(cls, map(plain_identifier, names))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(plain_identifier(name))
