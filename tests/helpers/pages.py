"""A page as a reader meets it: blocks of text in order, and the numbers in each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

BLOCKS = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "caption",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "summary",
        "figcaption",
        "title",
        "a",
        "button",
        "label",
        "option",
    ]
)
VOID = frozenset(["meta", "link", "img", "br", "input", "hr", "col"])
SPOKEN = ("alt", "aria-label", "title", "placeholder")  # attributes that are read out
NUMBER = re.compile(r"[−-]?\d+(?:,\d{3})*(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")


@dataclass
class Block:
    """The text directly inside one element, `code` left out, and its line on the page."""

    tag: str
    line: int
    text: str = ""

    @property
    def numbers(self) -> list[str]:
        return sorted(NUMBER.findall(self.text))


@dataclass
class _Reader(HTMLParser):
    blocks: list[Block] = field(default_factory=list)
    stack: list[tuple[str, Block | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN and value:
                self.blocks.append(Block(f"{tag} {name}", self.getpos()[0], value))
        if tag in VOID:
            return
        block = Block(tag, self.getpos()[0]) if tag in BLOCKS else (self.stack[-1][1] if self.stack else None)
        if tag in ("code", "style", "script"):
            block = None
        elif tag in BLOCKS:
            self.blocks.append(block)  # type: ignore[arg-type]
        self.stack.append((tag, block))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self.stack}
        if inside & {"code", "style", "script"} or not data.strip():
            return
        block = self.stack[-1][1] if self.stack else None
        if block is None:
            block = Block(self.stack[-1][0] if self.stack else "", self.getpos()[0])
            self.blocks.append(block)
        block.text += data


def blocks(page: str) -> list[Block]:
    """Blocks of text in the order of the page, with attributes that a screen reader speaks."""
    reader = _Reader()
    reader.feed(page)
    return reader.blocks
