"""How does a live object become a package? One function for both doors: a kernel's variable, or a
handover's.

The package is made beside its target and renamed when it is complete and has proved that it loads
and answers as the variable does: a target that exists is a package, whatever happened on the way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.building import built_whole
from mlops_nb.packaging.checks import ROLES, check_evaluation, check_model, check_requirements
from mlops_nb.packaging.encoding import (
    Encoding,
    answers_of,
    choose_encoding,
    choose_flavour,
    encoding_requirements,
)
from mlops_nb.packaging.examples import Example, choose_example, infer_signature
from mlops_nb.packaging.frame import Frame, save_model
from mlops_nb.packaging.golden import record_golden
from mlops_nb.packaging.manifest import seal
from mlops_nb.packaging.metadata import write_metadata
from mlops_nb.packaging.needs import find_modules
from mlops_nb.packaging.package import (
    OWN_DIRECTORY,
    PICKLES,
    EvaluationData,
    ModelPackage,
    PackageRequest,
)
from mlops_nb.packaging.pins import Sources, find_sources, pin
from mlops_nb.packaging.profile import write_profile
from mlops_nb.packaging.proof import prove_package
from mlops_nb.packaging.rows import digest_rows, n_rows, store_rows

Answers = Mapping[str, Callable[[Any], Any]]
_DATA_LIBRARIES = frozenset({"numpy", "pandas", "scipy", "torch"})
_ALONGSIDE = {"scikit-learn": ("numpy", "scipy"), "xgboost": ("numpy",), "lightgbm": ("numpy",)}


def build_package(model: Any, directory: Path, *, request: PackageRequest) -> ModelPackage:
    """Write `model` as a package and return it, proved.

    Parameters
    ----------
    model : object
        A fitted scikit-learn estimator, an xgboost, lightgbm or torch model, or anything with
        ``predict``.
    directory : Path
        Where the package goes; must not exist, or be empty.
    request : PackageRequest
        What the notebook said about the model.

    Raises
    ------
    InputError
        MNB601 to MNB607 and MNB610: the model or its data cannot be packaged as they are; MNB609 if
        `directory` is not empty.
    InfrastructureError
        MNB609 if the disk refuses.

    Notes
    -----
    No process is started and no network used. Writing and reading the model takes most of the time.
    """
    check_model(model, place=request.place)
    check_evaluation(request)
    if request.requirements is not None:
        check_requirements(request.requirements, place=request.place)
    with built_whole(Path(directory)) as building:
        package = _write_package(model, building, request=request)
    return replace(package, directory=Path(directory))


def _write_package(model: Any, building: Path, *, request: PackageRequest) -> ModelPackage:
    flavour = choose_flavour(model)
    answers = answers_of(model, flavour)
    example = _find_example(model, answers, request=request)
    with _scratch(building) as scratch:
        encoding = choose_encoding(
            model,
            flavour,
            example=example.rows,
            allow=request.allow,
            scratch=scratch,
            place=request.place,
        )
        sources = find_sources(find_modules(model) | _library_of(example.rows), place=request.place)
        frame = _describe_frame(answers, example, encoding, sources, request=request)
        notes = [example.note, _save(model, building, encoding=encoding, frame=frame)]
    (building / OWN_DIRECTORY).mkdir()
    if example.rows is not None:
        notes.append(record_golden(building, example.wide, answers=answers))
    profiled = request.evaluation[0] if request.evaluation else example.wide
    notes.append(write_profile(building, profiled))
    evaluation = _store_evaluation(building, request=request)
    notes += _evaluation_notes(evaluation)
    notes.append(prove_package(building, flavour=flavour, place=request.place))
    if encoding.serialization in PICKLES:
        notes.append(f"Loading the model runs code that is inside it (a pickle): {encoding.reason}")
    package = ModelPackage(
        directory=building,
        name=request.model_name,
        class_name=f"{type(model).__module__}.{type(model).__qualname__}",
        flavour=flavour,
        serialization=encoding.serialization,
        reason=encoding.reason,
        requirements=frame.requirements,
        evaluation=evaluation,
        notes=tuple(note for note in notes if note),
    )
    write_metadata(
        package,
        request=request,
        methods=tuple(answers),
        code=frame.code,
        trusted=encoding.trusted,
    )
    return replace(package, digest=seal(building))


def _find_example(model: Any, answers: Answers, *, request: PackageRequest) -> Example:
    """Return rows the model answers, in MLflow's form of them or else as they were given.

    Raises
    ------
    InputError
        MNB605 if it answers neither.
    """
    example = choose_example(request, model=model)
    if example.rows is None:
        return example
    try:
        answers["predict"](example.rows)
    except Exception as error:
        as_given = choose_example(request, model=model, as_given=True)
        with suppress(Exception):
            answers["predict"](as_given.rows)
            return as_given
        named = request.evaluation_names[0] if request.example is None else ""
        raise InputError(
            "MNB605",
            request.place,
            f"cannot predict on {repr(named) if named else 'the example'}:"
            f" {type(error).__name__}: {shorten(str(error), 300, placeholder='…')}",
            "Name rows as the model takes them: --example X_train, or --eval X_test,y_test.",
        ) from error
    return example


@contextmanager
def _scratch(building: Path) -> Iterator[Path]:
    path = building.with_name("scratch")
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _describe_frame(
    answers: Answers,
    example: Example,
    encoding: Encoding,
    sources: Sources,
    *,
    request: PackageRequest,
) -> Frame:
    signature = None
    if example.rows is not None:
        signature = infer_signature(example, answer=answers["predict"])
    return Frame(
        signature=signature,
        example=example.rows,
        requirements=_pin_all(sources, encoding, request=request),
        code=sources.local,
        metadata={"mlops_nb_serialization": encoding.serialization},
    )


def _pin_all(sources: Sources, encoding: Encoding, *, request: PackageRequest) -> tuple[str, ...]:
    """Return the pins: MLflow, what the model holds, what reads it, what it computes with."""
    if request.requirements is not None:
        return request.requirements
    names = {"mlflow", *sources.distributions, *encoding_requirements(encoding)}
    names |= {other for name in sources.distributions for other in _ALONGSIDE.get(name, ())}
    return pin(names, versions=request.versions, place=request.place)


def _library_of(rows: Any) -> frozenset[str]:
    """Return the library whose type the example is, if it is one."""
    return frozenset({type(rows).__module__.split(".")[0]}) & _DATA_LIBRARIES


def _save(model: Any, building: Path, *, encoding: Encoding, frame: Frame) -> str:
    """Save the model; without the example, and with a note, if MLflow cannot write that one."""
    from mlflow.exceptions import MlflowException

    try:
        save_model(model, building, encoding=encoding, frame=frame)
    except (MlflowException, TypeError, ValueError):
        if frame.example is None:
            raise
        shutil.rmtree(building, ignore_errors=True)
        # MLflow warns of a signature without an example, and converts rows it has no example for.
        bare = replace(frame, example=None, signature=None)
        save_model(model, building, encoding=encoding, frame=bare)
        kind = type(frame.example).__name__
        return f"MLflow cannot keep a {kind} as input example: the model has no signature either."
    return ""


def _store_evaluation(building: Path, *, request: PackageRequest) -> tuple[EvaluationData, ...]:
    directory = building / OWN_DIRECTORY / "evaluation"
    return tuple(
        EvaluationData(
            name=name,
            role=role,
            stored=store_rows(value, directory, name),
            n_rows=n_rows(value),
            digest=digest_rows(value),
        )
        for name, role, value in zip(
            request.evaluation_names, ROLES, request.evaluation, strict=False
        )
    )


def _evaluation_notes(evaluation: tuple[EvaluationData, ...]) -> list[str]:
    return [
        f"The evaluation data {entry.name!r} are not kept: {entry.stored['reason']}."
        for entry in evaluation
        if "reason" in entry.stored
    ]


def warm_up() -> None:
    """Load what building a package loads, by building one of a stand-in.

    A process's first package takes 1-4 s longer than the next ones, all of it imports; called
    while a kernel still computes, this takes that time off the end of a run.
    """
    import numpy as np
    from sklearn.dummy import DummyClassifier

    rows = np.zeros((2, 1))
    request = PackageRequest(variable="stand_in", stage="warm_up", example=rows)
    with tempfile.TemporaryDirectory() as directory:
        model = DummyClassifier().fit(rows, [0, 1])
        build_package(model, Path(directory) / "package", request=request)
