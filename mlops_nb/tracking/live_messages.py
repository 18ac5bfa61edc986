"""What does a live kernel say to the process that tracks it?

Values of ours, pickled one after the other: a pickle knows where it ends, and a series of a million
values takes milliseconds. Never an object of the user's: models go through files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mlops_nb.pipeline.records import RunId, StageRecord
from mlops_nb.tracking.entries import (
    STATUS_TAG,
    FinishEntry,
    RunEntry,
    RunSource,
    run_entry,
    to_ms,
)
from mlops_nb.tracking.gitinfo import read_git_state
from mlops_nb.tracking.processes import ProcessStamp
from mlops_nb.tracking.store import TrackingStore

# Said with the exit status: another start of the process would end the same way.
EXIT_UNUSABLE = 64
# The process has the run's store for good, whatever user code turns to.
_OWN_VARIABLES = frozenset({"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOpening:
    """What is said first.

    Attributes
    ----------
    store : TrackingStore
        Located, not yet prepared.
    experiment : str
    source : RunSource
    started : datetime
        When the kernel's session began.
    kernel : ProcessStamp
    run_id : RunId or None
        A run that a process before this one has opened, and that is continued.
    """

    store: TrackingStore
    experiment: str
    source: RunSource
    started: datetime
    kernel: ProcessStamp
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftModel:
    """A model that a stage left.

    Attributes
    ----------
    stage : str
    folder : Path
        All that belongs to it; removed when it is packaged.
    handover : Path
        Where in it the objects are.
    cwd : Path
        The kernel's working directory.
    metrics : Mapping of str to float
        Of the stage.
    trusted : tuple of str
    is_early : bool, default=False
        Whether more cells of its stage follow, one of which may fit it.
    """

    stage: str
    folder: Path
    handover: Path
    cwd: Path
    metrics: Mapping[str, float]
    trusted: tuple[str, ...]
    is_early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveItem:
    """Something to be tracked; answered by its number when it is written.

    Attributes
    ----------
    number : int
    content : StageRecord or LeftModel
    moment : datetime
    environment : Mapping of str to (str or None)
        What changed in the kernel's environment since the last item; None for what was removed.
    """

    number: int
    content: StageRecord | LeftModel
    moment: datetime
    environment: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEnd:
    """The kernel's session ends."""

    has_failed: bool
    moment: datetime


def live_run_entry(opening: LiveOpening) -> RunEntry:
    """Return the entry that opens the run; asks git."""
    return run_entry(
        opening.source,
        read_git_state(opening.source.notebook.parent, running=opening.source.notebook),
        experiment=opening.experiment,
        parameters={},
        door="interactive",
        started=opening.started,
        process=opening.kernel,
    )


def live_finish_entry(end: LiveEnd) -> FinishEntry:
    """Return the entry that closes the run: it failed if its last stage did."""
    return FinishEntry(
        status="FAILED" if end.has_failed else "FINISHED",
        ended_ms=to_ms(end.moment),
        tags={STATUS_TAG: "failed" if end.has_failed else "completed"},
    )


LiveMessage = LiveOpening | LiveItem | LiveEnd


class EnvironmentWatch:
    """Tells what changed in this process's environment since it was asked last."""

    def __init__(self) -> None:
        self._last = dict(os.environ)

    def changes(self) -> dict[str, str | None]:
        """Return the variables that were set or removed meanwhile."""
        before, now = self._last, dict(os.environ)
        self._last = now
        changed: dict[str, str | None] = {
            name: value for name, value in now.items() if before.get(name) != value
        }
        changed.update(dict.fromkeys(before.keys() - now.keys()))
        return changed


def adopt_changes(
    changes: Mapping[str, str | None], environment: MutableMapping[str, str] = os.environ
) -> None:
    """Make the changes of a kernel's environment in this process's, but for the store's address."""
    for name, value in changes.items():
        if name in _OWN_VARIABLES:
            continue
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
