"""How is the data flow of a notebook followed again when one cell changed? From there on.

The walk over cells has one state, the machine's. Copies of it are kept at some cells; when a cell
changed, the walk goes on from the last copy before it, or, if cells were only added at the end,
from where it stood. A copy costs about as much as a few cells, so one is made only when a walk of
several times that has gone by: small notebooks are simply walked again.
"""

from __future__ import annotations

import ast
import io
import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_nb.pipeline.cells import Cell, Code
from mlops_nb.pipeline.dataflow import CellAnalysis, StarNames, analyse_cell, new_machine
from mlops_nb.pipeline.flow.machine import Machine

_Key = tuple[Code, bool]


@dataclass(frozen=True, slots=True)
class _Copy:
    """The machine as it stood before a cell; trees are shared with it, the rest is not."""

    position: int
    state: bytes
    trees: Mapping[int, ast.AST]


class ResumedFlow:
    """Answers as `analyse_notebook`, from what it remembers of the last notebook it was asked for.

    Parameters
    ----------
    patience : float
        A copy is made when walking took this many times what the last copy took; 0: at each cell.

    Attributes
    ----------
    n_analysed : int
        Cells walked for the last answer.
    """

    def __init__(self, *, patience: float = 5.0) -> None:
        self.n_analysed = 0
        self._patience = patience
        self._keys: list[_Key] = []
        self._found: list[CellAnalysis] = []
        self._copies: list[_Copy] = []
        self._machine: Machine | None = None
        self._stars: StarNames | None = None
        self._copying_s = 0.002

    def analyse(
        self, cells: Sequence[Cell], *, star_names: StarNames, aside: frozenset[int] = frozenset()
    ) -> Mapping[int, CellAnalysis]:
        """Return the analysis of every code cell, by index."""
        codes = [(cell, cell.code) for cell in cells if cell.code is not None]
        keys: list[_Key] = [(code, cell.index in aside) for cell, code in codes]
        if star_names != self._stars:
            self._forget(star_names)
        self._go_back(_common(keys, self._keys))
        first = len(self._found)
        self._walk(keys[first:])
        self.n_analysed = len(keys) - first
        return {cell.index: found for (cell, _), found in zip(codes, self._found, strict=True)}

    def _forget(self, star_names: StarNames) -> None:
        self._stars, self._machine = star_names, None
        self._keys, self._found, self._copies = [], [], []

    def _go_back(self, n_same: int) -> None:
        """Stand where the walk stood before a cell that is among the first `n_same`, or after."""
        if n_same == len(self._keys) and self._machine is not None:
            return
        self._copies = [copy for copy in self._copies if copy.position <= n_same]
        last = self._copies[-1] if self._copies else None
        position = 0 if last is None else last.position
        self._machine = None if last is None else _restored(last)
        self._keys, self._found = self._keys[:position], self._found[:position]

    def _walk(self, keys: Sequence[_Key]) -> None:
        assert self._stars is not None  # set by `analyse`
        machine = self._machine or new_machine(self._stars)
        # While it moves it stands nowhere: an interrupt must not leave half a step behind.
        self._machine = None
        started = time.thread_time()
        for code, is_aside in keys:
            if time.thread_time() - started >= self._patience * self._copying_s and self._keys:
                self._copy(machine)
                started = time.thread_time()
            self._found.append(analyse_cell(machine, code, is_aside=is_aside))
            self._keys.append((code, is_aside))
        self._machine = machine

    def _copy(self, machine: Machine) -> None:
        started = time.thread_time()
        buffer = io.BytesIO()
        pickler = _Pickler(buffer)
        try:
            pickler.dump(machine)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            return  # a value that cannot be copied: the walk starts at an earlier copy
        self._copies.append(_Copy(len(self._keys), buffer.getvalue(), pickler.trees))
        self._copying_s = time.thread_time() - started


class _Pickler(pickle.Pickler):
    """Writes the machine, with trees as references."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self.trees: dict[int, ast.AST] = {}

    def persistent_id(self, value: Any) -> int | None:
        if not isinstance(value, ast.AST):
            return None
        self.trees[id(value)] = value
        return id(value)


class _Unpickler(pickle.Unpickler):
    """Reads what `_Pickler` wrote in this process."""

    def __init__(self, copy: _Copy) -> None:
        super().__init__(io.BytesIO(copy.state))
        self._trees = copy.trees

    def persistent_load(self, reference: int) -> ast.AST:
        return self._trees[reference]


def _restored(copy: _Copy) -> Machine:
    machine: Machine = _Unpickler(copy).load()
    return machine


def _common(one: Sequence[_Key], other: Sequence[_Key]) -> int:
    """Return how many keys the two have in common at their beginning."""
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))
