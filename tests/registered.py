"""A project with two registered versions of a model, for tests of doors to the registry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from mlops_nb.packaging import PackageRequest, build_package, log_package, register_package
from mlops_nb.registry.promotion.registry import registry_of
from mlops_nb.tracking.store import open_store

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 2)), columns=["age", "<b>"])
TARGET = pd.Series((ROWS["age"] > 0).astype(int), name="y")


def register(client: MlflowClient, folder: Path, *, accuracy: float, columns: list[str]) -> int:
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    tags = {"mlflow.user": "ada", "mlops_nb.notebook": "churn.ipynb", "mlops_nb.door": "headless"}
    run_id = client.create_run(experiment.experiment_id, tags=tags).info.run_id
    client.log_metric(run_id, "accuracy", accuracy)
    client.log_param(run_id, "depth", f"{accuracy:.0%}")
    client.log_param(run_id, "note", f"<img src=x onerror='window.hacked = {accuracy}'>")
    request = PackageRequest(
        variable="clf",
        stage="train",
        evaluation=(ROWS[columns], TARGET),
        evaluation_names=("X_test", "y_test"),
    )
    model = LogisticRegression().fit(ROWS[columns], TARGET)
    uri = log_package(build_package(model, folder, request=request), client=client, run_id=run_id)
    return register_package(uri, "churn", client=client, run_id=run_id)


def make_shop(root: Path) -> Path:
    """Register two versions of ``churn`` in a project; the first is the champion."""
    (root / "pyproject.toml").write_text("")
    store = open_store(root / ".mlops_nb" / "record")
    store.prepare_experiment("shop")
    client = store.client()
    register(client, root / "build" / "one", accuracy=0.8, columns=["age"])
    register(client, root / "build" / "two", accuracy=0.9, columns=["age", "<b>"])
    registry_of(store).move_alias("churn", "champion", 1)
    return root
