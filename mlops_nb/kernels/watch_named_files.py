"""Which files does code name, as far as it calls certain libraries?

Looked at when the code has run: its texts, those of the functions that it reaches, and what its
names hold. A text may be the whole name of a file, its name in a folder that another text calls, a
pattern, or what a name is put together from (``f"{folder}/scan_{i}.tif"``).

Limits. Of a collection the first thousand texts are looked at; what comes after them counts where
elements themselves are paths, if one before was a file's. All else is data.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import glob
import os
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import PurePath
from typing import Any

from .watch_asker import Origins
from .watch_homes import class_home

_MAX_TEXTS = 50_000
_MAX_FUNCTIONS = 500
_MAX_LOOKS = 100_000
_MAX_FOUND = 10_000
_MAX_HELD = 100_000
_MAX_DATA = 1000
_MAX_LENGTH = 1024
_HOLES = re.compile(r"\{[^{}]*\}|%[-+ 0#\d.]*[sdifger]")
_HOLDING = (types.FunctionType, type(functools.lru_cache(len)))
_NO_NAMES = frozenset({int, float, complex, bool, bytes, type(None)})
_METHODS = (staticmethod, classmethod)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_CYTHON = ("cython_function_or_method", "fused_cython_function")
_SUFFIX = re.compile(r"\.\w{1,10}\Z")


class NamedFiles:
    """The files that a cell names.

    Parameters
    ----------
    libraries : frozenset of str
        First parts of the names of those whose calls are asked for.
    names : Mapping
        The names of the notebook.
    origins : Origins

    Attributes
    ----------
    is_called : bool
        Whether what was looked at calls one of the libraries.
    is_cut : bool
        Whether there was more than is looked through, so that files may be missing.
    """

    def __init__(
        self, libraries: frozenset[str], names: Mapping[str, Any], origins: Origins
    ) -> None:
        self._libraries = libraries
        self._names = names
        self._origins = origins
        self._texts: dict[str, None] = {}
        self._codes: set[Any] = set()
        self.is_called = False
        self.is_cut = False

    def look(self, code: str) -> None:
        """Look at the code of a cell."""
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        pieces: set[ast.expr] = set()
        for node in ast.walk(tree):  # what holds a node comes before it
            if isinstance(node, ast.JoinedStr):
                self._take("".join(map(self._piece, node.values)))
                pieces.update(node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._take("" if node in pieces else node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._take_value(self._names.get(node.id), 2)
            elif isinstance(node, ast.Call):
                self._look_call(node)

    def files(self) -> Iterator[str]:
        """Yield the paths of the files that are there under what was found."""
        found = self._found()
        yield from islice(found, _MAX_FOUND)
        self.is_cut |= next(found, None) is not None

    # --------------------------------------------------------------------------------------------

    def _look_call(self, call: ast.Call) -> None:
        way, place = [], call.func
        while isinstance(place, (ast.Attribute, ast.Call, ast.Subscript)):
            if isinstance(place, ast.Attribute):
                way.append(place.attr)
            place = place.func if isinstance(place, ast.Call) else place.value
        if not isinstance(place, ast.Name):
            return
        if place.id == "get_ipython":  # the body of a magic
            for text in call.args:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    self.look(text.value)
        self._look_value(self._names.get(place.id), way[::-1])

    def _look_value(self, value: Any, way: list[str]) -> None:
        """Look at what is called: a value, or an attribute of it."""
        for name in way:
            if isinstance(value, types.ModuleType) and name in vars(value):
                value = vars(value)[name]
        if isinstance(value, _HOLDING):
            value = vars(value).get("__wrapped__", value)
        if _module_of(value).partition(".")[0] in self._libraries:
            self.is_called = True
        elif isinstance(value, types.FunctionType):
            self._look_function(value)
        elif isinstance(value, types.MethodType):
            self._look_value(value.__func__, [])
        elif self._is_users(value):
            kind = value if isinstance(value, type) else type(value)
            for method in vars(kind).values():
                inner = method.__func__ if isinstance(method, _METHODS) else method
                if isinstance(inner, types.FunctionType):
                    self._look_function(inner)
            for held in list(getattr(value, "__dict__", {}).values()):
                self.is_called |= _module_of(held).partition(".")[0] in self._libraries

    def _look_function(self, function: types.FunctionType) -> None:
        todo = [function.__code__]
        is_known = function.__code__ in self._codes
        if is_known or not self._origins.is_user_code(function.__code__):
            return
        if len(self._codes) >= _MAX_FUNCTIONS:
            self.is_cut = True
            return
        self._codes.add(function.__code__)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._take_value(value, 2)
        while todo:
            code = todo.pop()
            todo += [one for one in code.co_consts if isinstance(one, types.CodeType)]
            self._take_value([one for one in code.co_consts if isinstance(one, (str, tuple))], 2)
            self._look_names(code.co_names, function.__globals__)

    def _look_names(self, names: tuple[str, ...], space: Mapping[str, Any]) -> None:
        for name in names:
            if name in self._libraries:
                self.is_called = True
            if name not in space:
                continue
            value = space[name]
            self._take_value(value, 2)
            self._look_value(value, [])
            if isinstance(value, types.ModuleType) and self._is_users(value):
                for inner in names:
                    self._look_value(vars(value).get(inner), [])

    def _take(self, text: str) -> None:
        is_name = 0 < len(text) <= _MAX_LENGTH and not {"\n", "\0"} & set(text)
        if not is_name or text in self._texts:
            return
        if len(self._texts) == _MAX_TEXTS:
            self.is_cut = True
            return
        self._texts[text] = None

    def _take_value(self, value: Any, depth: int) -> None:
        if type(value) in _NO_NAMES:
            return
        if isinstance(value, str):
            self._take(value)
        elif isinstance(value, PurePath):
            self._take(str(value))
        elif depth and type(value) in (list, tuple, set, frozenset, dict):
            self._take_held(value.values() if type(value) is dict else value, depth - 1)
        elif depth and self._is_users(value):
            self._take_value(dict(getattr(value, "__dict__", {})), depth)

    def _take_held(self, values: Iterable[Any], depth: int) -> None:
        begun, is_naming = len(self._texts), False
        with contextlib.suppress(RuntimeError):  # a thread changes it
            for number, one in enumerate(values):
                is_past = max(number, len(self._texts) - begun) >= _MAX_DATA
                if is_past and not is_naming:
                    return
                if number == _MAX_HELD:
                    self.is_cut = True
                    return
                is_file = isinstance(one, (str, PurePath)) and os.path.isfile(one)  # noqa: PTH113
                is_naming |= is_file
                if is_file or not is_past:
                    self._take_value(one, depth)

    def _is_users(self, value: Any) -> bool:
        """Return whether a module, a class or an object of one is the notebook's own, or holds
        what somebody put into it."""
        module = _module_of(value)
        if module in ("__main__", "types", "argparse"):
            return not isinstance(value, types.ModuleType)
        return module not in ("", "builtins") and not self._origins.is_library_module(module)

    def _piece(self, part: ast.expr) -> str:
        """Return a part of an f-string: itself, the folder that is put there, or a pattern."""
        if isinstance(part, ast.Constant):
            return glob.escape(str(part.value))
        value = getattr(part, "value", None)
        held = self._names.get(value.id) if isinstance(value, ast.Name) else None
        is_folder = isinstance(held, (str, PurePath)) and os.path.isdir(held)  # noqa: PTH112
        return glob.escape(str(held)) if is_folder else "*"

    def _found(self) -> Iterator[str]:
        texts = list(self._texts)
        folders = self._folders(texts)
        looks = 0
        for folder in folders:
            for text in texts:
                looks += 1
                if looks > _MAX_LOOKS:
                    self.is_cut = True
                    return
                path = os.path.join(folder, text.lstrip(os.sep)) if folder else text  # noqa: PTH118
                if os.path.isfile(path):  # noqa: PTH113
                    yield path
                    continue
                pattern = _HOLES.sub("*", f"*{text}" if _SUFFIX.match(text) else text)
                if glob.has_magic(pattern) and pattern.strip("*./"):
                    inside = os.path.join(glob.escape(folder), pattern.lstrip(os.sep))  # noqa: PTH118
                    pattern = inside if folder else pattern
                    yield from filter(os.path.isfile, glob.iglob(pattern, recursive=True))  # noqa: PTH207

    @staticmethod
    def _folders(texts: list[str]) -> list[str]:
        """Return the folders that texts call, each alone and within another; the first is here."""
        found = {"": None, **{t: None for t in texts if t != os.sep and os.path.isdir(t)}}  # noqa: PTH112
        for outer in list(found):
            for text in texts if outer and len(texts) * len(found) < _MAX_LOOKS else ():
                inner = os.path.join(outer, text.strip(os.sep))  # noqa: PTH118
                if text not in found and os.path.isdir(inner):  # noqa: PTH112
                    found[inner] = None
        return list(found)


def _module_of(value: Any) -> str:
    """Return the name of the module that a value, or its class, comes from."""
    if isinstance(value, types.ModuleType):
        return str(vars(value).get("__name__", ""))
    kind = type(value)
    is_named = isinstance(value, (type, *_FUNCTIONS)) or kind.__name__ in _CYTHON
    return class_home(value if is_named else kind)
