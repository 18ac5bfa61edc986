"""What a reason shows of a value."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from mlops_nb.kernels.shown_values import ShownValues


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "True"),
        (12, "12"),
        ("short", "'short'"),
        (None, "None"),
        ("\N{BELL}" * 59, ""),
        ("long" * 20, ""),
        (b"long" * 20, ""),
        (10**70, ""),
        pytest.param(10**5000, "", id="a number that Python refuses to write"),
        ([1], ""),
        (inspect.getsource, ""),
    ],
)
def test_what_is_short_is_shown(value: Any, text: str) -> None:
    assert ShownValues().show(value) == text


def _of_notebook(function: Any) -> Any:
    function.__module__ = "__main__"
    return function


def test_the_source_of_a_helper_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def clean(rows: Any) -> Any:
        return rows

    def other(rows: Any) -> Any:
        return rows[0]

    texts: list[Any] = []
    find = inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda one: texts.append(one) or find(one))
    shown, helper = ShownValues(), _of_notebook(clean)
    assert shown.show(helper) == shown.show(helper) == find(helper)
    assert len(texts) == 1
    clean.__code__ = other.__code__
    assert "rows[0]" in shown.show(helper)


def test_what_has_no_source_is_not_shown() -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def made(x): return x", space)
    assert ShownValues().show(space["made"]) == ""

    def round_and_round() -> None: ...

    round_and_round.__wrapped__ = round_and_round  # type: ignore[attr-defined]
    assert ShownValues().show(_of_notebook(round_and_round)) == ""
