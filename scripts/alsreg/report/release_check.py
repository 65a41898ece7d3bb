"""The last look at a bundle: no file of it may name a person, a sample or a folder of the registry."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alsreg.errors import InputError

MIN_LENGTH = 4  # shorter identifiers, and bare numbers, are found in any table
TOKEN = re.compile(rb"[^\s\"'<>,;:|=(){}\[\]\\/]+")
EMBEDDED = re.compile(rb"base64,([A-Za-z0-9+/=]{16,})")
BINARY = (".tbi",)


@dataclass(frozen=True)
class Secrets:
    """Identifiers of people and samples, words that may stand there although an identifier looks like one, and folders."""

    names: frozenset[str]
    public: frozenset[str]
    folders: frozenset[str]

    @property
    def sought(self) -> frozenset[str]:
        """Identifiers that can be told from other words and numbers."""
        return frozenset(name for name in self.names - self.public if len(name) >= MIN_LENGTH and not name.isdigit())


def refuse_secrets(folder: Path, secrets: Secrets) -> None:
    """Raise `InputError` if a file below `folder`, compressed or embedded text included, names one of `secrets`."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in BINARY:
            continue
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for text in (content, *_embedded(content)):
            if found := secrets_in(text, secrets):
                raise InputError(
                    "would name a person, a sample or a folder of the registry, so nothing was exported",
                    file=path.relative_to(folder), value=found,
                    remedy="an identifier in a free text of the configuration or freeze? If it is a word that the page needs anyway, "
                    "rename it there",
                )  # fmt: skip


def secrets_in(text: bytes, secrets: Secrets) -> str | None:
    """The first identifier or folder that stands in `text` as a word; None if there is none."""
    for name in sorted(secrets.folders):
        if name.encode() in text:
            return name
    named = secrets.sought & {token.decode(errors="replace") for token in TOKEN.findall(text)}
    return min(named) if named else None


def _embedded(content: bytes) -> Iterable[bytes]:
    return (base64.b64decode(part) for part in EMBEDDED.findall(content))
