"""What does ``mlops-nb run`` leave for others to read? JUnit XML and a page, however the run ends.

They are written before the run as well: were its process killed, a report of yesterday's run would
otherwise stand there and say that all is well.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.notebook.addresses import is_url, name_in, tell_address, to_local
from mlops_nb.pipeline.records import ErrorRecord, RunRecord
from mlops_nb.stopping import number_of

if TYPE_CHECKING:
    from mlops_nb.project import Project

_UNENDED = (
    "the run has not ended: it is going on, or its process was killed before it could say more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReports:
    """The reports that were asked for of one run; None is not wanted.

    `sanitize_html` is what the command line says; None leaves it to the settings. `broken` is where
    a run that an error ends leaves its record.
    """

    notebook: str
    out: str | None = None
    junit: Path | None = None
    html: Path | None = None
    sanitize_html: bool | None = None
    broken: list[RunRecord] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def follow(self, run: Callable[[], RunRecord]) -> tuple[RunRecord, list[InfrastructureError]]:
        """Run, report, and return the record and what was wrong with the reports.

        Raises
        ------
        InputError
            MNB906 if a report cannot be written where it was asked for; nothing ran.
        BaseException
            What `run` raises; the reports tell of it.
        """
        self._check()
        unended = ErrorRecord(code="MNB415", message=_UNENDED)
        for fault in self._write(self._record(unended, "died")):
            raise InputError("MNB906", fault.place, fault.fault, fault.remedy) from fault
        try:
            record = run()
        except BaseException as error:
            self._write(self.record_of(error))
            raise
        return record, self._write(record)

    def tell(self, error: BaseException) -> RunRecord:
        """Report that `error` kept the run from coming about; return the record that says so."""
        record = self.record_of(error)
        with contextlib.suppress(InputError):  # a report that has no place is left out
            self._check()
            self._write(record)
        return record

    def record_of(self, error: BaseException) -> RunRecord:
        """Return the record of a run that `error` ended."""
        from mlops_nb.execution.endings import ending_by_error

        if self.broken:
            record = self.broken[-1]
            begun = None if isinstance(error, InputError) else record.started or self.started
            return replace(record, started=begun, seconds=self._seconds())
        stopped_by = number_of(error) if isinstance(error, KeyboardInterrupt) else None
        status, told = ending_by_error(error, stopped_by)
        record = self._record(told, status)
        return replace(record, started=None) if isinstance(error, InputError) else record

    def _check(self) -> None:
        """Refuse reports that would replace the notebook, its executed copy or each other."""
        taken = {to_local(self.notebook): "the notebook itself"}
        if self.out is not None:
            taken[to_local(self.out)] = "the executed notebook"
        places = {os.path.realpath(path): what for path, what in taken.items()}
        for option, path in (("--junit", self.junit), ("--html", self.html)):
            if path is None:
                continue
            place = os.path.realpath(path)
            if place in places:
                fault = f"the report would be written over {places[place]}."
                raise InputError("MNB906", f"{option} {path}", fault, "Name another file.")
            places[place] = "another report"

    def _record(self, error: ErrorRecord | None, status: Any) -> RunRecord:
        return RunRecord(
            run_id=None,
            notebook=tell_address(self.notebook),
            output=None,
            status=status,
            error=error,
            started=self.started,
            seconds=self._seconds(),
        )

    def _seconds(self) -> float:
        return (datetime.now(UTC) - self.started).total_seconds()

    def _write(self, record: RunRecord) -> list[InfrastructureError]:
        """Write what was asked for; return the faults."""
        from mlops_nb.notebook.atomic import write_atomically

        faults = []
        for path, render in ((self.junit, _render_junit), (self.html, self._render_html)):
            if path is None:
                continue
            try:
                write_atomically(path, [render(record).encode("utf-8", "replace")])
            except OSError as error:
                faults.append(
                    InfrastructureError(
                        "MNB907",
                        str(path),
                        f"the report cannot be written: {error.strerror or error}.",
                        "Name a file in a folder that exists and is writable.",
                    )
                )
        return faults

    def _render_html(self, record: RunRecord) -> str:
        from mlops_nb.tracking.html import render_html

        name = name_in(self.notebook) if is_url(self.notebook) else self.notebook
        title = Path(name).stem or name
        node = self._read_executed(record)
        if node:
            try:
                return render_html(node, record, title=title, sanitize=self._must_sanitize())
            except Exception as error:  # nbconvert's; a page less is better than a run less
                note = f"The cells cannot be shown: {type(error).__name__}: {error}."
                record = replace(record, notes=(*record.notes, note))
        return render_html({}, record, title=title, sanitize=True)  # all of it is ours

    def _read_executed(self, record: RunRecord) -> Mapping[str, Any]:
        """Return the executed notebook; empty where there is none."""
        from mlops_nb.notebook.files import read_cells

        if record.output is None:
            return {}
        # A record tells addresses without the passwords in them.
        place = self.out if self.out is not None and is_url(self.out) else record.output
        try:
            return read_cells(place).node
        except MlopsNbError:
            return {}

    def _must_sanitize(self) -> bool:
        from mlops_nb.notebook.files import read_cells
        from mlops_nb.project import Project
        from mlops_nb.project.settings import must_sanitize

        said = {"sanitize_html": self.sanitize_html}
        project: Project = Project.find(self.notebook)
        try:
            settings = project.settings_for(read_cells(self.notebook), said)
        except MlopsNbError:
            return self.sanitize_html is not False  # the run tells what is wrong with them
        return must_sanitize(settings, os.environ)


def _render_junit(record: RunRecord) -> str:
    from mlops_nb.export.junit import render_junit

    return render_junit([record], now=datetime.now(UTC), hostname=socket.gethostname())
