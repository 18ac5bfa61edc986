"""Options that say on which terms a stage is restored, and what it is tried again from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import code, write_notebook

import mlops_nb
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.project import Project

pytestmark = pytest.mark.xdist_group("stage_terms")


def run(path: Path, **options: Any) -> RunRecord:
    return mlops_nb.run(path, path.parent / "out.ipynb", track=False, **options)


def actions(record: RunRecord) -> dict[str, str]:
    return {stage.name: stage.action for stage in record.stages}


def reasons(path: Path, **options: Any) -> dict[str, str]:
    report = Project.find(path).plan(path, **options)
    return {stage.name: stage.reason for stage in report.stages}


def texts(path: Path, cell: int) -> str:
    outputs = json.loads((path.parent / "out.ipynb").read_text())["cells"][cell]["outputs"]
    return "".join("".join(o.get("text", "")) for o in outputs)


CAT = "subprocess.run('cat in/*.txt', shell=True, capture_output=True, text=True).stdout"
CELLS = (
    "import os, random, subprocess",
    f"%%mlops_stage read --deps 'in/*.txt' --env LEVEL\ntold = {CAT}",
    "%%mlops_stage make --produces made.bin --deps in\nname = 'made.bin'",
    "%%mlops_stage make\nsubprocess.run(f'cat in/*.txt > {name}', shell=True, check=True)",
    "%%mlops_stage draw --cache\ndrawn = random.random()",
    "%%mlops_stage fresh --fresh 1h\nfetched = 1",
    "%%mlops_stage version --version-of 'len(told)'\nseen = 1",
    "%%mlops_stage never --no-cache\nx = 1",
    "%%mlops_stage blocked\ny = subprocess.run('true').returncode",
)


def test_each_option_restores_or_runs_its_stage_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    path = write_notebook(tmp_path / "nb.ipynb", CELLS)
    assert set(actions(run(path)).values()) == {"run"}
    (tmp_path / "made.bin").unlink()
    again = actions(run(path))
    runs = {name for name, action in again.items() if action == "run"}
    assert runs == {"never", "blocked"}
    assert (tmp_path / "made.bin").read_text() == "one", "what a stage produces is brought back"
    told = reasons(path)
    assert told["draw"].endswith("which was not seeded (--cache)")
    assert told["blocked"].endswith("say --deps, --fresh, --version-of or --cache to restore it")
    assert told["version"] == (
        "the value of 'len(told)' (--version-of) is not known until a run asks for it"
    )
    (tmp_path / "in" / "b.txt").write_text("two")
    monkeypatch.setenv("LEVEL", "3")
    told = reasons(path)
    assert told["read"] == (
        "which files 'in/*.txt' matches changed; the environment variable 'LEVEL' changed"
    )
    assert told["make"] == "which files 'in/**' matches changed"
    third = run(path)
    assert actions(third)["version"] == "run"
    reason = next(stage.reason for stage in third.stages if stage.name == "version")
    assert reason == "the value of 'len(told)' (--version-of) changed: 3 → 6"
    assert (tmp_path / "made.bin").read_text() == "onetwo"


def test_a_version_that_cannot_be_evaluated_fails_the_first_cell_of_its_stage(
    tmp_path: Path,
) -> None:
    cells = ("a = 1", "%%mlops_stage s --version-of 'a + missing'\nb = 2")
    record = run(write_notebook(tmp_path / "nb.ipynb", cells))
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.code, record.error.cell, record.error.stage) == ("MNB459", 1, "s")
    assert "--version-of a + missing" in record.error.message
    assert "NameError" in record.error.message


def test_a_stage_that_produces_nothing_fails(tmp_path: Path) -> None:
    cells = ("%%mlops_stage s --produces out/*.bin\nb = 2",)
    record = run(write_notebook(tmp_path / "nb.ipynb", cells))
    assert record.error is not None
    assert record.error.code == "MNB458"


FLAKY = (
    "import os, random\nimport numpy as np",
    "%%mlops_stage load\nrows = [1]\nalias = rows\nnp.random.seed(3)",
    "%%mlops_stage flaky --retries 2\nrows.append(len(rows))\nnew = 1\n"
    "os.environ['TRIED'] = os.environ.get('TRIED', '') + 'x'\ndraw = float(np.random.rand())\n"
    "os.mkdir('made')\nopen('made/x', 'w').close()\nopen('log', 'a').write('+')",
    "%%mlops_stage flaky\nn = int(os.popen('cat count').read())\n"
    "os.system(f'echo {n + 1} > count')\nassert n >= 2, 'not yet'",
    "print(rows, alias is rows, draw, os.environ['TRIED'], open('log').read())",
)


@pytest.mark.parametrize("cache", ["stages", "off"])
def test_a_stage_is_tried_again_from_its_inputs_as_they_were(tmp_path: Path, cache: str) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", FLAKY)
    (tmp_path / "count").write_text("2")
    assert run(path, cache="off").status == "completed"
    clean = texts(path, 4)
    for left in ("made/x", "log"):
        (tmp_path / left).unlink()
    (tmp_path / "made").rmdir()
    (tmp_path / "count").write_text("0")
    record = run(path, cache=cache)
    assert record.status == "completed"
    assert texts(path, 4) == clean
    assert sum("of stage 'flaky' failed: AssertionError: not yet" in n for n in record.notes) == 2
    assert "Try 2 of stage 'flaky' failed here" in texts(path, 3)
    assert record.stages[1].status == "completed"


def test_what_cannot_be_brought_back_is_not_tried_again(tmp_path: Path) -> None:
    cells = (
        "numbers = iter(range(3))\ngen = (n for n in numbers)",
        "%%mlops_stage s --retries 2\nfirst = next(gen)\nassert first == 1",
    )
    record = run(write_notebook(tmp_path / "nb.ipynb", cells))
    assert record.status == "failed"
    assert any("is not tried again: its input 'gen' cannot be" in note for note in record.notes)


def test_a_plan_tells_edits_and_what_differs_from_a_past_run(tmp_path: Path) -> None:
    cells = [
        code("n = 100", "parameters"),
        "def clean(x):\n    return x + 1",
        "%%mlops_stage prepare\nx = clean(1)",
        "%%mlops_stage train\ny = x * n",
    ]
    path = write_notebook(tmp_path / "nb.ipynb", cells)
    run(path)
    past = str(tmp_path / "out.ipynb")
    assert reasons(path, parameters={"n": 300})["train"] == "parameter 'n' changed: 100 → 300"
    cells[1] = "def clean(x):\n    return x + 2"
    write_notebook(path, cells)
    told = reasons(path)["prepare"]
    assert told == "'clean' is not known until cell 1 ran: its code changed (line 2)"
    cells[3] = "%%mlops_stage train\n\ny = x * n + 0"
    write_notebook(path, cells)
    assert reasons(path)["train"] == "its code changed (line 3)"
    diff = Project.find(path).diff(path, past)
    assert [(s.name, s.then, s.now, s.is_same) for s in diff.stages] == [
        ("prepare", "run", "undecided", None),
        ("train", "run", "run", False),
    ]
    assert diff.stages[1].difference == "its code changed (line 3)"
    assert diff.cells is None
    cells_too = Project.find(path).diff(path, past, cache="all").cells or ()
    assert [(c.name, c.then, c.difference) for c in cells_too] == [
        ("cell 1", "run", "its code changed (line 2)")
    ]


def test_what_differs_from_a_past_run_is_told_of_what_a_later_run_left(tmp_path: Path) -> None:
    note: dict[str, Any] = {"cell_type": "markdown", "metadata": {}, "source": "About x."}
    cells = [note, "%%mlops_stage a\nx = 1", "%%mlops_stage b\ny = [x]", "%%mlops_stage c\nz = 2"]
    path = write_notebook(tmp_path / "nb.ipynb", cells)
    run(path)
    past = str((tmp_path / "out.ipynb").rename(tmp_path / "past.ipynb"))
    cells[1] = "%%mlops_stage a\nx = 3"
    run(write_notebook(path, cells))
    diff = Project.find(path).diff(path, past)
    assert [(s.name, s.now, s.is_same, s.difference) for s in diff.stages] == [
        ("a", "restore", False, "its code changed (line 2)"),
        ("b", "restore", False, "it reads 'x', which stage 'a' changed"),
        ("c", "restore", True, "as in that run"),
    ]
