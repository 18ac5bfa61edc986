"""Which cell of the notebook runs now, and what is a run to know of it?

The notebook is the one that the kernel knows (`magics.live_cells`). Where nobody can tell what a
cell is (it is not in the notebook, or the notebook cannot be run as it is), there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from mlops_nb.project.live_flow import LiveFlow

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.planning import Task
    from mlops_nb.pipeline.incremental.tasks import CacheMode, Course, RunCell


class Document(Protocol):
    """What is known of the notebook whose cells run."""

    @property
    def node(self) -> Mapping[str, Any]: ...

    @property
    def name(self) -> str: ...

    @property
    def here(self) -> int: ...

    @property
    def ran(self) -> str: ...


class Documents(Protocol):
    """Gives the notebook as it is now."""

    def read(self) -> Document: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCell:
    """The cell that runs now.

    Attributes
    ----------
    cell : RunCell
    task : Task
    key : str
        What is kept of it is found by that.
    token : str
        Of this execution.
    is_ambient : bool
        Whether it sets in the process what nothing observes, as can be read in it.
    keeps : bool
        Whether it is restored, and kept.
    course : Course
        Of all cells.
    """

    cell: RunCell
    task: Task
    key: str
    token: str
    is_ambient: bool
    keeps: bool
    course: Course

    @property
    def stage(self) -> str:
        """The name of its stage; empty if it has none."""
        return str(self.cell.stage or "")

    def to_watch(self) -> dict[str, Any]:
        """Return what the watch over the cell is told of it."""
        task = self.task
        return {
            "cell": self.token,
            "reads": sorted(task.reads),
            "touches": sorted(task.touches),
            "reads_all": task.reads_all,
            "machine": sorted(task.machine),
            "asks_caches": self.course.asks_caches,
            "asks_subclasses": self.course.asks_subclasses,
            "keeps": self.keeps,
        }


def find_cell(flow: LiveFlow, document: Document, *, mode: CacheMode) -> LiveCell | None:
    """Return what is known of the cell that is about to run; None if nothing is."""
    if document.here < 0:
        return None
    course = flow.course(document.node, name=document.name)
    if course is None or document.here not in course.cells:
        return None
    position = document.here
    task = next(task for task in course.tasks if task.cell == position)
    # A stage of mates is restored as a whole, by a run.
    is_out = position in course.never or bool(task.mates)
    return LiveCell(
        cell=course.cells[position],
        task=task,
        key=course.keys[position],
        token=uuid4().hex,
        is_ambient=position in course.ambient,
        keeps=not is_out and (mode == "all" or course.cells[position].stage is not None),
        course=course,
    )
