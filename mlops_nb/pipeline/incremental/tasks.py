"""What is known of the cells of a run before it is decided what becomes of them?

From the pipeline and what is to happen with each cell: its key, the names it may read and touch,
and whether it has to run whatever was kept of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from mlops_nb.pipeline.cells import CellFlow, CellKind, Code, StageName
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.incremental.code_parts import builtins_in
from mlops_nb.pipeline.incremental.facts import name_fact
from mlops_nb.pipeline.incremental.held_code import asks_names_unseen
from mlops_nb.pipeline.incremental.hidden_cells import hidden_cells
from mlops_nb.pipeline.incremental.hidden_state import HiddenStates, unknown_magic
from mlops_nb.pipeline.incremental.history import loads_files
from mlops_nb.pipeline.incremental.identity_asked import names_compared, without_values
from mlops_nb.pipeline.incremental.imported_names import (
    futures_before,
    imported_from,
    siblings_of,
)
from mlops_nb.pipeline.incremental.keys import cell_key
from mlops_nb.pipeline.incremental.library_parts import names_kept_by_libraries, without_copies
from mlops_nb.pipeline.incremental.local_code import LocalCode, LocalSource, looks_around
from mlops_nb.pipeline.incremental.needed_past import collecting_cells, keep_past
from mlops_nb.pipeline.incremental.planning import Task
from mlops_nb.pipeline.incremental.reloaded_modules import (
    Reloaded,
    reloaded_modules,
    without_reloaded,
)
from mlops_nb.pipeline.incremental.surroundings import Asked, Surroundings
from mlops_nb.pipeline.incremental.terms import Terms
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.trees import parse_code

CacheMode = Literal["stages", "all", "off"]
_SUBCLASSES = "__subclasses__"
_CACHE_INFO = "cache_info"  # of functions with `lru_cache`
# What tells code that others have a value, too, though it read no other name.
_OTHERS = re.compile(
    r"getrefcount|\bgc\b|weakref|__subclasses__|\.resize\(|has_reference|marshal"
    r"|bytearray|memoryview|getbuffer|mmap|memmap"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCell:
    """One cell that is to run or to be restored.

    Attributes
    ----------
    position : int
        Among all cells of the notebook that is executed.
    label : str
        For reasons: ``"stage 'train'"``, ``"cell 4"``.
    kind : CellKind
    stage : StageName or None
    code : Code
    flow : CellFlow
    analysis : CellAnalysis or None
        None for the cell of injected parameters.
    reads : frozenset of str
        Names that its stage's options read when it has run.
    promises : Mapping
        What its stage's options make of names, by JSON: a part of its key.
    may_fail : bool
        Whether an exception lets the run go on.
    terms : Terms
        What its stage's options say of restoring it.
    known_as : tuple of str
        By what it is found again when its code was edited.
    foresees : Mapping of str to str
        Digests of the names that it binds to literals.
    forced : str
        Why it runs whatever was kept: ``"--force"`` and the like; empty if it need not.
    """

    position: int
    label: str
    kind: CellKind
    stage: StageName | None
    code: Code
    flow: CellFlow
    analysis: CellAnalysis | None
    reads: frozenset[str] = frozenset()
    promises: Mapping[str, Any] = field(default_factory=dict)
    may_fail: bool = False
    terms: Terms = field(default_factory=Terms)
    known_as: tuple[str, ...] = ()
    foresees: Mapping[str, str] = field(default_factory=dict)
    forced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The cells of a run as they are decided upon.

    Attributes
    ----------
    tasks : tuple of Task
        In the order in which they run.
    keys : Mapping of int to str
        By position.
    cells : Mapping of int to RunCell
        By position.
    ambient : Mapping of int to (str or None)
        By position of the cells that change what nothing observes: the digest of the lines or
        modules that alone decide it; None where the whole cell does.
    loading : frozenset of int
        Positions of cells in `ambient` by modules that they load; see `HiddenCells`.
    keeps : frozenset of int
        Positions of cells whose values are stored.
    never : frozenset of int
        Positions of cells of which nothing is kept, by ``--no-cache``.
    asks_caches : bool
        Whether some cell asks how often functions with ``lru_cache`` were called.
    asks_subclasses : bool
        Whether some cell asks a class for those made from it.
    asks_others : bool
        Whether some cell may ask who else has a value that it reads.
    sources : tuple of LocalSource
        The local modules by whose text it was told what calls into them leave.
    collecting : frozenset of int
        Positions of cells that may run code of objects that went before them.
    calling : frozenset of int
        Positions of cells in `ambient` only for a last call, unless that gives a value to show.
    compared : frozenset of str
        Names whose values cells compare by identity.
    kept_elsewhere : frozenset of str
        Names for what libraries keep that cells may change there.
    reloaded : Reloaded
    """

    tasks: tuple[Task, ...]
    keys: Mapping[int, str]
    cells: Mapping[int, RunCell]
    ambient: Mapping[int, str | None]
    keeps: frozenset[int]
    never: frozenset[int] = frozenset()
    loading: frozenset[int] = frozenset()
    asks_caches: bool = False
    asks_subclasses: bool = False
    asks_others: bool = False
    sources: tuple[LocalSource, ...] = ()
    collecting: frozenset[int] = frozenset()
    calling: frozenset[int] = frozenset()
    compared: frozenset[str] = frozenset()
    kept_elsewhere: frozenset[str] = frozenset()
    reloaded: Reloaded = field(default_factory=Reloaded)

    def usable(self, traces: Iterable[Trace]) -> Iterable[Trace]:
        """Return traces with the values that can be taken from the store."""
        traces = without_reloaded(without_copies(traces, self.kept_elsewhere), self.reloaded)
        return without_values(traces, self.compared)


def make_course(
    cells: Sequence[RunCell],
    *,
    find: Callable[[str], Iterable[Trace]],
    mode: CacheMode,
    now: datetime | None = None,
    sources: tuple[LocalSource, ...] = (),
) -> Course:
    """Return what is known of the cells of a run.

    Parameters
    ----------
    cells : sequence of RunCell
        In the order in which they run.
    find : callable
        Returns the traces of a key, newest first.
    mode : {"stages", "all"}
        Whether only stages, or all cells, are restored.
    now : datetime, optional
        What the age of traces counts to, for ``--fresh``.
    sources : tuple of LocalSource
        Of the local modules that the cells import, and these import; of others nothing is known.
    """
    asked = (mode, tuple(cells), sources)
    if not _last or _last[0][0] != asked:
        _last[:] = [(asked, _course_of(cells, mode, sources))]
    course = _last[0][1]
    tasks = [
        replace(task, traces=tuple(course.usable(find(course.keys[task.cell]))), now=now)
        for task in course.tasks
    ]
    return replace(course, tasks=tuple(tasks))


# What was made last, but for its traces: a run asks again once its kernel boots.
_last: list[tuple[tuple[CacheMode, tuple[RunCell, ...], tuple[LocalSource, ...]], Course]] = []


def _course_of(
    cells: Sequence[RunCell], mode: CacheMode, sources: tuple[LocalSource, ...]
) -> Course:
    """Return a course without traces."""
    futures, mates = futures_before(cells), _mates(cells)
    keys = {c.position: cell_key(c.code, {**c.promises, **futures[c.position]}) for c in cells}
    tasks = [_make_task(cell, mode) for cell in cells]
    tasks = [replace(t, mates=mates[t.cell] - {t.cell}) if t.cell in mates else t for t in tasks]
    collecting = collecting_cells(cells, sources)
    tasks = keep_past(tasks, cells, collecting)
    never = frozenset(cell.position for cell in cells if not cell.terms.is_kept)
    asks_subclasses = any(_SUBCLASSES in cell.code.python for cell in cells)
    states = HiddenStates(
        asks_subclasses=asks_subclasses, known=LocalCode(sources) if sources else None
    )
    hidden, reloaded = hidden_cells(cells, states, sources), reloaded_modules(cells)
    siblings = siblings_of(cells, sources)
    looking = imported_from(cells, sources) if looks_around(sources) else frozenset[str]()
    asked = _asked(cells)
    tasks = [
        replace(
            task,
            reads=task.reads.union(hidden.held[task.cell], *map(siblings, task.reads)),
            reads_all=task.reads_all or not looking.isdisjoint(task.reads),
            machine=asked[task.cell].machine,
            must_run=task.must_run or _volatile(asked[task.cell], task.terms),
        )
        for task in tasks
    ]
    return Course(
        tasks=tuple(tasks),
        keys=keys,
        cells={cell.position: cell for cell in cells},
        ambient={**hidden.ambient, **dict.fromkeys(reloaded.cells)},
        loading=hidden.loading,
        keeps=frozenset(c.position for c in cells if mode == "all" or _is_kept(c)) - never,
        never=never,
        asks_caches=any(_CACHE_INFO in cell.code.python for cell in cells),
        asks_subclasses=asks_subclasses,
        asks_others=any(_OTHERS.search(cell.code.python) for cell in cells),
        sources=sources,
        collecting=collecting,
        calling=hidden.calling,
        kept_elsewhere=names_kept_by_libraries(
            states.imports,
            ((cell.flow, cell.code) for cell in cells),
            beside={source.module.partition(".")[0] for source in sources},
        ),
        reloaded=reloaded,
        compared=names_compared((c.code for c in cells), [one.text for one in sources]),
    )


def _make_task(cell: RunCell, mode: CacheMode) -> Task:
    flow = cell.flow
    return Task(
        cell=cell.position,
        label=cell.label,
        reads=frozenset({*flow.reads, *cell.code.reads, *builtins_in(cell.code), *cell.reads}),
        touches=frozenset(
            {*flow.binds, *flow.mutates, *flow.may_mutate, *flow.deletes, *cell.code.binds}
        ),
        reads_all=(
            bool(flow.opaque)
            or (cell.analysis is not None and cell.analysis.rebinds)
            or asks_names_unseen(cell.code)
        ),
        must_run=_must_run(cell),
        is_setup=cell.kind in (CellKind.SETUP, CellKind.PARAMETERS),
        is_inline=mode != "all" and not _is_kept(cell),
        terms=cell.terms,
        foresees={name_fact(name): digest for name, digest in cell.foresees.items()},
        asks=frozenset(_names_in(cell.terms.version_of)),
    )


def _mates(cells: Sequence[RunCell]) -> dict[int, frozenset[int]]:
    """Return, for each cell that says ``--produces``, the cells of its stage: nobody sees which of
    them wrote what."""
    saying = [c for c in cells if c.stage is not None and c.terms.produces]
    named = {cell.stage for cell in saying}
    own = {name: frozenset(c.position for c in cells if c.stage == name) for name in named}
    return {cell.position: own[cell.stage] for cell in saying}


def _names_in(expression: str) -> set[str]:
    if not expression:
        return set()
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _is_kept(cell: RunCell) -> bool:
    return cell.stage is not None or cell.kind in (CellKind.SETUP, CellKind.PARAMETERS)


def _must_run(cell: RunCell) -> str:
    if cell.forced:
        return cell.forced
    if not cell.terms.is_kept:
        return "its stage says --no-cache"
    if cell.code.error is not None or parse_code(cell.code) is None:
        return "it cannot be read as Python"
    if cell.may_fail:
        return "it may fail, as its tag 'raises-exception' says"
    if loads_files(cell.code):
        return "it puts the code of a file in its place, by %load"
    magic = unknown_magic(cell.code)
    if not magic or "--cache" in cell.terms.said:
        return ""
    advice = "; say --cache to restore it" if cell.terms.is_stage else ""
    return f"nobody can tell what {magic} does{advice}"


def _asked(cells: Sequence[RunCell]) -> dict[int, Asked]:
    """Return what each cell asks of its surroundings, as its text shows it."""
    surroundings = Surroundings()
    return {cell.position: surroundings.asked_by(cell.code, cell.analysis) for cell in cells}


def _volatile(asked: Asked, terms: Terms) -> str:
    if not asked.volatile or "--cache" in terms.said:
        return ""
    advice = "; say --cache to restore it" if terms.is_stage else ""
    return f"it runs every time, since {asked.volatile}{advice}"
