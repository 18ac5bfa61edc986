"""Which local modules can code of a module keep something in? Those that it imports, and itself.

Told from the text of modules beside the notebook. A module that goes to others by another way than
imports can reach them all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from mlops_nb.pipeline.incremental.code_parts import base_of
from mlops_nb.pipeline.incremental.local_code import LocalSource

_ELSEWHERE = re.compile(r"\b(importlib|__import__|modules|pkgutil|runpy|exec|eval|gc)\b")


class LocalReach:
    """The local modules of a notebook, by what leads from one to another.

    Parameters
    ----------
    sources : collection of LocalSource
    """

    def __init__(self, sources: Collection[LocalSource]) -> None:
        self._sources = {source.module: source for source in sources}
        self._steps: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> frozenset[str]:
        """Return the modules that what stands at a dotted path can reach; none if it is of no local
        module. A package leads to all that is in it.

        >>> texts = {"a": "import b", "b": "", "c": ""}
        >>> reach = LocalReach([
        ...     LocalSource(module=name, key=f"{name}.py", digest="", text=text)
        ...     for name, text in texts.items()
        ... ])
        >>> sorted(reach.of("a.f")), sorted(reach.of("c.g")), sorted(reach.of("numpy"))
        (['a', 'b'], ['c'], [])
        """
        found, todo = set[str](), [*self._modules_at(path)]
        while todo:
            module = todo.pop()
            if module not in found:
                found.add(module)
                todo += self._steps_from(module)
        return frozenset(found)

    def _steps_from(self, module: str) -> frozenset[str]:
        known = self._steps.get(module)
        if known is None:
            known = self._steps[module] = frozenset(self._find_steps(self._sources[module]))
        return known

    def _find_steps(self, source: LocalSource) -> Iterator[str]:
        tree = _parse(source)
        if tree is None or _ELSEWHERE.search(source.text):
            yield from self._sources
            return
        package = source.module if source.is_package else source.module.rpartition(".")[0]
        for node in ast.walk(tree):
            paths = []
            if isinstance(node, ast.Import):
                paths = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = base_of(node, package=package)
                paths = [f"{base}.{alias.name}".removesuffix(".*") for alias in node.names]
            for path in paths:
                yield from self._modules_at(path)

    def _modules_at(self, path: str) -> Iterator[str]:
        """Yield the module that a path leads into, the packages around it that may link what is in
        them, and where the path is that of a package, what is in that."""
        parts = path.split(".")
        begins = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        known = [begin for begin in begins if begin in self._sources]
        yield from (begin for begin in known[:-1] if _links(self._sources[begin]))
        yield from known[-1:]
        yield from (module for module in self._sources if module.startswith(f"{path}."))


def _links(package: LocalSource) -> bool:
    """Return whether a package does more than to import, to define and to name constants."""
    tree = _parse(package)
    return tree is None or not all(map(_only_says, tree.body))


def _only_says(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return not statement.decorator_list
    if isinstance(statement, ast.Assign | ast.Expr):
        value = statement.value
        parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        return all(isinstance(part, ast.Constant) for part in parts)
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _parse(source: LocalSource) -> ast.Module | None:
    try:
        return ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError):
        return None
