"""Which warnings modules do not show again is an option of the process."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_options import INITIAL

Run = Callable[[str], dict[str, Any]]
FACT = "option:warnings.shown"


@pytest.fixture
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    made = Watch(str(tmp_path_factory.mktemp("project")), b"key")
    yield made
    made.close()


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def run(watch: Watch, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    space: dict[str, Any] = {"__name__": "__main__", "warnings": warnings}
    for name in ("one", "other"):
        space[name] = _module(name + "_that_warns")
        monkeypatch.setitem(sys.modules, space[name].__name__, space[name])

    def run(source: str) -> dict[str, Any]:
        shown.clear()
        watch.start()
        try:
            exec(compile(source, "<cell>", "exec"), space)
        finally:
            seen = watch.stop()
        return seen

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        monkeypatch.setattr(warnings, "showwarning", lambda text, *_, **__: shown.append(str(text)))
        run("pass")
        yield run


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    exec("import warnings\ndef warn(text):\n    warnings.warn(text)", vars(module))
    exec("def warn_here(text):\n\n\n    warnings.warn(text)", vars(module))
    return module


def test_what_a_module_showed_is_set_by_the_cell_and_comes_back(
    run: Run, watch: Watch, shown: list[str]
) -> None:
    seen = run("one.warn('a')")
    assert shown == ["a"]
    assert seen["reads"][FACT] == INITIAL
    assert seen["writes"][FACT] != INITIAL
    assert watch.restore({FACT: {"state": {}, "digest": INITIAL}}) == []
    assert watch.digests([FACT]) == {FACT: INITIAL}
    assert watch.restore({FACT: seen["effects"][FACT]}) == []
    assert watch.digests([FACT]) == {FACT: seen["writes"][FACT]}
    run("one.warn('a'); other.warn('a'); one.warn('b')")
    assert shown == ["a", "b"]


def test_who_warns_depends_on_what_is_remembered_and_nobody_else(
    run: Run, shown: list[str]
) -> None:
    assert FACT not in run("pass")["reads"]
    left = run("one.warn('a')")["writes"][FACT]
    assert FACT not in run("pass")["reads"]
    for _ in range(2):
        seen = run("one.warn('a')")
        assert (shown, seen["reads"][FACT], seen["writes"]) == ([], left, {})
    run("one.warn('b'); one.warn('a'); one.warn('b')")
    assert shown == ["b"]


def test_what_is_left_out_is_that_line_of_that_module(run: Run, shown: list[str]) -> None:
    run("one.warn('a')")
    run("one.warn('ab'); other.warn('a'); one.warn_here('a')")
    assert shown == ["ab", "a", "a"]


def test_filters_set_within_a_cell_make_modules_forget_at_once(run: Run, shown: list[str]) -> None:
    run("one.warn('a')")
    run("one.warn('a')\nwith warnings.catch_warnings(): one.warn('a')\none.warn('a')")
    assert shown == ["a", "a"]


def test_what_is_more_than_can_be_asked_for_counts_as_read(run: Run, shown: list[str]) -> None:
    run("for n in range(999): one.warn(str(n))")
    assert FACT in run("pass")["reads"]
    run("for n in range(1000): one.warn(str(n))")
    assert shown == ["999"]


def test_who_watches_no_longer_leaves_modules_as_python_would(
    run: Run, watch: Watch, shown: list[str]
) -> None:
    run("one.warn('a')")
    run("pass")
    watch.close()
    sys.modules["one_that_warns"].warn("a")
    assert shown == []


def test_who_shows_what_nobody_did_before_depends_on_that(run: Run) -> None:
    assert run("warnings.warn('x')")["reads"][FACT] == INITIAL


def test_whoever_changes_the_filters_makes_all_modules_forget(run: Run, shown: list[str]) -> None:
    run("one.warn('a')")
    assert run("warnings.simplefilter('default')")["writes"][FACT] == INITIAL
    run("one.warn('a')")
    assert shown == ["a"]


def test_what_is_shown_behind_filters_of_a_cell_is_seen(run: Run) -> None:
    seen = run("warnings.filterwarnings('once', message='a')\none.warn('a')")
    assert seen["writes"][FACT] != INITIAL
    assert FACT in seen["effects"]


def test_what_a_module_remembers_waits_until_it_is_loaded(
    run: Run, watch: Watch, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = run("one.warn('a')")
    monkeypatch.delitem(sys.modules, "one_that_warns")
    assert watch.restore({FACT: seen["effects"][FACT]}) == []
    again = _module("one_that_warns")
    monkeypatch.setitem(sys.modules, "one_that_warns", again)
    assert FACT in run("import sys; sys.modules['one_that_warns'].warn('a')")["reads"]
    assert shown == []


def test_a_warning_of_a_class_of_the_notebook_is_not_brought_back(run: Run) -> None:
    seen = run("class Mine(UserWarning): pass\none.warn(Mine('a'))")
    assert seen["writes"][FACT] != INITIAL
    assert seen["effects"].get(FACT) is None
