"""What do the routes on promotions do? They let the panel's desk work, and tell how far it is.

The desk is that of the widget in notebooks (`widgets.desk`): a process that keeps the plan it has
shown, so that what is carried out is what was seen. Here it is asked by a thread, and the browser
asks for the task: a promotion takes longer than a request should.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.lab.answers import Answer, error_object
from mlops_nb.lab.plain import plain
from mlops_nb.lab.requests import Request
from mlops_nb.widgets.desk_link import DeskLink

_DESKS_KEPT = 4
_TASKS_KEPT = 200
_CHAMPION = "champion"

# What tells one desk from the others: folder, model and version, alias, gates.
_Key = tuple[Path, str, str, tuple[str, ...]]


@dataclass(slots=True, kw_only=True)
class Task:
    """Something that takes its time; a thread changes it, requests read it."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    kind: str
    model: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    step: str = ""
    result: Any = None
    error: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what a browser is told."""
        status = "running" if self.ended is None else "failed" if self.error else "completed"
        until = self.ended or datetime.now(UTC)
        return {
            "id": self.id,
            "kind": self.kind,
            "model": self.model,
            "status": status,
            "started": self.started.isoformat(),
            "progress": {
                "seconds": round((until - self.started).total_seconds(), 1),
                "step": self.step,
            },
            "result": plain(self.result),
            "error": self.error,
        }


@dataclass(slots=True, eq=False)
class _Seat:
    """A desk, and how many tasks it has: they wait for each other."""

    desk: Any
    lock: threading.Lock = field(default_factory=threading.Lock)
    n_tasks: int = 0

    def work(self, task: Task, does: Callable[[Any], Any]) -> Any:
        """Return what the desk makes of a task."""

        def tell(step: str) -> None:
            task.step = step

        with self.lock:
            self.desk.on_progress = tell
            return does(self.desk)


class Counter:
    """Where promotions are asked for: the desks of this server, and its tasks.

    Parameters
    ----------
    make_desk : callable
        What makes a desk; a `DeskLink` by default.
    """

    def __init__(self, make_desk: Callable[..., Any] = DeskLink) -> None:
        self._make_desk = make_desk
        self._seats: OrderedDict[_Key, _Seat] = OrderedDict()
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._lock = threading.Lock()

    def plan(self, request: Request) -> Answer:
        """Begin to judge a version; the task's result is the plan and its digest."""
        key, again = _key_of(request), request.flag("again")

        def work(desk: Any) -> dict[str, Any]:
            told = desk.ask("plan", again=again)
            folder, reference, to, gates = key
            version = f"{reference.partition('@')[0]}@{told['plan']['version']}"
            with self._lock:  # whoever promotes it names the version
                self._seats[folder, version, to, gates] = self._seats[key]
            digest = base64.urlsafe_b64encode(json.dumps(told["outcome"]).encode()).decode()
            return {"plan": told["plan"], "can_force": told["can_force"], "digest": digest}

        return self._begin(request, "promotion plan", key, work)

    def promote(self, request: Request) -> Answer:
        """Begin to carry out the plan that was shown."""
        outcome, reason = _read_digest(request), request.text("reason", "")
        force, key = request.flag("force"), _key_of(request)
        return self._begin(
            request,
            "promote",
            key,
            lambda desk: desk.ask("promote", reason=reason, force=force, shown=outcome),
        )

    def rollback(self, request: Request) -> Answer:
        """Begin to let the champion be what it was before."""
        reason, force = request.text("reason", ""), request.flag("force")
        to = None if request.body.get("to") is None else request.number("to", 0, most=1 << 31)
        key = self._any_key(_folder(request), request.parts[0])
        return self._begin(
            request,
            "rollback",
            key,
            lambda desk: desk.ask("rollback", reason=reason, force=force, to=to),
        )

    def approve(self, request: Request) -> Answer:
        """Begin to write down an approval."""
        reason, key = request.text("reason", ""), _key_of(request)
        if "@" not in key[1]:
            raise InputError("MNB881", "version", "is missing.", "Send the version's number.")
        return self._begin(request, "approve", key, lambda desk: desk.ask("approve", reason=reason))

    def show(self, request: Request) -> dict[str, Any]:
        """Return how far a task is.

        Raises
        ------
        InputError
            MNB883 if this server knows no such task.
        """
        with self._lock:
            task = self._tasks.get(request.parts[0])
        if task is None:
            raise InputError(
                "MNB883",
                "",
                f"there is no task {request.parts[0][:80]!r}.",
                "The server was started anew since: look at the model's history.",
            )
        return task.to_json()

    def close(self) -> None:
        """End the desks that nobody waits for; one that works ends when it has done so."""
        with self._lock:
            idle = {seat for seat in self._seats.values() if not seat.n_tasks}
            for key in [key for key, seat in self._seats.items() if seat in idle]:
                del self._seats[key]
        for seat in idle:
            seat.desk.close()

    def _begin(self, request: Request, kind: str, key: _Key, work: Callable[[Any], Any]) -> Answer:
        task = Task(kind=kind, model=key[1])
        with self._lock:
            seat = self._seat(key)
            seat.n_tasks += 1
            self._tasks[task.id] = task
            while len(self._tasks) > _TASKS_KEPT:
                self._tasks.popitem(last=False)
        # No thread of a pool: the end of the server waits for those.
        threading.Thread(
            target=self._work,
            args=(task, seat, work, request.root),
            name=f"mlops-nb {kind}",
            daemon=True,
        ).start()
        return Answer.of(task.to_json(), 202)

    def _work(self, task: Task, seat: _Seat, does: Callable[[Any], Any], root: Path) -> None:
        try:
            task.result = seat.work(task, does)
        except MlopsNbError as error:
            task.error = error_object(error, root=root)
        except Exception as error:
            told = f"a fault of mlops_nb's: {type(error).__name__}: {error}"
            task.error = {"code": "MNB889", "message": told, "place": "", "remedy": "Report it."}
        finally:
            task.ended = datetime.now(UTC)
            with self._lock:
                seat.n_tasks -= 1

    def _any_key(self, folder: Path, name: str) -> _Key:
        """Return the key of a desk for a model, whichever version it is about."""
        with self._lock:
            for key in self._seats:
                if key[0] == folder and key[1].partition("@")[0] == name:
                    return key
        return folder, name, _CHAMPION, ()

    def _seat(self, key: _Key) -> _Seat:
        """Return the desk for a key; those that nobody used for longest make room."""
        seat = self._seats.pop(key, None)
        if seat is None:
            folder, reference, to, gates = key
            seat = _Seat(self._make_desk(folder, reference, to=to, gates=gates))
        self._seats[key] = seat
        for other in dict.fromkeys(self._seats.values()):
            if len(set(self._seats.values())) <= _DESKS_KEPT:
                break
            if other is not seat and not other.n_tasks:
                for known in [k for k, one in self._seats.items() if one is other]:
                    del self._seats[known]
                threading.Thread(target=other.desk.close, daemon=True).start()
        return seat


def _folder(request: Request) -> Path:
    """Return a folder of the project that is meant: a notebook's, else the root."""
    place = request.path() if request.text("path", "") else request.root
    return place if place.is_dir() else place.parent


def _key_of(request: Request) -> _Key:
    version = request.body.get("version")
    if version is not None:
        version = request.number("version", 0, most=1 << 31)
    reference = request.parts[0] if version is None else f"{request.parts[0]}@{version}"
    return _folder(request), reference, request.text("to", _CHAMPION), request.texts("gates")


def _read_digest(request: Request) -> Mapping[str, Any]:
    """Return what was shown when the promotion was decided about."""
    try:
        outcome = json.loads(base64.urlsafe_b64decode(request.text("digest")))
    except (ValueError, binascii.Error):
        outcome = None
    if not isinstance(outcome, dict):
        raise InputError(
            "MNB881", "digest", "is that of no plan.", "Send the digest that came with the plan."
        )
    return outcome
