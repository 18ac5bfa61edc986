"""How do the parts of the live door come together, and go again?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlops_nb.errors import InputError
from mlops_nb.kernels.session import Session, current_session, install
from mlops_nb.kernels.stage_cell import SCHEMA
from mlops_nb.magics.check import LiveChecker
from mlops_nb.magics.completion import make_matcher
from mlops_nb.magics.document import SavedCells
from mlops_nb.magics.gates import LiveGates
from mlops_nb.magics.live_cells import LiveCells
from mlops_nb.magics.panel_comm import PanelComm
from mlops_nb.magics.resolver import LiveResolver, sends_cell_metadata
from mlops_nb.magics.shutdown import ShutdownNotice
from mlops_nb.magics.stage_magics import StageMagics
from mlops_nb.project.live_document import find_document

if TYPE_CHECKING:
    from mlops_nb.project.settings import Settings

_ATTRIBUTE = "_mlops_nb_extension"
_TAGGED_CELLS_RUN_PLAIN = (
    "mlops_nb: this front end sends no cell tags or metadata, and the notebook's file is not "
    "known: cells tagged stage:NAME run as plain cells here. "
    "Start a cell with %%mlops_stage NAME or # mlops: stage NAME instead."
)


class Tracking(Protocol):
    """What the live door needs of `mlops_nb.project.live.LiveTracking`."""

    def on_report(self, report: Mapping[str, Any], live_objects: Mapping[str, Any]) -> str | None:
        """Track one stage cell; return the run's address if there is one to show."""

    def end(self) -> None:
        """End the run of this kernel session; returns at once."""

    def close(self) -> None:
        """End the run of this kernel session, and wait for a moment until it is written."""


class Extension:
    """What `load_extension` installed in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.path = find_document(shell)
        self.resolver = LiveResolver(SavedCells(self.path) if self.path else None)
        self.checker = LiveChecker(self.path)
        self.gates = LiveGates()
        self.tracking: Tracking | None = None
        self._hints = False
        self._matcher: Callable[[Any], Any] | None = None
        self._session: Session | None = None
        self._notice: ShutdownNotice | None = None
        self._panel: PanelComm | None = None

    def install(self) -> None:
        """Install session, magics and completion; a session that a runner installed stays."""
        present = current_session()
        if present is not None and present.schema != SCHEMA:
            raise InputError(
                "MNB455",
                "this kernel",
                f"The runner's session has format {present.schema}, "
                f"the mlops_nb installed here {SCHEMA}.",
                "Install the same version of mlops-nb for the runner and for the kernel.",
            )
        StageMagics(self.shell, self.checker, self.gates).register()
        self.shell.events.register("pre_run_cell", self._note_cell)
        self._add_completion()
        if present is None or present.door != "headless":
            settings = _settings(self.path)
            self._hints = settings.check.hints and settings.stage_line != "off"
            self._session = install(
                self.shell,
                resolve=self.resolver,
                report=self._report,
                show_line=settings.stage_line,
            )
            self.tracking = _open_tracking(self.path)
            self._session.cells = _open_results(self.shell, self.checker.cells, settings)
            self._panel = PanelComm(self.shell, metadata=self._session.message_metadata)
            self._panel.install()
            if self.tracking is not None:
                self._notice = ShutdownNotice(self.shell, self.tracking.end)
                self._notice.install()
            if self._should_warn(self._session):
                print(_TAGGED_CELLS_RUN_PLAIN, file=sys.stderr)

    def remove(self) -> None:
        """Undo `install`; a runner's session stays."""
        self.shell.events.unregister("pre_run_cell", self._note_cell)
        if self._panel is not None:
            self._panel.remove()
        if self._session is not None:
            self._session.detach()
            if self._session.cells is not None:
                self._session.cells.close()
            vars(sys.modules["_mlops_nb_session"]).pop("current", None)
        if self._notice is not None:
            self._notice.remove()
        if self.tracking is not None:
            self.tracking.close()
        matchers = getattr(self.shell.Completer, "custom_matchers", [])
        if self._matcher in matchers:
            matchers.remove(self._matcher)
        StageMagics(self.shell).unregister()

    def _note_cell(self, info: Any) -> None:
        """Take down a cell that a person runs."""
        if getattr(info, "store_history", False) and not getattr(info, "silent", False):
            metadata = {} if self._session is None else self._session.message_metadata()
            self.checker.cells.note(info.raw_cell, metadata)

    def _report(self, report: Mapping[str, Any], live_objects: Mapping[str, Any]) -> str | None:
        # IPython counts a cell that is kept in its history before it says that it has ended.
        count, shown = self.shell.execution_count, self.gates.cell
        self.gates.note(report, cell=shown if shown in (count, count - 1) else None)
        if self._panel is not None:
            self._panel.note(report)
        if self._hints and report["ok"]:
            self._add_hint(report)
        if self.tracking is None:
            return None
        try:
            return self.tracking.on_report(report, live_objects)
        except Exception as error:  # tracking never breaks a stage; it says so
            kind = type(error).__name__
            _announce(f"stage {report['stage']!r} is not tracked: {kind}: {error}")
            return None

    def _add_hint(self, report: Mapping[str, Any]) -> None:
        """Put a line under the stage if the check calls something in it an error."""
        try:
            hint = self.checker.hint(report)
        except Exception as error:  # a hint never breaks a stage; it says so, once
            self._hints = False
            _announce(f"no more hints here: {type(error).__name__}: {error}")
            return
        if hint:
            report["problems"].append({"code": hint[:6], "message": hint, "remedy": ""})

    def _add_completion(self) -> None:
        try:
            self._matcher = make_matcher(self.shell, self.resolver.stage_names)
            self.shell.Completer.custom_matchers.append(self._matcher)
        except (ImportError, AttributeError):
            return  # IPython before 8.6, or a shell without completer: nothing else depends on it

    def _should_warn(self, session: Session) -> bool:
        """Return whether a person could tag cells here without any effect."""
        kernel = getattr(self.shell, "kernel", None)
        if kernel is None or self.path is not None:
            return False
        # A front end that takes no input executes notebooks: nobody tags cells there.
        is_driven = not getattr(kernel, "_allow_stdin", True)
        return not is_driven and not sends_cell_metadata(session.message_metadata())


def load_extension(shell: Any) -> None:
    """Install the live door in `shell`, once."""
    if getattr(shell, _ATTRIBUTE, None) is None:
        extension = Extension(shell)
        extension.install()
        setattr(shell, _ATTRIBUTE, extension)


def unload_extension(shell: Any) -> None:
    """Remove the live door from `shell`."""
    extension: Extension | None = getattr(shell, _ATTRIBUTE, None)
    if extension is not None:
        extension.remove()
        delattr(shell, _ATTRIBUTE)


def _settings(path: Path | None) -> Settings:
    from mlops_nb.project import Project

    return Project.find(path).settings


def _open_tracking(path: Path | None) -> Tracking | None:
    try:
        from mlops_nb.project.live import LiveTracking
    except ImportError as error:
        _announce(f"metrics and models are not tracked in this kernel: {error}.")
        return None
    tracking: Tracking = LiveTracking(path, announce=_announce)
    return tracking


def _open_results(shell: Any, cells: LiveCells, settings: Settings) -> Any:
    """Return what restores and keeps cells in this kernel; None where nothing is kept."""
    if settings.cache == "off" or getattr(shell, "kernel", None) is None:
        return None
    from mlops_nb.project.cache import open_results

    results, notes = open_results(shell, cells, settings, path=cells.path)
    for note in notes:
        _announce(note)
    return results


def _announce(line: str) -> None:
    print(f"mlops_nb: {line}", file=sys.stderr)
