"""What has no fingerprint is said to have none: where, why, and what to do."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import random
import socket
import sqlite3
import sys
import tempfile
import threading
import types
import unittest.mock
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts import fingerprint_memo
from mlops_nb.artifacts.fingerprint import Fingerprinter, FingerprintObstacle, fingerprint


def obstacle_of(value: Any) -> FingerprintObstacle:
    found = fingerprint(value)
    assert found.digest is None
    assert found.obstacle is not None
    return found.obstacle


class Raising:
    def __reduce__(self) -> Any:
        raise RuntimeError("I will not")


class UnshowableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class RaisingUnshowable:
    def __reduce__(self) -> Any:
        raise UnshowableError


class Wrong:
    def __reduce__(self) -> Any:
        return [1, 2]


class Nameless:
    def __reduce__(self) -> Any:
        return "nowhere"


class Holder:
    def __init__(self) -> None:
        self.callbacks = [types.SimpleNamespace(func=(n for n in range(3)))]


class Refusing:
    def __getstate__(self) -> Any:
        raise TypeError("no state")


def _figure() -> Any:
    from matplotlib.figure import Figure

    return Figure().subplots(2, 2)


def _coroutine() -> Any:
    async def wait() -> None: ...

    return wait()


MAKERS: dict[str, Callable[[], Any]] = {
    "generator": lambda: (n for n in range(3)),
    "file": lambda: open("/dev/null"),  # noqa: SIM115, PTH123
    "lock": threading.Lock,
    "rlock": threading.RLock,
    "event": threading.Event,
    "thread": lambda: threading.Thread(target=print),
    "local": threading.local,
    "socket": socket.socket,
    "connection": lambda: sqlite3.connect(":memory:"),
    "executor": lambda: ThreadPoolExecutor(1),
    "loop": asyncio.new_event_loop,
    "temporary file": tempfile.TemporaryFile,
    "frame": sys._getframe,
    "count": itertools.count,
    "system random": random.SystemRandom,
    "context variable": lambda: contextvars.ContextVar("a"),
    "weak proxy": lambda: weakref.proxy(Holder),
    "mock": unittest.mock.MagicMock,
    "axes": _figure,
    "run-time ufunc": lambda: np.frompyfunc(lambda x: x, 1, 1),
    "array iterator": lambda: np.arange(3).flat,
    "file in a frame": lambda: pd.DataFrame({"f": [open("/dev/null")]}),  # noqa: SIM115, PTH123
    "raising": Raising,
    "raising what cannot be shown": RaisingUnshowable,
    "wrong reduce": Wrong,
    "nameless": Nameless,
    "refusing": Refusing,
    "released view": lambda: (lambda m: (m.release(), m)[1])(memoryview(b"a")),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_read_is_an_obstacle(name: str) -> None:
    value = MAKERS[name]()
    found = obstacle_of({"inner": [1, value]})
    assert found.path.startswith("['inner'][1]")
    for sentence in (found.reason, found.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith((".", ")."))
    assert "." in found.type
    if name in ("file", "socket", "connection", "executor", "loop", "temporary file"):
        getattr(value, "shutdown" if name == "executor" else "close")()


def test_a_coroutine_is_an_obstacle() -> None:
    coroutine = _coroutine()
    assert obstacle_of(coroutine).type == "builtins.coroutine"
    coroutine.close()


def test_the_path_leads_to_the_obstacle() -> None:
    found = obstacle_of(Holder())
    assert found.path == ".callbacks[0].func"
    assert found.type == "builtins.generator"
    assert "list(...)" in found.remedy


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda g: {"a": (1, g)}, "['a'][1]"),
        (lambda g: {("k", g): 1}, ".keys()[0][1]"),
        (lambda g: np.array([[1, g]], object), "[0, 1]"),
        (lambda g: pd.DataFrame({"a": [1], "b": [g]}), ".iloc[:, 1][0]"),
        (lambda g: lambda x=g: x, ".__defaults__[0]"),
    ],
)
def test_a_path_is_written_like_code(make: Callable[[Any], Any], path: str) -> None:
    assert obstacle_of(make(n for n in range(3))).path == path


def test_a_value_with_too_many_objects_is_an_obstacle() -> None:
    with Fingerprinter(most_objects=100) as fingerprinter:
        found = fingerprinter.fingerprint([[n] for n in range(200)]).obstacle
        assert found is not None
        assert "more than 100 objects" in found.reason
        assert fingerprinter.fingerprint([[n] for n in range(50)]).digest
        assert fingerprinter.fingerprint(list(range(200))).digest


class Growing(dict[str, Any]):
    """Changes while it is read, as another thread would change it."""

    def items(self) -> Iterator[Any]:  # type: ignore[override]
        for number, item in enumerate(super().items()):
            self[f"new {number}"] = 1
            yield item


def test_a_value_that_changes_while_it_is_read_is_an_obstacle() -> None:
    found = obstacle_of(Growing(a=1, b=2))
    assert "RuntimeError" in found.reason
    assert "another thread" in found.remedy


def test_an_obstacle_is_found_again_in_every_value_that_holds_it() -> None:
    generator = (n for n in range(3))
    inner = [generator]
    with Fingerprinter() as fingerprinter:
        found = [fingerprinter.fingerprint(v).obstacle for v in (inner, {"a": inner}, [inner])]
    assert [f.path for f in found if f] == ["[0]", "['a'][0]", "[0][0]"]


class Kind:
    """A node that knows its parts and what it is a part of, as pygments' types of tokens do."""

    def __init__(self, above: Kind | None, depth: int) -> None:
        self.above = above
        self.parts = {Kind(self, depth - 1) for _ in range(4 if depth else 0)}


def test_sets_that_lead_to_each_other_end_in_an_obstacle_soon() -> None:
    found = obstacle_of(Kind(None, 3))
    assert "Sets whose elements lead to sets" in found.reason


def test_many_sets_within_sets_have_a_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint_memo, "_MANY_VISITS", 50)
    groups = {frozenset({(i, (i, "a")), (i, (i, "b"))}) for i in range(100)}
    assert fingerprint(groups).digest
