"""The digest of a rule covers what its script imports, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from alsreg.workflow.code import code_digest, modules_used

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted(
    path for path in (ROOT / "scripts").glob("*/*.py") if path.parent.name not in ("alsreg", "alsreg.egg-info")
)


# Runs every script's imports in one interpreter, forgetting the package (not the libraries) between them.
PROBE = """
import json, runpy, sys
loaded = {}
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "alsreg"]:
        del sys.modules[name]
    runpy.run_path(script)
    loaded[script] = [name for name in sys.modules if name.split(".")[0] == "alsreg"]
print(json.dumps(loaded))
"""


def test_modules_used__holds_every_module_loaded_at_run_time() -> None:
    output = subprocess.check_output([sys.executable, "-c", PROBE, *map(str, SCRIPTS)], text=True)
    loaded = json.loads(output.splitlines()[-1])
    assert len(loaded) == len(SCRIPTS) > 10
    missed = {script: set(names) - modules_used(Path(script)) for script, names in loaded.items()}
    assert all(loaded.values())
    assert {script: names for script, names in missed.items() if names} == {}


def test_modules_used__follows_imports_inside_functions(tmp_path: Path) -> None:
    script = tmp_path / "lazy.py"
    script.write_text("def later():\n    from alsreg.formats import pgen\n")
    assert {"alsreg.formats.pgen", "alsreg.formats.atomic", "alsreg.errors"} <= modules_used(script)
    assert "alsreg.config.freeze" not in modules_used(script)


def test_code_digest__differs_between_closures(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("import alsreg.errors\n")
    other.write_text("import alsreg.runlog\n")
    assert code_digest(one) != code_digest(other)
    assert code_digest(one) == code_digest(one)
