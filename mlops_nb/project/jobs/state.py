"""How far is a job? Read from its folder, whoever started it and whatever became of that one."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_nb.project.jobs.ending import (
    Reached,
    exit_code_as_shells_say_it,
    phrase_ending,
    reached,
)
from mlops_nb.project.jobs.folder import JobFolder, JobRequest
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.processes import has_vanished, read_stamp
from mlops_nb.tracking.sheets import read_sheets

# From the making of the folder to the first word of its supervisor.
_STARTS_WITHIN = timedelta(seconds=60)
_TOLD_BYTES = 256 << 10
_NO_RECORD = {
    "died": "the run was killed, and left no record.",
    "failed": "the run ended before it began; its log says why.",
}


def is_alive(folder: JobFolder) -> bool:
    """Return whether a job goes on, or is only just starting."""
    if (folder.path / "exit.json").exists():
        return False
    stamps = folder.read("process.json")
    if not stamps:
        return datetime.now(UTC) - folder.created < _STARTS_WITHIN
    known = [read_stamp(str(stamps.get(name, ""))) for name in ("run", "supervisor")]
    return any(stamp is not None and not has_vanished(stamp) for stamp in known)


def read_state(layout: Layout, folder: JobFolder) -> dict[str, Any]:
    """Return what is known of a job, as JSON has it.

    Returns
    -------
    dict
        ``status`` is ``queued``, ``running``, ``cancelling``; once it has ended that of the run's
        record, ``cancelled``, or ``died`` for one that left no record. ``ending`` says it in a
        sentence; a job that somebody cancelled has no ``error``.
    """
    request = folder.request()
    alive = is_alive(folder)
    # In this order: what a job leaves last is read last.
    record, ending = folder.read("record.json"), folder.read("exit.json")
    seen = _Seen.of(_events(folder))
    run_id, output = record.get("run_id"), record.get("output") or seen.output
    if alive and run_id is None:
        run_id = _run_id(layout, folder)
    status = _status(folder, record, ending, alive=alive, has_begun=seen.has_begun)
    error = None if status == "cancelled" else record.get("error")
    exit_code = None if alive else _exit_code(record, ending)
    if error is None and not record and status in _NO_RECORD:
        error = {"code": "MNB420", "message": _NO_RECORD[status], "cell": None, "stage": None}
    return {
        "id": folder.id,
        "notebook": "" if request is None else request.notebook,
        "status": status,
        "exit_code": exit_code,
        "ending": ""
        if alive
        else phrase_ending(status, reached=seen.reached(), exit_code=exit_code, record=record),
        "created": folder.created.isoformat(),
        "started": record.get("started") or seen.started,
        "ended": ending.get("ended") or (None if alive else seen.last),
        "seconds": record.get("seconds"),
        "progress": seen.progress(),
        "stages": seen.stages_with(record),
        "run_id": run_id,
        "output": output,
        "metrics": record.get("metrics") or {},
        "model": record.get("model"),
        "gates": record.get("gates") or [],
        "promotion": record.get("promotion"),
        "notes": record.get("notes") or [],
        "error": error,
        **_asked(request),
    }


def seen_output(folder: JobFolder) -> str | None:
    """Return where a job writes the executed notebook; None if that is not known yet."""
    return folder.read("record.json").get("output") or _Seen.of(_events(folder)).output


def read_log(folder: JobFolder, offset: int) -> dict[str, Any]:
    """Return what a job said from byte `offset` on, as far as it is whole.

    Of a long log the beginning may be gone: then it goes on where there is something. ``offset`` of
    the answer is where to go on, ``size`` where the log ends now.
    """
    base = int(folder.read("log.json").get("base", 0))
    try:
        with folder.log.open("rb") as file:
            end = base + file.seek(0, 2)
            start = min(max(offset, base), end)
            file.seek(start - base)
            raw = file.read(_TOLD_BYTES)
    except OSError:
        return {"text": "", "offset": offset, "size": 0, "missing": 0}
    text, used = _whole(raw)
    missing = max(0, base - offset)
    return {"text": text, "offset": start + used, "size": end, "missing": missing}


class _Seen:
    """What the events of a run say."""

    def __init__(self) -> None:
        self.has_begun = False
        self.has_run = False
        self.started: str | None = None
        self.last: str | None = None
        self.output: str | None = None
        self._cells: list[int] = []
        self._done: dict[int, str] = {}
        self._place: tuple[int | None, str | None] = (None, None)
        self._last: tuple[int | None, str | None] = (None, None)
        self._stages: dict[str, dict[str, Any]] = {}

    @classmethod
    def of(cls, events: Iterator[Mapping[str, Any]]) -> _Seen:
        seen = cls()
        for event in events:
            seen.last = str(event.get("time", "")) or seen.last
            take = getattr(seen, f"_take_{event.get('event')}", None)
            with contextlib.suppress(KeyError, TypeError):
                if take is not None:
                    take(event)
        return seen

    def progress(self) -> dict[str, Any]:
        cell, stage = self._place
        done = sum(index in self._done for index in self._cells)
        phase = "finishing" if self.has_run else "cells" if self.has_begun else "starting"
        counts = {"done": done, "cells": len(self._cells)}
        return {"phase": phase, "cell": cell, "stage": stage, **counts}

    def reached(self) -> Reached:
        """Return how far the run came."""
        place = self._last if self._place[0] is None else self._place
        return reached(self._cells, self._done, place)

    def stages_with(self, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the stages; the record of a run that has ended knows best."""
        for told in record.get("stages") or ():
            known = self._stages.setdefault(told["name"], _new_stage(told))
            known.update(_told(told, metrics=known["metrics"]))
        return list(self._stages.values())

    def _take_run_started(self, event: Mapping[str, Any]) -> None:
        self.has_begun, self.started = True, event["time"]
        self.output, self._cells = event["output"], list(event["cells"])
        self._stages = {stage["name"]: _new_stage(stage) for stage in event["stages"]}

    def _take_cell_started(self, event: Mapping[str, Any]) -> None:
        self._place = (event["cell"], event["stage"])

    def _take_cell_finished(self, event: Mapping[str, Any]) -> None:
        self._done[event["cell"]] = event["status"]
        self._last, self._place = (event["cell"], event["stage"]), (None, None)

    def _take_run_finished(self, event: Mapping[str, Any]) -> None:
        self.has_run = True

    def _take_stage_started(self, event: Mapping[str, Any]) -> None:
        self._stages[event["stage"]]["status"] = "running"

    def _take_stage_finished(self, event: Mapping[str, Any]) -> None:
        told = event["record"]
        self._stages[event["stage"]].update(_told(told, metrics=told["metrics"]))


def _new_stage(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": told["name"],
        "action": told["action"],
        "reason": told["reason"],
        "status": "not run",
        "seconds": None,
        "metrics": {},
    }


def _told(told: Mapping[str, Any], *, metrics: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: told[name] for name in ("action", "reason", "status", "seconds")}
    return {**kept, "metrics": dict(metrics)}


def _events(folder: JobFolder) -> Iterator[Mapping[str, Any]]:
    try:
        lines = folder.events.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines[:-1]:  # the last may be in the making
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event


def _status(
    folder: JobFolder,
    record: Mapping[str, Any],
    ending: Mapping[str, Any],
    *,
    alive: bool,
    has_begun: bool,
) -> str:
    if alive:
        if folder.is_cancelled:
            return "cancelling"
        return "running" if has_begun else "queued"
    status = str(record.get("status") or "")
    if folder.is_cancelled and status in ("", "interrupted", "terminated"):
        return "cancelled"
    if not status:
        return "failed" if 0 < ending.get("code", -1) < 126 else "died"
    return status


def _exit_code(record: Mapping[str, Any], ending: Mapping[str, Any]) -> int | None:
    """Return the code that the supervisor saw, else what the record of the run means."""
    if "code" in ending:
        return exit_code_as_shells_say_it(int(ending["code"]))
    from mlops_nb.execution.endings import exit_code_of
    from mlops_nb.pipeline.records import parse_record

    try:
        return exit_code_of(parse_record(record))
    except (KeyError, TypeError, ValueError):
        return None


def _run_id(layout: Layout, folder: JobFolder) -> str | None:
    stamp = str(folder.read("process.json").get("run", ""))
    sheets = [sheet for sheet in read_sheets(layout.running) if str(sheet.process) == stamp]
    return sheets[0].run_id if sheets else None


def _asked(request: JobRequest | None) -> dict[str, Any]:
    if request is None:
        return {"parameters": {}, "options": {}}
    options = {
        "stage": list(request.stages),
        "until": request.until,
        "force": list(request.force),
        "no_cache": request.no_cache,
        "gates": list(request.gates),
        "register": request.register,
        "promote_if_passed": request.promote_if_passed,
    }
    return {"parameters": dict(request.parameters), "options": options}


def _whole(raw: bytes) -> tuple[str, int]:
    """Return the text of bytes but a character that is cut at their end, and how many that are."""
    for cut in range(4):
        try:
            return raw[: len(raw) - cut].decode("utf-8"), len(raw) - cut
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace"), len(raw)
