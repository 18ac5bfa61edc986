"""What watches a kernel can be sent there as text."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from mlops_nb.kernels import watch_bundle

FOLDER = Path(watch_bundle.__file__).parent


def test_every_module_imports_the_standard_library_and_what_was_sent_before() -> None:
    sent: set[str] = set()
    for name in watch_bundle.MODULES:
        tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"), feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.module in sent, f"{name} imports {node.module}"
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).partition(".")[0] in sys.stdlib_module_names, name
            if isinstance(node, ast.Import):
                tops = {alias.name.partition(".")[0] for alias in node.names}
                assert tops <= sys.stdlib_module_names, name
        sent.add(name)


def test_all_modules_that_watch_are_sent() -> None:
    found = {path.stem for path in FOLDER.glob("watch*.py")} - {"watch_bundle"}
    assert found == set(watch_bundle.MODULES)
