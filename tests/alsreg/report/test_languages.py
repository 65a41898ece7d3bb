"""The same page in every language: each text translated, each number the same."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from jinja2 import Environment

from alsreg.clinical.findings import RULES
from alsreg.genotypes.sample_verdict import FLAGS as SAMPLE_FLAGS
from alsreg.genotypes.variant_verdict import FLAGS as VARIANT_FLAGS
from alsreg.language import speaking
from alsreg.report.control import NAMES
from alsreg.report.model import CohortReport, Picture
from alsreg.report.render import render_cohort
from alsreg.report.terms import term, words
from helpers import report_tables as tables
from helpers.pages import blocks

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "scripts/alsreg/report/templates").glob("*.j2"))
# Latin on a Japanese page: names of software, tests, assays and columns, and what the tables of this test hold.
LATIN = {
    "alsreg",
    "rs",
    "all",
    "mini",
    "wgs",
    "array",
    "too",
    "few",
    "events",
    "burden",
    "contour",
    "entry",
    "exit",
    "skat",
    "pandas",
    "pgenlib",
    "pysam",
    "robust",
}
# Texts that are the same in any language.
UNIVERSAL = re.compile(r"\b(p|λ|SD|BIC|SHA-256|rs|PH p|SKAT|ACAT-O|Jaccard|King's|MiToS)\b|r²|&\w+;|[^A-Za-z]")


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[CohortReport, str]]:
    found = {}
    for language in ("en", "ja"):
        with speaking(language):
            report = tables.report_of(tmp_path_factory.mktemp(language))
            found[language] = report, render_cohort(report)
    return found


def test_page__names_its_language(spoken: dict[str, tuple[CohortReport, str]]) -> None:
    assert '<html lang="en">' in spoken["en"][1]
    assert '<html lang="ja">' in spoken["ja"][1]


def test_page__has_the_same_blocks_and_numbers(spoken: dict[str, tuple[CohortReport, str]]) -> None:
    english, japanese = (blocks(spoken[language][1]) for language in ("en", "ja"))
    assert [block.tag for block in english] == [block.tag for block in japanese]
    assert len(english) > 600
    differing = [(a.text, b.text) for a, b in zip(english, japanese, strict=True) if a.numbers != b.numbers]
    assert differing == []


def test_page__leaves_room_between_sentences(spoken: dict[str, tuple[CohortReport, str]]) -> None:
    """Messages that follow each other are told apart by a space of the template's own."""
    joined = re.compile(r"[a-z]\.\d|[a-z0-9]\.[A-Z][a-z]")
    assert [block.text for block in blocks(spoken["en"][1]) if joined.search(block.text)] == []


def test_model__has_the_same_numbers(spoken: dict[str, tuple[CohortReport, str]]) -> None:
    def numbers(value: object) -> list[object]:
        if isinstance(value, Picture):
            return [value.width]
        if dataclasses.is_dataclass(value):
            return [n for field in dataclasses.fields(value) for n in numbers(getattr(value, field.name))]
        if isinstance(value, tuple):
            return [n for part in value for n in numbers(part)]
        return [] if isinstance(value, str) else [repr(value)]

    english, japanese = (numbers(spoken[language][0]) for language in ("en", "ja"))
    assert english == japanese
    assert len(english) > 300


def test_page__says_nothing_in_english(spoken: dict[str, tuple[CohortReport, str]]) -> None:
    """A text that is not marked for translation is found here, by name."""
    page = re.sub(r'(?s)<section id="provenance">.*', "", spoken["ja"][1])
    left = [
        f"line {block.line} <{block.tag}>: {block.text}"
        for block in blocks(page)
        if set(re.findall(r"(?<![\w./])[a-z]{2,}(?![\w/=])", block.text)) - LATIN
    ]
    assert not left, "mark with gettext() or {% trans %}, or add to alsreg.report.vocabulary:\n" + "\n".join(left)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template__has_no_text_that_is_not_marked(path: Path) -> None:
    plain: list[str] = []
    is_marked = False
    environment = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"])
    tokens = list(environment.lex(path.read_text(encoding="utf-8")))
    for kind, name in ((kind, value) for _, kind, value in tokens):
        if kind == "name" and name in ("trans", "endtrans"):
            is_marked = name == "trans"
        elif kind == "data" and not is_marked:
            plain.append(name)
        elif kind == "variable_begin":
            plain.append("0")
    text = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", "".join(plain))
    spoken = re.findall(r'\b(?:alt|aria-label|title|placeholder)="([^"]*)"', text)
    left = [part for part in [*re.split(r"(?s)<[^>]*>", text), *spoken] if UNIVERSAL.sub("", part)]
    assert not left, f"{path.name}: use {{% trans %}} or _() for: {left}"


def test_words__of_other_stages_are_known() -> None:
    with speaking("ja"):
        for name in [*RULES, *SAMPLE_FLAGS.values(), *VARIANT_FLAGS.values(), *NAMES.values()]:
            assert words(name) != name.replace("_", " "), f"add noop({name.replace('_', ' ')!r}) to the vocabulary"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""), ("SYN1", "SYN1"), ("mac < 5", "MAC < 5"), ("missing: sex, M, x", "欠測：性別、男性、x"),
        ("mixed: fewer than 10 people have two visits; joint: one source assay", "混合：来院が二回ある人が 10 人未満; 同時：由来アッセイが一つ"),
        ("cauchy+signed root lrt", "Cauchy+符号付き平方根尤度比"), ("a + b", "a + b"), ("{n} pairs, fewer than 3", "{n} ペアで、3 に満たない"),
        ("<script>", "<script>"),
    ],
)  # fmt: skip
def test_term(text: str, said: str) -> None:
    assert term(text) == text
    with speaking("ja"):
        assert term(text) == said
