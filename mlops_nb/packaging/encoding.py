"""In which form is this model kept? The library's own if MLflow has a flavour for it, skops for
scikit-learn, a pickle only where nothing else will do, and then with the reason.

Decided on the real object: skops is tried and the types it would need are compared with our list
(`trust`), because what a model holds depends on its data (a nearest-neighbours model has a tree on
few columns, none on many).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlops_nb.errors import InputError
from mlops_nb.packaging.needs import find_unpicklable
from mlops_nb.packaging.package import Serialization
from mlops_nb.packaging.trust import untrusted

Flavour = Literal["sklearn", "xgboost", "lightgbm", "pytorch", "pyfunc"]
_METHODS = ("predict", "predict_proba", "decision_function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a model will be saved.

    Attributes
    ----------
    flavour : {"sklearn", "xgboost", "lightgbm", "pytorch", "pyfunc"}
    serialization : {"skops", "native", "pt2", "cloudpickle", "pickle"}
    reason : str
        Why it is a pickle, else empty.
    trusted : tuple of str
        Types the skops file needs besides those skops trusts itself.
    file : Path or None
        The model already written, where deciding meant writing it.
    """

    flavour: Flavour
    serialization: Serialization
    reason: str = ""
    trusted: tuple[str, ...] = ()
    file: Path | None = None


def choose_flavour(model: Any) -> Flavour:
    """Return MLflow's flavour for `model`, by class; ``"pyfunc"`` if none fits.

    Libraries that are not loaded cannot have made the model and are not asked.
    """
    if _is_a(model, "xgboost", "Booster", "XGBModel"):
        return "xgboost"
    if _is_a(model, "lightgbm", "Booster", "LGBMModel"):
        return "lightgbm"
    if _is_a(model, "torch.nn", "Module"):
        return "pytorch"
    return "sklearn" if _is_a(model, "sklearn.base", "BaseEstimator") else "pyfunc"


def answers_of(model: Any, flavour: str) -> dict[str, Callable[[Any], Any]]:
    """Return the prediction methods of `model` by name, ``"predict"`` first; empty if it has none.

    What needs its own containers (a Booster, a network) is given them.
    """
    if flavour == "xgboost" and type(model).__name__ == "Booster":
        import xgboost

        return {"predict": lambda rows: model.predict(xgboost.DMatrix(rows))}
    if flavour == "pytorch":
        return {"predict": lambda rows: _run_network(model, rows)}
    return {name: getattr(model, name) for name in _METHODS if callable(getattr(model, name, None))}


def choose_encoding(
    model: Any, flavour: Flavour, *, example: Any, allow: tuple[str, ...], scratch: Path, place: str
) -> Encoding:
    """Return how to save `model`, having tried it where that is the only way to know.

    Parameters
    ----------
    example : object or None
        Input rows; a network is traced with them.
    allow : tuple of str
        Types the project trusts.
    scratch : Path
        Directory for what is written on the way.

    Raises
    ------
    InputError
        MNB603 if the model can be kept in no form.
    """
    if flavour == "xgboost" or (flavour == "lightgbm" and type(model).__name__ == "Booster"):
        return Encoding(flavour=flavour, serialization="native")
    if flavour == "pytorch":
        return _encode_network(model, example=example, scratch=scratch, place=place)
    reason = f"{type(model).__name__} is no model of a library with a format of its own."
    if flavour in ("sklearn", "lightgbm"):
        found = _encode_skops(model, flavour, allow=allow, scratch=scratch)
        if isinstance(found, Encoding):
            return found
        reason = found
    _require_picklable(model, place=place)
    return Encoding(flavour=flavour, serialization="cloudpickle", reason=reason)


def _encode_skops(
    model: Any, flavour: Flavour, *, allow: tuple[str, ...], scratch: Path
) -> Encoding | str:
    """Return the encoding with the file written, or why skops cannot be used."""
    import skops.io

    file = scratch / "model.skops"
    try:
        skops.io.dump(model, file)
        needed = skops.io.get_untrusted_types(file=file)
    except OSError:
        raise  # a full disk is no property of the model
    except Exception as error:
        return f"skops cannot keep it: {_first_line(error)}"
    if foreign := untrusted(needed, allow=allow):
        return "it holds what is not on the list of trusted types: " + ", ".join(foreign) + "."
    return Encoding(
        flavour=flavour, serialization="skops", trusted=tuple(sorted(needed)), file=file
    )


def _encode_network(model: Any, *, example: Any, scratch: Path, place: str) -> Encoding:
    """Return ``pt2`` (an exported graph) if the network can be traced, else a pickle."""
    import numpy as np
    import torch

    reason = ""
    if isinstance(model, torch.jit.ScriptModule):
        reason = "torch exports no scripted module."
    elif not isinstance(example, np.ndarray | torch.Tensor):
        reason = "torch exports a network only with an example that is an array or a tensor."
    else:
        try:
            dimensions = {0: torch.export.Dim.AUTO} if len(example) > 1 else {}
            with evaluating(model):
                torch.export.export(
                    model, (torch.as_tensor(example),), dynamic_shapes=(dimensions,)
                )
        except Exception as error:
            reason = f"torch cannot export the network: {_first_line(error)}"
    if not reason:
        return Encoding(flavour="pytorch", serialization="pt2")
    if not isinstance(model, torch.jit.ScriptModule):
        _require_picklable(model, place=place)
    return Encoding(flavour="pytorch", serialization="pickle", reason=reason)


def _require_picklable(model: Any, *, place: str) -> None:
    culprit = find_unpicklable(model)
    if culprit is not None:
        attribute, type_name = culprit
        where = f"its attribute {attribute!r} holds" if attribute else "it is or holds"
        raise InputError(
            "MNB603",
            place,
            f"cannot be saved: a {_class_name(model)} can only be pickled, and {where}"
            f" a {type_name}, which cannot.",
            f"Leave {attribute or 'it'} out in __getstate__, or name another variable.",
        )


def _run_network(model: Any, rows: Any) -> Any:
    """Return what a network answers; tables are given to it in single precision, as MLflow does."""
    import numpy as np
    import torch

    array = rows.to_numpy(dtype=np.float32, copy=True) if hasattr(rows, "iloc") else np.array(rows)
    with evaluating(model), torch.no_grad():
        return model(torch.from_numpy(array)).detach().cpu().numpy()


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Switch a network to evaluation (no dropout), and back if it was in training.

    An exported network is what it was when it was exported and cannot be switched.
    """
    switched = bool(getattr(model, "training", False))
    if switched:
        try:
            model.eval()
        except NotImplementedError:
            switched = False
    try:
        yield
    finally:
        if switched:
            model.train()


def _is_a(model: Any, module: str, *classes: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(
        model, tuple(getattr(loaded, name) for name in classes if hasattr(loaded, name))
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _class_name(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"


def encoding_requirements(encoding: Encoding) -> tuple[str, ...]:
    """Return the distributions that loading this encoding takes, besides the model's own."""
    formats: Mapping[str, tuple[str, ...]] = {
        "skops": ("skops",),
        "cloudpickle": ("cloudpickle",),
        "pickle": ("cloudpickle",),
    }
    return formats.get(encoding.serialization, ())
