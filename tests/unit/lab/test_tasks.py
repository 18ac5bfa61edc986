"""Promotions as tasks: asked for, worked on by a desk, looked at until they are done."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError, NotBlessedError
from mlops_nb.lab.requests import Request
from mlops_nb.lab.tasks import Counter

OUTCOME = {"version": 3, "current": 1, "codes": ["MNB720"]}


class FakeDesk:
    """Answers at once, or when it is let."""

    made: list[FakeDesk]

    def __init__(self, folder: Path, reference: str, *, to: str, gates: tuple[str, ...]) -> None:
        self.reference, self.to, self.gates = reference, to, gates
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_closed = False
        self.error: Exception | None = None
        self.on_progress: Any = None
        FakeDesk.made.append(self)

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        self.on_progress(f"{do} begins")
        self.may_answer.wait(10)
        self.asked.append((do, words))
        if self.error is not None:
            raise self.error
        if do == "plan":
            return {"plan": {"version": 3, "ready": False}, "can_force": True, "outcome": OUTCOME}
        return {"kind": do, "loss": float("nan")}

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setattr(FakeDesk, "made", [], raising=False)
    return Counter(FakeDesk)


def _request(tmp_path: Path, *parts: str, **body: Any) -> Request:
    return Request(root=tmp_path, raw=json.dumps(body).encode(), parts=parts)


def _wait(counter: Counter, answer: Any, tmp_path: Path) -> dict[str, Any]:
    assert answer.status == 202
    ident = json.loads(answer.content)["id"]
    for thread in threading.enumerate():
        if thread.name.startswith("mlops-nb "):
            thread.join(10)
    return counter.show(_request(tmp_path, ident))


def test_what_was_planned_is_carried_out_by_the_desk_that_planned_it(
    counter: Counter, tmp_path: Path
) -> None:
    planned = _wait(counter, counter.plan(_request(tmp_path, "churn")), tmp_path)
    assert planned["status"] == "completed"
    assert planned["result"]["plan"] == {"version": 3, "ready": False}
    digest = planned["result"]["digest"]
    body = {"version": 3, "digest": digest, "reason": "why", "force": True}
    moved = _wait(counter, counter.promote(_request(tmp_path, "churn", **body)), tmp_path)
    assert moved["result"] == {"kind": "promote", "loss": None}
    [desk] = FakeDesk.made
    assert desk.asked[1] == ("promote", {"reason": "why", "force": True, "shown": OUTCOME})


def test_who_judges_again_has_decided_anew_what_is_on_record(
    counter: Counter, tmp_path: Path
) -> None:
    for again in (False, True):
        _wait(counter, counter.plan(_request(tmp_path, "churn", again=again)), tmp_path)
    asked = [words for desk in FakeDesk.made for _, words in desk.asked]
    assert asked == [{"again": False}, {"again": True}]


def test_a_rollback_is_done_by_a_desk_that_is_there(counter: Counter, tmp_path: Path) -> None:
    _wait(counter, counter.plan(_request(tmp_path, "churn", version=3)), tmp_path)
    body = {"reason": "null scores", "to": 1}
    _wait(counter, counter.rollback(_request(tmp_path, "churn", **body)), tmp_path)
    [desk] = FakeDesk.made
    assert desk.asked[1] == ("rollback", {"reason": "null scores", "force": False, "to": 1})


def test_what_a_desk_raises_is_the_error_of_the_task(counter: Counter, tmp_path: Path) -> None:
    _wait(counter, counter.plan(_request(tmp_path, "churn", version=3)), tmp_path)
    FakeDesk.made[0].error = NotBlessedError("MNB720", "churn@3", "1 of 2 gates failed.", "Train.")
    told = _wait(counter, counter.approve(_request(tmp_path, "churn", version=3)), tmp_path)
    assert told["status"] == "failed"
    assert told["error"]["code"] == "MNB720"
    assert told["result"] is None


def test_a_task_that_goes_on_is_told_as_such(counter: Counter, tmp_path: Path) -> None:
    first = _wait(counter, counter.plan(_request(tmp_path, "churn", version=3)), tmp_path)
    assert first["progress"]["seconds"] >= 0
    assert first["progress"]["step"] == "plan begins"
    FakeDesk.made[0].may_answer.clear()
    answer = counter.plan(_request(tmp_path, "churn", version=3))
    ident = json.loads(answer.content)["id"]
    assert counter.show(_request(tmp_path, ident))["status"] == "running"
    FakeDesk.made[0].may_answer.set()
    assert _wait(counter, answer, tmp_path)["status"] == "completed"


def test_idle_desks_are_closed_and_working_ones_are_left(counter: Counter, tmp_path: Path) -> None:
    for name in "abcdef":
        _wait(counter, counter.plan(_request(tmp_path, name, version=1)), tmp_path)
    assert [desk.is_closed for desk in FakeDesk.made] == [True, True, False, False, False, False]
    last = FakeDesk.made[-1]
    last.may_answer.clear()
    answer = counter.plan(_request(tmp_path, "f", version=1))
    counter.close()
    assert [desk.is_closed for desk in FakeDesk.made] == [True] * 5 + [False]
    last.may_answer.set()
    assert _wait(counter, answer, tmp_path)["status"] == "completed"


@pytest.mark.parametrize("digest", ["", "zz", "bm8=", "W10="])
def test_a_digest_of_no_plan_is_refused(counter: Counter, tmp_path: Path, digest: str) -> None:
    with pytest.raises(InputError, match="digest"):
        counter.promote(_request(tmp_path, "churn", version=3, digest=digest))


def test_an_approval_is_of_one_version(counter: Counter, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        counter.approve(_request(tmp_path, "churn"))
    assert caught.value.code == "MNB881"


def test_a_task_that_nobody_knows_is_not_found(counter: Counter, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        counter.show(_request(tmp_path, "0123"))
    assert caught.value.code == "MNB883"
