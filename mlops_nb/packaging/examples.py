"""What does the model take, and what does it answer? Input rows and the MLflow signature made from
them.

Three things MLflow's own inference gets wrong are settled here. Texts (a list or a column of
strings) become an object array, the one form in which ``pyfunc`` hands texts to a vectoriser
unchanged. Integer columns stay integers, without the warning: turning them to floats would change
what a transformer sees. A column counts as optional if the evaluation data have missing values in
it, not only if the example happens to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mlops_nb.errors import InputError
from mlops_nb.packaging.package import PackageRequest
from mlops_nb.packaging.quiet import quiet_mlflow
from mlops_nb.packaging.rows import n_rows, take_rows

EXAMPLE_ROWS = 5
_SCHEMA_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Input rows as the model takes them; `rows` is None if there are none.

    Attributes
    ----------
    rows : object or None
        At most five rows.
    wide : object or None
        As many rows as are to be had, up to 10,000, for the schema and the golden predictions.
    note : str
        What a person should know about the example; empty if nothing.
    """

    rows: Any = None
    wide: Any = None
    note: str = ""


def choose_example(request: PackageRequest, *, model: Any, as_given: bool = False) -> Example:
    """Return the example of `request`, else the first rows of its evaluation data, else a note.

    Parameters
    ----------
    model : object
        Decides what a flat row is.
    as_given : bool, default=False
        Leave rows as the notebook has them instead of bringing them into the form that MLflow
        hands on: a class of one's own may want them so.
    """

    def formed(value: Any) -> Any:
        return value if as_given else as_model_input(value, model=model)

    features = formed(request.evaluation[0]) if request.evaluation else None
    if request.example is None and features is None:
        return Example(
            note="There is no example and no evaluation data: the model has no signature and no"
            " golden predictions. Name rows with --example, or evaluation data with --eval."
        )
    given = features if request.example is None else formed(request.example)
    if n_rows(given) == 0:
        raise InputError(
            "MNB605",
            request.place,
            "has an example or evaluation data without rows.",
            "Name rows the model can predict on.",
        )
    wide = features if features is not None and _same_columns(given, features) else given
    return Example(rows=take_rows(given, EXAMPLE_ROWS), wide=take_rows(wide, _SCHEMA_ROWS))


def as_model_input(value: Any, *, model: Any) -> Any:
    """Return `value` in the form in which both the model and ``pyfunc`` take it.

    A row (a Series labelled with the model's features, or a flat array of as many numbers) becomes
    a table of one row; texts become an object array; a flat list of numbers an array; anything else
    stays as it is.
    """
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Series):
        names = getattr(model, "feature_names_in_", None)
        if names is not None and list(value.index) == list(names):
            return value.to_frame().T.infer_objects()
        return value.to_numpy(dtype=object) if _is_text(value) else value.to_numpy()
    if isinstance(value, list | tuple) and value and all(isinstance(entry, str) for entry in value):
        return np.asarray(value, dtype=object)
    if isinstance(value, list | tuple) and value and _is_table_of_numbers(value):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "U":
            return value.astype(object)
        if value.ndim == 1 and value.dtype != object and _n_features(model) == len(value) > 1:
            return value.reshape(1, -1)
    if type(value).__module__.split(".")[0] == "torch":
        return value.detach().cpu().numpy()
    if hasattr(value, "tocsr"):
        from scipy import sparse

        return sparse.csr_matrix(value)  # the only sparse types MLflow's examples know are matrices
    return value


def infer_signature(example: Example, *, answer: Callable[[Any], Any]) -> Any:
    """Return the `mlflow.models.ModelSignature` of a model that answers with `answer`.

    None if MLflow has no words for what goes in or comes out.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.models import ModelSignature

    try:
        with quiet_mlflow():
            inputs = _infer_schema(example.wide)
            outputs = _infer_schema(_plain(answer(example.rows)))
    except (MlflowException, TypeError, ValueError):
        return None
    if [spec.get("type") for spec in inputs.to_dict()] == ["any"] and not inputs.has_input_names():
        return None
    return ModelSignature(inputs=inputs, outputs=outputs)


def _infer_schema(value: Any) -> Any:
    """Return MLflow's schema of `value`, but for the columns it has no fitting type for.

    Integer columns are shown to it as floats and put right afterwards, because it warns of each; a
    filter for warnings would be shared by all threads. Categories become ``any``: MLflow would call
    them strings and then refuse them.
    """
    import pandas as pd
    from mlflow.models import infer_signature as mlflow_signature
    from mlflow.types import ColSpec, Schema

    if not isinstance(value, pd.DataFrame):
        return mlflow_signature(value).inputs
    own = {name: found for name, dtype in value.dtypes.items() if (found := _own_type(dtype))}
    shown = value.astype(dict.fromkeys((n for n, t in own.items() if t != "any"), "float64"))
    shown = shown.assign(**{str(n): 0.0 for n, t in own.items() if t == "any"})
    specs = []
    for (name, column), spec in zip(value.items(), mlflow_signature(shown).inputs, strict=True):
        if name in own:
            required = not column.isna().any()
            spec = ColSpec(_mlflow_type(own[name]), spec.name, required=required)
        specs.append(spec)
    return Schema(specs)


def _own_type(dtype: Any) -> Literal["integer", "long", "any", ""]:
    """Return our word for a column type that MLflow would get wrong; empty if it gets it right."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        return "any"
    kind, size = getattr(dtype, "kind", ""), getattr(dtype, "itemsize", 0)
    if kind == "i" or (kind == "u" and size < 8):
        return "integer" if size <= (4 if kind == "i" else 2) else "long"
    return ""


def _mlflow_type(word: str) -> Any:
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType

    return AnyType() if word == "any" else DataType[word]


def _plain(predictions: Any) -> Any:
    """Return predictions in a form MLflow's schema knows: arrays instead of Series and lists."""
    import numpy as np
    import pandas as pd

    if isinstance(predictions, pd.Series | list | tuple):
        return np.asarray(predictions)
    if type(predictions).__module__.split(".")[0] == "torch":
        return predictions.detach().cpu().numpy()
    return predictions


def _same_columns(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if hasattr(left, "columns"):
        return list(left.columns) == list(right.columns) and list(left.dtypes) == list(right.dtypes)
    return getattr(left, "shape", (0,))[1:] == getattr(right, "shape", (0,))[1:]


def _is_text(series: Any) -> bool:
    return series.dtype == object or str(series.dtype).startswith(("str", "string"))


def _is_table_of_numbers(rows: Any) -> bool:
    return all(
        isinstance(row, int | float)
        or (isinstance(row, list | tuple) and all(isinstance(entry, int | float) for entry in row))
        for row in rows
    )


def _n_features(model: Any) -> int:
    return int(getattr(model, "n_features_in_", 0) or 0)
