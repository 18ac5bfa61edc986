"""Stages in live kernels: restored when first executed, never wrongly, and one store for all
doors."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_notebook import LiveNotebook, is_restored

import mlops_nb

pytestmark = pytest.mark.xdist_group("live_results")

CELLS = {
    "imports": "import random, helper",
    "load": "%%mlops_stage load\nrows = [1, 2, 3]\nprint('loaded')\nrows",
    "train": "%%mlops_stage train --metrics score\nscore = helper.scale(sum(rows))\nscore",
    "draw": "%%mlops_stage draw\ndrawn = random.random()",
    "show": "print(score)",
}
# A module of an installed one's name, found in a folder that the stage itself adds.
FOUND = {
    "find": "%%mlops_stage find\nimport sys\nsys.path.insert(0, 'inner')\nimport colorsys",
    "use": "import colorsys\nprint(colorsys.VALUE)",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("def scale(x):\n    return x * 2\n")
    return tmp_path


def test_a_restart_and_run_all_restores_stages_with_what_they_showed(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "colorsys.py").write_text("VALUE = 'inner'\n")
    notebook = LiveNotebook(folder, {**CELLS, **FOUND})
    with notebook.kernel() as first:
        before = first.run_all()
        again = first.run("train")
    with notebook.kernel() as second:
        after = second.run_all()
    assert not is_restored(before["train"])
    assert not is_restored(again), "executed again in one kernel, a stage runs"
    assert is_restored(after["load"])
    assert is_restored(after["train"])
    assert is_restored(after["find"])
    assert after["use"].text == before["use"].text == "inner\n"
    assert "binds score · score 12" in str(after["train"].stage_line)
    for name in CELLS:
        assert name == "draw" or after[name].text == before[name].text
        kinds = [output.kind for output in after[name].body]
        assert kinds == [output.kind for output in before[name].body]


def test_what_drew_fresh_numbers_runs_again(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    for _ in range(2):
        with notebook.kernel() as kernel:
            kernel.run("imports")
            assert not is_restored(kernel.run("draw"))


def test_a_changed_input_makes_a_stage_run_and_an_equal_one_does_not(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as first:
        first.run_all()
    with notebook.kernel() as second:
        second.run("imports")
        second.run("load", "%%mlops_stage load\nrows = [1, 2, 4]")
        assert not is_restored(second.run("train"))
    with notebook.kernel() as third:
        third.run("imports")
        third.run("load", "%%mlops_stage load\nrows = [3, 2, 1][::-1]")
        assert is_restored(third.run("train"))


def test_what_another_cell_changed_in_place_counts(folder: Path) -> None:
    notebook = LiveNotebook(folder, {**CELLS, "more": "rows.append(4)"})
    with notebook.kernel() as first:
        first.run_all()
    with notebook.kernel() as second:
        second.run("imports")
        assert is_restored(second.run("load"))
        second.run("more")
        executed = second.run("train")
        assert not is_restored(executed)
        assert executed.text == "20"


def test_a_module_edited_and_not_reloaded_is_used_as_loaded_and_not_kept(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as first:
        first.run("imports")
        first.run("load")
        (folder / "helper.py").write_text("def scale(x):\n    return x * 3  # other\n")
        executed = first.run("train")
        assert executed.text.startswith("12")
        assert "not kept" in str(executed.stage_line)
    with notebook.kernel() as second:
        executed = second.run_all()["train"]
        assert not is_restored(executed)
        assert executed.text == "18"


def test_headless_restores_what_a_live_kernel_kept_and_the_other_way_round(folder: Path) -> None:
    notebook = LiveNotebook(folder, {"ext": "%load_ext mlops_nb", **CELLS})
    with notebook.kernel() as live:
        live.run_all()
    record = mlops_nb.run(notebook.path, folder / "out.ipynb", track=False)
    actions = {stage.name: stage.action for stage in record.stages}
    assert actions == {"load": "restore", "train": "restore", "draw": "run"}
    assert record.metrics == {"score": 12}
    notebook.cells["train"] = CELLS["train"].replace("sum(rows)", "sum(rows) + 1")
    notebook.save()
    mlops_nb.run(notebook.path, folder / "out.ipynb", track=False)
    with notebook.kernel() as live:
        executed = live.run_all()
        assert is_restored(executed["train"])
        assert executed["show"].text == "14\n"


def test_a_cell_that_is_not_in_the_notebook_leaves_nothing_to_restore_after_it(
    folder: Path,
) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as first:
        first.run_all()
    with notebook.kernel() as second:
        second.run("imports")
        second.kernel.run("helper.scale = lambda x: x * 5")
        assert not is_restored(second.run("load"))
        assert second.run("train").text == "30"


def test_a_stage_whose_helper_was_defined_anew_runs(folder: Path) -> None:
    cells = {
        "helpers": "def double(x):\n    return 2 * x",
        "use": "%%mlops_stage use\nvalue = double(4)\nvalue",
    }
    notebook = LiveNotebook(folder, cells)
    with notebook.kernel() as first:
        first.run_all()
    with notebook.kernel() as second:
        second.run("helpers", "def double(x):\n    return 3 * x")
        executed = second.run("use")
        assert not is_restored(executed)
        assert executed.text == "12"


def test_the_cache_can_be_set_off(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.mlops_nb]\ncache = 'off'\n")
    notebook = LiveNotebook(folder, CELLS)
    for _ in range(2):
        with notebook.kernel() as kernel:
            assert not is_restored(kernel.run_all()["train"])
    assert not (folder / ".mlops_nb" / "cache" / "v1").exists()


def test_a_stage_line_is_saved_alike_whether_the_stage_ran_or_was_restored(folder: Path) -> None:
    (folder / "pyproject.toml").touch()
    notebook = LiveNotebook(folder, CELLS)
    lines = []
    for _ in range(2):
        with notebook.kernel() as kernel:
            shown = kernel.run_all()
            lines.append([shown[name].stage_line for name in ("load", "train")])
    assert lines[0] == lines[1]
