"""A local module that looks around while it is imported sees what it saw in its cell's place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import copy_project, differences, write_files

SETTINGS = """
import decimal, os
MODE = os.environ.get('LAW_MODE')
IS_ABOVE = os.path.isdir('inner')
DIGITS = decimal.getcontext().prec
"""
DRAWS = """
import random
X = random.random()
"""
SEEDS = """
import random
random.seed(3)
X = random.random()
"""
SETS = "import decimal, os, sys\nos.environ['LAW_MODE'] = 'fast'\ndecimal.getcontext().prec = 5\n"
SHOWS = "print(settings.MODE, settings.IS_ABOVE, settings.DIGITS, {n})"
FILES = {
    "settings.py": SETTINGS,
    "inner/inner_settings.py": SETTINGS,
    "inner/colorsys.py": SETTINGS,
    "draws.py": DRAWS,
    "seeds.py": SEEDS,
}
NOTEBOOKS = {
    "set before": (
        f"{SETS}sys.path.append(os.getcwd())\nos.chdir('inner')",
        "import settings",
        SHOWS,
    ),
    "set before, and imported beside a value": (SETS, "import settings\nx = print(1)", SHOWS),
    "set again later": (
        SETS,
        "import settings",
        "os.environ['LAW_MODE'] = 'slow'\nos.chdir('inner')",
        SHOWS,
    ),
    "found by a folder that a cell adds": (
        "import sys\nsys.path.insert(0, 'inner')",
        "import inner_settings as settings",
        SHOWS,
    ),
    "found before an installed one by a folder that its cell adds": (
        "import sys\nsys.path.insert(0, 'inner')\nimport colorsys as settings",
        "import colorsys as settings",
        SHOWS,
    ),
    "drawn, by what the same cell seeded": (
        "import random\nrandom.seed(1)\nimport draws",
        "a = random.random()",
        "print(draws.X, a, random.random(), {n})",
    ),
    "drawn, by what a cell above seeded": (
        "import random\nrandom.seed(1)",
        "import draws",
        "random.seed(2)",
        "print(draws.X, random.random(), {n})",
    ),
    "drawn within a function": (
        "import random\nrandom.seed(1)",
        "def f():\n    import draws\n    return draws",
        "a = f().X",
        "print(f().X, a, random.random(), {n})",
    ),
    "seeded and drawn": (
        "x = print(1)\nimport seeds",
        "import random\nrandom.seed(2)",
        "print(seeds.X, random.random(), {n})",
    ),
}


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("forks"))
    yield made
    made.close()


@pytest.mark.parametrize("sources", NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
def test_a_module_is_what_it_was_where_another_cell_runs(
    sources: tuple[str, ...], tmp_path: Path, forks: Nursery
) -> None:
    run, mine, scratch = partial(run_quick, forks), tmp_path / "mine", tmp_path / "scratch"
    (mine / "inner").mkdir(parents=True)
    for n in (1, 2):
        cells = tuple(LawCell(source=source.format(n=n)) for source in sources)
        project = Project(cells=cells, files=tuple(FILES.items()))
        write_files(mine, project)
        copy_project(mine, scratch)
        clean = run(scratch, project, cache="off")
        assert clean.status == "completed"
        done = run(mine, project, cache="all")
        assert differences(done, clean) == {}
    assert done.restored >= len(sources) - 2
