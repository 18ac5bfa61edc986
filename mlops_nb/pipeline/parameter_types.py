"""Which values does a parameter take, and how is a text from the command line read as one?

An annotation decides; without one the default's type does (``epochs = 3`` takes integers). What
cannot be told (a computed default, an annotation of the user's own) takes anything, and text is
then read as a literal where it is one and as itself where it is not: ``007`` stays ``'007'``.
"""

from __future__ import annotations

import ast
import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_NOTHING = ("None", "none", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """What values a parameter takes.

    Attributes
    ----------
    names : tuple of str
        Alternatives, tried in order when text is read: ``"int"``, ``"float"``, ``"bool"``,
        ``"str"``, ``"list"``, ``"dict"``, ``"tuple"``, ``"set"``, ``"date"``, ``"datetime"``;
        empty for anything.
    optional : bool
        Whether None is taken.
    inferred : bool
        Whether it was told from the default rather than from an annotation.
    choices : tuple
        The only values taken (``Literal["a", "b"]``); empty for all.
    """

    names: tuple[str, ...] = ()
    optional: bool = False
    inferred: bool = False
    choices: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """Return a phrase for messages: ``an integer or None``."""
        words = [repr(choice) for choice in self.choices] or [_PHRASES[name] for name in self.names]
        # None is taken for an inferred type too, but it is not what one would pass.
        if self.optional and not self.inferred:
            words.append("None")
        return " or ".join(words) or "any value"

    @property
    def label(self) -> str:
        """A short name for tables: ``int | None``."""
        names = list(self.names) or ["any"]
        if self.choices:
            names = [repr(choice) for choice in self.choices]
        if self.optional and not self.inferred:
            names.append("None")
        return " | ".join(names)

    def read(self, text: str) -> Any:
        """Return the value that `text` stands for. Raises ValueError if there is none."""
        if self.choices:
            return _pick(text, self.choices)
        if not self.names:
            return _read_anything(text)
        if self.optional and "str" not in self.names and text.strip() in _NOTHING:
            return None
        if self.optional and not self.inferred and text == "None":
            return None
        # Text takes every text, so it comes last; otherwise the order of the annotation holds.
        for name in sorted(self.names, key=lambda name: name == "str"):
            try:
                return _READERS[name](text)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
        raise ValueError

    def check(self, value: Any) -> Any:
        """Return `value`, as the type has it (an int for a float is 1.0). Raises TypeError if
        not."""
        if self.choices:
            if not any(type(value) is type(c) and value == c for c in self.choices):
                raise TypeError
            return value
        if not self.names or (value is None and self.optional):
            return value
        for name in self.names:
            if _is_of(value, name):
                return _CONVERTERS[name](value) if name in _CONVERTERS else value
        raise TypeError(f"a {type(value).__name__}")


def parse_annotation(annotation: ast.expr) -> ValueType:
    """Return what the annotation of a parameter says; anything for one that is not known."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return ValueType()
    if isinstance(annotation, ast.Subscript) and _last_name(annotation.value) == "Literal":
        return _parse_choices(annotation.slice)
    names: list[str] = []
    for part in _alternatives(annotation):
        name = _ALIASES.get(_last_name(part), "")
        if not name:
            return ValueType()
        names.append(name)
    types = tuple(dict.fromkeys(name for name in names if name != "None"))
    return ValueType(names=types, optional="None" in names)


def infer_type(default: ast.expr | None) -> ValueType:
    """Return the type of a default; anything for one that is computed or None."""
    if default is None:
        return ValueType(inferred=True)
    if isinstance(default, ast.Call):  # float("nan"), Path("data"), datetime.date(2026, 1, 31)
        name = _ALIASES.get(_last_name(default.func), "")
    else:
        try:
            name = type(ast.literal_eval(default)).__name__
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            name = ""
    if name not in _READERS:
        return ValueType(inferred=True)
    return ValueType(names=(name,), optional=True, inferred=True)


def _alternatives(annotation: ast.expr) -> list[ast.expr]:
    """Return the parts of ``A | B``, ``Optional[A]``, ``Union[A, B]``; `annotation` itself if
    none."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return [*_alternatives(annotation.left), *_alternatives(annotation.right)]
    if isinstance(annotation, ast.Subscript):
        name, inner = _last_name(annotation.value), annotation.slice
        if name == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
            return _alternatives(inner.elts[0])
        if name == "Optional":
            return [*_alternatives(inner), ast.Constant(value=None)]
        if name == "Union":
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return [found for part in parts for found in _alternatives(part)]
        return [annotation.value]
    return [annotation]


def _parse_choices(inner: ast.expr) -> ValueType:
    try:
        value = ast.literal_eval(inner)
    except (ValueError, TypeError, SyntaxError):
        return ValueType()
    return ValueType(choices=value if isinstance(value, tuple) else (value,))


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    return node.id if isinstance(node, ast.Name) else ""


def _pick(text: str, choices: tuple[Any, ...]) -> Any:
    found = [c for c in choices if text == (c if isinstance(c, str) else repr(c))]
    if not found:
        raise ValueError
    return found[0]


def _read_anything(text: str) -> Any:
    """Return the literal that `text` is, else `text`."""
    stripped = text.strip()
    lowered = stripped.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if stripped in _NOTHING:
        return None
    for read in (ast.literal_eval, json.loads):
        try:
            return read(stripped)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def _read_int(text: str) -> int:
    if "_" in text:
        raise ValueError
    return int(text)


def _read_float(text: str) -> float:
    if "_" in text:
        raise ValueError
    return float(text)


def _read_bool(text: str) -> bool:
    if text.strip().lower() not in _TRUTH:
        raise ValueError
    return _TRUTH[text.strip().lower()]


def _read_collection(kind: type) -> Callable[[str], Any]:
    """Return a reader of Python or JSON text of `kind`; a JSON list will do for a tuple or set."""

    def read(text: str) -> Any:
        try:
            value = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            value = json.loads(text)
        if kind in (tuple, set) and isinstance(value, list):
            value = kind(value)
        if not isinstance(value, kind):
            raise ValueError
        return value

    return read


def _is_of(value: Any, name: str) -> bool:
    kinds = _KINDS[name]
    if isinstance(value, bool) and name != "bool":
        return False
    if name == "date" and isinstance(value, datetime.datetime):
        return False
    return isinstance(value, kinds)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "bool": _read_bool,
    "int": _read_int,
    "float": _read_float,
    "str": str,
    "list": _read_collection(list),
    "dict": _read_collection(dict),
    "tuple": _read_collection(tuple),
    "set": _read_collection(set),
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "path": PurePath,
}
# What a value of a near type becomes: 1 for a number is 1.0, a list from YAML for a tuple is one.
_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "tuple": tuple,
    "set": set,
    "path": PurePath,
}
_KINDS: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "str": (str,),
    "list": (list,),
    "dict": (dict,),
    "tuple": (tuple, list),
    "set": (set, frozenset, list),
    "date": (datetime.date,),
    "datetime": (datetime.datetime,),
    "path": (PurePath, str),
}
_PHRASES: Mapping[str, str] = {
    "bool": "a truth value (true or false)",
    "int": "an integer",
    "float": "a number",
    "str": "a text",
    "list": "a list",
    "dict": "a dictionary",
    "tuple": "a tuple",
    "set": "a set",
    "date": "a date (2026-01-31)",
    "datetime": "a date with time (2026-01-31T12:00)",
    "path": "a path",
}
# What annotations call them; "" in a lookup means "not known".
_ALIASES: Mapping[str, str] = {
    **{name: name for name in _READERS},
    "None": "None",
    "List": "list",
    "Sequence": "list",
    "Iterable": "list",
    "Dict": "dict",
    "Mapping": "dict",
    "Tuple": "tuple",
    "Set": "set",
    "Path": "path",
    "PurePath": "path",
}
