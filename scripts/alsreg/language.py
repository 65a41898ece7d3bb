"""The reader's language: messages are written in English where they are used, and looked up in a catalog for another language.

A catalog is ``locale/<language>.po``, kept in step with the messages by ``make generate``. In Python a message is marked by
`gettext` (or `noop`, where it is looked up later) and takes named values; in templates by ``{% trans %}`` or ``_()``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

# Language of a page, and its name in itself. English needs no catalog.
LANGUAGES = {"en": "English", "ja": "日本語"}
SOURCE = "en"

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages within are in `language`, one of `LANGUAGES`."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def current() -> str:
    """The language spoken."""
    return _language.get()


def gettext(message: str, /, **values: object) -> str:
    """A message in the language spoken; its ``{names}`` are filled by `values`."""
    if not message:  # in a catalog it names the catalog's header
        return message
    found = _catalog(current()).gettext(message)
    return found.format(**values) if values else found


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """The message for one or for `n`, filled by `values`."""
    found = _catalog(current()).ngettext(one, many, n)
    return found.format(**values) if values else found


def noop(message: str, /) -> str:
    """A message that is looked up where it is used."""
    return message


@cache
def _catalog(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (files("alsreg") / f"locale/{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
