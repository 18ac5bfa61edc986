"""``graph`` prints or writes; ``convert`` writes and says where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlops_nb import cli

CASE = Path(__file__).parents[2] / "golden" / "several-cells"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return Path(shutil.copy(CASE / "input.ipynb", tmp_path / "my notebook.ipynb"))


def _run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    code = caught.value.code
    assert isinstance(code, int)
    return code


def test_text_is_what_a_terminal_gets(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("graph", notebook) == 0

    printed = capsys.readouterr()
    assert "clean   cells 1, 3  after load" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"], ["--json", "-f", "json"]])
def test_json_is_the_contract_and_nothing_else(
    notebook: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("graph", notebook, *option) == 0

    expected = json.loads((CASE / "graph.json").read_text(encoding="utf-8"))
    assert json.loads(capsys.readouterr().out) == expected


def test_two_formats_at_once_are_refused(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("graph", notebook, "--json", "--format", "svg") == 2

    assert "contradict" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "start"),
    [
        ("graph.svg", "<svg "),
        ("graph.HTML", "<!DOCTYPE html>"),
        ("graph.json", "{"),
        ("graph.mmd", "flowchart LR"),
        ("graph.txt", "my notebook"),
    ],
)
def test_the_suffix_of_the_file_chooses_the_format(
    notebook: Path, file: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(notebook.parent)

    assert _run("graph", notebook.name, "-o", file) == 0

    assert Path(file).read_text(encoding="utf-8").startswith(start)


def test_a_file_that_cannot_be_written_is_named(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("graph", notebook, "-o", notebook.parent / "no" / "graph.svg") == 2

    assert "MNB901" in capsys.readouterr().err


def test_errors_are_told_beside_the_graph_and_by_the_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = CASE.parent / "unbound-name" / "input.ipynb"

    assert _run("graph", broken) == 1

    printed = capsys.readouterr()
    assert "code cell" in printed.out
    assert "MNB203 cell 0" in printed.err
    assert "MNB203" not in printed.out


def test_convert_writes_the_workflow_and_prints_its_path(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (notebook.parent / ".git").mkdir()

    assert _run("convert", notebook, "--to", "github") == 0

    written = Path(capsys.readouterr().out.strip())
    assert written == notebook.parent / ".github" / "workflows" / "my-notebook.yml"
    assert 'NOTEBOOK: "my notebook.ipynb"' in written.read_text(encoding="utf-8")


def test_convert_refuses_a_parameter_the_notebook_does_not_have(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("convert", notebook, "--to", "github", "-p", "rate", "1") == 2

    assert "MNB304" in capsys.readouterr().err
