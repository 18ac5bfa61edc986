"""Options of stages in a live kernel have the effect that they have in a run, or are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_notebook import LiveNotebook, is_restored

pytestmark = pytest.mark.xdist_group("live_results")

CELLS = {
    "imports": "import random, subprocess, os",
    "draw": "%%mlops_stage draw --cache\ndrawn = random.random()\ndrawn",
    "never": "%%mlops_stage never --no-cache\nx = 1",
    "old": "%%mlops_stage old --fresh 0.001s\ny = 1",
    "deps": "%%mlops_stage deps --deps 'in/*.txt' --env LEVEL\n"
    "told = subprocess.check_output('cat in/*.txt', shell=True, text=True)\ntold",
    "version": "%%mlops_stage version --version-of 'len(os.listdir(\"in\"))'\nz = 1",
}


def test_options_of_stages_hold_in_a_live_kernel(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    notebook = LiveNotebook(tmp_path, CELLS)
    with notebook.kernel() as first:
        before = first.run_all()
        assert not any(map(is_restored, before.values()))
    with notebook.kernel() as second:
        after = second.run_all()
    restored = {name for name in CELLS if is_restored(after[name])}
    assert restored == {"draw", "deps", "version"}
    assert after["draw"].text == before["draw"].text
    assert "although it drew random numbers" in str(after["draw"].stage_line)
    assert "(--deps)" in str(after["deps"].stage_line)
    (tmp_path / "in" / "b.txt").write_text("two")
    with notebook.kernel() as third:
        third.run("imports")
        executed = third.run("deps")
        assert not is_restored(executed)
        assert "onetwo" in executed.text
        assert not is_restored(third.run("version"))


def test_a_stage_that_lacks_what_it_produces_says_so_and_is_not_kept(tmp_path: Path) -> None:
    cells = {"make": "%%mlops_stage make --produces made.bin\nok = 1"}
    notebook = LiveNotebook(tmp_path, cells)
    for _ in range(2):
        with notebook.kernel() as kernel:
            executed = kernel.run("make")
        assert not is_restored(executed)
        assert "'--produces made.bin' names a file that is not there" in str(executed.stage_line)
