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
_JOINT = re.compile(r"(; |(?<=\S)\+(?=\S))")
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def term(text: str) -> str:
    """A word or phrase of a table in the language spoken; what semicolons or plus signs join, one by one."""
    if current() == SOURCE or not text:
        return text
    if text in _KNOWN:
        return gettext(text)
    parts = _JOINT.split(text)
    if len(parts) > 1:
        return "".join(part if k % 2 else term(part) for k, part in enumerate(parts))
    for pattern, phrase in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(phrase, **{name: term(value) for name, value in found.groupdict().items()})
    return text


def words(value: str) -> str:
    """An identifier as words."""
    return term(value.replace("_", " "))


def first_upper(text: str) -> str:
    """The same with a capital letter first."""
    return text[:1].upper() + text[1:]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(phrase)), re.DOTALL), phrase) for phrase in PHRASES)
