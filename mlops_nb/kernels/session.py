"""How does a stage cell run in a kernel? As an ordinary cell, with this watching it from outside.

An input transformer neutralises the directive (the body keeps its lines), ``pre_run_cell`` and
``post_run_cell`` observe the cell, collect metrics and model, show the stage line and report.
Nested ``run_cell`` calls are not used: they break ``await``, double tracebacks and let later cells
run. A stage that does not keep its word (a metric that no variable holds) fails its own cell: the
result is given an error before the kernel replies.

One session lives in a kernel, as ``sys.modules["_mlops_nb_session"].current``. The package is
injected into kernels that lack mlops_nb: standard library and IPython only, Python 3.9, relative
imports.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .stage_cell import MAGIC, SCHEMA, Report, RunningCell, StageSpec, message_id

MODULE = "_mlops_nb_session"
COMM = "mlops_nb"

Resolver = Callable[[str, Mapping[str, Any]], "StageSpec | None"]
Reporter = Callable[[Report, Mapping[str, Any]], "str | None"]

_HELP = re.compile(r"[ \t]*%%mlops_stage[ \t](?:.*[ \t])?(?:-h|--help)(?=[ \t\r\n]|$)")
_COMMENT = re.compile(r"[ \t]*#[ \t]*mlops:[ \t]*stage(?=[ \t\r\n]|$)")


class Session:
    """The stages of one kernel; made by `install`.

    Attributes
    ----------
    door : str
        ``"headless"`` where a runner drives the kernel, else ``"interactive"``.
    stages : dict of str to int
        How often a cell of each stage ran here.
    folder : str
        The working directory when the session came: what paths of options are relative to.
    cells : CellWatch or None
        What watches the cells of this kernel, if somebody asked for it.
    """

    schema = SCHEMA

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.stages: dict[str, int] = {}
        self.folder = os.getcwd()  # noqa: PTH109 - the result is text
        self.door = ""
        self.show_line = "stable"
        self.handover_dir: str | None = None
        self._resolve: Resolver = lambda raw, metadata: None
        self._report: Reporter = lambda report, objects: None
        self.cells: Any = None
        self.send: Callable[[str, Mapping[str, Any]], None] = lambda kind, content: None
        self._running: RunningCell | None = None
        self._info: Any = None
        self._message = ""
        self._left_open: tuple[str, list[str]] | None = None

    def configure(
        self,
        *,
        resolve: Resolver,
        report: Reporter,
        show_line: str,
        door: str,
        handover_dir: str | None = None,
    ) -> None:
        """Set what differs between doors; see `install`."""
        self._resolve = resolve
        self._report = report
        self.show_line = show_line
        self.door = door
        self.handover_dir = handover_dir

    def attach(self) -> None:
        """Start watching the shell's cells."""
        self.transform.__func__.has_side_effects = True  # type: ignore[attr-defined]
        self.shell.input_transformers_cleanup.insert(0, self.transform)
        self.shell.events.register("pre_run_cell", self._before)
        self.shell.events.register("post_run_cell", self._after)

    def detach(self) -> None:
        """Stop watching."""
        self.shell.input_transformers_cleanup.remove(self.transform)
        self.shell.events.unregister("pre_run_cell", self._before)
        self.shell.events.unregister("post_run_cell", self._after)

    def transform(self, lines: list[str]) -> list[str]:
        """Return `lines` with the directive as a comment, or raise what the resolver finds wrong.

        Called several times per cell, also by code that only asks whether input is complete; so it
        is marked as having side effects (IPython then skips it there) although it has none.
        """
        at = _directive_line(lines)
        if at is not None and _HELP.match(lines[at]):
            return ["get_ipython().run_cell_magic('mlops_stage', '--help', 'pass')\n"]
        self._resolve("".join(lines), self.message_metadata())
        if at is None:
            return lines
        body = lines[at + 1 :]
        first = next((i for i, line in enumerate(body) if line.strip()), None)
        if first is not None and body[first].startswith("%%"):
            # IPython knows a cell magic by its place: the first line of the cell.
            return body[first:]
        return [*lines[:at], MAGIC.sub(r"\1# %%mlops_stage\2", lines[at]), *body]

    def message_metadata(self) -> Mapping[str, Any]:
        """Return the metadata of the message that is being answered, if there is a kernel."""
        kernel = getattr(self.shell, "kernel", None)
        if kernel is None:
            return {}
        try:
            parent = kernel.get_parent()
        except Exception:
            parent = getattr(kernel, "_parent_header", {})
        metadata = parent.get("metadata") if isinstance(parent, dict) else None
        return metadata if isinstance(metadata, dict) else {}

    def _before(self, info: Any) -> None:
        message = message_id(self.shell)
        is_busy = self._running is not None or (self.cells is not None and self.cells.is_watching)
        if is_busy and self._message == message:
            return  # a cell run by a cell, such as the body of %%capture
        if threading.current_thread() is not threading.main_thread():
            return  # a subshell
        self._running = None
        self._info, self._message = info, message
        try:
            spec = self._resolve(info.raw_cell, self.message_metadata())
        except Exception:
            return  # shown by `transform`, which fails the cell
        if self._left_open and (spec is None or spec["name"] != self._left_open[0]):
            self._close_runs(ok=True)
        if spec is not None:
            self._running = RunningCell(self, info, spec)
        if self.cells is not None:
            self.cells.begin(self.message_metadata())

    def _after(self, result: Any) -> None:
        if result is not None and result.info is not self._info:
            return
        running, self._running = self._running, None
        if self.cells is not None:
            self.cells.end(ok=bool(result is not None and result.success))
        if running is not None:
            running.finish(result)

    def finished(self, report: Report, objects: Mapping[str, Any]) -> str | None:
        """Count the stage, hand its report on and return the run's address, if there is one."""
        stage = report["stage"]
        self.stages[stage] = self.stages.get(stage, 0) + 1
        finished = getattr(self.cells, "finished", None)  # of a live kernel's
        if finished is not None:
            finished(report)
        return self._report(report, objects)

    def restored(self) -> dict[str, Any]:
        """Return what a report says of a cell that was restored in a live kernel."""
        origin = getattr(self.cells, "origin", "")
        return {"restored": origin, "seconds": self.cells.seconds} if origin else {}

    def note_open_runs(self, stage: str, before: list[str], *, last: bool | None, ok: bool) -> None:
        """End MLflow runs that the stage opened and left open; see `_close_runs`.

        Where nobody knows the stage's last cell (`last` is None) they end when another cell begins
        that is not of the stage.
        """
        known = self._left_open[1] if self._left_open and self._left_open[0] == stage else before
        self._left_open = (stage, known)
        if last or not ok:
            self._close_runs(ok=ok)

    def _close_runs(self, *, ok: bool) -> None:
        keep = self._left_open[1] if self._left_open else []
        self._left_open = None
        mlflow = sys.modules.get("mlflow")
        try:
            while mlflow is not None and (run := mlflow.active_run()) is not None:
                if run.info.run_id in keep:
                    return
                mlflow.end_run("FINISHED" if ok else "FAILED")
        except Exception:
            return  # MLflow half imported or its store gone: what it said, it said to the user


def install(
    shell: Any,
    *,
    resolve: Resolver,
    report: Reporter,
    show_line: str = "stable",
    door: str = "interactive",
    handover_dir: str | None = None,
) -> Session:
    """Return the kernel's session, made now or configured anew.

    Parameters
    ----------
    shell : InteractiveShell
    resolve : callable
        ``resolve(raw_cell, metadata)`` returns what stage a cell is of, or None: a mapping with
        ``name, inputs, outputs, metrics, model, example, eval, timeout_s, last`` (`last`: whether
        this is the stage's last cell; None if nobody knows) and ``continues`` (more cells of it are
        seen, so nothing is said to be missing yet). It may raise to fail the cell; it is called
        several times and must have no side effects.
    report : callable
        ``report(report, objects)`` gets the report of each stage cell and, where no `handover_dir`
        is set, the live ``model``, ``example`` and ``eval`` values; returns the run's address or
        None.
    show_line : {"stable", "full", "off"}
    door : {"interactive", "headless"}
        Headless, timeouts are the runner's.
    handover_dir : str or None
        Where models are written for the runner.
    """
    module = sys.modules.setdefault(MODULE, sys.modules[__name__])
    session: Session | None = getattr(module, "current", None)
    if session is None or session.shell is not shell:
        session = Session(shell)
        session.attach()
        module.current = session  # type: ignore[attr-defined]
    session.configure(
        resolve=resolve,
        report=report,
        show_line=show_line,
        door=door,
        handover_dir=handover_dir,
    )
    return session


def current_session() -> Session | None:
    """Return the kernel's session, whoever installed it."""
    return getattr(sys.modules.get(MODULE), "current", None)


def _directive_line(lines: list[str]) -> int | None:
    """Return the index of the directive line above the first line of code."""
    comment = None
    for number, line in enumerate(lines):
        if MAGIC.match(line):
            return number
        if _COMMENT.match(line):
            comment = number
        elif line.strip() and not line.lstrip().startswith("#"):
            return comment
    return comment
