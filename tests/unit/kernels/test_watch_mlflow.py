from __future__ import annotations

import sys
import types

import pytest

from mlops_nb.kernels.watch_imports import ImportHook
from mlops_nb.kernels.watch_mlflow import MlflowWatch
from mlops_nb.kernels.watch_seen import Seen

MODULE = "mlflow.tracking._tracking_service.client"


class Client:
    """Stands in for MLflow's client, which takes seconds to import."""

    def log_metric(self, key: str, value: float) -> tuple[str, float]:
        return key, value

    def get_run(self, run_id: str) -> str:
        return run_id


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    kind = type("TrackingServiceClient", (), dict(vars(Client)))
    module = types.ModuleType(MODULE)
    module.TrackingServiceClient = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    return kind


@pytest.fixture
def imports() -> ImportHook:
    hook = ImportHook(lambda *_: None)
    hook.close()
    return hook


def test_a_cell_that_logs_is_told_of_and_one_that_reads_is_not(
    client: type[Client], imports: ImportHook
) -> None:
    watch = MlflowWatch(lambda: True)
    watch.install(imports)
    try:
        client().get_run("1")
        seen = Seen()
        watch.stop(seen)
        assert seen.blockers == []
        assert client().log_metric("a", 1.0) == ("a", 1.0)
        watch.stop(seen)
        ((cause, message, remedy),) = seen.blockers
        assert cause == "mlflow"
        assert message == "told MLflow something by itself (log_metric)"
        assert "--metrics" in remedy
    finally:
        watch.close()
    assert client.log_metric is Client.log_metric


def test_what_is_logged_between_cells_by_us_is_nobodys(
    client: type[Client], imports: ImportHook
) -> None:
    watch = MlflowWatch(lambda: False)
    watch.install(imports)
    client().log_metric("a", 1.0)
    seen = Seen()
    watch.stop(seen)
    watch.close()
    assert seen.blockers == []
