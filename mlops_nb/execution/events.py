"""Who is told what happens while a notebook runs? Observers: progress, tracking, reports.

An observer watches; it never decides. One that raises is not asked again for that run, and the
run's record says so in its notes: tracking that fails must not cost a night of training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import Action, CellStatus, RunRecord, StageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStage:
    """What is to happen with one stage, and why."""

    name: StageName
    action: Action
    reason: str
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run is about to do.

    Attributes
    ----------
    notebook, output : str
        As given; `output` is None where nothing is written.
    cells : tuple of int
        Indices of the code cells that will run, in order. As everywhere, they count all cells of
        the source notebook from 0; the cell of injected parameters is not among them.
    stage_of : Mapping of int to StageName
        For the stage cells among `cells`.
    stages : tuple of PlannedStage
    parameters : Mapping
        Given to the run.
    defaults : Mapping
        Declared by the notebook for those not given.
    started : datetime
        In UTC.
    """

    notebook: str
    output: str | None
    cells: tuple[int, ...]
    stage_of: Mapping[int, StageName]
    stages: tuple[PlannedStage, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    started: datetime


class RunObserver(Protocol):
    """What an observer is told; methods are called one after another, in the run's own thread."""

    def run_started(self, plan: RunPlan) -> None:
        """Be told once, before the first cell; the kernel may still be starting."""

    def cell_started(self, index: int) -> None:
        """Be told that cell `index` was sent to the kernel."""

    def output_arrived(self, index: int | None, output: Mapping[str, Any]) -> None:
        """Be told of an output of cell `index` as it comes, also when the cell has ended.

        `output` has nbformat's form; text of a stream comes in parts. `index` is None for the cell
        of injected parameters. An observer that is slow holds up the run.
        """

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Be told how a cell that had started ended."""

    def stage_started(self, name: StageName) -> None:
        """Be told that the first cell of a stage is about to start."""

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Be told how a stage that had started ended.

        `report` is what the session in the kernel said of the stage; empty if it said nothing.
        """

    def run_finished(self, record: RunRecord) -> None:
        """Be told once, after the notebook was saved."""


class SilentObserver:
    """An observer that does nothing: a base for those that care about some events only."""

    def run_started(self, plan: RunPlan) -> None:
        """Do nothing."""

    def cell_started(self, index: int) -> None:
        """Do nothing."""

    def output_arrived(self, index: int | None, output: Mapping[str, Any]) -> None:
        """Do nothing."""

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Do nothing."""

    def stage_started(self, name: StageName) -> None:
        """Do nothing."""

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Do nothing."""

    def run_finished(self, record: RunRecord) -> None:
        """Do nothing."""


class Audience:
    """The observers of one run, told one after another; one that raises is dropped with a note.

    Parameters
    ----------
    observers : sequence of RunObserver
    """

    def __init__(self, observers: Sequence[RunObserver]) -> None:
        self._observers = list(observers)
        self.notes: list[str] = []

    @property
    def hears_output(self) -> bool:
        """Whether anybody wants to know of outputs."""
        return any(map(_hears_output, self._observers))

    def tell_output(self, index: int | None, output: Mapping[str, Any]) -> None:
        """Tell of an output; called very often."""
        for observer in list(self._observers):
            if _hears_output(observer):
                self._tell_one(observer, lambda one: one.output_arrived(index, output))

    def tell(self, event: Callable[[RunObserver], None]) -> None:
        """Call `event` with every observer that is left."""
        for observer in list(self._observers):
            self._tell_one(observer, event)

    def _tell_one(self, observer: RunObserver, event: Callable[[RunObserver], None]) -> None:
        try:
            event(observer)
        except Exception as error:
            self._observers.remove(observer)
            name = type(observer).__name__
            self.notes.append(f"{name} failed and was left out: {type(error).__name__}: {error}")


def _hears_output(observer: RunObserver) -> bool:
    """Whether `observer` does something with outputs; one from before there was that does not."""
    method = getattr(type(observer), "output_arrived", None)
    return method not in (None, SilentObserver.output_arrived)
