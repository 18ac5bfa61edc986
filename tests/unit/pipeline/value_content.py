"""What is inside a value? Something that compares equal as long as nothing in it was changed.

The test's own answer, independent of the package: a walk over what a value reaches, by identity
first, so that cycles end. What libraries keep for themselves (caches, the state of a plot) is not
content.
"""

from __future__ import annotations

import contextlib
import hashlib
import types
from collections import deque
from typing import Any

_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis))
# Objects of these are drawn on and cache by being looked at: only that they are there counts.
_LOOSE = frozenset(
    {"matplotlib", "IPython", "ipykernel", "traitlets", "ipywidgets", "mpl_toolkits"}
)
_CACHES = frozenset({"_cache", "_cached", "_item_cache", "_attrs_cache", "_mgr_cache", "_mhash"})
_MOST_NODES = 20_000


def content(value: Any) -> Any:
    """Return the content of `value`: a digest, the same for the same content."""
    walk = _Walk()
    walk.add(value, 0)
    return walk.digest.hexdigest()


class _Walk:
    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=16)
        self.seen: dict[int, int] = {}
        self.kept: list[Any] = []  # ids stay taken while the walk lasts

    def note(self, *words: object) -> None:
        self.digest.update(repr(words).encode("utf-8", "backslashreplace"))

    def add(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind in _PLAIN:
            self.note(kind.__name__, value)
            return
        known = self.seen.get(id(value))
        if known is not None:
            self.note("seen", known)
            return
        if len(self.seen) > _MOST_NODES or depth > 60:
            self.note("more")
            return
        self.seen[id(value)] = len(self.seen)
        self.kept.append(value)
        self.note(kind.__module__, kind.__qualname__)
        try:
            self.inside(value, kind, depth + 1)
        except Exception as error:  # what cannot be looked into has no content
            self.note("closed", type(error).__name__)

    def inside(self, value: Any, kind: type, depth: int) -> None:
        module = kind.__module__.partition(".")[0]
        if module in _LOOSE or isinstance(value, types.ModuleType | types.CodeType):
            return
        if isinstance(value, types.FunctionType):
            self.parts(vars(value), depth)
            return
        if isinstance(value, type):
            if value.__module__ == "__main__":
                self.parts({k: v for k, v in vars(value).items() if k[:2] != "__"}, depth)
            return
        if isinstance(value, types.MethodType | types.BuiltinFunctionType):
            return  # what it is bound to is looked at under its own name
        if _library_content(self, value, module, depth):
            return
        self.containers(value, depth)

    def containers(self, value: Any, depth: int) -> None:
        if isinstance(value, dict):
            self.note(len(value))
            for key, item in dict.items(value):
                self.add(key, depth)
                self.add(item, depth)
        elif isinstance(value, list | tuple | deque):
            self.note(len(value))
            for item in list(value):
                self.add(item, depth)
        elif isinstance(value, set | frozenset):
            self.note(len(value), sorted(content(item) for item in value))
        elif isinstance(value, bytearray):
            self.note(bytes(value))
        elif isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            self.note(None if frame is None else frame.f_lasti)
        elif hasattr(type(value), "tell") and hasattr(type(value), "closed"):
            self.note(value.closed or value.tell())
        elif hasattr(type(value), "__length_hint__"):
            self.note(value.__length_hint__())
        self.attributes(value, depth)

    def attributes(self, value: Any, depth: int) -> None:
        with contextlib.suppress(AttributeError):  # past what the notebook's classes define
            held = object.__getattribute__(value, "__dict__")
            self.parts(held, depth)
        for base in type(value).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if slot in base.__dict__ and slot[:2] != "__" and slot not in _CACHES:
                    self.note(slot)
                    self.add(base.__dict__[slot].__get__(value), depth)

    def parts(self, held: dict[Any, Any], depth: int) -> None:
        for name, item in list(held.items()):
            if name not in _CACHES:
                self.note(name)
                self.add(item, depth)


def _library_content(walk: _Walk, value: Any, module: str, depth: int) -> bool:
    """Note the content of arrays, frames and generators; False if `value` is none of them."""
    if module == "numpy":
        _numpy_content(walk, value, depth)
        return True
    if module == "pandas":
        return _pandas_content(walk, value, depth)
    if module == "scipy" and hasattr(value, "nnz"):
        for part in ("data", "indices", "indptr", "row", "col", "offsets"):
            walk.add(getattr(value, part, None), depth)
        return True
    if module == "random" and hasattr(value, "getstate"):
        walk.note(value.getstate())
        return True
    return module == "sympy"


def _numpy_content(walk: _Walk, value: Any, depth: int) -> None:
    if hasattr(value, "bit_generator"):
        walk.note(repr(value.bit_generator.state))
    elif hasattr(value, "get_state"):
        walk.note(repr(value.get_state()))
    elif hasattr(value, "dtype") and hasattr(value, "tobytes"):
        walk.note(str(value.dtype), getattr(value, "shape", ()))
        if value.dtype.hasobject:
            for item in value.ravel().tolist():
                walk.add(item, depth)
        else:
            walk.digest.update(value.tobytes())


def _pandas_content(walk: _Walk, value: Any, depth: int) -> bool:
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        walk.add(list(value.columns), depth)
        walk.add(value.index, depth)
        for number in range(value.shape[1]):
            walk.add(value.iloc[:, number].to_numpy(), depth)
    elif hasattr(value, "to_numpy") and hasattr(value, "dtype"):
        walk.note(repr(getattr(value, "name", None)), str(value.dtype))
        if hasattr(value, "index"):
            walk.add(value.index, depth)
        walk.add(value.to_numpy(), depth)
    else:
        walk.note(repr(value)[:200] if hasattr(value, "asm8") else "")
    return True
