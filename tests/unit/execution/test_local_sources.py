"""The local modules of a notebook are found without its kernel."""

from __future__ import annotations

from pathlib import Path

from mlops_nb.execution.local_sources import read_local_sources
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.kernels.watch_sources import digest_source
from mlops_nb.pipeline.cells import CellFlow, CellKind, Code
from mlops_nb.pipeline.incremental.tasks import RunCell


def _cell(source: str) -> RunCell:
    return RunCell(
        position=0,
        label="cell 0",
        kind=CellKind.INLINE,
        stage=None,
        code=Code(python=source),
        flow=CellFlow(),
        analysis=None,
    )


def _found(root: Path, *sources: str, cwd: str = "notebooks") -> dict[str, str]:
    found = read_local_sources(
        [_cell(source) for source in sources], cwd=root / cwd, rules=PathRules(str(root))
    )
    assert all(one.digest == digest_source(str(root / one.key)) for one in found)
    return {one.module: one.key for one in found}


def _write(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_modules_are_found_through_each_others_imports(tmp_path: Path) -> None:
    _write(
        tmp_path,
        notebooks__utils="from near import x\nimport json, numpy\n",
        notebooks__near="import utils\n",
        notebooks__pkg__core="from . import tidy\n",
        notebooks__pkg__tidy="x = 1\n",
        notebooks__unasked="x = 1\n",
    )
    (tmp_path / "notebooks/pkg/__init__.py").write_text("from .core import *\n")
    assert _found(tmp_path, "def f():\n    from utils import a", "import pkg, yaml, mlops_nb") == {
        "utils": "notebooks/utils.py",
        "near": "notebooks/near.py",
        "pkg": "notebooks/pkg/__init__.py",
        "pkg.core": "notebooks/pkg/core.py",
        "pkg.tidy": "notebooks/pkg/tidy.py",
    }
    assert _found(tmp_path, "import numpy, os") == {}


def test_folders_that_a_cell_puts_on_the_path_are_looked_into(tmp_path: Path) -> None:
    _write(tmp_path, lib__deep__far="x = 1\n", src__inner="x = 1\n", notebooks__own="x = 1\n")
    above = "import sys, os\nsys.path.insert(0, os.path.join(os.getcwd(), '..', 'lib', 'deep'))"
    assert _found(tmp_path, above, "from far import *") == {"far": "lib/deep/far.py"}
    assert _found(tmp_path, "import far") == {}
    assert _found(tmp_path, "import inner, own") == {
        "inner": "src/inner.py",
        "own": "notebooks/own.py",
    }


def test_what_is_no_text_or_too_much_of_it_is_not_known(tmp_path: Path) -> None:
    _write(tmp_path, notebooks__large="# " + 700_000 * "x" + "\n", notebooks__small="x = 1\n")
    (tmp_path / "notebooks/odd.py").write_bytes(b"x = '\xff'\n")
    assert _found(tmp_path, "import large") == {}
    assert _found(tmp_path, "import odd, small") == {"small": "notebooks/small.py"}
