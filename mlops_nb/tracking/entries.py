"""What is written about a run, before anybody knows whether a store will take it?

Plain frozen values made of what JSON can say. The recorder makes them from records, the writer
gives them to MLflow, and where MLflow cannot be reached they are kept on disk and written
later: one form for the three.
"""

from __future__ import annotations

import getpass
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mlops_nb.pipeline.records import CellStatus, RunRecord, RunStatus, StageRecord
from mlops_nb.tracking.gitinfo import GitState
from mlops_nb.tracking.processes import ProcessStamp, stamp_process

EndStatus = Literal["FINISHED", "FAILED", "KILLED"]
Door = Literal["headless", "interactive"]
Point = tuple[str, float, int]
"""A metric's name, value and step."""

PARAM_CAP = 6000
TAG_CAP = 8000
KEY_CAP = 250
PROCESS_TAG = "mlops_nb.process"
STAGE_TAG = "mlops_nb.stage"
STATUS_TAG = "mlops_nb.status"
NOTEBOOK_TAG = "mlops_nb.notebook"
MODEL_TAG = "mlops_nb.model"
SECONDS_TAG = "mlops_nb.seconds"
RESTORED_TAG = "mlops_nb.restored"
SAVED_TAG = "mlops_nb.saved_seconds"
DOOR_TAG = "mlops_nb.door"
CHANGED_TAG = "mlops_nb.changed"
"""The first files that differed from the commit."""
GATES_TAG = "mlops_nb.gates"
PARENT_TAG = "mlflow.parentRunId"
NOTE_TAG = "mlflow.note.content"
_UNSAFE = re.compile(r"[^\w\-. /]")
_RUN_ENDS: Mapping[RunStatus, EndStatus] = {
    "completed": "FINISHED",
    "failed": "FAILED",
    "timeout": "FAILED",
    "died": "FAILED",
    "interrupted": "KILLED",
    "terminated": "KILLED",
}
_STAGE_ENDS: Mapping[CellStatus, EndStatus] = {
    "failed": "FAILED",
    "timeout": "FAILED",
    "kernel died": "FAILED",
    "interrupted": "KILLED",
}
_CHANGED_SHOWN, _CHANGED_LENGTH = 5, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """The notebook that is run.

    Attributes
    ----------
    notebook : Path
        Absolute.
    root : Path
        The project's root.
    digest : str
        SHA-256 of the notebook file's bytes, in hex; ``""`` if it was never saved.
    address : str
        Where it is if it is no local file; `notebook` is its name then, and `raw` its bytes.
    raw : bytes or None
    """

    notebook: Path
    root: Path
    digest: str = ""
    address: str = ""
    raw: bytes | None = None

    @property
    def place(self) -> str:
        """Return the notebook's path relative to the root where it is inside, with slashes, or its
        address."""
        if self.address:
            return self.address
        if self.notebook.is_relative_to(self.root):
            return self.notebook.relative_to(self.root).as_posix()
        return self.notebook.as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run that begins."""

    experiment: str
    name: str
    started_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntry:
    """A stage that was executed: a child run, and `shared` metrics for the run itself.

    One that was restored has no child run: it did nothing in this run.
    """

    name: str
    status: EndStatus
    started_ms: int
    ended_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)
    measured: tuple[Point, ...] = ()
    shared: tuple[Point, ...] = ()
    is_restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishEntry:
    """A run that ends; `files` are paths by their name among the run's artifacts."""

    status: EndStatus
    ended_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def run_entry(
    source: RunSource,
    git: GitState,
    *,
    experiment: str,
    parameters: Mapping[str, Any],
    door: Door,
    started: datetime,
    process: ProcessStamp | None = None,
) -> RunEntry:
    """Return the entry that opens a run of `source` by `process`, by default this one."""
    tags = {
        "mlflow.user": user_name(),
        "mlflow.source.name": source.place,
        "mlflow.source.type": "NOTEBOOK",
        DOOR_TAG: door,
        NOTEBOOK_TAG: source.place,
        "mlops_nb.notebook_digest": f"sha256:{source.digest}" if source.digest else "",
        STATUS_TAG: "running",
        PROCESS_TAG: str(process or stamp_process()),
    }
    if git.commit:
        tags["mlflow.source.git.commit"] = git.commit
        tags["mlops_nb.dirty"] = str(git.is_dirty).lower()
        tags[CHANGED_TAG] = ", ".join(git.changed[:_CHANGED_SHOWN])[:_CHANGED_LENGTH]
    if git.branch:
        tags["mlflow.source.git.branch"] = git.branch
    if git.remote:
        tags["mlflow.source.git.repoURL"] = git.remote
    return RunEntry(
        experiment=experiment,
        name=f"{source.notebook.stem} {started.astimezone():%m-%d %H:%M}",
        started_ms=to_ms(started),
        tags={key: value for key, value in tags.items() if value},
        params={safe_key(name): cap(str(value), PARAM_CAP) for name, value in parameters.items()},
    )


def stage_entry(record: StageRecord, *, now: datetime) -> StageEntry | None:
    """Return the entry of a stage that ran or was restored, or None for another."""
    if record.status == "restored":
        at_ms = to_ms(now)
        return StageEntry(
            name=record.name,
            status="FINISHED",
            started_ms=at_ms,
            ended_ms=at_ms,
            shared=metric_points(record),
            is_restored=True,
        )
    if record.action != "run" or record.seconds is None:
        return None
    took_ms = round(record.seconds * 1000)
    started_ms = to_ms(now) - took_ms if record.started is None else to_ms(record.started)
    shared = metric_points(record)
    tags = {STAGE_TAG: record.name, STATUS_TAG: record.status, "mlops_nb.reason": record.reason}
    if record.error is not None:
        tags[NOTE_TAG] = cap(f"**{record.status}**\n\n```\n{record.error.message}\n```", TAG_CAP)
    return StageEntry(
        name=record.name,
        status=stage_end(record.status),
        started_ms=started_ms,
        ended_ms=started_ms + took_ms,
        tags={key: cap(value, TAG_CAP) for key, value in tags.items() if value},
        measured=(*_resources(record), *shared),
        shared=shared,
    )


def stage_end(status: CellStatus) -> EndStatus:
    """Return MLflow's word for how a stage ended."""
    return _STAGE_ENDS.get(status, "FINISHED")


def finish_entry(
    record: RunRecord, *, note: str, files: Mapping[str, Path], now: datetime
) -> FinishEntry:
    """Return the entry that closes a run."""
    tags = {STATUS_TAG: record.status, NOTE_TAG: cap(note, TAG_CAP)}
    if record.model is not None:
        tags[MODEL_TAG] = record.model.uri
    tags |= {**restored_tags(record), **gate_tags(record)}
    if record.seconds is not None:  # MLflow's own times have packaging and tracking in them
        tags[SECONDS_TAG] = f"{record.seconds:.3f}"
    return FinishEntry(
        status=_RUN_ENDS[record.status],
        ended_ms=to_ms(now),
        tags=tags,
        files={name: str(path) for name, path in files.items()},
    )


def restored_tags(record: RunRecord) -> dict[str, str]:
    """Return the tags that say which stages were restored, from which runs, and what it saved."""
    origins = {s.name: s.origin for s in record.stages if s.status == "restored"}
    if not origins:
        return {}
    told = {name: "" if o is None else o.run_id or "" for name, o in origins.items()}
    seconds = 0.0 if record.restored is None else record.restored.seconds
    return {
        RESTORED_TAG: cap(json.dumps(told, ensure_ascii=False), TAG_CAP),
        SAVED_TAG: f"{seconds:.3f}",
    }


def gate_tags(record: RunRecord) -> dict[str, str]:
    """Return the tags that say how the gates of a run turned out; none where it decided none."""
    if record.gate_report is None:
        return {}
    return {
        GATES_TAG: "failed" if record.has_failed_gates else "passed",
        f"{GATES_TAG}.summary": cap(str(record.gate_report["summary"]), TAG_CAP),
    }


def metric_points(record: StageRecord) -> tuple[Point, ...]:
    """Return a stage's own metrics and series as points; a series counts its steps from 0."""
    single = [(safe_key(name), float(value), 0) for name, value in record.metrics.items()]
    steps = [
        (safe_key(name), float(value), step)
        for name, values in record.series.items()
        for step, value in enumerate(values)
    ]
    return (*single, *steps)


def _resources(record: StageRecord) -> tuple[Point, ...]:
    points: list[Point] = []
    if record.seconds is not None:
        points.append(("stage/seconds", record.seconds, 0))
    if record.cpu_seconds is not None:
        points.append(("stage/cpu_seconds", record.cpu_seconds, 0))
    if record.peak_memory_bytes is not None:
        points.append(("stage/peak_memory_mb", round(record.peak_memory_bytes / 1e6, 1), 0))
    return tuple(point for point in points if math.isfinite(point[1]))


def safe_key(name: str) -> str:
    """Return `name` with what MLflow refuses in names replaced by ``_``.

    >>> safe_key("f1@top-5 [%]"), safe_key("../précision//x")
    ('f1_top-5 ___', '_/précision/x')
    """
    parts = [part for part in _UNSAFE.sub("_", name)[:KEY_CAP].split("/") if part]
    key = "/".join(part if part.strip(".") else "_" for part in parts) or "_"
    return f"_{key[1:]}" if key.startswith("..") else key  # MLflow takes it for a parent folder


def cap(text: str, limit: int) -> str:
    """Return `text`, cut with a mark if it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 2] + " …"


def user_name() -> str:
    """Return who runs, or ``""`` where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user id, as in many containers
        return ""


def to_ms(moment: datetime) -> int:
    """Return `moment` in milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)
