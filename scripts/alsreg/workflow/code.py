"""Which package modules a script uses: their digest makes a rule rerun when one of them is edited."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "alsreg"
PACKAGE_FOLDER = Path(__file__).resolve().parents[1]


def code_digest(script: Path) -> str:
    """SHA-256 over the sources of all package modules that `script` imports, directly or through others."""
    digest = hashlib.sha256()
    for module in sorted(modules_used(script)):
        digest.update(module.encode() + b"\0" + _digest_of(_path_of(module)))
    return digest.hexdigest()[:16]


def modules_used(script: Path) -> set[str]:
    """Dotted names of the package modules in the import closure of `script`."""
    found: set[str] = set()
    waiting = list(_imports_of(script))
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_imports_of(_path_of(module)))
    return found


@cache
def _imports_of(path: Path) -> frozenset[str]:
    """Package modules imported anywhere in a file, function bodies included, with the packages they lie in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    inside = {name for name in names if name.split(".")[0] == PACKAGE and _exists(name)}
    parents = {".".join(name.split(".")[:depth]) for name in inside for depth in range(1, name.count(".") + 1)}
    return frozenset(inside | parents)


@cache
def _digest_of(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _exists(module: str) -> bool:
    return _path_of(module).exists()


def _path_of(module: str) -> Path:
    path = PACKAGE_FOLDER.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
