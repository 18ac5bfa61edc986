"""Streams that hold nothing are waited for once; all others are flushed as ever."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_nb.kernels.settled_streams import flushed_streams, settle_streams


class Stream(io.StringIO):
    """As ipykernel's, as far as it matters here."""

    def __init__(self, done: list[str]) -> None:
        super().__init__()
        self._done = done
        self._flush_pending = False
        self.pub_thread = SimpleNamespace(
            thread=SimpleNamespace(is_alive=lambda: True), schedule=self._schedule
        )

    def _schedule(self, call: Callable[[], Any]) -> None:
        self._done.append("waited")
        call()

    def write(self, text: str) -> int:
        self._flush_pending = True
        return super().write(text)

    def flush(self) -> None:
        self._done.append("flushed")
        self._flush_pending = False


Stream.__module__ = "ipykernel.iostream"


def replaced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put such streams there, in the test itself: pytest puts its own there before."""
    found: list[str] = []
    monkeypatch.setattr(sys, "stdout", Stream(found))
    monkeypatch.setattr(sys, "stderr", Stream(found))
    return found


def test_where_nothing_was_written_the_publisher_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = replaced(monkeypatch)
    settle_streams()
    assert done == ["waited"]


def test_what_was_written_is_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    done = replaced(monkeypatch)
    sys.stderr.write("x")
    settle_streams()
    assert done == ["flushed", "flushed"]


def test_what_is_shown_flushes_only_streams_that_hold_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = replaced(monkeypatch)
    sys.stdout.write("x")
    with flushed_streams():
        sys.stdout.flush()
        sys.stderr.flush()
    assert done == ["flushed"]
    sys.stderr.flush()
    assert done == ["flushed", "flushed"]


@pytest.mark.parametrize("theirs", [None, io.StringIO()])
def test_streams_of_the_users_are_left_alone(theirs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done = replaced(monkeypatch)
    monkeypatch.setattr(sys, "stdout", theirs)
    settle_streams()
    with flushed_streams():
        assert theirs is None or "flush" not in vars(theirs)
    assert "waited" not in done


def test_a_stream_whose_flush_is_merged_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch)
    merged: list[str] = []
    sys.stdout.flush = lambda: merged.append("asked")  # type: ignore[method-assign]
    settle_streams()
    with flushed_streams():
        sys.stdout.flush()
    assert merged == ["asked", "asked"]
