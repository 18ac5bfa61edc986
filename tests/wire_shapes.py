"""Does a JSON value have the shape that the front end's TypeScript says? Read from the very files.

The part of the language that `wire/*.ts` uses: interfaces, aliases, unions, arrays, objects,
`Omit`, `Pick`, `Partial`, `Readonly`, `Record`, one type parameter. A field that is there and not
told is no fault: the server may say more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[1] / "mlops_nb" / "lab" / "frontend" / "src" / "wire"
_TOKEN = re.compile(r"'[^']*'|[A-Za-z_$][\w$]*|\d+|\S")
_PLAIN = {"string": str, "number": (int, float), "boolean": bool}

Type = tuple[Any, ...]
Fields = dict[str, tuple[Type, bool]]


@dataclass(slots=True)
class Shapes:
    """The types of some files; each with its parameters."""

    types: dict[str, tuple[list[str], Type]] = field(default_factory=dict)

    def faults(self, value: Any, text: str) -> list[str]:
        """Return where a value is not of the type that `text` says."""
        return _Check(self).check(value, _Parser(text).type(), {}, "")

    def example(self, text: str, *, words: str) -> Any:
        """Return a value of the type that `text` says; its texts are `words`, its lists of two."""
        return _Check(self).example(_Parser(text).type(), words, {})


def read_shapes(folder: Path = WIRE) -> Shapes:
    """Return the interfaces and aliases of a folder's files."""
    shapes = Shapes()
    for path in sorted(folder.glob("*.ts")):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text("utf-8"), flags=re.DOTALL)
        for found in re.finditer(r"export (interface|type) (\w+)(?:<(\w+)>)?\s*(=?)", text):
            parser = _Parser(text[found.end() :])
            shapes.types[found[2]] = ([found[3]] if found[3] else [], parser.type())
    return shapes


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._next = ""
        self._take()

    def type(self) -> Type:
        if self._next == "|":
            self._take()
        parts = [self._both()]
        while self._next == "|":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else ("union", parts)

    def _both(self) -> Type:
        parts = [self._array()]
        while self._next == "&":
            self._take()
            parts.append(self._array())
        return parts[0] if len(parts) == 1 else ("both", parts)

    def _array(self) -> Type:
        found = self._one()
        while self._next == "[":
            self._take()
            self._take("]")
            found = ("array", found)
        return found

    def _one(self) -> Type:
        token = self._take()
        if token == "readonly":
            return self._array()
        if token == "(":
            found = self.type()
            self._take(")")
            return found
        if token == "{":
            return ("object", self._fields())
        if token == "[":
            parts = [self.type()]
            while self._next == ",":
                self._take()
                parts.append(self.type())
            self._take("]")
            return ("tuple", parts)
        if token.startswith("'"):
            return ("literal", token[1:-1])
        arguments = []
        if self._next == "<":
            self._take()
            arguments.append(self.type())
            while self._next == ",":
                self._take()
                arguments.append(self.type())
            self._take(">")
        return ("name", token, arguments)

    def _fields(self) -> Fields:
        found: Fields = {}
        while self._next != "}":
            name = self._take()
            if name == "readonly":
                name = self._take()
            if name == "[":  # any other option
                while self._take() != "]":
                    pass
                name = "*"
            is_optional = self._next == "?"
            if is_optional:
                self._take()
            self._take(":")
            found[name] = (self.type(), is_optional or name == "*")
            if self._next in ";,":
                self._take()
        self._take("}")
        return found

    def _take(self, wanted: str = "") -> str:
        token, found = self._next, next(self._tokens, None)
        if wanted and token != wanted:
            raise ValueError(f"{token!r} where {wanted!r} was expected")
        self._next = found[0] if found else ""
        return token


class _Check:
    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def check(self, value: Any, kind: Type, known: Mapping[str, Type], at: str) -> list[str]:
        word = kind[0]
        if word == "union":
            tried = [self.check(value, one, known, at) for one in kind[1]]
            return min(tried, key=len)
        if word in ("object", "both"):
            return self._object(value, self._fields(kind, known), known, at)
        if word == "array":
            if not isinstance(value, list):
                return [f"{at}: {value!r} is no list"]
            parts = [self.check(v, kind[1], known, f"{at}[{n}]") for n, v in enumerate(value)]
            return [fault for part in parts for fault in part]
        if word == "tuple":
            fits = isinstance(value, list) and len(value) == len(kind[1])
            return [] if fits else [f"{at}: {value!r} is no list of {len(kind[1])}"]
        if word == "literal":
            return [] if value == kind[1] else [f"{at}: {value!r} is not {kind[1]!r}"]
        return self._named(value, kind, known, at)

    def example(self, kind: Type, words: str, known: Mapping[str, Type]) -> Any:
        word = kind[0]
        if word == "union":
            told = [part for part in kind[1] if part[1] not in ("null", "undefined")]
            return self.example(told[0], words, known)
        if word == "array":
            return [self.example(kind[1], words, known) for _ in range(2)]
        if word == "tuple":
            return [self.example(part, words, known) for part in kind[1]]
        if word == "literal":
            return kind[1]
        plain = {"string": words, "unknown": words, "number": 1, "boolean": True}
        if word in ("object", "both") or kind[1] in ("Omit", "Pick", "Partial"):
            fields = self._fields(kind, known)
            return {
                n: self.example(one, words, known) for n, (one, _) in fields.items() if n != "*"
            }
        _, name, arguments = kind
        if name in plain:
            return plain[name]
        if name == "Record":
            return {words: self.example(arguments[1], words, known)}
        if name in known or name == "Readonly":
            return self.example(known.get(name) or arguments[0], words, known)
        parameters, body = self._shapes.types[name]
        return self.example(body, words, dict(zip(parameters, arguments, strict=False)))

    def _named(self, value: Any, kind: Type, known: Mapping[str, Type], at: str) -> list[str]:
        _, name, arguments = kind
        if name in known:
            return self.check(value, known[name], {}, at)
        if name == "unknown":
            return []
        if name in ("null", "undefined"):
            return [] if value is None else [f"{at}: {value!r} is not null"]
        if name in _PLAIN:
            is_flag = isinstance(value, bool) and name != "boolean"
            fits = isinstance(value, _PLAIN[name]) and not is_flag
            return [] if fits else [f"{at}: {value!r} is no {name}"]
        if name == "Readonly":
            return self.check(value, arguments[0], known, at)
        if name == "Record":
            if not isinstance(value, dict):
                return [f"{at}: {value!r} is no object"]
            parts = [self.check(v, arguments[1], known, f"{at}.{k}") for k, v in value.items()]
            return [fault for part in parts for fault in part]
        if name in ("Omit", "Pick", "Partial"):
            return self._object(value, self._fields(kind, known), known, at)
        parameters, body = self._shapes.types[name]
        return self.check(value, body, dict(zip(parameters, arguments, strict=False)), at)

    def _object(self, value: Any, fields: Fields, known: Mapping[str, Type], at: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{at}: {value!r} is no object"]
        faults = []
        for name, (kind, is_optional) in fields.items():
            if name in value:
                faults += self.check(value[name], kind, known, f"{at}.{name}")
            elif not is_optional:
                faults.append(f"{at}.{name} is missing")
        return faults

    def _fields(self, kind: Type, known: Mapping[str, Type]) -> Fields:
        if kind[0] == "object":
            return dict(kind[1])
        if kind[0] == "both":
            return {k: v for part in kind[1] for k, v in self._fields(part, known).items()}
        _, name, arguments = kind
        if name in ("Omit", "Pick", "Partial"):
            own = self._fields(arguments[0], known)
            if name == "Partial":
                return {key: (one, True) for key, (one, _) in own.items()}
            parts = arguments[1][1] if arguments[1][0] == "union" else [arguments[1]]
            named = {part[1] for part in parts}
            return {key: one for key, one in own.items() if (key in named) == (name == "Pick")}
        return self._fields(self._shapes.types[name][1], known)
