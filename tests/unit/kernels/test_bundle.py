"""What is injected: complete, without a foreign import, readable by an old Python."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from mlops_nb.kernels import bundle, session
from mlops_nb.kernels.bundle import MODULES, session_source

FOLDER = Path(bundle.__file__).parent
ALLOWED = {"IPython", "comm", "ipykernel", "cloudpickle"}


@pytest.mark.parametrize("name", MODULES)
def test_an_injected_module_imports_the_standard_library_ipython_and_its_own_only(
    name: str,
) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(), feature_version=(3, 9))
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            foreign = {str(node.module).partition(".")[0]}
        elif isinstance(node, ast.ImportFrom):
            own.add(str(node.module))
            continue
        else:
            continue
        assert foreign <= ALLOWED | set(sys.stdlib_module_names)
    known = set(MODULES[: MODULES.index(name)])
    assert own - known <= ({"session"} if name == "stage_cell" else set())


def test_the_text_makes_the_package_and_binds_nothing() -> None:
    before = {name: module for name, module in sys.modules.items() if "_mlops_nb_session" in name}
    for name in before:
        del sys.modules[name]
    try:
        namespace: dict[str, object] = {}
        exec(session_source(), namespace)
        namespace.pop("__builtins__")
        assert namespace == {}
        package = sys.modules["_mlops_nb_session"]
        assert package.current is None  # type: ignore[attr-defined]
        assert package.session.MODULE == session.MODULE  # type: ignore[attr-defined]
        exec(session_source(), {})
        assert sys.modules["_mlops_nb_session"] is package
    finally:
        for name in [name for name in sys.modules if "_mlops_nb_session" in name]:
            del sys.modules[name]
        sys.modules.update(before)
