"""An index that several frames have is renamed for all of them, restored or not."""

from __future__ import annotations

from pathlib import Path

from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import differences, write_files

MAKE = "import pandas as pd\npop = pd.Series([1, 2])"
TWIN = "twice = pop + pop"
RENAME = "pop.index.name = '{name}'"
SHOW = "print(twice){more}"


def test_frames_that_were_computed_from_each_other_get_names_together(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    restored = []
    try:
        for name, more in (("a", ""), ("a", ""), ("a", ";"), ("b", ";"), ("b", "")):
            sources = (MAKE, TWIN, RENAME.format(name=name), SHOW.format(more=more))
            if more:
                sources = (*sources[:-1], f"{sources[-1]}\nprint({len(restored)})")
            project = Project(cells=tuple(LawCell(source=source) for source in sources))
            for folder in ("mine", "scratch"):
                write_files(tmp_path / folder, project)
            clean = run_quick(nursery, tmp_path / "scratch", project, cache="off")
            found = run_quick(nursery, tmp_path / "mine", project, cache="all")
            assert not differences(found, clean)
            restored.append(found.restored)
    finally:
        nursery.close()
    assert restored == [0, 4, 3, 0, 3]
