"""Catalogs: whole, in step with what code and templates say, and saying the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from alsreg.language import LANGUAGES, SOURCE, current, gettext, ngettext, speaking
from alsreg.workflow.catalogs import catalogs, template, untranslated, updated

ROOT = Path(__file__).resolve().parents[2]
CATALOGS = [ROOT / f"scripts/alsreg/locale/{name}.po" for name in LANGUAGES if name != SOURCE]
# What a translation must keep: what is filled in, markup, numbers.
KEPT = (r"%\(\w+\)s|\{\w+\}|%%", r"</?\w+[^>]*>|&\w+;", r"\d+(?:\.\d+)?")


def test_speaking__is_over_when_it_ends() -> None:
    assert (current(), gettext("hazard ratio")) == ("en", "hazard ratio")
    with speaking("ja"):
        assert (current(), gettext("hazard ratio")) == ("ja", "ハザード比")
        with speaking("en"):
            assert gettext("hazard ratio") == "hazard ratio"
        assert gettext("class {label}", label="{n}") == "クラス {n}"
    assert gettext("hazard ratio") == "hazard ratio"


def test_gettext__of_nothing_is_nothing_and_of_the_unknown_itself() -> None:
    with speaking("ja"):
        assert (gettext(""), gettext("SYN<1>")) == ("", "SYN<1>")
    assert [ngettext("{k} one", "{k} many", n, k=n) for n in (1, 2)] == ["1 one", "2 many"]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_catalog__is_in_step_and_whole(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == catalogs(ROOT)[path], "run `make generate`, then translate what is empty"
    missing = untranslated(path)
    assert not missing, f"{len(missing)} messages to translate in {path.name} (msgstr below each):\n" + "\n".join(
        missing
    )


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_catalog__says_the_same(path: Path) -> None:
    wrong = [
        f"{message}\n  {translation}"
        for message, translation in entries(path)
        for pattern in KEPT
        if Counter(re.findall(pattern, message)) != Counter(re.findall(pattern, translation))
    ]
    assert not wrong, "placeholders, markup or numbers differ:\n" + "\n".join(wrong)


def entries(path: Path) -> Iterator[tuple[str, str]]:
    with path.open("rb") as file:
        for message in read_po(file, locale=path.stem):
            if message.id:
                is_plural = isinstance(message.id, tuple)
                yield (message.id[-1], message.string[-1]) if is_plural else (message.id, message.string)


def test_updated__keeps_translations_adds_what_is_new_and_drops_what_is_gone(tmp_path: Path) -> None:
    source = tmp_path / "scripts/alsreg/report/words.py"
    source.parent.mkdir(parents=True)
    source.write_text('gettext("old"), noop("kept {n}"), ngettext("one", "many", 2)')
    path = tmp_path / "ja.po"
    path.write_text(updated(path, template(tmp_path)))
    assert untranslated(path) == ["kept {n}", "old", "('one', 'many')"]
    path.write_text(path.read_text().replace('msgid "kept {n}"\nmsgstr ""', 'msgid "kept {n}"\nmsgstr "残り {n}"'))
    source.write_text('noop("kept {n}"), gettext("new")')
    text = updated(path, template(tmp_path))
    assert 'msgid "kept {n}"\nmsgstr "残り {n}"' in text
    assert 'msgid "new"\nmsgstr ""' in text
    assert "old" not in text and "many" not in text
    path.write_text(text)
    assert updated(path, template(tmp_path)) == text
    path.write_text(text.replace('msgid "new"\nmsgstr ""', '#, fuzzy\nmsgid "new"\nmsgstr "新"'))
    assert untranslated(path) == ["new"]
