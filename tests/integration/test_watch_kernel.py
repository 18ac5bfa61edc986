"""In a real kernel a cell is told from all that the kernel does for itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_kernel import LiveKernel, live_kernel

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("watch kernel")]

Run = Callable[[str], dict[str, Any]]

WATCH = """
from mlops_nb.kernels.watch import Watch as _Watch
_watch, _told = _Watch({root!r}, b"key"), []
_watching = [False]
def _begin(info):
    if "_told" not in info.raw_cell:
        _watching[0] = True
        _watch.start()
def _end(result):
    if _watching[0]:
        _watching[0] = False
        _told.append(_watch.stop())
get_ipython().events.register("pre_run_cell", _begin)
get_ipython().events.register("post_run_cell", _end)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "data.csv").write_text("a,b\n1,2\n")
    (root / "helpers.py").write_text("def f(x): return x\n")
    return root


@pytest.fixture(scope="module")
def kernel(project: Path) -> Iterator[LiveKernel]:
    with live_kernel(cwd=project) as started:
        started.run(WATCH.format(root=str(project)))
        yield started


@pytest.fixture
def run(kernel: LiveKernel) -> Run:
    def run(source: str) -> dict[str, Any]:
        done = kernel.run(source)
        assert done.status == "ok", done.text
        text = kernel.run("import json as _j; print(_j.dumps(_told.pop()))").text
        seen: dict[str, Any] = json.loads(text)
        return seen

    return run


def told(facts: dict[str, Any]) -> set[str]:
    """Return the facts that say something: not the versions and options that every cell reads."""
    plain = ("package:", "option:", "folder:", "ambient:")
    return {fact for fact in facts if not fact.startswith(plain)}


def test_a_plain_cell_does_nothing(run: Run) -> None:
    for source in (
        "x = 1",
        "x",
        "print('a' * 10000)",
        "from IPython.display import HTML\nHTML('x')",
    ):
        seen = run(source)
        assert (told(seen["reads"]), seen["writes"], seen["blockers"]) == (set(), {}, [])


def test_what_a_cell_does_is_told(run: Run) -> None:
    seen = run("import pandas as pd\ndf = pd.read_csv('data.csv')\ndf.to_csv('out.csv')\ndf")
    assert {"file:data.csv", "option:pandas.display"} <= seen["reads"].keys()
    assert set(seen["writes"]) == {"file:out.csv", "import:pandas"}
    assert seen["blockers"] == []
    assert seen["reads"]["package:pandas"]


def test_a_cell_that_draws_a_figure_changes_nothing(run: Run) -> None:
    run("import matplotlib.pyplot as plt")
    seen = run("plt.plot([1, 2]); plt.show()")
    assert (seen["writes"], seen["blockers"]) == ({}, [])
    assert "option:matplotlib" in seen["reads"]
    seen = run("%matplotlib inline")
    assert (seen["writes"], seen["blockers"]) == ({}, [])


def test_options_of_the_shell_are_seen(run: Run) -> None:
    seen = run("%config InteractiveShell.ast_node_interactivity = 'all'")
    assert set(seen["writes"]) == {"option:ipython"}
    assert set(run("%config InteractiveShell.ast_node_interactivity = 'last_expr'")["writes"]) == {
        "option:ipython"
    }
    run("%matplotlib inline\nimport matplotlib.pyplot")
    seen = run("%config InlineBackend.figure_format = 'svg'")
    assert set(seen["writes"]) == {"option:ipython"}
    run("%config InlineBackend.figure_format = 'png'")


SHARED = {
    "import numpy as np; np.set_printoptions(precision=3)": "option:numpy.printing",
    "np.seterr(all='ignore')": "option:numpy.errors",
    "import decimal; decimal.getcontext().prec = 5": "option:decimal",
    "import warnings; warnings.filterwarnings('ignore')": "option:warnings",
    "import logging; logging.basicConfig(level=20)": "option:logging",
    "import os; os.chdir('/')": "folder:",
    "import numpy as np; np.random.seed(1)": "random:numpy",
    "%env GREETING=hello": "environment:GREETING",
}


@pytest.mark.parametrize("source", SHARED)
def test_what_a_cell_sets_is_there_for_the_next_one(run: Run, source: str, project: Path) -> None:
    written = run(source)["writes"]
    fact = SHARED[source]
    assert fact in written
    reading = {
        "random:numpy": "np.random.rand()",
        "environment:GREETING": "import os; os.environ['GREETING']",
        "option:warnings": "import warnings; warnings.warn('x')",
        "option:logging": "import logging; logging.info('x')",
    }
    assert run(reading.get(fact, "pass"))["reads"][fact] == written[fact]
    run(f"import os; os.chdir({str(project)!r})")


def test_shell_commands_are_programs(run: Run) -> None:
    for source in ("!true", "x = !true", "%%bash\ntrue", "%sx true"):
        assert [blocker[0] for blocker in run(source)["blockers"]] == ["subprocess"], source


def test_an_edited_module_is_told_until_it_is_loaded_again(run: Run, project: Path) -> None:
    assert "module:helpers.py" in run("import helpers")["reads"]
    run("%load_ext autoreload")
    (project / "helpers.py").write_text("def f(x): return x + 1  # longer\n")
    assert [blocker[0] for blocker in run("helpers.f(1)")["blockers"]] == ["module"]
    run("%autoreload 2")
    assert run("helpers.f(1)")["blockers"] == []
    run("%autoreload 0")


def test_autoreload_looks_at_modules_for_no_cell(run: Run, project: Path) -> None:
    run("import helpers\n%load_ext autoreload\n%autoreload 2")
    run("import json")  # here it reads the sources that it compares with later on
    assert run("1 + 1")["reads"].keys().isdisjoint({"file:helpers.py", "file:helpers.py?"})
    assert "module:helpers.py" in run("helpers.f(1)")["reads"]
    run("%autoreload 0")


@pytest.mark.parametrize(
    "source",
    [
        "import broken",
        "import os; os.path.getsize('none')",
        "import pathlib; pathlib.Path('none').read_text()",
        "import pandas as pd; pd.read_parquet('none.parquet')",
        "import numpy as np; np.random.seed('x')",
        "import os; os.environ['NONE']",
    ],
)
def test_an_error_shows_no_frame_of_ours(kernel: LiveKernel, project: Path, source: str) -> None:
    (project / "broken.py").write_text("1 / 0\n")
    failed = kernel.run(source)
    kernel.run("_told.clear()")
    assert failed.status == "error"
    assert "watch" not in failed.text


def test_a_cell_that_fails_tells_what_it_did(kernel: LiveKernel) -> None:
    kernel.run("open('data.csv').close(); 1 / 0")
    seen = json.loads(kernel.run("import json as _j; print(_j.dumps(_told.pop()))").text)
    assert "file:data.csv" in seen["reads"]
