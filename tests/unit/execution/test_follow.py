"""Reading along: in order, headed, never in the way of the run."""

import io
import os
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_nb.execution import follow
from mlops_nb.execution.events import Audience, RunPlan
from mlops_nb.execution.follow import Follower, Writer, writing
from mlops_nb.pipeline.cells import StageName


def _plan() -> RunPlan:
    return RunPlan(
        notebook="a.ipynb",
        output=None,
        cells=(1, 7),
        stage_of={7: StageName("train")},
        stages=(),
        started=datetime.now(UTC),
    )


def _text(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _value(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}


def _follow(*steps: tuple[int | None, dict[str, Any] | None]) -> str:
    stream = io.StringIO()
    audience = Audience([Follower(stream)])
    audience.tell(lambda observer: observer.run_started(_plan()))
    for index, output in steps:
        if output is None:
            audience.tell(lambda observer: observer.cell_finished(0, "completed", 0.1))
        else:
            audience.tell_output(index, output)
    assert not audience.notes
    return stream.getvalue()


_CASES: dict[str, tuple[list[Any], str]] = {
    "cells are headed where they say something": (
        [(1, _text("a\n")), (1, _text("b\n")), (1, None), (7, _value("42"))],
        "── cell 1 ──\na\nb\n── stage train, cell 7 ──\n42\n",
    ),
    "a bar writes over itself": (
        [(1, _text("\r10%")), (1, _text("\r20%")), (1, None)],
        "── cell 1 ──\n\r10%\r20%\n",
    ),
    "a value begins a line": ([(1, _text("10%")), (1, _value("x"))], "── cell 1 ──\n10%\nx\n"),
    "late output is headed again": (
        [(1, _text("a\n")), (7, _text("b\n")), (1, _text("c\n"))],
        "── cell 1 ──\na\n── stage train, cell 7 ──\nb\n── cell 1 ──\nc\n",
    ),
    "the cell of parameters": ([(None, _text("a\n"))], "── parameters ──\na\n"),
    "what shows nothing": ([(1, _value(""))], ""),
}


@pytest.mark.parametrize(("steps", "text"), _CASES.values(), ids=_CASES)
def test_output_is_shown_under_its_cell(steps: list[Any], text: str) -> None:
    assert _follow(*steps) == text


def test_all_is_written_in_order_before_the_end() -> None:
    out, err = io.StringIO(), io.StringIO()
    with writing() as writer:
        for number in range(1000):
            writer.write(out, f"{number}\n")
        print("told", file=writer.on(err))
    assert out.getvalue() == "".join(f"{number}\n" for number in range(1000))
    assert (err.getvalue(), writer.on(err).isatty()) == ("told\n", False)


class SlowStream(io.StringIO):
    """Takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.let_go.wait()
        return super().write(text)


def test_a_slow_reader_is_told_what_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_PATIENCE_S", 0.01)
    stream, writer = SlowStream(), Writer(backlog=100)
    for _ in range(50):
        writer.write(stream, "x" * 9 + "\n")
    stream.let_go.set()
    while "x" not in stream.getvalue() or writer._waiting:
        threading.Event().wait(0.01)
    writer.write(stream, "end\n")
    writer.close()
    shown = stream.getvalue()
    kept = shown.count("x" * 9)
    assert f"\n[{500 - 10 * kept} B not shown: too slow a reader]\nend\n" in shown
    assert 10 <= kept <= 12


def test_a_reader_that_went_away_ends_nothing() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as pipe, writing() as writer:
        for _ in range(10):
            writer.write(pipe, "x" * 100_000)
    assert writer.fault is None


class FullStream(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_a_fault() -> None:
    with writing() as writer:
        writer.write(FullStream(), "x")
    assert writer.fault is not None


def test_an_observer_without_an_ear_for_output_is_left_in_peace() -> None:
    class Old:
        def run_started(self, plan: RunPlan) -> None:
            pass

    audience = Audience([Old()])  # type: ignore[list-item]  # from before there was that event
    assert not audience.hears_output
    audience.tell_output(1, _text("a"))
    assert not audience.notes


def test_an_observer_that_fails_on_output_is_left_out_with_a_note() -> None:
    class Broken(Follower):
        def output_arrived(self, index: int | None, output: Any) -> None:
            raise RuntimeError("no paper")

    audience = Audience([Broken(io.StringIO())])
    audience.tell_output(1, _text("a"))
    audience.tell_output(1, _text("b"))
    assert audience.notes == ["Broken failed and was left out: RuntimeError: no paper"]


def test_commands_to_the_terminal_are_not_passed_on() -> None:
    title, clipboard = "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x1b\\"
    shown = _follow((1, _text(f"a{title}b\x1b[2J{clipboard}\x07\x9b1m\x1b[31mred\x1b[0m\t\b\r\n")))
    assert shown.endswith("\nab1m\x1b[31mred\x1b[0m\t\b\r\n")
