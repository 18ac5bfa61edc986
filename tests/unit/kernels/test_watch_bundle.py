"""What watches a kernel can be sent there as text."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from mlops_nb.kernels import watch

FOLDER = Path(watch.__file__).parent
# What tells values apart; it is sent along.
READS = (
    "artifacts.fingerprint",
    "artifacts.codec_classes",
    "artifacts.installed",
    "artifacts.memory_standing",
)
MODULES = sorted(path.stem for path in FOLDER.glob("watch*.py"))


def own_imports(name: str) -> set[str]:
    """Return the modules beside it that a module imports; check all its other imports."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"), feature_version=(3, 9))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            assert str(node.module).startswith(READS), name
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.add(str(node.module))
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).partition(".")[0] in sys.stdlib_module_names, name
        elif isinstance(node, ast.Import):
            assert {a.name.partition(".")[0] for a in node.names} <= sys.stdlib_module_names, name
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports_the_standard_library_and_its_like_without_a_circle(name: str) -> None:
    todo, seen = list(own_imports(name)), set()
    while todo:
        one = todo.pop()
        assert one in MODULES
        assert one != name, "imports itself"
        if one not in seen:
            seen.add(one)
            todo += own_imports(one)
