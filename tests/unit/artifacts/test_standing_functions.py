"""Functions that are nothing but their code, which are not read before and after each cell."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from mlops_nb.artifacts.changes import ValueWatch
from mlops_nb.artifacts.fingerprint import Fingerprinter

HELPERS = """
def other(x, y=1):
    return x + y

def plain(x, y=1):
    return x * y

def with_list(x, held=[]):
    return held

def with_name(x: "int"):
    return x

def by_keyword(*, x=1):
    return x

def make():
    inner = [1]
    def inside():
        return inner
    return inside

inside = make()

def importing():
    import beside
    return beside
"""
# What a cell does to a helper: which name is another value then.
EDITS = {
    "other code": ("plain.__code__ = other.__code__", "plain"),
    "another default": ("plain.__defaults__ = (2,)", "plain"),
    "no default": ("plain.__defaults__ = None", "plain"),
    "a default that can change": ("plain.__defaults__ = ([],)", "plain"),
    "a default by keyword": ("plain.__kwdefaults__ = {'y': 2}", "plain"),
    "an attribute": ("plain.calls = 1", "plain"),
    "an annotation": ("plain.__annotations__['x'] = 'float'", "plain"),
    "another name": ("plain.__name__ = 'simple'", "plain"),
    "another full name": ("plain.__qualname__ = 'simple'", "plain"),
    "another module": ("plain.__module__ = 'elsewhere'", "plain"),
    "bound to another": ("plain = lambda x: x", "plain"),
    "deleted": ("del plain", "plain"),
    "what its default holds": ("with_list.__defaults__[0].append(1)", "with_list"),
    "its annotation": ("with_name.__annotations__['x'] = 'float'", "with_name"),
    "a value by keyword": ("by_keyword.__kwdefaults__['x'] = 2", "by_keyword"),
    "what its closure holds": ("inside().append(2)", "inside"),
    "another closure": ("inside.__closure__[0].cell_contents = [3]", "inside"),
}


def _notebook() -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(HELPERS, space)
    return space


@pytest.mark.parametrize("edit", EDITS)
def test_what_a_cell_changes_in_a_function_is_seen(edit: str) -> None:
    code, name = EDITS[edit]
    space = _notebook()
    watch = ValueWatch(space)
    for source, expected in (("pass", set()), (code, {name})):
        watch.start([name, "other"])
        exec(source, space)
        assert set(watch.stop([]).writes) == expected


def test_a_module_that_a_function_imports_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = ModuleType("beside")
    monkeypatch.setitem(sys.modules, "beside", beside)
    space = _notebook()
    watch = ValueWatch(space)
    watch.start(["importing"])
    exec("importing().limit = 3", space)
    assert set(watch.stop([]).writes) == {"importing"}


def test_a_function_that_is_nothing_but_its_code_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    walk = Fingerprinter._walk

    def noted(self: Fingerprinter, value: Any) -> Any:
        read.append(value.__name__)
        return walk(self, value)

    monkeypatch.setattr(Fingerprinter, "_walk", noted)
    space = _notebook()
    watch = ValueWatch(space)
    for _ in range(3):
        watch.start(["plain", "with_list"])
        watch.stop([])
    assert read == ["plain", *["with_list"] * 4]
