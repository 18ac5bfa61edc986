"""Who writes the MLflow model? MLflow's own ``save_model`` of the flavour, told everything it would
guess at.

Requirements and signature are given, so no process is started to infer them. For skops it saves a
stand-in and the real file, already written when the encoding was decided, takes its place:
``save_model`` would write and load the model twice more, which for a large forest is most of the
time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_nb.packaging.encoding import Encoding, evaluating
from mlops_nb.packaging.quiet import quiet_mlflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What MLflow writes around the model.

    Attributes
    ----------
    signature : mlflow.models.ModelSignature or None
    example : object or None
    requirements : tuple of str
    code : tuple of Path
        Local modules to ship.
    metadata : Mapping
        Goes into ``MLmodel``.
    """

    signature: Any
    example: Any
    requirements: tuple[str, ...]
    code: tuple[Path, ...]
    metadata: Mapping[str, Any]


def save_model(model: Any, path: Path, *, encoding: Encoding, frame: Frame) -> None:
    """Write the MLflow model directory `path`, which must not exist."""
    with quiet_mlflow():
        _SAVERS[encoding.flavour](model, path, encoding, frame)


def _save_sklearn(model: Any, path: Path, encoding: Encoding, frame: Frame) -> None:
    import mlflow.sklearn

    if encoding.serialization == "cloudpickle":
        mlflow.sklearn.save_model(
            model, str(path), serialization_format="cloudpickle", **_arguments(frame)
        )
        return
    from sklearn.dummy import DummyClassifier

    mlflow.sklearn.save_model(
        DummyClassifier(),
        str(path),
        serialization_format="skops",
        skops_trusted_types=list(encoding.trusted),
        **_arguments(frame),
    )
    _put_in_place(encoding, path)


def _save_lightgbm(model: Any, path: Path, encoding: Encoding, frame: Frame) -> None:
    import mlflow.lightgbm

    if encoding.serialization == "native":
        mlflow.lightgbm.save_model(model, str(path), **_arguments(frame))
        return
    trusted = {"skops_trusted_types": list(encoding.trusted)} if encoding.trusted else {}
    mlflow.lightgbm.save_model(
        model,
        str(path),
        serialization_format=encoding.serialization,
        **trusted,
        **_arguments(frame),
    )


def _save_xgboost(model: Any, path: Path, encoding: Encoding, frame: Frame) -> None:
    import mlflow.xgboost

    mlflow.xgboost.save_model(model, str(path), **_arguments(frame))


def _save_pytorch(model: Any, path: Path, encoding: Encoding, frame: Frame) -> None:
    import mlflow.pytorch

    with evaluating(model):
        mlflow.pytorch.save_model(
            model, str(path), serialization_format=encoding.serialization, **_arguments(frame)
        )


def _save_pyfunc(model: Any, path: Path, encoding: Encoding, frame: Frame) -> None:
    import cloudpickle
    import mlflow.pyfunc

    from mlops_nb.packaging import pickled_model

    arguments = _arguments(frame)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        loader = Path(scratch) / "mlops_nb_pickled_model.py"
        shutil.copyfile(pickled_model.__file__, loader)
        with (data / pickled_model.FILE_NAME).open("wb") as stream:
            cloudpickle.dump(model, stream, protocol=5)
        code = [*(arguments["code_paths"] or ()), str(loader)]
        mlflow.pyfunc.save_model(
            str(path),
            loader_module=loader.stem,
            data_path=str(data),
            **{**arguments, "code_paths": code},
        )


_SAVERS = {
    "lightgbm": _save_lightgbm,
    "pyfunc": _save_pyfunc,
    "pytorch": _save_pytorch,
    "sklearn": _save_sklearn,
    "xgboost": _save_xgboost,
}


def _arguments(frame: Frame) -> dict[str, Any]:
    return {
        "signature": frame.signature if frame.signature is not None else False,
        "input_example": frame.example,
        "pip_requirements": list(frame.requirements),
        "code_paths": [str(path) for path in frame.code] or None,
        "metadata": dict(frame.metadata),
    }


def _put_in_place(encoding: Encoding, path: Path) -> None:
    """Replace the stand-in by the real file."""
    if encoding.file is None:
        raise AssertionError("a skops encoding has its file")
    encoding.file.replace(path / "model.skops")
