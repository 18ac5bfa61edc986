"""What did one run over a notebook leave, cell by cell, so that another can be held against it?

A witness hears of every cell as it ends; with what the executed notebook and the record say, that
is a pass. After each cell all values are looked at anew: what no watch saw change shows up too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.execution.isolation import Joint
from mlops_nb.pipeline.incremental.facts import Fact
from mlops_nb.pipeline.incremental.traces import Blocker, Trace
from mlops_nb.pipeline.records import CellStatus, ErrorRecord, RunRecord, RunStatus

# The ways in which a notebook is run; the others are held against the first.
FIRST, ISOLATED, RESTORED, OTHER = "one kernel", "isolated", "restored", "another process"
# The cell of injected parameters, which the source has not.
INJECTED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeen:
    """One cell in one pass.

    Attributes
    ----------
    status : CellStatus
    reads, writes : Mapping of Fact to (str or None)
        Digests before and after; empty where nobody knows.
    survey : Mapping of str to (str or None), or None
        Digests of all names in its kernel when it had ended; None if it did not run.
    blockers : tuple of Blocker
    obstacles : Mapping of str to str
        Why a name has no fingerprint.
    shown : Mapping of Fact to str
        Short values, for people.
    outputs : tuple of Mapping
        As the executed notebook has them.
    """

    status: CellStatus
    reads: Mapping[Fact, str | None] = field(default_factory=dict)
    writes: Mapping[Fact, str | None] = field(default_factory=dict)
    survey: Mapping[str, str | None] | None = None
    blockers: tuple[Blocker, ...] = ()
    obstacles: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[Fact, str] = field(default_factory=dict)
    outputs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSeen:
    """One run over the notebook.

    Attributes
    ----------
    name : str
        Such as ``"isolated"``.
    status : RunStatus
    cells : Mapping of int to CellSeen
        By index in the source, in the order in which they ran; a cell after the last where one was
        added to look at all values.
    metrics : Mapping of str to Mapping
        By stage: numbers, and series as tuples.
    error : ErrorRecord or None
    joints : tuple of Joint
        Cells that were to run apart and could not, by index.
    seconds : float
    """

    name: str
    status: RunStatus
    cells: Mapping[int, CellSeen]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: ErrorRecord | None = None
    joints: tuple[Joint, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class _Heard:
    trace: Trace | None
    told: Mapping[str, Any]


class CellWitness:
    """Who hears of every cell of a run, by position in the notebook that is executed."""

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}
        self.joints: list[Joint] = []

    def begin(self) -> None:
        """Forget the cells: the run begins, perhaps again."""
        self._heard.clear()

    def restored(self, position: int, trace: Trace) -> None:
        """Hear of a cell that was restored."""
        self._heard[position] = _Heard(trace, {})

    def ran(self, position: int, trace: Trace | None, told: Mapping[str, Any] | None) -> None:
        """Hear of a cell that ran, and what the session told."""
        self._heard[position] = _Heard(trace, told or {})

    def joined(self, joint: Joint) -> None:
        """Hear of cells that could not run apart."""
        self.joints.append(joint)

    def to_pass(
        self, name: str, record: RunRecord, node: Mapping[str, Any], *, indices: Sequence[int]
    ) -> PassSeen:
        """Return what was heard, with what record and executed notebook say.

        Parameters
        ----------
        name : str
        record : RunRecord
        node : Mapping
            The executed notebook.
        indices : sequence of int
            Of each of its cells, the index in the source.
        """
        cells = {
            indices[position]: self._cell(position, cell)
            for position, cell in enumerate(node["cells"])
            if cell["cell_type"] == "code"
        }
        return PassSeen(
            name=name,
            status=record.status,
            cells=cells,
            metrics={s.name: {**s.metrics, **s.series} for s in record.stages},
            error=record.error,
            joints=tuple(
                Joint(first=indices[j.first], last=indices[j.last], reason=j.reason)
                for j in self.joints
            ),
            seconds=record.seconds or 0.0,
        )

    def _cell(self, position: int, cell: Mapping[str, Any]) -> CellSeen:
        status = cell["metadata"].get("mlops_nb", {}).get("status", "not run")
        outputs = tuple(cell.get("outputs", ()))
        heard = self._heard.get(position)
        if heard is None or heard.trace is None:
            return CellSeen(status=status, outputs=outputs)
        return CellSeen(
            status=status,
            reads=heard.trace.reads,
            writes=heard.trace.writes,
            survey=heard.told.get("survey"),
            blockers=heard.trace.blockers,
            obstacles=heard.told.get("obstacles", {}),
            shown=heard.trace.shown,
            outputs=outputs,
        )
