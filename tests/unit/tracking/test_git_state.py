"""What git says about the working tree is kept with the run, within limits that are said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_nb.tracking.gitinfo import GitState, read_git_state, strip_credentials


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "first")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_clean_tree_has_commit_and_branch_and_no_diff(repository):
    state = read_git_state(repository)

    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert (state.branch, state.is_dirty, state.diff) == ("main", False, "")


def test_changes_and_new_files_are_in_the_diff(repository):
    (repository / "a.py").write_text("x = 2\n")
    (repository / "neu ü.py").write_text("y = 3\n")

    state = read_git_state(repository)

    assert state.is_dirty
    assert "-x = 1\n+x = 2\n" in state.diff
    assert "+++ b/neu ü.py\n@@ -0,0 +1,1 @@\n+y = 3\n" in state.diff


def test_a_copy_of_what_a_run_executed_changes_nothing_unless_it_is_what_runs(repository):
    copy, own = repository / "a-20261122.ipynb", repository / "b.ipynb"
    executed = {"metadata": {"mlops_nb": {"run": {"notebook": "a.ipynb"}}}, "cells": []}
    copy.write_text(json.dumps(executed))

    assert not read_git_state(repository, running=own).is_dirty
    assert read_git_state(repository, running=copy).changed == (copy.name,)

    own.write_text(json.dumps({"metadata": {"mlops_nb": {}}, "cells": []}))
    assert read_git_state(repository).changed == (own.name,)


def test_the_kept_diff_brings_a_checkout_to_the_same_state(repository, tmp_path_factory):
    (repository / "a.py").write_text("x = 2\n")
    (repository / "sub").mkdir()
    (repository / "sub" / "b.py").write_text("y = 3\nz = 4\n")
    (repository / "sub" / "neu ü.txt").write_text("no newline\r\nat the end")
    (repository / "empty").touch()
    patch = tmp_path_factory.mktemp("patch") / "uncommitted.diff"
    patch.write_bytes(read_git_state(repository).diff.encode())
    copy = tmp_path_factory.mktemp("copy")
    git(copy, "clone", "-q", str(repository), ".")

    git(copy, "apply", str(patch))

    assert (copy / "a.py").read_text() == "x = 2\n"
    assert (copy / "sub" / "b.py").read_text() == "y = 3\nz = 4\n"
    assert (copy / "sub" / "neu ü.txt").read_bytes() == b"no newline\r\nat the end"
    assert (copy / "empty").read_bytes() == b""


def test_binary_and_large_new_files_are_named_and_not_shown(repository):
    (repository / "data.bin").write_bytes(b"\0" * 10)
    (repository / "big.csv").write_text("1\n" * 100_000)

    diff = read_git_state(repository).diff

    assert "# New, not shown: data.bin (binary, 10 bytes)" in diff
    assert "# New, not shown: big.csv (200,000 bytes)" in diff


def test_a_long_diff_is_cut_at_a_line_and_says_so(repository):
    (repository / "a.py").write_text("y = 1\n" * 5000)

    diff = read_git_state(repository, diff_cap_bytes=1000).diff

    assert "# Cut here: only the first 1,000 bytes of the diff were kept." in diff
    assert "# 1 changed and new files: a.py" in diff
    assert len(diff) < 1300


def test_a_folder_below_the_root_sees_the_whole_tree(repository):
    (repository / "nb").mkdir()
    (repository / "new.py").write_text("z = 1\n")

    assert "+++ b/new.py" in read_git_state(repository / "nb").diff


def test_reading_the_state_changes_nothing_in_the_repository(repository):
    before = {p: p.stat().st_mtime_ns for p in (repository / ".git").rglob("*")}
    (repository / "a.py").touch()

    read_git_state(repository)

    assert {p: p.stat().st_mtime_ns for p in (repository / ".git").rglob("*")} == before


def test_outside_a_repository_everything_is_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert read_git_state(tmp_path) == GitState()


def test_without_git_everything_is_empty(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    assert read_git_state(repository) == GitState()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://me:secret@example.org/a.git", "https://example.org/a.git"),
        ("https://token@example.org/a@b.git", "https://example.org/a@b.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("", ""),
    ],
)
def test_credentials_are_cut_from_addresses(url, kept):
    assert strip_credentials(url) == kept


def _notebook(*, source: str = "x = 1", tags: tuple[str, ...] = (), outputs: int = 0) -> str:
    cell = {
        "cell_type": "code",
        "id": f"id-{outputs}",
        "source": source,
        "metadata": {"tags": list(tags), "trusted": True} if tags else {},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}] * outputs,
        "execution_count": outputs or None,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("saved", "is_dirty"),
    [
        (_notebook(outputs=2), False),
        (_notebook(source="x = 2"), True),
        (_notebook(tags=("stage:train",)), True),
        ("no notebook", True),
    ],
    ids=["outputs", "source", "tags", "broken"],
)
def test_a_notebook_saved_with_other_outputs_is_the_commits_code(
    repository: Path, saved: str, is_dirty: bool
) -> None:
    (repository / "nb.ipynb").write_text(_notebook(), encoding="utf-8")
    git(repository, "add", "nb.ipynb")
    git(repository, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "notebook")
    (repository / "nb.ipynb").write_text(saved, encoding="utf-8")
    (repository / ".ipynb_checkpoints").mkdir()
    (repository / ".ipynb_checkpoints" / "nb-checkpoint.ipynb").write_text(saved, encoding="utf-8")
    state = read_git_state(repository)
    assert state.is_dirty is is_dirty
    assert ("nb.ipynb" in state.changed) is is_dirty
    (repository / "other.py").write_text("", encoding="utf-8")
    assert read_git_state(repository).is_dirty


def test_a_new_file_that_the_process_prints_to_is_no_change(repository: Path) -> None:
    code = (
        "from pathlib import Path; from mlops_nb.tracking.gitinfo import read_git_state;"
        "state = read_git_state(Path('.')); print(state.is_dirty, state.changed)"
    )
    printed, other = repository / "run.json", repository / "other.txt"

    def told() -> str:
        with printed.open("w") as stream:
            subprocess.run([sys.executable, "-c", code], cwd=repository, stdout=stream, check=True)
        return printed.read_text()

    assert told() == "False ()\n"
    other.write_text("made by somebody else")
    assert told() == "True ('other.txt',)\n"
    other.unlink()
    git(repository, "add", "run.json")
    git(repository, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "second")
    assert told() == "True ('run.json',)\n"
