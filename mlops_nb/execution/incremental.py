"""How does a run use what earlier runs left, and leave something for later ones?

The conductor decides (`pipeline.incremental`), the store remembers (`kept`), the kernel watches.
This is where the three meet: what a cell told becomes a trace, a trace becomes outputs, files and
metrics, or an order for the kernel. A cell that could not be observed makes every later one run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from mlops_nb.artifacts.blob_faults import BlobError
from mlops_nb.execution.cell_memory import CellMemory
from mlops_nb.execution.declared import DeclaredFacts
from mlops_nb.execution.file_images import FileImages
from mlops_nb.execution.kept import CellResult, KeptResults
from mlops_nb.execution.kept_files import KeptFiles
from mlops_nb.execution.kept_models import KeptModels
from mlops_nb.execution.kept_stock import KeptStock
from mlops_nb.execution.orders import Order, make_order, note_supplied
from mlops_nb.execution.run_witness import Witness
from mlops_nb.execution.run_words import RunWords
from mlops_nb.execution.told import (
    AMBIENT,
    WaitingTraces,
    chain_ambient,
    facts_of,
    facts_of_course,
    is_told_by_text,
    known_digest,
    make_trace,
    reaches_of,
    told_at_once,
)
from mlops_nb.execution.world import World
from mlops_nb.pipeline.incremental.conductor import Conductor, Mark
from mlops_nb.pipeline.incremental.facts import Fact, name_fact, parse_fact
from mlops_nb.pipeline.incremental.figures import FIGURES, WHY, tell_figures
from mlops_nb.pipeline.incremental.local_code import is_as_loaded
from mlops_nb.pipeline.incremental.may_set import effects_of
from mlops_nb.pipeline.incremental.planning import Step, Task
from mlops_nb.pipeline.incremental.remembered import Outcome
from mlops_nb.pipeline.incremental.tasks import Course
from mlops_nb.pipeline.incremental.traces import Trace

_RENAMED = "a later cell gives another name to an index that several frames have"


class IncrementalRun:
    """One run, as far as it concerns what is kept.

    Parameters
    ----------
    course : Course
    kept : KeptResults
    world : World
    place : Mapping of str to str
        Notebook and the like, for people.
    refused : Mapping of int to str, optional
        Cells that run although a trace holds, with the reason.
    witness : Witness, optional
        Is told of every cell, and lets the kernel look at all values after each.
    memory : CellMemory, optional
        What the notebook's cells were when they ran last, for the words of reasons.
    """

    def __init__(
        self,
        course: Course,
        *,
        kept: KeptResults,
        world: World,
        place: Mapping[str, str],
        refused: Mapping[int, str] | None = None,
        witness: Witness | None = None,
        memory: CellMemory | None = None,
    ) -> None:
        self._words = RunWords(course, memory=memory)
        self.course = course
        self.kept = kept
        self.world = world
        self.images = FileImages(is_needed=any(task.traces for task in course.tasks))
        self._files = KeptFiles(
            kept, look=world.look, path_of=world.path_of, before_writing=self.images.take
        )
        self._models = KeptModels(kept, key_of=world.key_of, path_of=world.path_of)
        self._place = dict(place)
        self.declared = DeclaredFacts(course, world=world, keep_file=kept.keep_file)
        self._conductor = self._conduct(refused)
        self._tasks = {task.cell: task for task in course.tasks}
        self._shown: dict[Fact, str] = {}
        self._waiting = WaitingTraces(kept)
        self._tokens: dict[int, str] = {}
        self._held: dict[int, Trace | None] = {}
        self._must_load: set[int] = set()
        self.traces: dict[int, str] = {}
        self._blind = ""
        self._witness = witness
        if witness is not None:
            witness.begin()

    @property
    def refused(self) -> Mapping[int, str]:
        return self._conductor.refused

    def plan(self) -> tuple[Step, ...]:
        """Return what is to be expected of all cells, before the first of them is decided."""
        unkept = {task.cell for task in self.course.tasks if not task.traces}
        return self._conductor.foresee(
            may_set=effects_of(self.course, unkept), unchanged=self._words.unchanged()
        )

    def step(self) -> Step:
        """Return what becomes of the next cell."""
        step = self._conductor.step()
        assert step is not None
        self._held[step.cell] = step.verdict.trace if step.verdict.holds else None
        if self._blind and step.action != "run":
            return replace(step, action="run", because=self._blind)
        return step if step.action == "restore" else replace(step, action="run")

    def explain(self, step: Step, *, clauses: int = 2) -> str:
        """Return why a cell is run or restored, by so many changes at most."""
        return self._words.explain(
            step,
            shown=lambda fact: self._shown.get(fact, "") or self.declared.shown(fact),
            ledger=self._conductor.ledger,
            clauses=clauses,
        )

    def close(self) -> None:
        """Note for later reasons what the cells of this run were."""
        self._words.save()

    def mark(self) -> Mark:
        """Return what `rewind` needs to come back to the next cell."""
        return self._conductor.mark()

    def rewind(self, mark: Mark, *, because: str) -> None:
        """Come back to a cell, which runs again, with what the kernel had then."""
        self._conductor.rewind(mark)
        self._conductor.refuse(because)

    # Restoring.

    def fetch(self, step: Step, *, wants_model: bool = False) -> CellResult | None:
        """Return what a cell that is to be restored showed; None if it must run after all.

        Parameters
        ----------
        step : Step
        wants_model : bool, default=False
            Whether a model that it made is handed over again.
        """
        trace = step.verdict.trace
        assert trace is not None
        try:
            result = self.kept.read(trace)
            missing = self.kept.fetch(self._files.missing(trace).values())
            if wants_model:
                missing = missing or self._models.fault(trace, result.report)
            if missing:
                raise BlobError(trace.id, missing)
            self._files.write(trace)
        except (BlobError, OSError) as error:
            reason = error.reason if isinstance(error, BlobError) else str(error)
            self._conductor.refuse(f"what it left is not to be had: {reason}")
            return None
        return result

    def restored(self, step: Step) -> None:
        """Note that the next cell was restored."""
        trace = step.verdict.trace
        assert trace is not None
        self._words.note(step.cell, "kept")
        self._shown.update(trace.shown)
        self.traces[step.cell] = f"{trace.key}/{trace.id}"
        self.kept.use(trace)
        if self._witness is not None:
            self._witness.restored(step.cell, trace)
        self._conductor.restored(trace)

    def hand_over(self, step: Step, folder: Path) -> dict[str, Any] | None:
        """Write what the session handed over with the model of a stage into `folder` again.

        Returns
        -------
        dict or None
            What the report says of the model; None if the cell made none.
        """
        trace = step.verdict.trace
        assert trace is not None
        return self._models.write(trace, folder) if trace.effects.get("handover") else None

    # Running.

    def boot(self) -> tuple[int, ...]:
        """Return the positions of the set-up cells to execute in a kernel that has just started."""
        return self._conductor.boot()

    def order(self, *, count: int, asks: bool = False) -> Order:
        """Return what the kernel is to be given before the next cell, the `count`-th, or, if it
        `asks`, before the ``--version-of`` of its stage."""
        task = self._next_task()
        names = set(self._conductor.ledger.names()) if task.cell in self._must_load else set()
        return make_order(self._conductor, self.kept, count=count, names=names, asks=asks)

    def names_asked(self, position: int) -> list[str]:
        """Return the names that the ``--version-of`` before a cell may read."""
        return list(self._conductor.ledger.reach(self._tasks[position].asks))

    def supplied(self, order: Order, told: Mapping[str, Any]) -> dict[int, str]:
        """Note that the kernel got what it lacked; return the cells whose values it cannot have."""
        return note_supplied(self._conductor, order, told)

    def watch(self, position: int) -> dict[str, Any]:
        """Return what the session is told to watch in a cell."""
        task = self._tasks[position]
        token = self._tokens[position] = uuid4().hex
        self.declared.begin(position, self._conductor.ledger.look)
        return {
            "cell": token,
            "reads": sorted(task.reads),
            "touches": sorted(task.touches),
            "reads_all": task.reads_all,
            "machine": sorted(task.machine),
            "asks_caches": self.course.asks_caches,
            "asks_subclasses": self.course.asks_subclasses,
            "keeps": position in self.course.keeps,
            "surveys": self._witness is not None,
            "images": self.images.folder,
        }

    def lacks(self, position: int, error: str) -> bool:
        """Return whether a cell failed for want of a name that a run from scratch would have."""
        match = error.partition("name '")[2].partition("'")[0]
        entry = self._conductor.ledger.entry(name_fact(match))
        if entry is None or entry.trace is None or entry.state is None:
            return False
        self._must_load.add(position)
        return True

    def makers_lacking(self, told: Mapping[str, Any] | None) -> dict[int, str]:
        """Return the cells that must run in this kernel, with the reason: the cell that just ran
        asked for the figures that they left open, or renamed an index that their frames had."""
        if told is None:
            return {}
        renamed = self._conductor.restored_with_labels_of(told.get("relabelled", ()))
        left_open = self._conductor.ledger.left_open() if str(FIGURES) in told["reads"] else ()
        return {**dict.fromkeys(renamed, _RENAMED), **dict.fromkeys(left_open, WHY)}

    def load_as(self, other: IncrementalRun) -> None:
        """Take over which cells are to find every name loaded."""
        self._must_load |= other._must_load

    def ran(
        self,
        position: int,
        told: Mapping[str, Any] | None,
        *,
        result: CellResult | None,
        handover: Path | None,
        seconds: float,
    ) -> None:
        """Note that the next cell ran, and keep what it did.

        Parameters
        ----------
        position : int
        told : Mapping or None
            What the session saw; None if it told nothing.
        result : CellResult or None
            What it showed; None if it must not be kept.
        handover : Path or None
            Folder with what it handed over for packaging.
        seconds : float
        """
        if told is None:
            self._blind = self._blind or "a cell before it could not be observed"
            self._note(position, None, None)
            self._conductor.executed({})
            return
        told = self.declared.complete(position, told)
        writes, reads = facts_of(told["writes"]), facts_of(told["reads"])
        ledger, key = self._conductor.ledger, self.course.keys[position]
        reads, writes = tell_figures(reads, writes, before=ledger.look(FIGURES), key=key)
        mingles = told["mingles"] or self.course.asks_others
        lists = self._tasks[position].reads_all
        reads |= facts_of_course(ledger, reads, reads_all=lists, mingles=mingles)
        is_seen = AMBIENT in writes or not is_as_loaded(reads, self.course.sources)
        ambient, held = reads[AMBIENT], self._held.get(position)
        shown = [] if result is None else result.outputs
        if is_seen or is_told_by_text(self.course, position, reads=reads, outputs=shown):
            writes[AMBIENT] = chain_ambient(
                self.course, position, before=ambient, reads=reads, is_seen=is_seen, held=held
            )
        self._shown.update({parse_fact(text): value for text, value in told["shown"].items()})
        parts, cell = [tuple(part) for part in told["parts"]], self.course.cells[position]
        place = {**self._place, "stage": str(cell.stage or ""), "cell": cell.label}
        trace = make_trace(told, key=key, reads=reads, writes=writes, place=place, seconds=seconds)
        self._note(position, trace, told)
        outcome: Outcome = "failed" if result is None else "not kept"
        if result is not None and position not in self.course.keeps | self.course.never:
            outcome = "inline"
        if result is not None and not self._blind and self._may_keep(position, writes):
            whole = self._models.trace_with(trace, result.report, handover)
            if whole is not None:
                outcome = "kept"
                self.traces[position] = f"{trace.key}/{trace.id}"
                self._waiting.add(told["cell"], whole, result, parts)
        self._words.note(position, outcome)
        self.stored(told_at_once(told))
        self._conductor.executed(writes, groups=parts, reaches=reaches_of(told))

    def stored(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Note what the kernel stored in the background."""
        self._waiting.stored(told)

    @property
    def is_storing(self) -> bool:
        """Whether the kernel has not told yet what became of values."""
        return bool(self._waiting)

    def digests_of(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the fingerprints of names as they are now, None where there is none."""
        states = {name: self._conductor.ledger.look(name_fact(name)) for name in names}
        return {name: known_digest(state) for name, state in states.items()}

    def _note(self, position: int, trace: Trace | None, told: Mapping[str, Any] | None) -> None:
        """Note the trace of a cell that ran; None where nobody knows what it did."""
        if self._witness is not None:
            self._witness.ran(position, trace, told)

    def _conduct(self, refused: Mapping[int, str] | None) -> Conductor:
        """Return a conductor before the first cell."""
        stock = KeptStock(self.kept, missing=self._files.missing)
        return Conductor(self.course.tasks, self.declared.look, refused, stock=stock)

    def _next_task(self) -> Task:
        task = self._conductor.next_task
        assert task is not None
        return task

    def _may_keep(self, position: int, writes: Mapping[Fact, str | None]) -> bool:
        is_wanted = position in self.course.keeps or not writes
        return is_wanted and position not in self.course.never
