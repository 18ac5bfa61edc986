"""How does MLflow load a model that is a pickle? This file travels inside such packages as
`mlops_nb_pickled_model`.

It imports nothing of mlops_nb, so that the package loads where only its own requirements are
installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloudpickle

FILE_NAME = "model.pkl"


class PickledModel:
    """What ``mlflow.pyfunc`` asks for predictions."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def get_raw_model(self) -> Any:
        return self._model

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        return self._model.predict(model_input)


def _load_pyfunc(path: str) -> PickledModel:
    """Return the model below `path`; MLflow's protocol for loader modules."""
    file = Path(path)
    with (file / FILE_NAME if file.is_dir() else file).open("rb") as stream:
        return PickledModel(cloudpickle.load(stream))
