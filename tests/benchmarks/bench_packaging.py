"""What does a package cost, beside MLflow's own ``log_model``? Prints a table; run it by hand.

    python tests/benchmarks/bench_packaging.py

Both sides start with everything imported and log to a SQLite store of their own on the same disk.
MLflow's default is given the trusted types it asks for, without which it refuses forests.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_nb.packaging import (
    PackageRequest,
    build_package,
    log_package,
    register_package,
    warm_up,
)
from mlops_nb.tracking.store import open_store

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
MODELS: dict[str, Any] = {
    "logistic pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest, 100 trees": RandomForestClassifier(100, random_state=0),
    "forest, 500 trees": RandomForestClassifier(500, random_state=0),
}
TREES = ["sklearn.tree._tree.Tree"]


def main() -> None:
    """Print seconds per model: ours in three parts, MLflow's default and fastest way."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "record")
        store.prepare_experiment("bench")
        store.activate("bench")
        client = store.client()
        warm_up()
        print(f"{'':20}   build     log  register     sum   log_model: default  told all")
        for name, model in MODELS.items():
            model.fit(X, y)
            ours = [_ours(model, client, Path(folder)) for _ in range(3)]
            build, log, register = (sorted(part)[1] for part in zip(*ours, strict=True))
            default = _seconds(lambda model=model: _theirs(model))
            told = sorted(_seconds(lambda model=model: _told(model)) for _ in range(3))[1]
            print(
                f"{name:20}{build:8.2f}{log:8.2f}{register:10.2f}{build + log + register:8.2f}"
                f"   {default:18.2f}{told:10.2f}"
            )


def _ours(model: Any, client: MlflowClient, folder: Path) -> tuple[float, float, float]:
    experiment = client.get_experiment_by_name("bench")
    assert experiment is not None
    run_id = client.create_run(experiment.experiment_id).info.run_id
    request = PackageRequest(
        variable="clf", stage="train", evaluation=(X, y), evaluation_names=("X_test", "y_test")
    )
    start = time.perf_counter()
    package = build_package(model, folder / f"package-{run_id}", request=request)
    built = time.perf_counter()
    uri = log_package(package, client=client, run_id=run_id)
    logged = time.perf_counter()
    register_package(uri, "bench", client=client, run_id=run_id)
    return built - start, logged - built, time.perf_counter() - logged


def _theirs(model: Any) -> None:
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model, name="clf", input_example=X.head(), skops_trusted_types=TREES
        )


def _told(model: Any) -> None:
    signature = mlflow.models.infer_signature(X.head(), model.predict(X.head()))
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model,
            name="clf",
            signature=signature,
            pip_requirements=["scikit-learn"],
            skops_trusted_types=TREES,
            registered_model_name="told",
        )


def _seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
