"""Small notebooks that run: integers, lists, functions and classes, bound, changed and deleted."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

NUMBERS = ("i", "j", "k")
LISTS = ("p", "q", "r")
FUNCTIONS = ("f", "g")
# Binds every name, so that most of what follows runs.
FIRST = textwrap.dedent(
    """
    from functools import partial
    i, j, k = 1, 2, 3
    p, q = [1, 2], [[3], 4]
    r = p
    def f(x):
        return x
    g = lambda x: x
    class Box:
        def __init__(self, content):
            self.content = content
        def put(self, item):
            self.content.append(item)
        def total(self):
            return len(self.content) + k
    box = Box(q)
    """
)


class Writer:
    """Writes code; every choice is hypothesis's, so that failing notebooks shrink."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def one_of(self, *choices: str | Callable[[], str]) -> str:
        chosen = choices[self.draw(st.integers(0, len(choices) - 1))]
        return chosen if isinstance(chosen, str) else chosen()

    def number_name(self) -> str:
        return self.one_of(*NUMBERS)

    def list_name(self) -> str:
        return self.one_of(*LISTS)

    def function(self) -> str:
        return self.one_of(*FUNCTIONS)

    def number(self, depth: int = 2) -> str:
        simple: Sequence[str | Callable[[], str]] = (
            *NUMBERS,
            "0",
            "2",
            lambda: f"len({self.list_name()})",
        )
        if depth == 0:
            return self.one_of(*simple)

        def inner() -> str:
            return self.number(depth - 1)

        return self.one_of(
            *simple,
            lambda: f"({inner()} + {inner()})",
            lambda: f"(0 if {inner()} > 1 else {inner()})",
            lambda: f"sum(n for n in range({inner()}))",
            lambda: f"({self.number_name()} := {inner()})",
            lambda: f"({inner()} and {inner()})",
            "box.total()",
        )

    def list(self, depth: int = 2) -> str:
        simple: Sequence[str | Callable[[], str]] = (
            *LISTS,
            lambda: f"[{self.number(1)}]",
            "box.content",
        )
        if depth == 0:
            return self.one_of(*simple)

        def inner() -> str:
            return self.list(depth - 1)

        return self.one_of(
            *simple,
            lambda: f"list({inner()})",
            lambda: f"[{inner()}, {inner()}]",
            lambda: f"({inner()} + {inner()})",
            lambda: f"[n for n in {inner()} if {self.number(1)}]",
            lambda: f"{self.function()}({inner()})",
            lambda: f"(lambda n={inner()}: n)()",
            lambda: f"partial({self.function()}, {inner()})()",
            lambda: f"next(iter([{inner()}]))",
            lambda: f"{{'key': {inner()}}}['key']",
            lambda: f"sorted([{inner()}], key=len)[0]",
            lambda: f"({inner()} or {inner()})",
            lambda: f"(*{inner()}, {inner()})[-1]",
        )

    def simple(self) -> str:
        return self.one_of(
            lambda: f"{self.number_name()} = {self.number()}",
            lambda: f"{self.list_name()} = {self.list()}",
            lambda: f"{self.number_name()} += {self.number(1)}",
            lambda: f"{self.list_name()} += {self.list(1)}",
            lambda: f"{self.list_name()}, {self.list_name()} = {self.list(1)}, {self.list(1)}",
            lambda: f"{self.list_name()} = {self.list_name()} = {self.list(1)}",
            lambda: f"{self.list_name()}.append({self.one_of(self.number, self.list)})",
            lambda: f"{self.list_name()}[0:1] = [{self.number(1)}]",
            lambda: f"{self.list_name()}.clear()",
            lambda: f"del {self.one_of(*NUMBERS, *LISTS)}",
            lambda: f"del {self.list_name()}[:1]",
            lambda: f"{self.function()}({self.list(1)})",
            lambda: f"{self.function()} = {self.function()}",
            lambda: f"{self.function()} = lambda x: {self.list(1)}",
            lambda: f"{self.function()} = {self.list_name()}.append",
            lambda: f"box.put({self.number(1)})",
            lambda: f"box = Box({self.list(1)})",
            lambda: f"box.content = {self.list(1)}",
            lambda: f"list(map({self.function()}, [{self.list(1)}]))",
            lambda: f"({self.one_of('box', *LISTS)} if {self.number(1)} else box)",
        )

    def block(self, depth: int, *, most: int = 2) -> str:
        n_lines = self.draw(st.integers(1, most))
        lines = [self.statement(depth) for _ in range(n_lines)]
        return textwrap.indent("\n".join(lines), "    ")

    def statement(self, depth: int = 2) -> str:
        if depth == 0:
            return self.simple()

        def body() -> str:
            return self.block(depth - 1)

        return self.one_of(
            self.simple,
            self.simple,
            self.simple,
            lambda: f"if {self.number(1)}:\n{body()}",
            lambda: f"if {self.number(1)}:\n{body()}\nelse:\n{body()}",
            lambda: f"for {self.number_name()} in range({self.number(1)}):\n{body()}",
            lambda: f"for {self.number_name()} in {self.list(1)}:\n{body()}\n    break",
            lambda: f"for n in {self.list(1)}[:2]:\n    if n == 3: continue\n{body()}",
            lambda: f"while {self.number(1)} < 1:\n{body()}\n    break",
            lambda: f"try:\n{body()}\nexcept Exception as {self.number_name()}:\n{body()}",
            lambda: f"try:\n{body()}\nexcept Exception:\n{body()}\nelse:\n{body()}",
            lambda: f"try:\n{body()}\nfinally:\n{body()}",
            lambda: f"with open('/dev/null') as {self.number_name()}:\n{body()}",
            lambda: f"for n in {self.list_name()}: n",
            self.match,
            self.definition,
            self.closure,
            self.class_definition,
        )

    def match(self) -> str:
        name = self.list_name()
        inside = textwrap.indent(self.block(0), "    ")
        return f"match {self.list(1)}:\n    case [first, *{name}]:\n{inside}"

    def definition(self) -> str:
        words = ("pass", "global i", "global p", "global p, i", "p = x", "nested = lambda: x")
        ending = self.one_of("x", lambda: self.list(1))
        return (
            f"def {self.function()}(x={self.list(1)}):\n    {self.one_of(*words)}\n"
            f"{self.block(0)}\n    return {ending}"
        )

    def closure(self) -> str:
        inner = (
            f"        return {self.list(1)}"
            if self.draw(st.booleans())
            else "        x.append(1)\n        return x"
        )
        ending = self.one_of("inner()", "inner()", "inner")
        if ending == "inner":
            return (
                f"def make(x):\n    def inner(*args):\n{inner}\n    return inner\n"
                f"{self.function()} = make({self.list(1)})"
            )
        return f"def {self.function()}(x):\n    def inner():\n{inner}\n    return inner()"

    def class_definition(self) -> str:
        inside = textwrap.indent(self.block(0), "    ")
        return f"class Box(Box):\n    limit = {self.number(1)}\n    def put(self, item):\n{inside}"

    def cell(self) -> str:
        return "\n".join(self.statement() for _ in range(self.draw(st.integers(1, 3))))


@st.composite
def notebooks(draw: Callable[[Any], Any]) -> list[str]:
    """Return sources of two to six cells, the first of which binds all names."""
    writer = Writer(draw)
    return [FIRST, *(writer.cell() for _ in range(draw(st.integers(1, 5))))]


@st.composite
def straight_cells(draw: Callable[[Any], Any]) -> str:
    """Return the source of a cell without branches."""
    writer = Writer(draw)
    return "\n".join(writer.simple() for _ in range(draw(st.integers(1, 4))))
