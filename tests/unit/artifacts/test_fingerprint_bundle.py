"""What reads values can be sent to a kernel as text: no cycles, nothing but Python's own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import mlops_nb.artifacts

FOLDER = Path(mlops_nb.artifacts.__file__).parent
MODULES = {
    path.stem: ast.parse(path.read_text("utf-8"))
    for pattern in (
        "identity.py",
        "installed.py",
        "process_state.py",
        "undisturbed.py",
        "fingerprint*.py",
        "memory_*.py",
    )
    for path in sorted(FOLDER.glob(pattern))
}


def _imports(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the modules of ours and the others that a module imports."""
    ours: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            others.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            others.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1
            assert node.module, "from . import x"
            ours.add(node.module)
    return ours, others


def test_modules_import_the_standard_library_and_each_other_without_cycles() -> None:
    waiting = {name: _imports(tree) for name, tree in MODULES.items()}
    loaded: set[str] = set()
    while waiting:
        ready = [name for name, (ours, _) in waiting.items() if ours <= loaded]
        assert ready, sorted(waiting)
        for name in ready:
            assert waiting.pop(name)[1] <= sys.stdlib_module_names
            loaded.add(name)


def test_reading_values_loads_no_library() -> None:
    script = (
        "import sys\nfrom mlops_nb.artifacts.fingerprint import fingerprint\n"
        "from mlops_nb.artifacts.memory_sharing import sharing\n"
        "assert fingerprint({'a': [1, lambda x: x]}).digest\nsharing({'a': [1], 'b': {2}})\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'polars', 'scipy', 'sklearn', 'torch'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
