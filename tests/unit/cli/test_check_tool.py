"""`mlops-nb check` as people and tools call it: folders, stdin, settings, --fix, colours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlops_nb.cli.check import check
from mlops_nb.cli.colour import is_coloured
from mlops_nb.errors import InputError
from mlops_nb.project.check_files import find_notebooks
from mlops_nb.project.check_folder import check_all
from mlops_nb.project.checking import CheckOptions

UNBOUND = "# mlops: stage a\nprint(nothing)"
DRAW = "import random\nx = random.random()"


def write(path: Path, *sources: str) -> Path:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for s in sources
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    )
    return path


def call(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(check, [str(w) for w in words], input=stdin, standalone_mode=False)


def codes(*words: object) -> list[str]:
    return [row["code"] for row in json.loads(call("--json", *words).stdout)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.mlops_nb.check]\n{text}\n")


# which notebooks


def test_a_folder_is_all_notebooks_below_it_but_hidden_ones(project: Path) -> None:
    for name in ("b.ipynb", "sub/a.ipynb", ".ipynb_checkpoints/b.ipynb", ".mlops_nb/x.ipynb"):
        write(project / name, "x = 1")
    (project / "notes.txt").touch()
    assert find_notebooks(["."]) == ["b.ipynb", "sub/a.ipynb"]
    assert find_notebooks(["sub", ".", "b.ipynb"]) == ["sub/a.ipynb", "b.ipynb"]


def test_what_git_ignores_is_left_out_of_folders_and_not_of_names(project: Path) -> None:
    for name in ("a.ipynb", "out/b.ipynb", "c d.ipynb"):
        write(project / name, "x = 1")
    subprocess.run(["git", "init", "-q"], check=True)
    (project / ".gitignore").write_text("out/\n")
    assert find_notebooks(["."]) == ["a.ipynb", "c d.ipynb"]
    assert find_notebooks(["out/b.ipynb"]) == ["out/b.ipynb"]


def test_a_glob_is_what_it_matches_and_nothing_is_an_error(project: Path) -> None:
    for name in ("a.ipynb", "b[1].ipynb", "sub/c.ipynb"):
        write(project / name, "x = 1")
    assert find_notebooks(["*.ipynb"]) == ["a.ipynb", "b[1].ipynb"]
    assert find_notebooks(["**/*.ipynb"]) == ["a.ipynb", "b[1].ipynb", "sub/c.ipynb"]
    assert find_notebooks(["b[1].ipynb", "gone.ipynb"]) == ["b[1].ipynb", "gone.ipynb"]
    with pytest.raises(InputError, match="MNB815"):
        find_notebooks(["z*.ipynb"])


def test_a_folder_without_notebooks_is_fine(project: Path) -> None:
    done = call(".")
    assert done.return_value == 0
    assert "0 notebooks checked" in done.stderr


def test_stdin_is_a_notebook_under_a_name(project: Path) -> None:
    settings(project, 'per-file-ignores = {"drafts/*" = ["MNB203"]}')
    raw = write(project / "n.ipynb", UNBOUND).read_bytes()
    done = call("-", stdin=raw)
    assert done.return_value == 1
    assert done.stdout.startswith("error MNB203 <stdin>, cell 0")
    assert call("-", "--stdin-filename", "drafts/n.ipynb", stdin=raw).return_value == 0


def test_two_processes_find_what_one_finds(project: Path) -> None:
    names = [str(write(project / f"{i}.ipynb", UNBOUND, f"x = {i}")) for i in range(5)]
    names.insert(2, "gone.ipynb")
    one = list(check_all(names, CheckOptions(), processes=1))
    two = list(check_all(names, CheckOptions(), processes=2))
    assert one == two
    assert [c.is_unreadable for c in two] == [False, False, True, False, False, False]


# what is told


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("", [], ["MNB236", "MNB203"]),
        ('select = ["MNB236"]', [], ["MNB236"]),
        ('ignore = ["MNB20"]', [], ["MNB236"]),
        ('per-file-ignores = {"n.ipynb" = ["MNB203"]}', [], ["MNB236"]),
        ('per-file-ignores = {"sub/*" = ["MNB203"]}', [], ["MNB236", "MNB203"]),
        ('select = ["MNB236"]', ["--select", "MNB203"], ["MNB203"]),
        ('ignore = ["MNB236"]', ["--ignore", "mnb203,MNB204"], []),
    ],
)
def test_settings_and_options_say_what_is_told(
    text: str, words: list[str], told: list[str], project: Path
) -> None:
    settings(project, text)
    assert codes(write(project / "n.ipynb", DRAW, UNBOUND), *words) == told


def test_a_severity_of_the_settings_decides_about_the_exit_code(project: Path) -> None:
    notebook = write(project / "n.ipynb", DRAW)
    assert call(notebook).return_value == 0
    settings(project, 'severity = {MNB236 = "error"}')
    assert call(notebook).return_value == 1
    settings(project, 'severity = {MNB2 = "info"}')
    assert call(write(notebook, UNBOUND)).return_value == 0


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('selct = ["MNB236"]', "MNB801", "'select'"),
        ('select = ["MNB999"]', "MNB814", "check.select"),
        ('ignore = "MNB236"', "MNB802", "check.ignore"),
        ('severity = {MNB236 = "off"}', "MNB802", "'ignore'"),
        ('severity = ["error"]', "MNB802", "check.severity"),
        ('per-file-ignores = {"*" = ["MNB1"]}', "MNB814", "per-file-ignores '*'"),
        ("hints = 1", "MNB802", "check.hints"),
    ],
)
def test_settings_that_cannot_be_meant_are_errors(
    text: str, code: str, said: str, project: Path
) -> None:
    settings(project, text)
    error = call(write(project / "n.ipynb", "x = 1")).exception
    assert isinstance(error, InputError)
    assert error.code == code
    assert said in str(error)


def test_a_comment_is_no_way_around_a_run(project: Path) -> None:
    from mlops_nb.project import Project

    notebook = write(project / "n.ipynb", "# mlops: ignore[MNB203]\n" + UNBOUND)
    done = call(notebook)
    assert done.return_value == 0
    assert "1 ignored by comments" in done.stderr
    with pytest.raises(InputError, match="MNB203"):
        Project.find(notebook).runnable_pipeline(notebook)


# --fix


def test_a_diff_is_shown_and_nothing_changes(project: Path) -> None:
    notebook = write(project / "n.ipynb", DRAW)
    before = notebook.read_bytes()
    done = call("--diff", notebook)
    assert "+random.seed(0)" in done.stdout
    assert done.return_value == 0
    assert notebook.read_bytes() == before
    assert "Nothing can be mended" in call("--diff", write(notebook, "x = 1")).stderr


def test_fixes_are_written_once_and_the_rest_is_told(project: Path) -> None:
    notebook = write(project / "n.ipynb", DRAW, UNBOUND)
    done = call("--fix", notebook)
    assert done.return_value == 1
    assert "+random.seed(0)" in done.stdout
    assert "error MNB203" in done.stdout
    assert "MNB236 n" not in done.stdout
    assert "1 notebook changed" in done.stderr
    after = notebook.read_bytes()
    assert "0 notebooks changed" in call("--fix", notebook).stderr
    assert notebook.read_bytes() == after


def test_beside_json_the_diff_is_on_stderr(project: Path) -> None:
    done = call("--fix", "--yes", "--json", write(project / "n.ipynb", DRAW))
    assert json.loads(done.stdout) == []
    assert "+random.seed(0)" in done.stderr


def test_only_what_is_told_is_mended(project: Path) -> None:
    notebook = write(project / "n.ipynb", DRAW + "  # mlops: ignore[MNB236]")
    before = notebook.read_bytes()
    call("--fix", notebook)
    call("--fix", "--ignore", "MNB236", write(project / "m.ipynb", DRAW))
    assert notebook.read_bytes() == before
    assert "seed" not in (project / "m.ipynb").read_text()


def test_a_notebook_that_cannot_be_read_does_not_keep_others_from_being_mended(
    project: Path,
) -> None:
    (project / "broken.ipynb").write_text("{")
    notebook = write(project / "n.ipynb", DRAW)
    assert call("--fix", "broken.ipynb", notebook).return_value == 2
    assert "seed" in notebook.read_text()


def test_an_old_format_is_told_and_not_mended(project: Path) -> None:
    cell = {"cell_type": "code", "input": DRAW, "outputs": [], "language": "python"}
    node = {"worksheets": [{"cells": [cell]}], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}
    path = project / "old.ipynb"
    path.write_text(json.dumps(node))
    done = call("--fix", path)
    assert "info MNB236" in done.stdout
    assert json.loads(path.read_text()) == node


# how it is shown


@pytest.mark.parametrize(
    ("said", "environment", "coloured"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_as_everybody_agreed(
    said: str, environment: dict[str, str], coloured: bool
) -> None:
    assert is_coloured(sys.stdout, said=said, environment=environment) == coloured


@pytest.mark.parametrize("option", ["always", "never"])
def test_the_option_decides_what_is_printed(option: str, project: Path) -> None:
    done = call("--color", option, write(project / "n.ipynb", UNBOUND))
    assert ("\x1b[" in done.stdout) == (option == "always")


@pytest.mark.parametrize(
    "words",
    [
        ["--fix", "--diff"],
        ["--yes"],
        ["--stdin-filename", "x"],
        ["--diff", "--json"],
        ["--json", "--format", "sarif"],
    ],
)
def test_options_that_mean_nothing_together_are_refused(words: list[str], project: Path) -> None:
    write(project / "n.ipynb", "x = 1")
    assert CliRunner().invoke(check, [*words, "n.ipynb"]).exit_code == 2


def test_a_workflow_gets_commands_and_a_scanner_a_log(project: Path) -> None:
    write(project / "n.ipynb", UNBOUND)
    github = call("-q", "--format", "github", "n.ipynb")
    assert github.stdout.startswith("::error file=n.ipynb,line=")
    assert (github.return_value, github.stderr) == (1, "")
    log = json.loads(call("-q", "--format", "sarif", "n.ipynb").stdout)
    assert [r["ruleId"] for r in log["runs"][0]["results"]] == ["MNB203"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_findings_that_are_lost_on_a_full_disk_are_told(project: Path) -> None:
    write(project / "n.ipynb", UNBOUND)
    command = [sys.executable, "-c", "from mlops_nb.cli import main; main()", "check", "n.ipynb"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5
    assert "MNB817" in done.stderr
