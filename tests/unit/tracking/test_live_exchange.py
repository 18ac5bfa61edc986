"""A kernel never waits for the process that tracks it, and loses nothing to one that dies."""

from __future__ import annotations

import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.live_exchange import MOST_STARTS, LiveExchange
from mlops_nb.tracking.live_messages import (
    EnvironmentWatch,
    LiveEnd,
    LiveItem,
    LiveOpening,
    adopt_changes,
)
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.store import locate_store

# A process that keeps a list of what it is told, and lets a test say how it behaves.
PROGRAM = """
import json, os, pickle, sys

def main():
    heard = open(HEARD, "a", buffering=1)
    def say(**answer):
        sys.stdout.write(json.dumps(answer) + "\\n")
        sys.stdout.flush()
    while True:
        try:
            message = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        kind = type(message).__name__
        content = getattr(message, "content", None)
        name = "" if content is None else content.name
        heard.write(f"{kind} {name or getattr(message, 'run_id', '')}".strip() + "\\n")
        BEHAVIOUR
"""
FAITHFUL = """
        if kind == "LiveOpening": say(run_id="r1")
        elif kind == "LiveItem": say(done=message.number)
        else: say(closed=["all is written"])
"""
FORGETFUL = """
        if kind == "LiveOpening": say(run_id="r1")
        elif name == "last": os._exit(9)
"""


@pytest.fixture
def heard(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: (tmp_path / "heard").read_text().splitlines()


@pytest.fixture
def make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], LiveExchange]]:
    made: list[LiveExchange] = []

    def build(behaviour: str) -> LiveExchange:
        source = PROGRAM.replace("HEARD", repr(str(tmp_path / "heard")))
        body = textwrap.indent(textwrap.dedent(behaviour), " " * 8).strip()
        (tmp_path / "a_program.py").write_text(source.replace("BEHAVIOUR", body))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        opening = LiveOpening(
            store=locate_store(tmp_path),
            experiment="e",
            source=RunSource(notebook=tmp_path / "a.ipynb", root=tmp_path),
            started=datetime.now(UTC),
            kernel=stamp_process(),
        )
        made.append(LiveExchange(opening, program="a_program"))
        return made[-1]

    yield build
    for exchange in made:
        finish(exchange, 10)


def finish(exchange: LiveExchange, timeout_s: float) -> tuple[LiveItem, ...] | None:
    exchange.say_end(LiveEnd(has_failed=False, moment=datetime.now(UTC)))
    return exchange.wait_for_end(timeout_s)


def a_stage(name: str, **series: tuple[float, ...]) -> StageRecord:
    return StageRecord(
        name=StageName(name), action="run", reason="executed", seconds=1.0, series=series
    )


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_was_given_before_comes_first_and_in_order(make, heard):
    exchange = make(FAITHFUL)
    exchange.give(a_stage("a"))
    exchange.open()
    exchange.give(a_stage("b"))

    assert exchange.wait_for_run(30) == "r1"
    assert finish(exchange, 30) is None
    assert exchange.last_words == ["all is written"]
    assert heard() == ["LiveOpening None", "LiveItem a", "LiveItem b", "LiveEnd"]
    assert exchange.notes() == []


def test_a_process_that_dies_is_told_and_another_continues_the_run_with_the_rest(make, heard):
    exchange = make(FORGETFUL)
    exchange.give(a_stage("a"))
    exchange.give(a_stage("last"))
    exchange.open()
    assert exchange.wait_for_run(30) == "r1"
    notes: list[str] = []
    until(lambda: bool(notes.extend(exchange.notes()) or notes))

    assert notes == [
        "the process that tracks this kernel ended (exit status 9); "
        "another one gets what it had not written."
    ]
    exchange.open()
    until(lambda: len(heard()) == 6)
    assert heard()[3:] == ["LiveOpening r1", "LiveItem a", "LiveItem last"]


def test_what_dies_again_and_again_is_left_alone_and_all_comes_back(make):
    exchange = make("raise SystemExit('no such module')")
    exchange.give(a_stage("a"))
    notes: list[str] = []
    for start in range(1, MOST_STARTS + 1):
        exchange.open()
        until(lambda start=start: len(notes.extend(exchange.notes()) or notes) == start)

    assert exchange.open() is None
    assert "it said: no such module" in notes[0]
    assert notes[-1].endswith("what it had not written is kept on disk when the kernel ends.")
    left = finish(exchange, 30)
    assert left is not None
    assert [item.content.name for item in left] == ["a"]


def test_one_that_cannot_be_used_is_not_started_again(make):
    exchange = make("os._exit(64)")
    exchange.open()
    until(lambda: exchange.open() is None)
    assert exchange.starts == MOST_STARTS


def test_a_python_that_is_gone_is_told(make, monkeypatch):
    exchange = make(FAITHFUL)
    monkeypatch.setattr("sys.executable", "/no/such/python")

    assert exchange.open() is None
    assert "it could not be started" in exchange.notes()[0]


def test_a_process_that_stands_still_holds_up_nothing(make):
    exchange = make("import time; time.sleep(600)")
    pid = exchange.open()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    for number in range(20):  # far more than a pipe takes
        exchange.give(a_stage(f"s{number}", loss=tuple(map(float, range(10_000)))))
    assert exchange.wait_for_run(0.01) is None
    assert finish(exchange, 0.01) is None
    assert time.monotonic() - started < 30  # it would be for ever
    os.kill(pid, signal.SIGKILL)


def test_a_closed_pipe_does_not_raise_where_something_is_given(make):
    exchange = make("os._exit(1)")
    pid = exchange.open()
    assert pid is not None
    for number in range(100):
        exchange.give(a_stage(f"s{number}", loss=tuple(map(float, range(1000)))))
    until(lambda: exchange.wait_for_run(0) is None and bool(exchange.notes()))


def test_changes_of_the_environment_are_told_once_and_adopted_but_for_the_store(monkeypatch):
    monkeypatch.setenv("TOKEN", "old")
    watch = EnvironmentWatch()
    assert watch.changes() == {}

    monkeypatch.setenv("TOKEN", "new")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    monkeypatch.delenv("PATH")
    changes = watch.changes()
    environment = {"TOKEN": "old", "PATH": "p", "MLFLOW_TRACKING_URI": "ours"}
    adopt_changes(changes, environment)

    assert watch.changes() == {}
    assert changes["PATH"] is None
    assert environment == {"TOKEN": "new", "MLFLOW_TRACKING_URI": "ours"}
