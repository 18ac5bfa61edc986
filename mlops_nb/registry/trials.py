"""How do packages do in a process that knows nothing else? Each is loaded once and asked all at
once: what is stored with it, the evaluation rows, the time of its calls.

Whoever asks has held the files against their manifest. Loading takes seconds, nearly all of them
the libraries': packages that are asked together share them (`trial_process`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlops_nb.registry.answers import Answers
from mlops_nb.registry.scoring_process import ANSWERS_FILE
from mlops_nb.registry.trial_process import CAN_COPY

Array = np.ndarray[Any, Any]
_COMMAND = "from mlops_nb.registry.trial_process import main; main()"
_IMPORT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """Rows in a package: `stored` says how `packaging.rows.read_rows` reads them."""

    directory: Path
    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOrder:
    """What a package is asked.

    Attributes
    ----------
    package : Path
    name : str
        Of the model, for sentences.
    rows : StoredRows or None
        What it is asked.
    batches : sequence of int
        Rows per call, for each of which calls are timed.
    with_answers : bool, default=True
        Whether all rows are answered, or calls are timed only.
    with_stored : bool, default=False
        Whether it is asked its own example and golden rows.
    timeout_s : float
    """

    package: Path
    name: str
    rows: StoredRows | None = None
    batches: Sequence[int] = ()
    with_answers: bool = True
    with_stored: bool = False
    timeout_s: float = 600.0

    def to_json(self, scratch: Path) -> dict[str, Any]:
        """Return the order as the process reads it; its files are in `scratch`."""
        rows = self.rows
        return {
            "package": str(Path(self.package).resolve()),
            "out": str(scratch) if self.with_answers else "",
            "rows": rows
            and {"directory": str(rows.directory.resolve()), "stored": dict(rows.stored)},
            "batches": list(self.batches),
            "stored": self.with_stored,
            "timeout_s": self.timeout_s,
            **{file: str(scratch / file) for file in ("result", "ended", "errors")},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it.

    Attributes
    ----------
    fault : str
        Why the model was not loaded; a full sentence, empty if all went well.
    rows_fault : str
        Why it did not answer the rows.
    problems : tuple of str
        What is stored with the package and not answered as it was.
    answers : Answers or None
        To the rows, if any were given.
    latencies_s : Mapping of int to ndarray
        By rows per call.
    load_seconds : float or None
        Of the model, once MLflow and its library are imported.
    peak_memory_bytes : int or None
        Of the process once it has answered what is stored.
    libraries : str
        What it answers with.
    """

    fault: str = ""
    rows_fault: str = ""
    problems: tuple[str, ...] = ()
    answers: Answers | None = None
    latencies_s: Mapping[int, Array] = field(default_factory=dict)
    load_seconds: float | None = None
    peak_memory_bytes: int | None = None
    libraries: str = ""


def try_packages(
    orders: Sequence[TrialOrder],
    *,
    interpreter: str = sys.executable,
    tell: Callable[[str], None] | None = None,
) -> tuple[Trial, ...]:
    """Load packages in fresh processes and return what each answers.

    Parameters
    ----------
    orders : sequence of TrialOrder
    interpreter : str
        Python with mlops-nb and what the packages need.
    tell : callable, optional
        Hears of each package when its turn comes.
    """
    groups = [tuple(orders)] if CAN_COPY else [(order,) for order in orders]
    return tuple(
        trial
        for group in groups
        if group
        for trial in _try_group(group, interpreter, tell or (lambda _: None))
    )


def _try_group(
    orders: Sequence[TrialOrder], interpreter: str, tell: Callable[[str], None]
) -> list[Trial]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        top = Path(folder)
        for name in ("empty", *map(str, range(len(orders)))):
            (top / name).mkdir()
        written = [order.to_json(top / str(number)) for number, order in enumerate(orders)]
        (top / "orders.json").write_text(json.dumps(written), encoding="utf-8")
        ended = _run(top, orders, interpreter, tell)
        return [
            _read_trial(order, top / str(number), ended=ended)
            for number, order in enumerate(orders)
        ]


def _run(
    top: Path, orders: Sequence[TrialOrder], interpreter: str, tell: Callable[[str], None]
) -> str:
    """Carry out the orders; return how the process ended if not as it should."""
    errors = top / "errors"
    with errors.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [interpreter, "-B", "-c", _COMMAND, str(top / "orders.json")],
            cwd=top / "empty",
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            # Its copies are ended with it.
            start_new_session=True,
        )
    limit = _IMPORT_S + sum(order.timeout_s for order in orders)
    watch = threading.Timer(limit, _kill, [process])
    watch.daemon = True
    watch.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            tell(f"Loading and asking {orders[int(line)].name} …")
        code = process.wait()
    finally:
        watch.cancel()
        _kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return _told_end(code, errors, seconds=limit) if code else ""


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a process that is still there, with all it started."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _read_trial(order: TrialOrder, scratch: Path, *, ended: str) -> Trial:
    """Return what the process said and wrote as a trial."""
    code = scratch / "ended"
    if code.exists():
        number = int(code.read_text(encoding="utf-8"))
        ended = _told_end(number, scratch / "errors", seconds=order.timeout_s)
    result = scratch / "result"
    if not result.exists():
        return Trial(fault=f"{order.name} {ended or 'was not asked.'}")
    said: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    if said["fault"]:
        reason = said["fault"].removesuffix(".")
        return Trial(fault=f"{order.name} cannot be loaded and asked: {reason}.")
    rows_fault = f"{order.name} {ended}" if ended else ""
    if said.get("rows_fault"):
        reason = said["rows_fault"].removesuffix(".")
        rows_fault = f"{order.name} does not answer the rows: {reason}."
    latencies = said.get("latencies", {})
    return Trial(
        rows_fault=rows_fault,
        problems=tuple(said["problems"]),
        answers=None if rows_fault else _read_answers(scratch / ANSWERS_FILE),
        latencies_s={int(n): np.array(seconds) for n, seconds in latencies.items()},
        load_seconds=said["load_seconds"],
        peak_memory_bytes=said["peak_memory_bytes"],
        libraries=said["libraries"],
    )


def _told_end(code: int, errors: Path, *, seconds: float) -> str:
    """Return how a process ended without a word of its own."""
    if -code == getattr(signal, "SIGALRM", None):
        return f"was not loaded and asked within {seconds:g} s."
    if -code == getattr(signal, "SIGKILL", None):
        return f"was killed: too little memory, or more than {seconds:g} s."
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = (lines or ["no message"])[-1].removesuffix(".")
    return f"ended its process with code {code}: {last}."


def _read_answers(file: Path) -> Answers | None:
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        methods = {name: arrays[name] for name in arrays.files}
    classes = methods.pop("classes_", None)
    return Answers(methods=methods, classes=classes)
