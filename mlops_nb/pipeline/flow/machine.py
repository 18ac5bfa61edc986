"""Who keeps the books while a cell is run in the abstract? The machine: names, objects, effects.

Statements, expressions and calls are walked by the functions of their modules; they all write
here, and reach each other through the three functions the machine is given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mlops_nb.pipeline.flow.changes import spread
from mlops_nb.pipeline.flow.effects import Binding, Bound, Effects, Read, State, merge_bindings
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.heap import Heap, Run
from mlops_nb.pipeline.flow.provided import is_history, is_provided
from mlops_nb.pipeline.flow.values import (
    CONSTANT,
    FRESH,
    IMMUTABLE,
    NAMESPACES,
    Strength,
    Value,
)

# Runs of one function in a cell that make objects of their own.
_MAX_APART = 50
# What following calls may cost, in nodes of code: a quarter of what is left for one cell.
_BUDGET = 30_000
_CELL_BUDGET = 300


class SpentError(Exception):
    """The budget for following calls is spent: the outermost call answers coarsely."""


class Mark(NamedTuple):
    """Where the walk stands outside all calls."""

    uncertain: int
    guarded: int
    n_reentered: int
    run: Run | None
    n_loops: int
    n_passed: int


@dataclass(slots=True)
class _Runs:
    """How often a function has been run in this cell, and the objects its last runs made."""

    n: int = 0
    made: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Machine:
    """The state of the walk over a notebook, cell by cell in document order.

    Attributes
    ----------
    names : dict
        What each name stands for, as left by the cells before this one.
    kinds : dict
        How each name was bound, and its origin if it was imported.
    last_value : Value
        What the last expression statement of the notebook's level gave: IPython shows it.
    passed : list of dict
        For each ``try`` that is being run, how names were bound in it on the way.
    external : dict
        Values of names that no cell before this one binds.
    rounds : recursion.Rounds or None
        What stands for the deeper calls of functions that call themselves, while it is found out.
    listed : list of str
        The names that code sees which looks at all of them, sorted.
    links : dict
        What stands between many boxes and what was put into them unseen, by the oldest box.
    holders_of : dict
        Names by the objects they stand for, at the start of this cell.
    """

    execute: Callable[[Machine, Frame, Sequence[ast.stmt]], bool]
    evaluate: Callable[[Machine, Frame, ast.expr], Value]
    invoke: Callable[[Machine, Value, Arguments], Value]
    star_names: Callable[[str], frozenset[str] | None]
    heap: Heap = field(default_factory=Heap)
    names: dict[str, Value] = field(default_factory=dict)
    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)
    external: dict[str, Value] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    names_of: dict[int, set[str]] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    module: Frame = field(default_factory=lambda: Frame("module"))
    state: State = field(default_factory=State)
    effects: Effects = field(default_factory=Effects)
    memo: dict[Any, Any] = field(default_factory=dict)
    runs: dict[Any, _Runs] = field(default_factory=dict)
    n_reentered: int = 0
    rounds: Any = None
    passed: list[dict[str, Binding]] = field(default_factory=list)
    uncertain: int = 0
    guarded: int = 0
    stack: list[Any] = field(default_factory=list)
    changed: dict[int, float] = field(default_factory=dict)
    changed_at: tuple[int, int] = (-1, -1)
    budget: int = 0
    granted: int = 0
    savings: int = _BUDGET
    site: ast.AST | None = None
    version: int = 0
    last_value: Value = FRESH
    lazy_annotations: bool = False

    # names of the notebook

    def read_global(self, name: str, node: ast.AST | None = None) -> Value:
        """Return what `name` stands for in the notebook's namespace, noting a read from outside."""
        binding = self.state.names.get(name)
        if binding is not None and binding.bound in (Bound.SURE, Bound.DELETED):
            return binding.value
        outside = self.names.get(name)
        if outside is None and is_provided(name):
            if is_history(name):
                self.effects.history = self.effects.history or name
            if binding is None or binding.bound is Bound.MAYBE_DELETED:
                return Value(module=f"builtins.{name}")
            return binding.value.union(Value(module=f"builtins.{name}"))
        if outside is None:
            outside = self._external(name)
        self._note_read(name, node, binding)
        return outside if binding is None else outside.union(binding.value)

    def _note_read(self, name: str, node: ast.AST | None, binding: Binding | None) -> None:
        is_sure = not self.uncertain and binding is None
        is_needed = binding is None or binding.bound is not Bound.LOOP
        known = self.effects.reads.get(name)
        if known is not None and known.rank >= (is_sure, not self.guarded, is_needed):
            return
        place = self.site if self.stack or node is None else node
        self.effects.reads[name] = Read(
            line=getattr(place, "lineno", 0),
            column=getattr(place, "col_offset", 0),
            is_sure=is_sure,
            is_needed=is_needed,
            is_guarded=self.guarded > 0,
            via=self.stack[-1].name if self.stack else "",
        )

    def _external(self, name: str) -> Value:
        value = self.external.get(name)
        if value is None:
            value = self.external[name] = self.heap.new_value()
            for number in value.objects:
                self.names_of.setdefault(number, set()).add(name)
        return value

    def is_bound(self, name: str) -> bool:
        """Return True if this cell or one before it binds `name`."""
        binding = self.state.names.get(name)
        return (binding is not None and binding.bound > Bound.MAYBE_DELETED) or name in self.names

    def kind_of(self, name: str) -> tuple[str, str]:
        """Return how `name` was bound ("import", "helper", "value") and, if imported, as what."""
        binding = self.state.names.get(name)
        if binding is not None:
            return binding.kind, binding.origin
        return self.kinds.get(name, ("value", ""))

    def bind_global(
        self, name: str, value: Value, *, kind: str = "value", origin: str = ""
    ) -> None:
        named = self.heap.materialise(value)
        known = self.state.names.get(name)
        self._set(name, Binding(Bound.SURE, named, kind, origin))
        if known is None or known.value != named or known.bound is not Bound.SURE:
            self.forget()

    def delete_global(self, name: str) -> None:
        self._set(name, Binding(Bound.DELETED))
        self.effects.deleted.add(name)
        self.forget()

    def _set(self, name: str, binding: Binding) -> None:
        self.state.set(name, binding)
        if self.passed:
            known = self.passed[-1].get(name)
            passed = binding if known is None else merge_bindings(known, binding)
            self.passed[-1][name] = passed

    def go_to(self, state: State) -> None:
        """Continue on another path."""
        if state.names is not self.state.names:
            self.forget()
        self.state = state

    def forget(self) -> None:
        """Drop remembered calls: what they would read may have changed."""
        self.version += 1
        if self.memo:
            self.memo = {}

    def next_run(self, function: Any) -> Run:
        """Return the books of one more run of `function`."""
        runs = self.runs.setdefault(function, _Runs())
        runs.n += 1
        return Run(made=runs.made, reuses=self.n_reentered > 0 or runs.n > _MAX_APART)

    def spend(self, cost: int) -> None:
        """Pay for following a call; raises `SpentError` in a call when the budget does not last."""
        self.budget -= cost
        if self.budget < 0 and self.stack:
            raise SpentError

    def mark(self) -> Mark:
        """Return where the walk stands, for `return_to`."""
        return Mark(
            self.uncertain,
            self.guarded,
            self.n_reentered,
            self.heap.run,
            len(self.module.loops),
            len(self.passed),
        )

    def return_to(self, mark: Mark) -> None:
        """Give up the calls that have been entered since `mark`."""
        self.uncertain, self.guarded = mark.uncertain, mark.guarded
        self.n_reentered, self.heap.run = mark.n_reentered, mark.run
        self.rounds = None
        self.stack.clear()
        self.module.loops[mark.n_loops :] = []
        del self.passed[mark.n_passed :]

    # changes in place

    def change(self, value: Value, strength: Strength, *, but: str = "") -> None:
        """Note that the objects of `value`, and what holds or shares them, are changed in place."""
        if len(value.objects) > 1:
            strength = min(strength, Strength.LIKELY)
        heap = self.heap
        if self.changed_at != (self.version, heap.version):
            self.changed, self.changed_at = {}, (self.version, heap.version)
        done = {} if but else self.changed
        n_before = len(done)
        todo: list[tuple[int, float]] = [(o, strength) for o in value.objects if o > IMMUTABLE]
        todo += [(o, min(strength, s)) for o, s in value.near]
        spread(self, todo, done, but=but)
        if self.stack:
            self.spend(len(done) - n_before)

    def change_name(self, name: str, how: Strength, *, is_alias: bool = False) -> None:
        """Note that what `name` stood for before the cell is changed in place."""
        binding = self.state.names.get(name)
        if binding is not None:
            if binding.bound in (Bound.SURE, Bound.DELETED):
                return  # the name has moved on; what it stood for is only reached through others
            how = min(how, Strength.LIKELY)
        if is_alias and len(self.names.get(name, FRESH).objects) > 1:
            how = min(how, Strength.LIKELY)
        self.effects.change(name, how)

    def touch(self, values: Iterable[Value], strength: Strength) -> None:
        """Note that something unknown was done with `values`."""
        for value in values:
            if value.module in NAMESPACES:
                self.note_opaque("globals")
                self.effects.rebinds = True
            elif value is not FRESH and value is not CONSTANT and not value.module:
                self.change(value, strength)

    def touch_inside(self, values: Iterable[Value]) -> None:
        """Note that something unknown may have changed what `values` hold, however deep."""
        held = self.heap.held
        todo = [o for v in values for o in v.objects if o in held]
        if not todo:
            return
        seen = set(todo)
        while todo:
            inner = held[todo.pop()]
            self.touch([Value(inner.objects, inner.near)], Strength.POSSIBLE)
            more = [o for o in inner.objects if o in held and o not in seen]
            seen.update(more)
            todo += more
        if self.stack:
            self.spend(len(seen))

    def note_opaque(self, construct: str) -> None:
        self.effects.opaque[construct] = None

    # cells

    def start_cell(self) -> None:
        self.state, self.effects, self.memo = State(), Effects(), {}
        self.guarded, self.passed = 0, []
        self.changed_at = (-1, -1)
        self.runs, self.n_reentered, self.heap.run = {}, 0, None
        self.uncertain, self.stack, self.site = 0, [], None
        self.savings = max(0, self.savings - self.granted + self.budget) + _CELL_BUDGET
        self.budget = self.granted = max(_CELL_BUDGET, self.savings // 4)
        self.module.names.clear()
