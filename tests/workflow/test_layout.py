"""One word per stage, one word per step, and Snakemake at the door."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = ["registry", "ingest", "sample_qc", "variant_qc", "identity", "merge", "structure", "annotation",
          "association", "burden", "panel", "control", "meta", "quality", "report", "compare"]  # fmt: skip
SCRIPTS = sorted(path for stage in STAGES for path in (ROOT / "scripts" / stage).glob("*.py"))
RULE = re.compile(r"^rule (\w+):\n((?:[ \t].*\n|\n)+)", re.MULTILINE)


def rules_of(stage: str) -> dict[str, str]:
    return dict(RULE.findall((ROOT / f"rules/{stage}.smk").read_text()))


@pytest.mark.parametrize("stage", STAGES)
def test_stage__is_one_word_everywhere(stage: str) -> None:
    from alsreg.config.settings import Settings

    assert (ROOT / f"rules/{stage}.smk").exists()
    assert (ROOT / "scripts" / stage).is_dir()
    assert (ROOT / "tests" / stage).is_dir()
    assert stage in Settings.model_fields
    assert f'include: "rules/{stage}.smk"' in (ROOT / "Snakefile").read_text()


@pytest.mark.parametrize("stage", STAGES)
def test_rule__carries_every_directive_and_paths_of_its_stage(stage: str) -> None:
    rules = rules_of(stage)
    assert rules
    for name, body in rules.items():
        for directive in ("output", "log", "benchmark", "conda", "threads", "resources", "params", "script"):
            assert re.search(rf"^    {directive}:", body, re.MULTILINE), f"{name} lacks {directive}"
        assert re.search(r'^    """\w.*\.', body), f"{name} lacks a docstring of one sentence"
        assert f'"../scripts/{stage}/{name}.py"' in body
        assert f'code("{stage}/{name}")' in body, f"{name} does not rerun when the package changes"
        assert f'"logs/{stage}/{name}/' in body and f'"benchmarks/{stage}/{name}/' in body
        outputs = re.search(r"^    output:\n((?:        .*\n)+)", body, re.MULTILINE)[1]
        assert all(path.startswith(f"{stage}/") for path in re.findall(r'"([^"]+/[^"]*)"', outputs)), name


KEYED = re.compile(r'settings\(\s*"(\w+)",\s*((?:"\w+",?\s*)+)\)')


def test_rule__takes_exactly_the_settings_its_script_reads() -> None:
    """Where a rule names keys of its section, a key left out would silently keep its default."""
    n_keyed = 0
    for stage in STAGES:
        for name, body in rules_of(stage).items():
            for section, keys in KEYED.findall(body):
                assert section == stage
                n_keyed += 1
                script = (ROOT / f"scripts/{stage}/{name}.py").read_text()
                assert set(re.findall(r'"(\w+)"', keys)) == set(re.findall(r"\bsettings\.(\w+)", script)), name
    assert n_keyed >= 7


def test_scripts__are_the_rules() -> None:
    named = {f"{stage}/{rule}.py" for stage in STAGES for rule in rules_of(stage)}
    assert named == {f"{path.parent.name}/{path.name}" for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_script__meets_snakemake_only_in_its_last_lines(path: Path) -> None:
    lines = path.read_text().splitlines()
    start = lines.index('if "snakemake" in globals():')
    assert len(lines) - start <= 25
    assert not any("snakemake" in line for line in lines[:start])
    others = [f"from {stage}" for stage in STAGES if stage != "registry"]
    assert not any(line.startswith(tuple(others)) for line in lines), "a script imports another"


def test_package__never_names_snakemake() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "scripts/alsreg").rglob("*.py")
        if "snakemake" in path.read_text()
    ]
    assert named == []


def test_package__imports_only_downwards() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_package__imports_at_once() -> None:
    heavy = ["numpy", "pandas", "scipy", "numba", "hail"]
    command = f"import sys, alsreg, alsreg.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", command], text=True).strip() == "[]"


def test_sizes__stay_readable() -> None:
    limits = [("rules", "*.smk", 200), ("scripts/alsreg", "*.py", 400)]
    long = [
        f"{path.relative_to(ROOT)}: {n}"
        for folder, pattern, limit in limits
        for path in (ROOT / folder).rglob(pattern)
        if (n := len(path.read_text().splitlines())) > limit
    ]
    long += [f"{path.relative_to(ROOT)}: {n}" for path in SCRIPTS if (n := len(path.read_text().splitlines())) > 170]
    assert long == []
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 60


def test_repository__tracks_no_genotypes() -> None:
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    genotype = re.compile(r"\.(vcf|vcf\.gz|bcf|bim|fam|pgen|pvar|pvar\.zst|psam|bgen)$")
    assert [path for path in tracked if genotype.search(path)] == []


@pytest.mark.parametrize("command", [["ruff", "check", "."], ["ruff", "format", "--check", "."],
                                     ["snakefmt", "--check", "Snakefile", "rules"]], ids=lambda words: words[0] + words[1])  # fmt: skip
def test_style(command: list[str]) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
