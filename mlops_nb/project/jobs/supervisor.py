"""Who waits for a job when the server that started it is gone? A small process beside the run.

It starts the run, passes on the wish to stop, ends a run that does not stop, keeps the log short
and writes down how it ended. It needs the standard library only and takes a few megabytes; if it is
killed, the run goes on, and what it left tells how it ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_nb.tracking.processes import stamp_process

COMMAND = "from mlops_nb.project.jobs.supervisor import main; main()"
GRACE_S = 60.0
LOG_BYTES = 16 << 20
_KEPT_BYTES = 2 << 20
_BEAT_S = 0.5
_CANNOT_START = 125
_DISK_PATIENCE_S = 120.0


def main() -> None:
    """Run the command that the folder in the first argument holds, to its end."""
    folder = Path(sys.argv[1])
    command = json.loads((folder / "command.json").read_text(encoding="utf-8"))
    try:
        code = Supervisor(folder).run(command["words"], cwd=command["cwd"])
    except OSError as error:  # the folder of the notebook went away, or there is no room
        code = _CANNOT_START
        with contextlib.suppress(OSError), (folder / "log").open("a", encoding="utf-8") as log:
            log.write(f"The run could not be started: {error}\n")
    write_patiently(folder / "exit.json", {"code": code, "ended": _now()})


class Supervisor:
    """Runs one command in a folder.

    Parameters
    ----------
    folder : Path
    grace_s : float
        How long a run may take to stop once it was asked to.
    log_bytes : int
        What the log may hold; then its beginning goes.
    """

    def __init__(
        self, folder: Path, *, grace_s: float = GRACE_S, log_bytes: int = LOG_BYTES
    ) -> None:
        self._folder = folder
        self._grace_s = grace_s
        self._log_bytes = log_bytes
        self._asked_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, words: list[str], *, cwd: str) -> int:
        """Return the exit code; negative for a signal."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        own = str(stamp_process())
        log, record = self._folder / "log", self._folder / "record.json"
        with log.open("ab") as errors, record.open("wb") as out:
            self._process = subprocess.Popen(
                words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
            )
        stamps = {"supervisor": own, "run": str(stamp_process(self._process.pid))}
        write_patiently(self._folder / "process.json", stamps)
        if self._asked_at is not None:  # between the two
            self._pass_on()
        return self._wait(self._process)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(_BEAT_S)
                if code < 0 and self._asked_at is None:
                    self._say(f"The run was ended from outside, by signal {-code}.")
                return code
            self._cut_log()
            if (self._folder / "cancelled").exists():  # nobody knew whom to tell
                self._stop()
            is_late = self._asked_at is not None and (
                time.monotonic() - self._asked_at > self._grace_s
            )
            if is_late and process.poll() is None:
                self._say(f"The run did not end within {self._grace_s:g} s, and is killed.")
                process.kill()

    def _stop(self, *signalled: Any) -> None:
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            is_asked = (self._folder / "cancelled").exists()
            self._say("Somebody cancelled this run." if is_asked else "This run is to end.")
            self._pass_on()

    def _say(self, line: str) -> None:
        """Put a line into the log, among those of the run."""
        with (
            contextlib.suppress(OSError),
            (self._folder / "log").open("a", encoding="utf-8") as log,
        ):
            log.write(f"mlops-nb: {line}\n")

    def _pass_on(self) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.send_signal(signal.SIGTERM)

    def _cut_log(self) -> None:
        """Take the beginning of a long log away; what it says meanwhile may be lost with it."""
        log = self._folder / "log"
        with contextlib.suppress(OSError):
            size = log.stat().st_size
            if size <= self._log_bytes:
                return
            with log.open("r+b") as file:
                file.seek(-min(size, _KEPT_BYTES, self._log_bytes // 2), os.SEEK_END)
                kept = file.read()
                gone = _read_base(self._folder) + size - len(kept)
                _write(self._folder / "log.json", {"base": gone})
                file.seek(0)
                file.truncate()
                file.write(kept)


def write_patiently(path: Path, content: dict[str, Any]) -> None:
    """Write an object, again and again for a while where the disk is full; then give up."""
    until = time.monotonic() + _DISK_PATIENCE_S
    while True:
        try:
            return _write(path, content)
        except OSError:
            if time.monotonic() > until or not path.parent.is_dir():
                return None
        time.sleep(_BEAT_S)


def _write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _read_base(folder: Path) -> int:
    try:
        return int(json.loads((folder / "log.json").read_text(encoding="utf-8"))["base"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _now() -> str:
    return datetime.now(UTC).isoformat()
