"""From what happened to the words that notebook, record and exit code share."""

import signal
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlops_nb.execution.endings import (
    EXIT_CODES,
    ending_by_death,
    ending_by_signal,
    ending_by_timeout,
    ending_of_reply,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    reply: dict[str, Any] = field(default_factory=dict)
    may_fail: bool = False
    status: str
    run: str | None


def _error(name: str, message: str = "") -> dict[str, Any]:
    return {
        "status": "error",
        "ename": name,
        "evalue": message,
        "traceback": ["\x1b[31mline\x1b[0m"],
    }


CASES = {
    "fine": Case(reply={"status": "ok", "payload": []}, status="completed", run=None),
    "quit": Case(
        reply={"status": "ok", "payload": [{"source": "ask_exit"}]},
        status="completed",
        run="completed",
    ),
    "help is a payload too": Case(
        reply={"status": "ok", "payload": [{"source": "page"}]}, status="completed", run=None
    ),
    "exit": Case(reply=_error("SystemExit"), status="completed", run="completed"),
    "exit 0": Case(reply=_error("SystemExit", "0"), status="completed", run="completed"),
    "exit 1": Case(reply=_error("SystemExit", "1"), status="failed", run="failed"),
    "exit with a text": Case(reply=_error("SystemExit", "no"), status="failed", run="failed"),
    "an exception": Case(reply=_error("ValueError"), status="failed", run="failed"),
    "an expected one": Case(
        reply=_error("ValueError"), may_fail=True, status="expected error", run=None
    ),
    "not run after an error": Case(reply={"status": "aborted"}, status="failed", run="failed"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_reply_says_how_cell_and_run_end(case: Case) -> None:
    ending = ending_of_reply(case.reply, may_fail=case.may_fail)
    assert (ending.status, ending.run_status) == (case.status, case.run)
    assert (ending.to_error(cell=1, stage=None) is None) == (case.run in (None, "completed"))


def test_an_error_has_its_place_and_no_colours() -> None:
    error = ending_of_reply(_error("KeyError", "'a'"), may_fail=False).to_error(
        cell=3, stage="train"
    )
    assert error is not None
    assert (error.code, error.message, error.cell, error.stage, error.traceback) == (
        "MNB410",
        "KeyError: 'a'",
        3,
        "train",
        "line",
    )


def test_a_stage_that_breaks_its_word_keeps_the_code_of_its_fault() -> None:
    told = "MNB451 stage 'a': '--metrics acc' names no variable.\nBind 'acc'."
    error = ending_of_reply(_error("StageOutcomeError", told), may_fail=False).to_error(
        cell=0, stage="a"
    )
    assert error is not None
    assert (error.code, error.message) == ("MNB451", told.removeprefix("MNB451 "))


def test_every_way_to_end_has_its_exit_code() -> None:
    endings = [
        ending_by_timeout("the run", 2.0),
        ending_by_death("the kernel was ended by SIGKILL"),
        ending_by_signal(signal.SIGINT),
        ending_by_signal(signal.SIGTERM),
    ]
    found = [(e.status, e.run_status, EXIT_CODES[e.run_status]) for e in endings if e.run_status]
    assert found == [
        ("timeout", "timeout", 1),
        ("kernel died", "died", 5),
        ("interrupted", "interrupted", 130),
        ("interrupted", "terminated", 143),
    ]
