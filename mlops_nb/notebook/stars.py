"""Which names does ``from module import *`` bind?

Read from the module's source, or from the stub of a compiled one (`star_lists`): nothing of it is
imported or run. Outside the standard library a module without either is unknown.
"""

from __future__ import annotations

import ast
import sys
from functools import lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from mlops_nb.notebook.star_lists import ModuleText

# Modules of the standard library that are compiled or made at run time, and quiet to import.
_COMPILED = frozenset(
    {*sys.builtin_module_names, "_bisect", "math", "cmath", "os.path", "array", "unicodedata"}
)
_MAX_DEPTH = 12  # modules that lead to modules; deeper chains count as unknown


@lru_cache(maxsize=256)
def star_names(module: str) -> frozenset[str] | None:
    """Return the names a star import of `module` binds.

    Parameters
    ----------
    module : str
        Absolute dotted name.

    Returns
    -------
    frozenset of str or None
        None if the module is not installed here, has no source, or builds its names at run time.

    Examples
    --------
    >>> sorted(star_names("bisect"))[:2]
    ['bisect', 'bisect_left']
    >>> star_names("no_such_module_at_all") is None
    True
    """
    return _Reading().exported(module)


class _Reading:
    """Reads modules that lead to one another, each once; what leads back to itself is unknown."""

    def __init__(self) -> None:
        self._running: list[str] = []
        self._texts: dict[str, ModuleText | None] = {}

    def exported(self, module: str) -> frozenset[str] | None:
        """Return what a star import of a module binds; None if that cannot be told."""
        if module in _COMPILED or _is_compiled_part(module):
            return frozenset(n for n in dir(import_module(module)) if not n.startswith("_"))
        text = self._read(module)
        return None if text is None else text.exported

    def _declared(self, module: str) -> frozenset[str] | None:
        """Return ``__all__`` of a module; None if it has none, or one that cannot be told."""
        text = self._read(module)
        return text.exported if text is not None and text.has_declared else None

    def _exported_within(self, module: str) -> frozenset[str] | None:
        """Return what a star import in another module binds: nothing where it would fail."""
        if module not in _COMPILED and _find_spec(module) is None:
            return frozenset()
        return self.exported(module)

    def _read(self, module: str) -> ModuleText | None:
        if module in self._running or len(self._running) > _MAX_DEPTH:
            return None
        if module not in self._texts:
            self._running.append(module)
            self._texts[module] = self._parse(module)
            self._running.pop()
        return self._texts[module]

    def _parse(self, module: str) -> ModuleText | None:
        spec = _find_spec(module)
        path = None if spec is None else _text_path(spec)
        if spec is None or path is None:
            return None
        try:
            source = path.read_bytes()
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError):
            return None
        text = ModuleText(
            module=module,
            is_stub=path.suffix == ".pyi",
            is_package=spec.submodule_search_locations is not None,
            declared_by=self._declared,
            exported_by=self._exported_within,
            listing=_lines_of(source, b"__all__"),
        )
        text.walk(tree.body)
        return text


def _lines_of(source: bytes, word: bytes) -> frozenset[int]:
    """Return the lines that hold a word, as `ast` counts them."""
    if word not in source:
        return frozenset()
    lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return frozenset(number for number, line in enumerate(lines, start=1) if word in line)


def _is_compiled_part(module: str) -> bool:
    """Return whether a module is a compiled part of the standard library: ``_decimal``."""
    if module not in sys.stdlib_module_names or not module.startswith("_"):
        return False
    spec = _find_spec(module)
    return spec is not None and not str(spec.origin).endswith(".py")


def _text_path(spec: ModuleSpec) -> Path | None:
    """Return the file that says what a module holds: of a compiled one, the stub beside it."""
    if spec.origin is None:
        return None
    path = Path(spec.origin)
    if path.suffix == ".py":
        return path
    stub = path.with_name(path.name.split(".")[0] + ".pyi")
    return stub if stub.is_file() else None


def _find_spec(module: str) -> ModuleSpec | None:
    """Find `module` along the path; unlike `importlib.util.find_spec`, import no parent."""
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    for depth in range(1, module.count(".") + 2):
        name = ".".join(module.split(".")[:depth])
        try:
            spec = PathFinder.find_spec(name, path if path is not None else sys.path)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or [])
    return spec
