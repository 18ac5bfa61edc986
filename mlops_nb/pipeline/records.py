"""What happened? The record of one execution of a stage, and of one run (DESIGN 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType, get_args

from mlops_nb.pipeline.cells import StageName

RunId = NewType("RunId", str)

Action = Literal["run", "restore", "skip", "undecided"]
CellStatus = Literal[
    "completed",
    "restored",
    "skipped",
    "expected error",
    "running",
    "failed",
    "timeout",
    "kernel died",
    "interrupted",
    "not run",
]
RunStatus = Literal["completed", "failed", "timeout", "died", "interrupted", "terminated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRecord:
    """Why a run did not complete. `cell` is an index among all cells, or None outside cells."""

    code: str
    message: str
    cell: int | None = None
    stage: str | None = None
    traceback: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the contract's error object; the traceback stays in the notebook and in MLflow."""
        return {
            "code": self.code,
            "message": self.message,
            "cell": self.cell,
            "stage": self.stage,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """The model a run made: a registered version, or only logged (`version` None)."""

    name: str
    version: int | None
    uri: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The execution that what was restored stands for.

    Attributes
    ----------
    run_id : str or None
        The MLflow run that made it; None if that was not tracked.
    time : str
        When, in UTC, as ISO 8601 has it; empty if nobody knows.
    seconds : float
        What it took there, and did not take here.
    """

    run_id: str | None = None
    time: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How much of a run was restored: `cells` `of` those it would have run, saving `seconds`."""

    cells: int
    of: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """One stage in one run.

    Attributes
    ----------
    name, action, reason
        What was decided and why, for a person.
    status : CellStatus
        How it ended: the status of its worst cell.
    seconds : float or None
        Wall time of its cells; None if it did not run.
    outputs : Mapping of str to (str or None)
        Names the stage bound or mutated that later cells read; a fingerprint ``"ALG:HEX"`` or None
        where none was taken.
    bound : tuple of str
        Public names it bound, as observed, sorted.
    metrics : Mapping of str to float
    series : Mapping of str to tuple of float
        Per-step metrics: value by step from 0.
    cpu_seconds, peak_memory_bytes
        Of the kernel during the stage; None if not measured.
    origin : Origin or None
        Of a restored stage: the execution it stands for.
    """

    name: StageName
    action: Action
    reason: str
    status: CellStatus = "completed"
    seconds: float | None = None
    outputs: Mapping[str, str | None] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    started: datetime | None = None
    error: ErrorRecord | None = None
    origin: Origin | None = None

    @property
    def final_metrics(self) -> dict[str, float]:
        """Return its metrics; of a series the last value, as MLflow shows it too."""
        return {**self.metrics, **{name: steps[-1] for name, steps in self.series.items() if steps}}

    def to_json(self) -> dict[str, Any]:
        """Return the contract's stage object."""
        return {
            "name": self.name,
            "action": self.action,
            "reason": self.reason,
            "status": self.status,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "outputs": dict(self.outputs),
            "restored": None if self.origin is None else self.origin.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of a pipeline, as ``run --json`` prints it and the executed notebook keeps it.

    Attributes
    ----------
    gates : tuple of Mapping
        How each gate turned out: what ``GateOutcome`` says, as JSON.
    gate_report : Mapping or None
        What was judged against what: the gate report but its outcomes; None: nothing was.
    promotion : Mapping or None
        What became of ``--promote-if-passed``: ``promoted``, and the promotion or why not.
    """

    run_id: str | None
    notebook: str
    output: str | None
    status: RunStatus
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[StageRecord, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    gates: tuple[Mapping[str, Any], ...] = ()
    gate_report: Mapping[str, Any] | None = None
    promotion: Mapping[str, Any] | None = None
    model: ModelRecord | None = None
    error: ErrorRecord | None = None
    started: datetime | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    restored: Restored | None = None

    @property
    def has_failed_gates(self) -> bool:
        """True if a gate failed: the run is sound, its model is not blessed."""
        return any(gate["verdict"] == "failed" for gate in self.gates)

    def to_json(self) -> dict[str, Any]:
        """Return the contract's run object (schema 1)."""
        return {
            "schema": 1,
            "run_id": self.run_id,
            "notebook": self.notebook,
            "output": self.output,
            "status": self.status,
            "parameters": dict(self.parameters),
            "stages": [stage.to_json() for stage in self.stages],
            "metrics": dict(self.metrics),
            "gates": [dict(gate) for gate in self.gates],
            "gate_report": None if self.gate_report is None else dict(self.gate_report),
            "promotion": None if self.promotion is None else dict(self.promotion),
            "model": None if self.model is None else self.model.to_json(),
            "error": None if self.error is None else self.error.to_json(),
            "started": None if self.started is None else self.started.isoformat(),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "notes": list(self.notes),
            "restored": None if self.restored is None else self.restored.to_json(),
        }


def parse_record(content: Mapping[str, Any]) -> RunRecord:
    """Return the record that `RunRecord.to_json` wrote; what that leaves out is lost.

    Raises
    ------
    KeyError, TypeError, ValueError
        If `content` is no such record.
    """
    if content["status"] not in get_args(RunStatus):
        raise ValueError(f"no status of a run: {content['status']!r}")
    started, model, error = content["started"], content["model"], content["error"]
    restored = content.get("restored")
    return RunRecord(
        run_id=content["run_id"],
        notebook=content["notebook"],
        output=content["output"],
        status=content["status"],
        parameters=dict(content["parameters"]),
        stages=tuple(map(_parse_stage, content["stages"])),
        metrics=dict(content["metrics"]),
        gates=tuple(content["gates"]),
        gate_report=content.get("gate_report"),
        promotion=content.get("promotion"),
        model=None if model is None else ModelRecord(**model),
        error=None if error is None else ErrorRecord(**error),
        started=None if started is None else datetime.fromisoformat(started),
        seconds=content["seconds"],
        notes=tuple(content["notes"]),
        restored=None if restored is None else Restored(**restored),
    )


def _parse_stage(content: Mapping[str, Any]) -> StageRecord:
    fields = {key: value for key, value in content.items() if key != "restored"}
    origin = content.get("restored")
    return StageRecord(**fields, origin=None if origin is None else Origin(**origin))
