"""How does a kernel talk to the process that tracks it, without ever waiting for it?

MLflow is imported in a process of its own: an import changes warnings, modules and options of the
whole process, and user code at work beside it would see them half changed. What is said to it goes
through a queue and a thread that only writes; a thread that only reads takes its answers. It has a
session of its own, so that neither Ctrl-C nor the end of the kernel's process group ends it, and it
ends by itself when the kernel does. A fork of the kernel gives up its ends of the pipes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from mlops_nb.tracking.live_messages import EXIT_UNUSABLE, LiveMessage
from mlops_nb.version import __version__

# What the kernel can import must be found there, too, however it came upon its path; but last.
_START = (
    "import importlib, os, sys; sys.path += sys.argv[2].split(os.pathsep); "
    "importlib.import_module(sys.argv[1]).main()"
)
# By which everything that belongs to a headless kernel is found and ended; this outlives a kernel.
_KERNEL_MARK = "MLOPS_NB_KERNEL"
_open: weakref.WeakSet[TrackerProcess] = weakref.WeakSet()


class TrackerProcess:
    """The process that tracks this kernel.

    Parameters
    ----------
    program : str
        The module whose ``main`` it runs.
    on_answer : callable
        Called with each answer, on a thread.
    on_end : callable
        Called once with how it ended, and whether another one would end the same way; on a thread.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(
        self,
        program: str,
        *,
        on_answer: Callable[[Mapping[str, Any]], None],
        on_end: Callable[[str, bool], None],
    ) -> None:
        self._on_answer = on_answer
        self._on_end = on_end
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its reader
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._process = self._start(program)
        except OSError:
            self._said.close()
            raise
        _open.add(self)
        for work in (self._write, self._read):
            threading.Thread(target=work, name="mlops_nb-tracker", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: LiveMessage) -> None:
        """Say something; returns at once."""
        self._outgoing.put(pickle.dumps(message))

    def send_no_more(self) -> None:
        """Close the pipe once everything is said; the process goes on with what it has."""
        self._outgoing.put(None)

    def forsake(self) -> None:
        """Give up what this process, a fork of the kernel, has of the pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        self._process.returncode = 0  # no child of this process

    def _start(self, program: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            # -P: a module of the user's must not stand in for one that starting needs.
            [sys.executable, "-P", "-W", "ignore", "-c", _START, program, *_arguments()],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name != _KERNEL_MARK},
        )

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):  # it is gone, which reading tells
            while (said := self._outgoing.get()) is not None:
                rest = memoryview(said)
                while rest:
                    rest = rest[pipe.write(rest) :]
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        raw = self._process.stdout
        assert isinstance(raw, io.FileIO)
        with contextlib.suppress(OSError, ValueError), io.BufferedReader(raw) as pipe:
            for line in pipe:
                self._on_answer(json.loads(line))
        status = self._process.wait()
        self._outgoing.put(None)
        self._on_end(self._describe(status), status == EXIT_UNUSABLE)

    def _describe(self, status: int) -> str:
        how = f"exit status {status}"
        if status < 0:
            with contextlib.suppress(ValueError):
                how = f"killed by {signal.Signals(-status).name}"
        with contextlib.suppress(OSError, ValueError), self._said as said:
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
            return f"{how}; it said: {words[-1]}" if words and status > 0 else how
        return how


def _arguments() -> tuple[str, ...]:
    """Return where packages are found, whose process it is, and which version started it."""
    found = [importlib.util.find_spec(name) for name in ("mlops_nb", "mlflow")]
    files = [spec.origin for spec in found if spec is not None and spec.origin]
    roots = os.pathsep.join(str(Path(file).parents[1]) for file in files)
    return roots, str(os.getpid()), __version__


def _forsake_all() -> None:
    for process in list(_open):
        process.forsake()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forsake_all)
