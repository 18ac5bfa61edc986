"""Which local modules will the cells of a notebook import, and what stands in them?

Found without the kernel: beside the notebook, in the folders that it puts on the path, and where
projects keep their modules. That is a guess; what a cell really loaded is compared with it
afterwards (`is_as_loaded`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.kernels.watch_sources import digest_source, imported_names
from mlops_nb.pipeline.incremental.code_parts import imports_in, stars_in
from mlops_nb.pipeline.incremental.hidden_state import is_watched
from mlops_nb.pipeline.incremental.local_code import LocalSource
from mlops_nb.pipeline.incremental.process_effects import dotted_path
from mlops_nb.pipeline.incremental.tasks import RunCell
from mlops_nb.pipeline.trees import parse_code

# A whole project may hang on one import: beyond this, what is called there counts as unknown.
_MOST_MODULES = 60
_MOST_BYTES = 600_000
_OURS = "mlops_nb"


def read_local_sources(
    cells: Sequence[RunCell], *, cwd: Path, rules: PathRules
) -> tuple[LocalSource, ...]:
    """Return the local modules that cells import, and those that these import.

    Parameters
    ----------
    cells : sequence of RunCell
    cwd : Path
        The kernel's working directory.
    rules : PathRules
        Tell what is local, and what files are called in facts.
    """
    trees = [tree for cell in cells if (tree := parse_code(cell.code)) is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    todo = [*imports_in(nodes).values(), *stars_in(nodes)]
    wanted = [path for path in todo if not is_watched(path) and path.split(".")[0] != _OURS]
    if not wanted:
        return ()
    root = Path(rules.path("."))
    guesses = [cwd, *_named_folders(nodes, cwd), cwd.parent, root, root / "src"]
    reading = _Reading([folder for folder in dict.fromkeys(guesses) if folder.is_dir()], rules)
    return tuple(reading.read(wanted))


def _named_folders(nodes: Iterable[ast.AST], cwd: Path) -> Iterator[Path]:
    """Yield the folders that cells may put on the path, by the texts in the calls."""
    nodes = list(nodes)
    imports = imports_in(nodes)
    for node in nodes:
        if isinstance(node, ast.Call) and dotted_path(node.func, imports).startswith("sys.path."):
            texts = [
                n.value
                for argument in node.args
                for n in ast.walk(argument)
                if isinstance(n, ast.Constant) and isinstance(n.value, str) and "\0" not in n.value
            ]
            yield cwd.joinpath(*texts).resolve()
            yield from ((cwd / text).resolve() for text in texts)


class _Reading:
    def __init__(self, folders: Sequence[Path], rules: PathRules) -> None:
        self._folders = folders
        self._rules = rules
        self._found: dict[str, LocalSource] = {}
        self._size = 0

    def read(self, names: Iterable[str]) -> list[LocalSource]:
        """Return the modules that dotted paths lead to, through each other's imports."""
        todo, seen = list(names), set[str]()
        while todo:
            path = todo.pop()
            for module in _prefixes(path):
                if module in seen:
                    continue
                seen.add(module)
                todo += self._read(module)
        return [self._found[module] for module in sorted(self._found)]

    def _read(self, module: str) -> list[str]:
        """Read one module, if it is local; return what it imports."""
        file = self._find(module)
        key = None if file is None else self._rules.key(str(file))
        if file is None or key is None or len(self._found) >= _MOST_MODULES:
            return []
        digest = digest_source(str(file))
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return []
        self._size += len(text)
        if digest is None or self._size > _MOST_BYTES:
            return []
        is_package = file.name == "__init__.py"
        self._found[module] = LocalSource(
            module=module, key=key, digest=digest, text=text, is_package=is_package
        )
        package = module if is_package else module.rpartition(".")[0]
        return [name for name, _ in imported_names(str(file), package) if not is_watched(name)]

    def _find(self, module: str) -> Path | None:
        top, *steps = module.split(".")
        for folder in self._folders:
            file = folder / f"{top}.py"
            if not (folder / top).is_dir() and not file.is_file():
                continue
            place = folder.joinpath(top, *steps)
            for candidate in (place / "__init__.py", place.with_name(f"{place.name}.py")):
                if candidate.is_file():
                    return candidate
            return None
        return None


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1) if all(parts[:n]))
