"""Catalogs of messages: what the package asks to be translated, and what the catalogs have."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from alsreg.language import LANGUAGES, SOURCE

# Keywords in Python and, as Jinja's extension names them, in templates.
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "noop": None, "_": None}
JINJA = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}  # as `alsreg.report.render` sets it
FOLDERS = ("alsreg/plots", "alsreg/report", "report")
WRAP_AT = 0  # one line per message, so that two branches that add messages merge


def template(base: Path) -> Catalog:
    """Every message of the package in the repository at `base`, with the files that use it."""
    found = Catalog(charset="utf-8")
    scripts = base / "scripts"
    for path in sorted(path for folder in FOLDERS for path in (scripts / folder).rglob("*")):
        name = path.relative_to(scripts).as_posix()
        for message in _messages(path):
            found.add(message, locations=[(name, 1)])
    return found


def _messages(path: Path) -> Iterator[str | tuple[str, ...]]:
    if path.suffix == ".j2":
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, KEYWORDS, [], JINJA):
                parts = (message,) if isinstance(message, str) else tuple(part for part in message if part)
                yield parts[0] if len(parts) == 1 else parts
    elif path.suffix == ".py":
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, KEYWORDS):
                yield message


def updated(path: Path, messages: Catalog) -> str:
    """Text of the catalog at `path` with exactly `messages`: translations are kept, nothing is guessed."""
    old = read_po(io.BytesIO(path.read_bytes()), locale=path.stem) if path.exists() else Catalog(locale=path.stem)
    new = Catalog(
        locale=path.stem,
        charset="utf-8",
        header_comment=f"# Messages of the report in {LANGUAGES[path.stem]}.",
        fuzzy=False,
    )
    for message in messages:
        if message.id:
            known = old.get(message.id)
            empty = ("",) * new.num_plurals if message.pluralizable else ""
            new.add(message.id, known.string if known else empty, locations=sorted(set(message.locations)),
                    flags=message.flags | (known.flags & {"fuzzy"} if known else set()))  # fmt: skip
    buffer = io.BytesIO()
    write_po(buffer, new, width=WRAP_AT, sort_output=True, include_lineno=False, omit_header=False)
    text = buffer.getvalue().decode("utf-8")
    head, _, rest = text.partition("\n\n")
    return _timeless(head) + "\n\n" + rest


def _timeless(header: str) -> str:
    """Without the dates and names that change from run to run."""
    kept = ("#", "msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME', '"Content-')
    return "\n".join(line for line in header.splitlines() if line.startswith(kept))


def catalogs(base: Path) -> dict[Path, str]:
    """Path and text of every catalog, in step with the messages."""
    messages = template(base)
    paths = [base / f"scripts/alsreg/locale/{name}.po" for name in LANGUAGES if name != SOURCE]
    return {path: updated(path, messages) for path in paths}


def untranslated(path: Path) -> list[str]:
    """Messages of the catalog at `path` that have no translation, or one that nobody has confirmed."""
    found = read_po(io.BytesIO(path.read_bytes()), locale=path.stem)
    return [str(m.id) for m in found if m.id and (m.fuzzy or not all(m.string if m.pluralizable else [m.string]))]
