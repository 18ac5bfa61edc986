"""What did the cells of a past run leave? The executed notebook names the trace of each, and the
store has its values, as long as they were not removed from it.

Values are those of that run, whatever has changed since: nothing is compared with the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_nb.artifacts.codec_manifest import references_of
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.store import Store
from mlops_nb.execution.kept import KeptResults
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.traces import Trace

# Of cells that did nothing.
IDLE = frozenset({"", "not run", "skipped"})
_BAD = frozenset({"failed", "timeout", "kernel died", "interrupted", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCell:
    """One code cell of an executed notebook.

    Attributes
    ----------
    position : int
        Among all cells of the executed notebook, from 0.
    source : str
    stage : str
        Empty where it is of none.
    status : str
        How it ended; empty if nobody says.
    error : str
    reads, touches : frozenset of str
        Names it may read, and those it may bind, change or delete, by its source.
    trace : str
        ``KEY/ID`` of what was kept of it; empty if nothing was.
    """

    position: int
    source: str
    stage: str
    status: str
    error: str = ""
    reads: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    trace: str = ""

    @property
    def has_ended_badly(self) -> bool:
        return self.status in _BAD


class MissingValueError(Exception):
    """A value of a past run is not to be had; ``args`` are its name and the reason."""


class PastValues:
    """The values that the cells of a past run left.

    Parameters
    ----------
    cells : sequence of PastCell
    store : Store
    stamp : str
        Of this process.
    """

    def __init__(self, cells: Iterable[PastCell], *, store: Store, stamp: str) -> None:
        self.cells = tuple(cells)
        self._store = store
        self._kept = KeptResults(store, stamp=stamp)

    @property
    def root(self) -> Path:
        """Folder of the store."""
        return self._store.root

    def trace_of(self, cell: PastCell) -> Trace | None:
        """Return what was kept of a cell; None if nothing was, or it is not there any more."""
        key, _, ident = cell.trace.rpartition("/")
        return next((t for t in self._kept.find(key) if t.id == ident), None) if key else None

    def ledger(self, until: int) -> Ledger:
        """Return the facts that the cells before a position left; names that a cell may have
        changed of which nothing is kept are of no trace."""
        ledger = Ledger(lambda fact: None)
        for cell in self.cells:
            if cell.position < until:
                self.take(cell, ledger)
        return ledger

    def take(self, cell: PastCell, ledger: Ledger) -> bool:
        """Note in a ledger what a cell did; return whether that was kept."""
        trace = self.trace_of(cell)
        if trace is not None:
            ledger.restore(cell.position, trace)
        elif cell.status not in IDLE:
            entries = [ledger.entry(Fact(FactKind.NAME, name)) for name in cell.touches]
            also = {name for entry in entries if entry is not None for name in entry.group}
            facts = {Fact(FactKind.NAME, name): "not kept" for name in cell.touches | also}
            ledger.write(cell.position, facts)
        return trace is not None

    def manifest(self, trace: Trace, name: str) -> dict[str, Any]:
        """Return what describes a value that a trace left, with all that it needs at hand.

        Raises
        ------
        MissingValueError
            If it was not stored, or is not there any more.
        """
        group = trace.group_of(name)
        if group is None or group.content is None:
            told = "it was not stored" if group is None else group.obstacle
            raise MissingValueError(name, told)
        manifest: dict[str, Any] = json.loads(group.content)
        fault = self._kept.fetch(d for part in manifest["groups"] for d in part["blobs"])
        if fault:
            raise MissingValueError(name, fault)
        return manifest

    def is_trusted(self, trace: Trace) -> bool:
        """Return whether pickles among the values of a trace may be read."""
        return self._kept.is_trusted(trace)

    def load(self, name: str, *, until: int, namespace: dict[str, Any] | None = None) -> Any:
        """Return the value of a name as the cells before position `until` left it, read into this
        process; and what its code looks up, in `namespace`.

        Raises
        ------
        MissingValueError
        """
        ledger = self.ledger(until)
        space: dict[str, Any] = {} if namespace is None else namespace
        return self._load(name, ledger, space, set())

    def _load(self, name: str, ledger: Ledger, space: dict[str, Any], under_way: set[str]) -> Any:
        entry = ledger.entry(Fact(FactKind.NAME, name))
        if entry is None or entry.trace is None or entry.state is None:
            where = "" if entry is None else f"cell {entry.cell} may have changed it, and "
            raise MissingValueError(name, f"{where}nothing of such a cell is kept")
        under_way.add(name)
        manifest = self.manifest(entry.trace, name)
        needed = {*references_of(manifest, [name]), *ledger.reach([name])}
        for other in sorted(needed - under_way):
            if other not in space:
                self._need(other, ledger, space, under_way)
        found = decode(
            manifest,
            [name],
            blobs=self._store.blobs,
            namespace=space,
            may_run_code=self.is_trusted(entry.trace),
        )
        if name not in found.values:
            raise MissingValueError(name, _reason(found.obstacles))
        space.update(found.values)
        return found.values[name]

    def _need(self, name: str, ledger: Ledger, space: dict[str, Any], under_way: set[str]) -> None:
        """Load what another value refers to, where it is kept: decoding tells if it must be."""
        try:
            self._load(name, ledger, space, under_way)
        except MissingValueError:
            return


def past_cells(node: Mapping[str, Any]) -> Iterator[PastCell]:
    """Yield the code cells of an executed notebook; `stage` is empty: the pipeline knows it."""
    for position, cell in enumerate(node["cells"]):
        if cell.get("cell_type") != "code":
            continue
        ours = cell.get("metadata", {}).get("mlops_nb", {})
        ours = ours if isinstance(ours, Mapping) else {}
        yield PastCell(
            position=position,
            source=cell["source"],
            stage="",
            status=str(ours.get("status") or ""),
            error=str(ours.get("error") or ""),
            trace=str(ours.get("trace") or ""),
        )


def _reason(obstacles: Iterable[Any]) -> str:
    return next((str(o.reason) for o in obstacles), "it is not among what was stored")
