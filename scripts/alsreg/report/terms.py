"""Words that the tables of other stages hold, in the language spoken.

A table says why somebody or something is not counted in words of its own. Those that a page may show are listed in
`alsreg.report.vocabulary`; a ``{name}`` in them stands for what varies, which is looked up in turn. Anything else, such as an
identifier or a trait of the user's own, is shown as it is written.
"""

from __future__ import annotations

import re
from functools import cache

from alsreg.language import SOURCE, current, gettext
from alsreg.report.vocabulary import PHRASES, WORDS

_KNOWN = frozenset(WORDS)
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def term(text: str) -> str:
    """A word or phrase of a table in the language spoken; phrases joined by semicolons one by one."""
    if current() == SOURCE or not text:
        return text
    if text in _KNOWN:
        return gettext(text)
    for pattern, phrase in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(phrase, **{name: term(value) for name, value in found.groupdict().items()})
    parts = text.split("; ")
    return text if len(parts) == 1 else "; ".join(term(part) for part in parts)


def words(value: str) -> str:
    """An identifier as words."""
    return term(value.replace("_", " "))


def first_upper(text: str) -> str:
    """The same with a capital letter first."""
    return text[:1].upper() + text[1:]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(phrase)), re.DOTALL), phrase) for phrase in PHRASES)
