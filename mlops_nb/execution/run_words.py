"""How is a decision of a run put into words? With what the run knows of its cells, now and before.

`pipeline.incremental.reasons` has the sentences; here they get who decided a fact, what it looks
like, and what the cell was when it ran last.
"""

from __future__ import annotations

from collections.abc import Callable

from mlops_nb.execution.cell_memory import CellMemory
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.foreseen import literals_bound, show_literal
from mlops_nb.pipeline.incremental.judging import Writer
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.reasons import explain_step
from mlops_nb.pipeline.incremental.remembered import NEW, Outcome, explain_unkept
from mlops_nb.pipeline.incremental.tasks import Course, RunCell


class RunWords:
    """The words of one run.

    Parameters
    ----------
    course : Course
    memory : CellMemory or None
    """

    def __init__(self, course: Course, *, memory: CellMemory | None) -> None:
        self._course = course
        self._memory = memory
        self._tasks = {task.cell: task for task in course.tasks}

    def explain(
        self, step: Step, *, shown: Callable[[Fact], str], ledger: Ledger, clauses: int = 2
    ) -> str:
        """Return why a cell is run, restored or undecided.

        Parameters
        ----------
        step : Step
        shown : callable
            What a fact looks like now, as far as the run saw it.
        ledger : Ledger
            Of the run, as far as it is.
        clauses : int, default=2
            How many changes a reason names.
        """

        def writer(fact: Fact) -> Writer:
            return self._writer(fact, ledger, step.cell)

        return explain_step(
            step,
            shown=lambda fact: shown(fact) or self._foreseen(fact, step.cell),
            writer=writer,
            label=self._label,
            cause=self._cause,
            terms=self._course.cells[step.cell].terms,
            unkept=self._explain_unkept(step.cell),
            most=clauses,
        )

    def note(self, position: int, outcome: Outcome) -> None:
        """Note what came of a cell."""
        if self._memory is not None:
            cell = self._course.cells[position]
            key = self._course.keys[position]
            self._memory.note(cell.known_as, key=key, code=cell.code.python, outcome=outcome)

    def unchanged(self) -> frozenset[int]:
        """Return the cells that ran last as they stand, and of which nothing was to be kept."""
        if self._memory is None:
            return frozenset()
        before = {p: self._memory.find(cell.known_as) for p, cell in self._course.cells.items()}
        return frozenset(
            position
            for position, told in before.items()
            if told is not None
            and told.key == self._course.keys[position]
            and told.outcome in ("inline", "not kept")
        )

    def save(self) -> None:
        """Keep what was noted."""
        if self._memory is not None:
            self._memory.save()

    def _explain_unkept(self, position: int) -> str:
        if self._memory is None:
            return NEW
        cell = self._course.cells[position]
        return explain_unkept(
            self._memory.find(cell.known_as),
            key=self._course.keys[position],
            code=self._memory.mask(cell.code.python),
            is_parameters=cell.kind is CellKind.PARAMETERS,
        )

    def _label(self, position: int) -> str:
        cell = self._course.cells.get(position)
        return f"cell {position}" if cell is None else cell.label

    def _cause(self, position: int) -> str:
        """Return why a cell of no stage runs that is not kept as it is; a stage tells it itself."""
        cell = self._course.cells.get(position)
        if cell is None or cell.stage is not None or self._tasks[position].traces:
            return ""
        told = self._explain_unkept(position)
        return "" if told == NEW else told

    def _writer(self, fact: Fact, ledger: Ledger, before: int) -> Writer:
        entry = ledger.entry(fact)
        cell = None if entry is None else self._course.cells.get(entry.cell)
        cell = cell or self._binder(fact, before)
        if cell is None:
            return Writer()
        return Writer(label=cell.label, is_parameter=cell.kind is CellKind.PARAMETERS)

    def _binder(self, fact: Fact, before: int) -> RunCell | None:
        """Return the last cell before another that may bind a name, as its code says."""
        if fact.kind is not FactKind.NAME:
            return None
        own = [p for p, t in self._tasks.items() if p < before and fact.key in t.touches]
        return self._course.cells[max(own)] if own else None

    def _foreseen(self, fact: Fact, before: int) -> str:
        cell = self._binder(fact, before)
        if cell is None or fact.key not in cell.foresees:
            return ""
        return show_literal(literals_bound(cell.code)[fact.key])
