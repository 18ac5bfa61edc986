"""How does a panel of a front end hear what this kernel knows of stages? Over a comm that it opens.

Without a panel only what ran is taken down. With one, a message goes out when a cell begins and
when it is over; how all stages stand is worked out between two cells, on the kernel's loop, and
less often where that takes long, so that no cell waits for it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlops_nb.kernels.live_stir import PANEL_TARGET
from mlops_nb.project.cheap_look import CheapLook
from mlops_nb.project.live_panel import ShownDocument, describe_stages, read_document
from mlops_nb.project.live_runs import LiveRuns
from mlops_nb.version import __version__

if TYPE_CHECKING:
    from mlops_nb.project.live_results import LiveResults

# After a cell is over; the next one of a Run All comes first.
_SOON_S = 0.03
# Of the time between two looks, a look takes at most one part in so many.
_SHARE = 10


class PanelComm:
    """The kernel's end of the panels of one shell.

    Parameters
    ----------
    shell : InteractiveShell
    metadata : callable
        Returns the metadata of the message that is being answered.
    """

    def __init__(self, shell: Any, *, metadata: Callable[[], Mapping[str, Any]]) -> None:
        self.runs = LiveRuns()
        self._shell = shell
        self._metadata = metadata
        self._comms: dict[str, Any] = {}
        self._documents: dict[str, ShownDocument] = {}
        self._told: dict[str, dict[str, Any]] = {}  # what each heard last
        self._info: Any = None
        self._report: Mapping[str, Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._seconds = 0.0

    def install(self) -> None:
        """Take down what runs from now on, and answer panels."""
        self.runs = LiveRuns(_sources_before(self._shell))
        results = _results()
        if results is not None:
            self.runs.watch_from(results.facts.states())
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)
        manager = getattr(getattr(self._shell, "kernel", None), "comm_manager", None)
        if manager is not None:
            manager.register_target(PANEL_TARGET, self._open)
        self._note_loading()

    def remove(self) -> None:
        """Close all panels' comms, and listen no more."""
        self._shell.events.unregister("pre_run_cell", self._before)
        self._shell.events.unregister("post_run_cell", self._after)
        if self._timer is not None:
            self._timer.cancel()
        manager = getattr(getattr(self._shell, "kernel", None), "comm_manager", None)
        if manager is not None:
            manager.unregister_target(PANEL_TARGET, self._open)
        for comm in list(self._comms.values()):
            comm.close()
        self._comms.clear()

    def note(self, report: Mapping[str, Any]) -> None:
        """Take down the report of the stage's cell that is about to be over."""
        self._report = report

    # --------------------------------------------------------------------------------------------

    def _note_loading(self) -> None:
        """Take down the cell that loads the extension: it began before anybody listened."""
        kernel = getattr(self._shell, "kernel", None)
        parent = {} if kernel is None else kernel.get_parent()
        content = parent.get("content") if isinstance(parent, Mapping) else None
        if isinstance(content, Mapping) and content.get("store_history"):
            self.runs.begin(str(content.get("code", "")), self._ident())

    def _ident(self) -> str:
        return str(self._metadata().get("cellId") or "")

    def _before(self, info: Any) -> None:
        if not getattr(info, "store_history", False) or getattr(info, "silent", False):
            return
        self._info, self._report = info, None
        self.runs.begin(info.raw_cell, self._ident())
        if self._comms:
            ident = self._ident()
            for key, document in self._documents.items():
                self._tell_running(key, document, ident or info.raw_cell.strip())

    def _after(self, result: Any) -> None:
        info = None if result is None else result.info
        if self._info is not None and info is not self._info:
            return
        if not self.runs.is_running:
            return
        self._info = None
        results = _results()
        trace = None if results is None else results.trace
        self.runs.end(
            error=_error_of(result),
            report=self._report,
            trace=trace,
            states=results.facts.states() if results is not None and trace is None else None,
            is_ambient=results is not None and results.is_ambient,
        )
        if self._documents:
            self._tell_soon()

    def _open(self, comm: Any, message: Mapping[str, Any]) -> None:
        self._comms[comm.comm_id] = comm
        # Not `on_msg`: around its callbacks the events of an execution are triggered.
        comm.handle_msg = lambda received: self._receive(comm, received)
        comm.on_close(lambda _: self._forget(comm.comm_id))
        comm.send({"type": "hello", "version": __version__})

    def _forget(self, key: str) -> None:
        for kept in (self._comms, self._documents, self._told):
            kept.pop(key, None)

    def _receive(self, comm: Any, received: Mapping[str, Any]) -> None:
        message = received.get("content", {}).get("data", {})
        kind = message.get("type") if isinstance(message, Mapping) else None
        if kind != "status":
            comm.send({"type": "error", "message": f"a message of type {kind!r} is not known"})
            return
        try:
            results = _results()
            digest = None if results is None else results.facts.digest
            self._documents[comm.comm_id] = read_document(message, digest=digest)
        except ValueError as error:
            comm.send({"type": "error", "version": message.get("version"), "message": str(error)})
            return
        self._tell(comm.comm_id)

    def _tell_soon(self) -> None:
        if self._timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a shell without a loop
            self._tell_all()
            return
        self._timer = loop.call_later(max(_SOON_S, _SHARE * self._seconds), self._tell_all)

    def _tell_all(self) -> None:
        self._timer = None
        for key in list(self._documents):
            self._tell(key)

    def _tell(self, key: str) -> None:
        """Send how all stages stand."""
        document, comm = self._documents.get(key), self._comms.get(key)
        if document is None or comm is None:
            return
        begun = time.monotonic()
        results = _results()
        peek = None if results is None else results.facts.peek
        space = self._shell.user_ns
        try:
            told = describe_stages(
                document, self.runs, look=CheapLook(peek, space), namespace=space
            )
        except Exception as error:  # a panel never breaks a kernel; it says so
            fault = f"{type(error).__name__}: {error}"
            comm.send({"type": "error", "version": document.version, "message": fault})
            return
        self._seconds = time.monotonic() - begun
        self._told[key] = told
        comm.send(told)

    def _tell_running(self, key: str, document: ShownDocument, which: str) -> None:
        """Send what was said last, with the stage that runs now."""
        told = self._told.get(key)
        found = [c for c in document.cells if which in (c.id, c.source.strip())]
        if told is None or not found:
            return
        running = {"status": "running", "reasons": []}
        stages = [
            {**stage, **running} if stage["name"] == found[0].stage else stage
            for stage in told["stages"]
        ]
        cells = [{**c, **running} if c["id"] == found[0].id else c for c in told["cells"]]
        self._comms[key].send({**told, "stages": stages, "cells": cells})


def _results() -> LiveResults | None:
    """Return what restores and keeps cells in this kernel; None where nothing does."""
    session = getattr(sys.modules.get("_mlops_nb_session"), "current", None)
    return getattr(session, "cells", None)


def _error_of(result: Any) -> str:
    """Return why a cell failed, in one line; empty if it did not."""
    if result is None or result.success:
        return ""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return "it failed"
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _sources_before(shell: Any) -> list[str]:
    """Return the sources that ran in this kernel already, but for the one that runs now."""
    manager = getattr(shell, "history_manager", None)
    known = list(getattr(manager, "input_hist_raw", ()))[1:]
    return [source for source in known[: max(0, shell.execution_count - 1)] if source]
