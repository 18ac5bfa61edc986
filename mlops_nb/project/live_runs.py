"""What ran in this kernel, and how does it stand to the document that somebody is looking at?

Taken down for each cell that a person runs, which costs next to nothing; judged when somebody
asks. A cell is known by the id that the front end sends, else by its text. What ran before the
extension was loaded is known by IPython's history: that it ran, and when.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.live_status import DocumentCell, Execution, Judged
from mlops_nb.pipeline.incremental.live_walk import StatusWalk, mentions
from mlops_nb.project.value_texts import shape_of

# How many executions are remembered: for what changed a name between two others.
_MOST = 5_000
# A value of more items is not read only to say how a stage is.
_LARGE = 2_000_000
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExecution:
    """A cell that ran, with what its stage reported.

    Attributes
    ----------
    ident : str
        The cell's id; empty where the front end sends none.
    execution : Execution
    report : Mapping or None
        Of a stage's cell, as the session makes it.
    ended : str
        ISO 8601, UTC; empty while it runs.
    """

    ident: str
    execution: Execution
    report: Mapping[str, Any] | None = None
    ended: str = ""


class LiveRuns:
    """What ran in one kernel.

    Parameters
    ----------
    history : sequence of str, optional
        Sources that ran before, in their order.
    """

    def __init__(self, history: Sequence[str] = ()) -> None:
        self._order = 0
        self._all: list[LiveExecution] = []
        self._by_id: dict[str, LiveExecution] = {}
        self._by_text: dict[str, LiveExecution] = {}
        self._now: LiveExecution | None = None
        for source in history:
            self.begin(source, "")
            self.end(error="")

    @property
    def is_running(self) -> bool:
        return self._now is not None

    def begin(self, source: str, ident: str) -> None:
        """Take down that a cell begins to run."""
        self._order += 1
        execution = Execution(order=self._order, source=source, is_over=False)
        self._now = self._put(LiveExecution(ident=ident, execution=execution))

    def end(
        self, *, error: str, report: Mapping[str, Any] | None = None, trace: Any = None
    ) -> None:
        """Take down how it ended.

        Parameters
        ----------
        error : str
            Why it failed; empty if it did not.
        report : Mapping, optional
            Of a stage's cell.
        trace : Trace, optional
            What was observed of it.
        """
        running, self._now = self._now, None
        if running is None:
            return
        execution = replace(
            running.execution,
            is_over=True,
            error=error[:_SHOWN],
            restored=str((report or {}).get("restored", "")),
        )
        if trace is not None and not error:
            execution = replace(
                execution, reads=trace.reads, writes=trace.writes, shown=trace.shown
            )
        told = None if report is None else {k: report.get(k) for k in ("seconds", "metrics")}
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(replace(running, execution=execution, report=told, ended=ended))

    def find(self, cell: DocumentCell) -> LiveExecution | None:
        """Return the last execution of a cell of the document."""
        known = self._by_id.get(cell.id)
        return known if known is not None else self._by_text.get(cell.source.strip())

    def judge(
        self, cells: Sequence[DocumentCell], *, look: Callable[[Fact], str | None]
    ) -> dict[int, Judged]:
        """Return what is to be said of each cell of a document, by its index."""
        found = {c.index: f.execution for c in cells if (f := self.find(c)) is not None}
        by_id = {cell.id: cell for cell in cells}

        def between(name: str, after: int, before: int) -> str:
            return self._changed_by(name, after, before, by_id)

        return StatusWalk(found, look=look, between=between).judge(cells)

    def _put(self, execution: LiveExecution) -> LiveExecution:
        if self._all and self._all[-1].execution.order == execution.execution.order:
            self._all[-1] = execution
        else:
            if len(self._all) >= 2 * _MOST:
                self._all = self._all[-_MOST:]
            self._all.append(execution)
        if execution.ident:
            self._by_id[execution.ident] = execution
        else:
            self._by_text[execution.execution.source.strip()] = execution
        return execution

    def _changed_by(
        self, name: str, after: int, before: int, cells: Mapping[str, DocumentCell]
    ) -> str:
        """Return what ran between two orders and may have changed a name; empty if nothing did."""
        for one in reversed(self._all):
            if one.execution.order <= after:
                break
            if one.execution.order >= before:
                continue
            cell = cells.get(one.ident)
            if cell is not None and cell.source.strip() == one.execution.source.strip():
                if name in cell.touches or name in cell.may_touch:
                    return cell.label
            elif mentions(one.execution.source, name):
                return "a cell that is not in the notebook" if cell is None else cell.label
        return ""


class CheapLook:
    """Looks at facts as long as that takes little.

    Parameters
    ----------
    peek : callable or None
        The digest of a fact now; None where nothing is watched in this kernel.
    namespace : Mapping
        The user's names.
    budget_s : float
        After so long, nobody can say.
    """

    def __init__(
        self,
        peek: Callable[[Fact], str | None] | None,
        namespace: Mapping[str, Any],
        *,
        budget_s: float = 0.1,
    ) -> None:
        self._peek = peek
        self._namespace = namespace
        self._end_s = time.monotonic() + budget_s
        self._known: dict[Fact, str | None] = {}

    def __call__(self, fact: Fact) -> str | None:
        """Return the digest of a fact.

        Raises
        ------
        LookupError
            If it cannot be had cheaply.
        """
        if fact in self._known:
            return self._known[fact]
        if self._peek is None or time.monotonic() > self._end_s:
            raise LookupError(str(fact))
        if fact.kind is FactKind.NAME and is_large(self._namespace.get(fact.key)):
            raise LookupError(str(fact))
        found = self._known[fact] = self._peek(fact)
        return found


def is_large(value: Any) -> bool:
    """Return whether reading a value takes long, as far as its size tells."""
    if isinstance(value, (list, tuple, dict, set, frozenset, str, bytes)):
        return len(value) > _LARGE // 10
    n_items = 1
    for length in shape_of(value) or ():
        n_items *= length
    return n_items > _LARGE
