"""How do cells that ran in one kernel hand on to another what they left? As restored cells do.

When a kernel is left, every cell that ran in it counts as restored from the trace it has just made:
the next kernel is then set up and supplied by the same rules as in an incremental run, from the
store alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.isolation import Joint
from mlops_nb.pipeline.incremental.facts import FactKind
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.traces import Group, Trace

_NOT_TOLD = "it was not stored: the cell that made it ended in an error, or its kernel did."


class IsolatedRun(IncrementalRun):
    """A run whose cells do not all share a kernel; parameters as for `IncrementalRun`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._traces: dict[int, Trace | None] = {}
        self._ran: set[int] = set()
        self._parts: dict[str, tuple[int, set[tuple[str, ...]]]] = {}

    def has_run(self, position: int) -> bool:
        """Return whether a cell was executed, not restored."""
        return position in self._ran

    @property
    def first_ran(self) -> int:
        """The first cell that was executed."""
        return min(self._ran, default=-1)

    def watch(self, position: int) -> dict[str, Any]:
        """Return what the session is told to watch in a cell; what it leaves is always stored."""
        return {**super().watch(position), "keeps": True}

    def joined(self, joint: Joint) -> None:
        """Tell of cells that could not run apart."""
        if self._witness is not None:
            self._witness.joined(joint)

    def restored(self, step: Step) -> None:
        """Note that the next cell was restored."""
        self._traces[step.cell] = step.verdict.trace
        super().restored(step)

    @property
    def is_storing(self) -> bool:
        """Whether the kernel has not told yet what became of values."""
        return super().is_storing or any(left for _, left in self._parts.values())

    def stored(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Note what the kernel stored in the background."""
        news = list(told)
        for item in news:
            position, left = self._parts.get(item["cell"], (-1, set()))
            trace = self._traces.get(position)
            names = tuple(item["names"])
            if trace is None or names not in left:
                continue
            left.discard(names)
            group = Group(names=names, content=item["content"], obstacle=item["obstacle"])
            self._traces[position] = replace(trace, groups=(*trace.groups, group))
        super().stored(news)

    def leave_kernel(self) -> int | None:
        """Take all that ran as restored: the kernel goes, and the next has nothing of it.

        Returns
        -------
        int or None
            A cell of which nobody knows what it did, so that its kernel cannot be left.
        """
        for position, left in self._parts.values():
            trace = self._traces[position]
            if trace is not None and left:
                lost = tuple(_lost(trace, names) for names in sorted(left))
                self._traces[position] = replace(trace, groups=(*trace.groups, *lost))
        self._parts.clear()
        conductor = self._conduct(self.refused)
        for position, trace in self._traces.items():
            if trace is None:
                return position
            conductor.restored(trace)
        self._conductor = conductor
        return None

    def _note(self, position: int, trace: Trace | None, told: Mapping[str, Any] | None) -> None:
        super()._note(position, trace, told)
        self._ran.add(position)
        self._traces[position] = trace
        if told is not None:
            self._parts[told["cell"]] = (position, {tuple(part) for part in told["parts"]})


def _lost(trace: Trace, names: tuple[str, ...]) -> Group:
    bound = [n for f, d in trace.writes.items() if f.kind is FactKind.NAME and d and (n := f.key)]
    told = next((name for name in names if name in bound), names[0])
    return Group(names=names, content=None, obstacle=f"{told}: {_NOT_TOLD}")
