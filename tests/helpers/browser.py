"""Headless Chromium with the network off, and what a page did in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright


@dataclass
class Opened:
    """A page; `requests` are the addresses it asked for beyond its own file and data, `complaints` its errors and warnings."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def note_request(self, address: str) -> None:
        if not address.startswith(("file:", "data:", "blob:")):
            self.requests.append(address[:200])

    def note_message(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text[:500])


@contextmanager
def running(chromium: str) -> Iterator[Browser]:
    """A headless browser. One at a time: it keeps the thread's event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1200, script: bool = True) -> Iterator[Opened]:
    """A file in a window of `width` CSS pixels; nothing it asks for can arrive."""
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    context.set_offline(True)
    found = Opened(context.new_page())
    found.page.on("request", lambda request: found.note_request(request.url))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("console", lambda message: found.note_message(message.type, message.text))
    found.page.goto(path.resolve().as_uri(), wait_until="load")
    yield found
    context.close()
