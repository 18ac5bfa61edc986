"""What is known of each stage while and after its cells run? Times, reports, and the record at its
end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mlops_nb.execution.events import PlannedStage
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.incremental.planning import TOGETHER
from mlops_nb.pipeline.records import (
    Action,
    CellStatus,
    ErrorRecord,
    Origin,
    Restored,
    StageRecord,
)
from mlops_nb.pipeline.stages import Pipeline

# From good to bad; a stage has the status of its worst cell.
_SEVERITY: Sequence[CellStatus] = (
    "restored",
    "completed",
    "expected error",
    "not run",
    "interrupted",
    "timeout",
    "failed",
    "kernel died",
)


@dataclass(slots=True, kw_only=True)
class _Page:
    """One stage that started."""

    left: set[int]
    started: datetime
    seconds: float = 0.0
    statuses: dict[int, CellStatus] = field(default_factory=dict)
    reports: list[Mapping[str, Any]] = field(default_factory=list)
    actions: dict[Action, str] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)
    error: ErrorRecord | None = None


class StageBook:
    """The stages of one run.

    Parameters
    ----------
    pipeline : Pipeline
    planned : sequence of PlannedStage
    """

    def __init__(self, pipeline: Pipeline, planned: Sequence[PlannedStage]) -> None:
        self._pipeline = pipeline
        self._planned = {stage.name: stage for stage in planned}
        self._pages: dict[StageName, _Page] = {}
        self._closed: dict[StageName, StageRecord] = {}
        self.reports: dict[str, Mapping[str, Any]] = {}
        self._origins: list[Origin] = []
        self._cells = 0
        self.digests_of: Callable[[Sequence[str]], Mapping[str, str | None]] = dict.fromkeys

    def clear(self) -> None:
        """Forget everything: the run begins again."""
        self._pages.clear()
        self._closed.clear()
        self.reports.clear()
        self._origins.clear()
        self._cells = 0

    def begin_cell(self, name: StageName) -> bool:
        """Note that a cell of a stage is about to start; return whether it is the stage's first."""
        if name in self._pages:
            return False
        left = set(self._planned[name].cells)
        self._pages[name] = _Page(left=left, started=datetime.now(UTC))
        return True

    def reopen(self, name: StageName, cells: Iterable[int], *, seconds: float) -> None:
        """Note that these cells of a stage come again: it is tried again, after a try that took
        `seconds` in its last cell."""
        page = self._pages[name]
        for index in cells:
            page.left.add(index)
            page.statuses.pop(index, None)
        page.seconds += seconds

    def used_s(self, name: StageName) -> float:
        """Return the time that the stage's cells have taken so far."""
        page = self._pages.get(name)
        return 0.0 if page is None else page.seconds

    def take_report(self, name: StageName, report: Mapping[str, Any]) -> None:
        """Keep what the session said of a cell of the stage."""
        if name in self._pages:
            self._pages[name].reports.append(report)

    def note_reason(self, name: StageName, action: Action, reason: str) -> None:
        """Note why a cell of the stage is run or restored; of several the first counts, and one
        that only follows another cell of the stage last."""
        actions = self._pages[name].actions
        if actions.get(action, TOGETHER) == TOGETHER:
            actions[action] = reason

    def count_cell(self, name: StageName | None, origin: Origin | None) -> None:
        """Note that a cell, of a stage or of none, ran, or was restored from `origin`."""
        self._cells += 1
        if origin is not None:
            self._origins.append(origin)
            if name is not None:
                self._pages[name].origins.append(origin)

    @property
    def restored(self) -> Restored:
        """How much was restored so far."""
        seconds = sum(origin.seconds for origin in self._origins)
        return Restored(cells=len(self._origins), of=self._cells, seconds=seconds)

    def end_cell(
        self,
        name: StageName,
        index: int,
        *,
        status: CellStatus,
        seconds: float,
        error: ErrorRecord | None,
    ) -> StageRecord | None:
        """Note how a cell ended; return the stage's record if that was its last, or it failed."""
        page = self._pages[name]
        page.left.discard(index)
        page.seconds += seconds
        page.statuses[index] = status
        page.error = error or page.error
        if page.left and error is None:
            return None
        return self._close(name, page)

    def close_open(self) -> list[StageRecord]:
        """Return records for the stages that started and never came to their last cell."""
        return [
            self._close(name, page)
            for name, page in self._pages.items()
            if name not in self._closed
        ]

    def report_of(self, name: StageName) -> Mapping[str, Any]:
        """Return what the session said last of the stage; empty if it said nothing."""
        return self.reports.get(name, {})

    def records(self) -> tuple[StageRecord, ...]:
        """Return a record for every stage of the pipeline, in its order."""
        return tuple(
            self._closed.get(stage.name) or self._not_run(self._planned[stage.name])
            for stage in self._pipeline.stages
        )

    def _not_run(self, planned: PlannedStage) -> StageRecord:
        status: CellStatus = "skipped" if planned.action == "skip" else "not run"
        reason = planned.reason if planned.action == "skip" else "the run ended before it"
        return StageRecord(name=planned.name, action="skip", reason=reason, status=status)

    def _close(self, name: StageName, page: _Page) -> StageRecord:
        stage = self._pipeline.stage(name)
        statuses = [*page.statuses.values()]
        if page.left:
            statuses.append("not run")
        if page.reports:
            self.reports[name] = page.reports[-1]
        status = max(statuses, key=_SEVERITY.index)
        action: Action = "restore" if status == "restored" else "run"
        record = StageRecord(
            name=name,
            action=action,
            reason=page.actions.get(action) or self._planned[name].reason,
            status=status,
            seconds=None if action == "restore" else page.seconds,
            outputs=self.digests_of(stage.outputs) if stage is not None else {},
            bound=_merge_names(page.reports),
            metrics=_merge(page.reports, "metrics"),
            series={key: tuple(steps) for key, steps in _merge(page.reports, "series").items()},
            cpu_seconds=_total(page.reports, "cpu_seconds"),
            peak_memory_bytes=_peak(page.reports),
            started=page.started,
            error=page.error,
            origin=_join(page.origins) if action == "restore" else None,
        )
        self._closed[name] = record
        return record


def _join(origins: Sequence[Origin]) -> Origin | None:
    """Return the origin of a stage: its newest cell's, with the time of all."""
    if not origins:
        return None
    newest = max(origins, key=lambda origin: origin.time)
    return replace(newest, seconds=sum(origin.seconds for origin in origins))


def _merge_names(reports: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    bound: set[str] = set()
    for report in reports:
        bound |= set(report.get("bound") or ())
        bound -= set(report.get("deleted") or ())
    return tuple(sorted(bound))


def _merge(reports: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """Return what the reports say under `key`; a later cell's value replaces an earlier one's."""
    merged: dict[str, Any] = {}
    for report in reports:
        merged.update(report.get(key) or {})
    return merged


def _total(reports: Sequence[Mapping[str, Any]], key: str) -> float | None:
    values = [report[key] for report in reports if report.get(key) is not None]
    return sum(values) if values else None


def _peak(reports: Sequence[Mapping[str, Any]]) -> int | None:
    values = [r["peak_memory_bytes"] for r in reports if r.get("peak_memory_bytes") is not None]
    return max(values) if values else None
