"""What is known about one model version? What its package says of itself, and where it came from.

Plain frozen values. What could not be read is missing and stands in `ModelFacts.faults`: a version
that another tool registered has no package of ours, and is shown all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from mlops_nb.registry.report import GateReport, finite

Signature = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """One variable of ``--eval``.

    Attributes
    ----------
    name : str
    role : str
        ``"features"``, ``"target"`` or ``"slices"``.
    n_rows : int
    digest : str
        Over the full content.
    is_kept : bool
        Whether the package has the rows.
    """

    name: str
    role: str
    n_rows: int
    digest: str
    is_kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column of the evaluation features, as its profile has it.

    Attributes
    ----------
    name : str
    kind : str
        ``"number"`` or ``"category"``.
    missing : float
        Share of rows, 0 to 1.
    described : str
        Range of numbers, most frequent values of others.
    """

    name: str
    kind: str
    missing: float
    described: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrigin:
    """The run that made the version; texts are empty where nothing is known.

    Attributes
    ----------
    run_id, notebook, stage, door, user, commit, branch : str
    address : str
        Where MLflow's interface shows it.
    is_dirty : bool
        Whether the working tree differed from the commit.
    started : datetime or None
    """

    run_id: str
    address: str = ""
    notebook: str = ""
    stage: str = ""
    door: str = ""
    user: str = ""
    commit: str = ""
    branch: str = ""
    is_dirty: bool = False
    started: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveMark:
    """That a version is not to be used any more: why, said by whom and when."""

    reason: str
    actor: str
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model version.

    Attributes
    ----------
    name : str
    version : int
    aliases : tuple of str
    created : datetime or None
    digest : str
        Of its package's manifest, as registered.
    source : str
        MLflow's URI of the files.
    class_name, flavour, serialization, pickle_reason, python : str
    metrics : Mapping of str to float
        As logged by its run; of a series the last value.
    params : Mapping of str to str
    signature : Mapping or None
        ``{"inputs": [...], "outputs": [...], "params": [...]}``, as MLflow writes it.
    requirements : tuple of str
        Exact pins.
    evaluation : tuple of DataFacts
    columns : tuple of ColumnFacts
    size_bytes : int or None
        Of the model's files.
    notes : tuple of str
        What its package says a person should know.
    run : RunOrigin or None
    report : GateReport or None
        The newest that was recorded with it.
    archived : ArchiveMark or None
    faults : tuple of str
        What could not be read, as full sentences.
    """

    name: str
    version: int
    aliases: tuple[str, ...] = ()
    created: datetime | None = None
    digest: str = ""
    source: str = ""
    class_name: str = ""
    flavour: str = ""
    serialization: str = ""
    pickle_reason: str = ""
    python: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    signature: Signature | None = None
    requirements: tuple[str, ...] = ()
    evaluation: tuple[DataFacts, ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    size_bytes: int | None = None
    notes: tuple[str, ...] = ()
    run: RunOrigin | None = None
    report: GateReport | None = None
    archived: ArchiveMark | None = None
    faults: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``"churn@4"``."""
        return f"{self.name}@{self.version}"

    @property
    def uri(self) -> str:
        """What MLflow loads."""
        return f"models:/{self.name}/{self.version}"

    def to_json(self) -> dict[str, Any]:
        """Return what ``models show --json`` prints (schema 1)."""
        own = finite(asdict(self))
        for part in (own, own["run"] or {}):
            for name in ("created", "started"):
                if part.get(name) is not None:
                    part[name] = part[name].isoformat()
        report = None if self.report is None else self.report.to_json()
        return {"schema": 1, "uri": self.uri, **own, "report": report}
