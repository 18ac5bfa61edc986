"""Kernels without Jupyter: processes forked from one that has loaded IPython, asked over a pipe.

What watches cells, supplies and stores values in them is what real kernels get; a run of a short
notebook takes a tenth of the time. Run as a program, this is the process that forks.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import sys
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any


class Nursery:
    """The process that forks kernels."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "nursery")
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Popen(
            [sys.executable, __file__, self._address], env=environment, stdin=DEVNULL, stdout=PIPE
        )
        self._is_ready = False

    def kernel(self, **setting: Any) -> Connection:
        """Return a connection to a kernel of its own.

        Parameters
        ----------
        **setting
            ``cwd``, ``environment``, and ``watch`` (arguments of `CellWatch`, or None).
        """
        if not self._is_ready:
            assert self._process.stdout is not None
            self._is_ready = bool(self._process.stdout.readline())
            self._process.stdout.close()
        if not self._is_ready:
            raise RuntimeError("the process that forks kernels ended")
        connection = Client(self._address)
        connection.send(setting)
        return connection

    def close(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()


def _fork_kernels(address: str) -> None:
    import IPython.core.interactiveshell

    import mlops_nb.kernels.cell_watch  # noqa: F401

    assert IPython.core.interactiveshell
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with Listener(address, backlog=8) as listener:
        print(flush=True)  # whoever reads this may connect
        os.dup2(2, 1)
        while True:
            connection = listener.accept()
            if os.fork() == 0:
                listener._listener._socket.close()  # type: ignore[attr-defined]
                with contextlib.suppress(EOFError, OSError):
                    _serve(connection)
                os._exit(0)
            connection.close()


def _serve(connection: Connection) -> None:
    """Do what is asked until nobody asks any more."""
    setting = connection.recv()
    os.chdir(setting["cwd"])
    os.environ.clear()
    os.environ.update(setting["environment"])
    random.seed()
    paths = filter(None, setting["environment"].get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = ["", *(path for path in paths if path not in sys.path), *sys.path[1:]]
    kernel = _Kernel(setting["watch"])
    while True:
        what, given = connection.recv()
        connection.send(getattr(kernel, what)(**given))


class _Kernel:
    def __init__(self, watch: dict[str, Any] | None) -> None:
        from IPython.core.interactiveshell import InteractiveShell

        from mlops_nb.kernels.cell_watch import CellWatch

        self.shell = InteractiveShell.instance()
        self.shell.showtraceback = lambda *a, **k: None
        self.shell.enable_gui = lambda gui=None: None  # what `%matplotlib inline` asks for
        sys.modules["__main__"] = self.shell.user_module
        self.told: dict[str, Any] = {}
        self.cells = None if watch is None else CellWatch(self.shell, send=self._hear, **watch)

    def _hear(self, kind: str, content: Any) -> None:
        self.told[kind] = content

    def execute(self, source: str) -> str:
        """Execute a cell of set-up; return its error."""
        result = self.shell.run_cell(source, silent=True)
        return "" if result.success else str(result.error_in_exec)

    def run(self, source: str, count: int, spec: dict[str, Any] | None) -> dict[str, Any]:
        """Execute a cell that counts; return what it showed, how it ended, and what was seen."""
        self.told.clear()
        self.shell.execution_count = count
        if self.cells is not None and spec is not None:
            self.cells.begin({"mlops_nb_watch": spec})
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            result = self.shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if self.cells is not None and spec is not None:
            self.cells.end(ok=error is None)
        ending = None if error is None else [type(error).__name__, str(error)]
        shown = {"out": _plain(out.getvalue()), "err": _plain(err.getvalue())}
        return {"shown": shown, "error": ending, "told": dict(self.told)}

    def supply(self, order: str) -> dict[str, Any]:
        assert self.cells is not None
        self.cells.supply(order)
        return dict(self.told["supplied"])

    def drain(self) -> list[Any]:
        assert self.cells is not None
        self.cells.drain()
        return list(self.told["stored"]["stored"])


def _plain(text: str) -> str:
    """Return text without the numbers of cells, which move when one is inserted."""
    return re.sub(r"(?<=Out\[)\d+|(?<=<ipython-input-)\d+|0x[0-9a-f]{6,}", "N", text)


if __name__ == "__main__":
    _fork_kernels(sys.argv[1])
