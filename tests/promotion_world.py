"""A registry in memory whose writes are counted, so that a process can be killed at any of them.

Both kinds of history are real: the file of the embedded store, and the run of a server, whose few
calls `Server` answers as MLflow does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS

from mlops_nb.errors import InputError
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.history import History, history
from mlops_nb.registry.promotion.judging import Judged, Yardstick
from mlops_nb.registry.promotion.log_file import FileLog
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.promotion.planning import plan_promotion
from mlops_nb.registry.promotion.promoting import promote, rollback
from mlops_nb.registry.promotion.promotion import Promotion
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import ModelInfo, RunInfo, VersionInfo
from mlops_nb.registry.report import GateReport

ANN = Actor(name="ann@shop")
MODEL = "churn"
RUN_TAGS = {
    "mlops_nb.door": "headless",
    "mlflow.source.git.commit": "a" * 40,
    "mlops_nb.dirty": "false",
    "mlops_nb.notebook": "nb/churn.ipynb",
    "mlflow.user": "bob",
}


class Killed(BaseException):
    """Stands for kill -9: nothing in the code under test catches it."""


@dataclass
class Steps:
    """Counts writes, and kills before or after one of them."""

    kill_at: tuple[int, str] | None = None
    names: list[str] = field(default_factory=list)

    def run(self, name: str, write: Callable[[], Any]) -> Any:
        self.names.append(name)
        number = len(self.names) - 1
        if self.kill_at == (number, "before"):
            raise Killed(name)
        written = write()
        if self.kill_at == (number, "after"):
            raise Killed(name)
        return written


class Server:
    """MLflow's client, as far as the history on a server needs it."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.experiments: dict[str, SimpleNamespace] = {}
        self.params: dict[str, dict[str, str]] = {}
        self._ids = itertools.count(1)

    def get_experiment_by_name(self, name: str) -> Any:
        return self.experiments.get(name)

    def create_experiment(self, name: str, tags: dict[str, str] | None = None) -> str:
        if name in self.experiments:
            raise MlflowException("there", error_code=RESOURCE_ALREADY_EXISTS)
        number = str(next(self._ids))
        self.experiments[name] = SimpleNamespace(experiment_id=number, tags=tags or {})
        return number

    def create_run(self, experiment_id: str, *, run_name: str, tags: dict[str, str]) -> Any:
        run_id = f"run{next(self._ids)}"
        self.params[run_id] = {}
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id))

    def search_runs(self, experiment_ids: list[str], **options: Any) -> list[Any]:
        return [
            SimpleNamespace(
                info=SimpleNamespace(run_id=run_id),
                data=SimpleNamespace(params=params, tags={"mlops_nb.history.model": MODEL}),
            )
            for run_id, params in self.params.items()
        ]

    def delete_run(self, run_id: str) -> None:
        del self.params[run_id]

    def delete_experiment(self, experiment_id: str) -> None:
        return

    def set_terminated(self, run_id: str) -> None:
        return

    def get_run(self, run_id: str) -> Any:
        return SimpleNamespace(data=SimpleNamespace(params=dict(self.params[run_id])))

    def log_param(self, run_id: str, key: str, value: str) -> None:
        def write() -> None:
            known = self.params[run_id].setdefault(key, value)
            if known != value:
                raise MlflowException(
                    "Changing param values is not allowed", error_code=INVALID_PARAMETER_VALUE
                )

        self.steps.run("line", write)


class World:
    """A registry in memory with a model of some versions."""

    def __init__(self, home: Path, *, embedded: bool, n_versions: int = 4) -> None:
        self.steps = Steps()
        self.server = Server(self.steps)
        self.store = SimpleNamespace(
            is_embedded=embedded,
            record_dir=home,
            tracking_uri="http://tracking.test",
            client=lambda: self.server,
        )
        self.aliases: dict[str, int] = {}
        self.model_tags: dict[str, str] = {}
        self.tags = {number: {} for number in range(1, n_versions + 1)}
        self.gone: set[int] = set()

    # The port.

    def names(self) -> tuple[str, ...]:
        return (MODEL,)

    def model(self, name: str) -> ModelInfo:
        return ModelInfo(name=name, aliases=dict(self.aliases), tags=dict(self.model_tags))

    def alias(self, name: str, alias: str) -> int | None:
        return self.aliases.get(alias)

    def version(self, name: str, version: int | str) -> VersionInfo:
        number = version if isinstance(version, int) else self.aliases.get(version, version)
        number = int(number) if str(number).isdecimal() else 0
        if number not in self.tags:
            raise InputError("MNB712", f"{name}@{version}", "there is no such version.", "Look.")
        return VersionInfo(
            name=name,
            version=number,
            run_id=f"r{number}",
            digest=f"sha256:{number}",
            tags={**self.tags[number], "mlops_nb.notebook": "nb/churn.ipynb"},
            created=datetime(2026, 1, number, tzinfo=UTC),
        )

    def versions(self, name: str, *, with_metrics: bool = False) -> tuple[VersionInfo, ...]:
        return tuple(self.version(name, number) for number in sorted(self.tags, reverse=True))

    def run(self, run_id: str) -> RunInfo | None:
        return RunInfo(run_id=run_id, status="FINISHED", tags=RUN_TAGS)

    def set_tags(self, name: str, version: int, tags: Mapping[str, str]) -> None:
        self.steps.run("version tags", lambda: self.tags[version].update(tags))

    def set_model_tags(self, name: str, tags: Mapping[str, str]) -> None:
        self.steps.run("anchor", lambda: self.model_tags.update(tags))

    def move_alias(self, name: str, alias: str, version: int | None) -> None:
        if version not in self.tags:
            raise InputError("MNB712", f"{name}@{version}", "there is no such version.", "Look.")
        self.steps.run(f"alias {alias}", lambda: self.aliases.update({alias: version}))

    # What tests do with it.

    def plan(self, version: int | None = None, **options: Any) -> PromotionPlan:
        return plan_promotion(self, MODEL, version, **{"judge": approving, **options})

    def promote(self, version: int, **options: Any) -> Promotion:
        return promote(self.plan(version), **{"actor": ANN, "reason": "better", **options})

    def rollback(self, **options: Any) -> Promotion:
        return rollback(self, MODEL, **{"actor": ANN, "reason": "worse", **options})

    def history(self, at: datetime | None = None) -> History:
        return history(self, MODEL, at)

    def move_in_mlflow(self, alias: str, version: int | None) -> None:
        """Move an alias as another tool would."""
        if version is None:
            self.aliases.pop(alias, None)
        else:
            self.aliases[alias] = version

    def kill_at(self, number: int, moment: str) -> None:
        """Kill the next promoter before or after its write of this number."""
        self.steps.kill_at = (number, moment)
        self.steps.names.clear()

    def revive(self) -> None:
        self.steps.kill_at = None
        self.steps.names.clear()


def approving(
    registry: Any, candidate: VersionInfo, yardstick: Yardstick, rules: PromotionRules
) -> Judged:
    """Judge as gates do that all pass."""
    return Judged(
        report=GateReport(candidate=candidate.label, candidate_digest=candidate.digest),
        infra=InfraReport(digest=candidate.digest),
    )


def count_appended(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    """Let lines of the file count as writes too."""
    append = FileLog.append
    monkeypatch.setattr(
        FileLog,
        "append",
        lambda log, seq, line: steps.run("line", lambda: append(log, seq, line)),
    )


def promoters_die(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every promoter be a process that is gone by the time anybody looks."""
    import socket

    from mlops_nb.registry.promotion import moves

    stamp = f"{socket.gethostname()}|another boot|1|1"
    monkeypatch.setattr(moves, "process_stamp", lambda: stamp)
