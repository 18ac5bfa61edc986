"""A job is what its folder says, whoever reads it and whatever became of those who worked on it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.project.jobs import folder as folders
from mlops_nb.project.jobs import starting
from mlops_nb.project.jobs.folder import (
    JobFolder,
    JobRequest,
    all_folders,
    find_folder,
    new_folder,
)
from mlops_nb.project.jobs.keeping import copy_executed
from mlops_nb.project.jobs.starting import cancel_job, start_job
from mlops_nb.project.jobs.state import is_alive, read_log, read_state
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.processes import stamp_process

GONE = "here|boot|1|1"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "nb.ipynb").write_text("{}", "utf-8")
    return Layout(root=tmp_path)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is there."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def _request(layout: Layout, **options: Any) -> JobRequest:
    return JobRequest(notebook=str(layout.root / "nb.ipynb"), **options)


def _job(layout: Layout, **files: Any) -> JobFolder:
    """Return a job whose folder holds `files`; a name without ending is one of ``.json``."""
    folder = new_folder(layout, _request(layout))
    for name, content in files.items():
        path = folder.path / (name if name in ("log", "cancelled") else f"{name}.json")
        if name == "events":
            path = folder.events
            content = "".join(json.dumps(one) + "\n" for one in content)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return folder


def _gone() -> dict[str, str]:
    here = dataclasses.replace(stamp_process(), pid=2**22 + 1, started="1")
    return {"supervisor": str(here), "run": str(here)}


RECORD = {
    "run_id": "r1",
    "notebook": "nb.ipynb",
    "output": "/x/out.ipynb",
    "status": "completed",
    "parameters": {},
    "stages": [
        {
            "name": "train",
            "action": "run",
            "reason": "new",
            "status": "completed",
            "seconds": 2.0,
            "outputs": {},
            "restored": None,
        }
    ],
    "metrics": {"f1": 0.5},
    "gates": [],
    "model": None,
    "error": None,
    "started": "2026-11-22T07:00:00+00:00",
    "seconds": 3.0,
    "notes": [],
}
STARTED = {
    "event": "run_started",
    "time": "2026-11-22T07:00:00+00:00",
    "output": "/x/out.ipynb",
    "cells": [0, 3],
    "stages": [{"name": "train", "action": "run", "reason": "new", "cells": [3]}],
}
TERMINATED = {**RECORD, "status": "terminated"}
FAILED = {**RECORD, "status": "failed", "error": {"code": "MNB410", "message": "m"}}
GATES = {**RECORD, "gates": [{"gate": "f1 >= 0.9", "verdict": "failed"}]}
CELL = {"cell": 0, "stage": None, "time": "2026-11-22T07:00:01+00:00"}
AT_TRAIN = [
    STARTED,
    {"event": "cell_started", **CELL},
    {"event": "cell_finished", "status": "completed", **CELL},
    {"event": "cell_started", **CELL, "cell": 3, "stage": "train"},
]
CANCELLED = {**TERMINATED, "error": {"code": "MNB414", "message": "m"}}
ENDINGS: dict[str, tuple[dict[str, Any], str, int | None, str]] = {
    "completed": ({"record": RECORD, "exit": {"code": 0}}, "completed", 0, "completed"),
    "gates failed": (
        {"record": GATES, "exit": {"code": 3}},
        "completed",
        3,
        "completed; gates failed: f1 >= 0.9",
    ),
    "failed": (
        {"record": FAILED, "exit": {"code": 1}, "events": AT_TRAIN},
        "failed",
        1,
        "failed in stage 'train', cell 3, after 1 of 2 cells",
    ),
    "out of time": (
        {"record": {**FAILED, "status": "timeout"}, "exit": {"code": 1}, "events": AT_TRAIN[:3]},
        "timeout",
        1,
        "ran out of time after 1 of 2 cells",
    ),
    "cancelled": (
        {"record": CANCELLED, "exit": {"code": 143}, "cancelled": "", "events": AT_TRAIN},
        "cancelled",
        143,
        "cancelled on request in stage 'train', cell 3, after 1 of 2 cells",
    ),
    "cancelled before it began": (
        {"exit": {"code": -15}, "cancelled": ""},
        "cancelled",
        143,
        "cancelled on request before its first cell",
    ),
    "cancelled too late": (
        {"record": RECORD, "exit": {"code": 0}, "cancelled": ""},
        "completed",
        0,
        "completed",
    ),
    "stopped by somebody else": (
        {"record": CANCELLED, "exit": {"code": 143}},
        "terminated",
        143,
        "ended from outside before its first cell",
    ),
    "killed": (
        {"record": "", "exit": {"code": -9}, "events": AT_TRAIN},
        "died",
        137,
        "killed from outside (SIGKILL, as happens where memory runs out) in stage 'train', cell 3, "
        "after 1 of 2 cells",
    ),
    "usage": ({"exit": {"code": 2}}, "failed", 2, "did not begin: its log says why"),
    "supervisor gone, record there": ({"record": RECORD}, "completed", 0, "completed"),
    "supervisor gone, gates failed": (
        {"record": GATES},
        "completed",
        3,
        "completed; gates failed: f1 >= 0.9",
    ),
    "both gone": ({"events": [STARTED]}, "died", None, "killed from outside after 0 of 2 cells"),
    "a record cut off": (
        {"record": '{"status": "compl'},
        "died",
        None,
        "killed from outside before its first cell",
    ),
}


@pytest.mark.parametrize(("files", "status", "code", "ending"), ENDINGS.values(), ids=list(ENDINGS))
def test_a_job_that_ended_says_how(
    layout: Layout, files: dict[str, Any], status: str, code: int | None, ending: str
) -> None:
    state = read_state(layout, _job(layout, process=_gone(), **files))
    assert (state["status"], state["exit_code"]) == (status, code)
    assert state["ending"] == ending
    # What a person asked for is no error.
    has_error = files.get("record") == CANCELLED and status != "cancelled"
    assert (state["error"] is not None) == (status in ("died", "failed", "timeout") or has_error)
    json.dumps(state)


def test_progress_is_what_the_events_say(layout: Layout, sleeper: subprocess.Popen[bytes]) -> None:
    moment = {"time": "2026-11-22T07:00:01+00:00"}
    events = [
        STARTED,
        {"event": "cell_started", "cell": 0, "stage": None, **moment},
        {"event": "cell_finished", "cell": 0, "stage": None, "status": "completed", **moment},
        {"event": "stage_started", "stage": "train", **moment},
        {"event": "cell_started", "cell": 3, "stage": "train", **moment},
        {"event": "of a later version", **moment},
    ]
    stamps = {"supervisor": GONE, "run": str(stamp_process(sleeper.pid))}
    folder = _job(layout, process=stamps, events=events)
    with folder.events.open("a") as file:
        file.write('{"event": "cell_fin')
    state = read_state(layout, folder)
    assert state["status"] == "running"
    assert state["progress"] == {
        "phase": "cells",
        "cell": 3,
        "stage": "train",
        "done": 1,
        "cells": 2,
    }
    assert [(one["name"], one["status"]) for one in state["stages"]] == [("train", "running")]
    assert (state["output"], state["exit_code"]) == ("/x/out.ipynb", None)
    folder.cancel()
    assert read_state(layout, folder)["status"] == "cancelling"


def test_a_job_without_a_sign_of_life_is_starting_and_then_gone(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _job(layout)
    assert read_state(layout, folder)["status"] == "queued"
    old = JobFolder(folder.path.rename(folder.path.with_name("20200101-000000-abcdef")))
    assert not is_alive(old)
    assert read_state(layout, old)["status"] == "died"


def test_a_folder_that_cannot_be_read_is_a_job_all_the_same(layout: Layout) -> None:
    folder = _job(layout, process="nonsense", exit="[]", record="[" * 100_000, events=[3, "x", {}])
    (folder.path / "job.json").write_text('{"of": "a later version"}', "utf-8")
    state = read_state(layout, folder)
    assert (state["status"], state["notebook"], state["stages"]) == ("died", "", [])


@pytest.mark.parametrize("ident", ["", "..", "x", "../../etc", "20260101-000000-zzzzzz", "x" * 999])
def test_a_job_that_is_none_is_not_found(layout: Layout, ident: str) -> None:
    with pytest.raises(InputError) as caught:
        find_folder(layout, ident)
    assert caught.value.code == "MNB883"
    assert len(str(caught.value)) < 500


def test_parameters_are_for_the_owner_alone(layout: Layout) -> None:
    folder = new_folder(layout, _request(layout, parameters={"token": "x"}))
    assert folder.path.stat().st_mode & 0o077 == 0
    assert (layout.state / ".gitignore").read_text("utf-8") == "*\n"
    assert folder.request() == _request(layout, parameters={"token": "x"})


def test_a_request_is_words_of_the_command_line(layout: Layout) -> None:
    request = _request(
        layout,
        parameters={"day": "2026-11-22", "n": 3, "low": "-1"},
        stages=("train",),
        until="report",
        force=("load",),
        no_cache=True,
        gates=("f1 >= 0.5",),
        register="churn",
        promote_if_passed=True,
    )
    assert request.words()[1:] == [
        *("-p", "day", "2026-11-22", "-p", "low", "-1"),
        *("--stage=train", "--force=load", "--gate=f1 >= 0.5", "--until=report"),
        *("--register=churn", "--no-cache", "--promote-if-passed"),
    ]
    assert request.plain_parameters() == {"n": 3}


def test_the_same_run_is_not_started_twice(
    layout: Layout, sleeper: subprocess.Popen[bytes]
) -> None:
    stamps = {"supervisor": str(stamp_process(sleeper.pid))}
    folder = new_folder(layout, _request(layout, parameters={"n": 1}, output="/x/o.ipynb"))
    folder.write("process.json", stamps)
    for other in ({"parameters": {"n": 1}}, {"parameters": {"n": 2}}):
        with pytest.raises(InputError) as caught:
            start_job(layout, _request(layout, output="/x/o.ipynb", **other))
        assert caught.value.code == "MNB884"
    assert [one.id for one in all_folders(layout)] == [folder.id]


def test_a_notebook_that_is_not_saved_is_not_run(layout: Layout) -> None:
    with pytest.raises(InputError) as caught:
        start_job(layout, JobRequest(notebook=str(layout.root / "Untitled.ipynb")))
    assert caught.value.code == "MNB101"
    assert not layout.jobs.exists()


@pytest.mark.parametrize("word", ["nul\0", "\ud800"], ids=["nul", "surrogate"])
def test_what_no_command_line_can_say_leaves_nothing(layout: Layout, word: str) -> None:
    with pytest.raises(InputError) as caught:
        start_job(layout, _request(layout, gates=(word,)))
    assert caught.value.code == "MNB881"
    assert list(all_folders(layout)) == []


def test_a_folder_that_cannot_be_made_is_told(layout: Layout) -> None:
    layout.state.mkdir()
    layout.jobs.write_text("in the way", "utf-8")
    with pytest.raises(InfrastructureError) as caught:
        start_job(layout, _request(layout))
    assert caught.value.code == "MNB886"


def test_the_oldest_jobs_go_and_those_that_go_on_stay(
    layout: Layout, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "_KEPT", 2)
    monkeypatch.setattr(starting, "_launch", lambda *given, **named: None)
    for number in range(5):
        folder = _job(layout, exit={"code": 0})
        folder.path.rename(folder.path.with_name(f"2020010{number + 1}-000000-abcdef"))
    alive = layout.jobs / "20200101-000000-abcdef"
    (alive / "exit.json").unlink()
    stamps = {"run": str(stamp_process(sleeper.pid))}
    (alive / "process.json").write_text(json.dumps(stamps), "utf-8")
    start_job(layout, _request(layout, force=("train",)))
    kept = [folder.id[:8] for folder in all_folders(layout)]
    assert kept[1:] == ["20200105", "20200101"]


def test_a_log_is_told_from_where_one_was(layout: Layout) -> None:
    folder = _job(layout, log="eins\nzwölf\n")
    raw = "eins\nzwölf\n".encode()
    assert read_log(folder, 0) == {
        "text": "eins\nzwölf\n",
        "offset": len(raw),
        "size": len(raw),
        "missing": 0,
    }
    folder.log.write_bytes(raw[:8])  # in the middle of a letter
    assert read_log(folder, 5) == {"text": "zw", "offset": 7, "size": 8, "missing": 0}
    folder.log.write_bytes(raw)
    folder.write("log.json", {"base": 100})
    assert read_log(folder, 7)["missing"] == 93
    assert read_log(folder, 105)["text"] == "zwölf\n"
    assert read_log(folder, 9999)["text"] == ""
    folder.log.write_bytes(b"\xff\xfe broken")
    assert "broken" in read_log(folder, 100)["text"]


def test_cancelling_what_has_ended_changes_nothing(layout: Layout) -> None:
    folder = _job(layout, record=RECORD, exit={"code": 0})
    cancel_job(folder)
    assert not folder.is_cancelled


def test_an_executed_notebook_is_copied_beside_its_source(layout: Layout) -> None:
    executed = layout.runs / "20261122-070000-abcdef-nb.ipynb"
    layout.runs.mkdir(parents=True)
    executed.write_text("executed", "utf-8")
    folder = _job(layout, record={**RECORD, "output": str(executed)}, exit={"code": 0})
    place = copy_executed(folder)
    assert place == layout.root / "nb-20261122-070000-abcdef.ipynb"
    executed.write_text("more", "utf-8")
    assert copy_executed(folder).read_text("utf-8") == "more"
    executed.unlink()
    with pytest.raises(InputError) as caught:
        copy_executed(folder)
    assert caught.value.code == "MNB885"


def test_ids_of_jobs_sort_by_time() -> None:
    assert folders._ID.fullmatch("20261122-070000-abcdef")
