"""Write every file of the repository that is made from code or from the lock."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from alsreg.config.generate import default_config, key_table, schemas
from alsreg.errors import ConfigError
from alsreg.tables.dictionary import data_dictionary
from alsreg.workflow.catalogs import catalogs
from alsreg.workflow.trait_docs import trait_definitions

KEYS_MARK = "<!-- keys: made by `make generate` -->\n"


def generated_files(base: Path) -> dict[Path, str]:
    """Path and text of the files made from code, for a repository at `base`."""
    readme = base / "config/README.md"
    words = readme.read_text(encoding="utf-8").split(KEYS_MARK)[0]
    return {
        base / "config/config.yaml": default_config(),
        **{base / "config/schemas" / name: text for name, text in schemas().items()},
        readme: words + KEYS_MARK + key_table(),
        base / "docs/data-dictionary.md": data_dictionary(),
        base / "docs/traits.md": trait_definitions(),
        **catalogs(base),
    }


def environment(base: Path) -> str:
    """``envs/python.yaml`` with the versions of ``uv.lock``."""
    local = base / ".tools/bin/uv"
    uv = str(local) if local.exists() else shutil.which("uv")
    if uv is None:
        raise ConfigError("uv is not installed", remedy="run `make setup`")
    command = [
        uv,
        "export",
        "--locked",
        "--no-dev",
        "--no-hashes",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
    ]
    done = subprocess.run(command, cwd=base, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ConfigError(
            f"uv export failed: {' '.join(done.stderr.split())}", file=base / "uv.lock", remedy="run `uv lock`"
        )
    lines = done.stdout.splitlines()
    packages = "".join(f'      - "{line.strip()}"\n' for line in lines if line.strip())
    return (
        "# Made by `make generate` from uv.lock; used with `--software-deployment-method conda`.\n"
        "channels: [conda-forge, nodefaults]\ndependencies:\n  - python=3.12\n  - pip\n  - pip:\n" + packages
    )


def write_generated(base: Path) -> list[Path]:
    """Write all generated files; return those that changed."""
    changed = []
    for path, text in {**generated_files(base), base / "envs/python.yaml": environment(base)}.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
