"""An output appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from alsreg.formats.atomic import atomic_folder, atomic_path, remove_partial_outputs


def test_atomic_path__moves_into_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/out.tsv.gz"
    with atomic_path(path) as temporary:
        assert temporary.name == "out.tsv.gz"
        assert temporary.parent.parent == path.parent
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("old", [None, "old"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_atomic_path__failure_leaves_what_was_there(
    tmp_path: Path, old: str | None, error: type[BaseException]
) -> None:
    path = tmp_path / "out.tsv"
    if old is not None:
        path.write_text(old)

    def write() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == ([] if old is None else [("out.tsv", old)])


def test_atomic_path__nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "out.tsv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_atomic_path__replaces(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with atomic_path(tmp_path / "out.tsv") as temporary:
            temporary.write_text(text)
    assert (tmp_path / "out.tsv").read_text() == "two"


def test_partial_outputs_of_killed_writers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "ingest" / "table.tsv"
    left = tmp_path / "ingest" / ".partial-x1" / "table.tsv"
    for path in (kept, left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    assert remove_partial_outputs(tmp_path) == [left.parent]
    assert kept.exists()
    assert not left.parent.exists()


def test_a_folder_appears_whole_and_without_what_was_before(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path, ["a", "b"]) as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "old", "c": "old"}
    with atomic_folder(tmp_path, ["a", "b"]) as folder:
        (folder / "a").write_text("new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "c": "old"}
