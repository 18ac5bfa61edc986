"""Is this variable a model, and does it go with its data? Asked before anything is written."""

from __future__ import annotations

from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from mlops_nb.errors import InputError
from mlops_nb.packaging.encoding import answers_of, choose_flavour
from mlops_nb.packaging.package import PackageRequest, Role
from mlops_nb.packaging.rows import n_rows

ROLES: tuple[Role, ...] = ("features", "target", "slices")


def check_model(model: Any, *, place: str) -> None:
    """Raise unless `model` can predict.

    Raises
    ------
    InputError
        MNB601 if it has no ``predict``; MNB602 if it is an estimator that was not fitted.
    """
    type_name = f"{type(model).__module__}.{type(model).__qualname__}"
    if isinstance(model, type):
        raise InputError(
            "MNB601",
            place,
            f"is the class {model.__module__}.{model.__qualname__}, not a model made from it.",
            "Name a fitted instance with --model.",
        )
    if not answers_of(model, choose_flavour(model)).get("predict"):
        raise InputError(
            "MNB601",
            place,
            f"is a {type_name}, which has no method predict.",
            "Name a variable that predicts with --model, or give its class a method predict(rows).",
        )
    if choose_flavour(model) == "sklearn" and not _is_fitted(model):
        raise InputError(
            "MNB602",
            place,
            f"is a {type_name} that is not fitted.",
            "Fit it in this stage, or name the variable that is fitted.",
        )


def check_evaluation(request: PackageRequest) -> None:
    """Raise unless the evaluation data belong together.

    Raises
    ------
    InputError
        MNB605 if there are more than three variables, or they differ in their number of rows.
    """
    if len(request.evaluation) > len(ROLES):
        raise InputError(
            "MNB605",
            request.place,
            f"has {len(request.evaluation)} variables of evaluation data.",
            "Name features, target and, if wanted, slices: --eval X_test,y_test,slices_test.",
        )
    lengths = {
        name: n_rows(value)
        for name, value in zip(request.evaluation_names, request.evaluation, strict=True)
    }
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name!r} has {rows}" for name, rows in lengths.items())
        raise InputError(
            "MNB605",
            request.place,
            f"has evaluation data that differ in their number of rows: {listed}.",
            "Take all of them from the same split.",
        )


def check_requirements(requirements: tuple[str, ...], *, place: str) -> None:
    """Raise unless each of `requirements` names a distribution as pip does.

    Raises
    ------
    InputError
        MNB610 with the first that does not.
    """
    for line in requirements:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise InputError(
                "MNB610",
                place,
                f"has the requirement {line!r}, which pip cannot read.",
                "Write it as name==version.",
            ) from error


def _is_fitted(model: Any) -> bool:
    """Return what scikit-learn says; True where it cannot say (a model without state)."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    except TypeError:  # not an estimator by its own account: no fit
        return True
    return True
