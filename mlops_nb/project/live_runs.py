"""What ran in this kernel, and how does it stand to the document that somebody is looking at?

Taken down for each cell that a person runs, which costs next to nothing; judged when somebody
asks. A cell is known by the id that the front end sends, else by its text. What ran before the
extension was loaded is known by IPython's history: that it ran, and when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.live_edits import words_of
from mlops_nb.pipeline.incremental.live_seen import with_states, with_what_it_keeps
from mlops_nb.pipeline.incremental.live_states import is_state
from mlops_nb.pipeline.incremental.live_status import Changer, DocumentCell, Execution

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.live_walk import StatusWalk

_AMBIENT = Fact(FactKind.AMBIENT)
# How many executions are remembered: for what changed a name between two others.
_MOST = 1_000
_SHOWN = 300
_STRANGER = "a cell that is not in the notebook"


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
        self._base: Mapping[Fact, str | None] = {}
        self._states: Mapping[Fact, str | None] = {}
        self._order = 0
        self._all: list[LiveExecution] = []
        self._before: dict[str, Execution] = {}  # how each cell ended that ended well, by its key
        self._by_id: dict[str, LiveExecution] = {}
        self._by_text: dict[str, LiveExecution] = {}
        self._first_ids: dict[str, str] = {}  # of cells that another page knew by other ids
        self._shown: frozenset[str] = frozenset()  # the first ids of the document judged last
        self._now: LiveExecution | None = None
        for source in history:
            self.begin(source, "")
            self.end(error="")

    def watch_from(self, states: Mapping[Fact, str | None]) -> None:
        """Take down the states of the process: from now on it is known which cell changed one."""
        self._base = self._states = states

    @property
    def is_running(self) -> bool:
        return self._now is not None

    def begin(self, source: str, ident: str) -> None:
        """Take down that a cell begins to run."""
        self._order += 1
        execution = Execution(order=self._order, source=source, is_over=False)
        ident = self._first_ids.get(ident, ident)
        self._now = self._put(LiveExecution(ident=ident, execution=execution))

    def end(
        self,
        *,
        error: str,
        report: Mapping[str, Any] | None = None,
        trace: Any = None,
        states: Mapping[Fact, str | None] | None = None,
        is_ambient: bool = False,
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
        states : Mapping, optional
            The states of the process now, where there is no trace.
        is_ambient : bool, default=False
            Whether it set in the process what nothing observes.
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
        execution = self._with_facts(execution, None if error else trace, states)
        key = running.ident or execution.source.strip()
        if execution.is_watched and not error:
            execution = with_what_it_keeps(execution, self._before.get(key))
        if is_ambient:
            execution = replace(execution, writes={**execution.writes, _AMBIENT: None})
        told = None if report is None else {k: report.get(k) for k in ("seconds", "metrics")}
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(replace(running, execution=execution, report=told, ended=ended))
        if not error:
            self._before[key] = execution

    def find(self, cell: DocumentCell) -> LiveExecution | None:
        """Return the last execution of a cell of the document."""
        known = self._by_id.get(self._first_ids.get(cell.id, cell.id))
        return known if known is not None else self._by_text.get(cell.source.strip())

    def _recognise(self, cells: Sequence[DocumentCell]) -> None:
        """Learn the ids of cells in a document of which no id is known.

        Notebooks before nbformat 4.5 keep no ids: each page that opens one makes up its own. There
        a cell is the one of the document judged last that ran last with its text, if there is one.
        """
        ids = [self._first_ids.get(cell.id, cell.id) for cell in cells]
        if not any(ident in self._by_id for ident in ids):
            ran, new = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
            for ident in self._shown & self._by_id.keys():
                ran[self._by_id[ident].execution.source.strip()].append(ident)
            for cell in cells:
                new[cell.source.strip()].append(cell.id)
            for text, same in new.items():
                if len(same) == len(ran.get(text, ())) == 1:
                    self._first_ids[same[0]] = ran[text][0]
        self._shown = frozenset(self._first_ids.get(cell.id, cell.id) for cell in cells)

    def walk(
        self,
        cells: Sequence[DocumentCell],
        *,
        look: Callable[[Fact], str | None],
        fixed: frozenset[str] = frozenset(),
    ) -> StatusWalk:
        """Return what judges the cells of a document by what ran here.

        Parameters
        ----------
        cells : sequence of DocumentCell
        look : callable
            As `StatusWalk` takes it.
        fixed : frozenset of str
            Names of values that can but be bound, not changed.
        """
        from mlops_nb.pipeline.incremental.live_walk import StatusWalk  # brings the whole analysis

        self._recognise(cells)
        found = {c.index: f.execution for c in cells if (f := self.find(c)) is not None}
        by_id = {self._first_ids.get(cell.id, cell.id): cell for cell in cells}
        last, seen_later = self._follow_names(by_id, fixed)
        return StatusWalk(
            found,
            look=look,
            between=lambda name, after, before: self._changed_by(
                name, after, before, by_id, is_fixed=name in fixed
            ),
            changed_since=lambda name, order: last.get(name, 0) > order,
            base=self._base,
            seen_later=seen_later,
            earlier=self._earlier,
        )

    def _with_facts(
        self, execution: Execution, trace: Any, states: Mapping[Fact, str | None] | None
    ) -> Execution:
        """Return an execution with what was observed of it."""
        if trace is not None:
            wrote = {f: d for f, d in trace.writes.items() if is_state(f)}
            self._states = {**self._states, **wrote} if wrote else self._states
            return replace(
                execution,
                reads=trace.reads,
                writes=trace.writes,
                shown=trace.shown,
                states=self._states,
            )
        if states is None:
            return execution
        before, self._states = self._states, states
        return with_states(execution, before=before, after=states)

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

    def _follow_names(
        self, cells: Mapping[str, DocumentCell], fixed: frozenset[str]
    ) -> tuple[dict[str, int], dict[int, dict[str, str | None]]]:
        """Return who changed each name last, perhaps, by the order of what ran; and of each
        execution what the next reader found of names that it left."""
        last: dict[str, int] = {}
        found: dict[int, dict[str, str | None]] = {}
        for one in self._all:
            execution, cell = one.execution, cells.get(one.ident)
            for fact, digest in (execution.reads or {}).items():
                if fact.kind is FactKind.NAME and fact.key in last:
                    found.setdefault(last[fact.key], {})[fact.key] = digest
            if execution.reads is not None:
                names = frozenset(f.key for f in execution.writes if f.kind is FactKind.NAME)
            elif cell is None or cell.source.strip() != execution.source.strip():
                words, stored = words_of(execution.source)
                names = (words - fixed) | stored
            else:
                names = cell.touches | cell.may_touch
            last |= dict.fromkeys(names, execution.order)
        return last, found

    def _earlier(self, cell: DocumentCell, order: int) -> str:
        """Return the source with which a cell ran last before an order; empty if it did not."""
        ident = self._first_ids.get(cell.id, cell.id)
        for one in reversed(self._all):
            is_it = one.ident == ident if one.ident else one.execution.source == cell.source
            if is_it and one.execution.order < order and not one.execution.error:
                return one.execution.source
        return ""

    def _changed_by(
        self,
        name: str,
        after: int,
        before: int,
        cells: Mapping[str, DocumentCell],
        *,
        is_fixed: bool,
    ) -> Changer | None:
        """Return what ran between two orders and changed a name, or may have."""
        for one in reversed(self._all):
            if one.execution.order <= after:
                break
            if one.execution.order >= before:
                continue
            cell = cells.get(one.ident)
            if one.execution.reads is not None:
                if name_fact(name) in one.execution.writes:
                    return Changer(label=_STRANGER if cell is None else cell.label)
            elif cell is not None and cell.source.strip() == one.execution.source.strip():
                if name in cell.touches or name in cell.may_touch:
                    return Changer(label=cell.label, is_sure=name in cell.touches)
            elif name in words_of(one.execution.source)[is_fixed]:
                return Changer(label=_STRANGER if cell is None else cell.label, is_sure=False)
        return None
