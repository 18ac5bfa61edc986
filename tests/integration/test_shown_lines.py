"""What shows lines of cells, comments and numbers included, follows them when they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import differences, write_files

HELPER = "def double(v):\n    return v * 2  # {comment}"
SHOWING = {
    "the source of a function": "import inspect\nprint(inspect.getsource(double))",
    "a warning": "{blank}import warnings\nwarnings.warn('low')  # {comment}",
    "a traceback": "{blank}import traceback\ntry:\n    1 / 0\nexcept ArithmeticError:\n"
    "    traceback.print_exc()",
}


@pytest.mark.parametrize("showing", SHOWING.values(), ids=SHOWING)
def test_lines_are_shown_as_they_are_now(showing: str, tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    restored = []
    try:
        for comment, blank in (("one", ""), ("one", ""), ("two", "# a line\n")):
            sources = (HELPER, showing, "print(double(4))  # {comment}")
            texts = [text.format(comment=comment, blank=blank) for text in sources]
            project = Project(cells=tuple(LawCell(source=text) for text in texts))
            for folder in ("mine", "scratch"):
                write_files(tmp_path / folder, project)
            clean = run_quick(nursery, tmp_path / "scratch", project, cache="off")
            found = run_quick(nursery, tmp_path / "mine", project, cache="all")
            assert not differences(found, clean)
            restored.append([reason.startswith("restore") for reason in found.reasons])
    finally:
        nursery.close()
    assert restored == [[False] * 3, [True] * 3, [True, False, True]]
