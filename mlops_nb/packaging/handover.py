"""How does the runner get at what a kernel handed over? By unpickling it where the kernel's own
modules are found.

The kernel wrote the files a moment ago, for this run, into a directory of the runner's; that is why
they are trusted. Python and library versions must be the kernel's: a pickle read by another version
may load and answer otherwise.
"""

from __future__ import annotations

import json
import os
import pickle
import platform
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.model import build_package
from mlops_nb.packaging.package import ModelPackage, PackageRequest

SCHEMA = 1
_IMPORTS = threading.RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a kernel handed over for one model.

    Attributes
    ----------
    stage, variable : str
    model, example : object
        `example` is None if the stage names none.
    evaluation : tuple of object
    evaluation_names : tuple of str
    class_name : str
    python : str
        Version of the kernel's Python.
    versions : Mapping of str to str
        Distributions the kernel had loaded.
    """

    stage: str
    variable: str
    model: Any
    example: Any
    evaluation: tuple[Any, ...]
    evaluation_names: tuple[str, ...]
    class_name: str
    python: str
    versions: Mapping[str, str]


def load_handover(directory: Path) -> Handover:
    """Return the objects in ``HANDOVER_DIR/STAGE``; call it inside `kernel_imports`.

    Raises
    ------
    InputError
        MNB608 if it is incomplete or cannot be unpickled here; MNB607 if the kernel runs another
        Python.
    """
    meta = _read_meta(directory)
    place = f"stage {meta['stage']!r}, model {meta['model']!r}"
    _check_python(str(meta["python"]), place=place)
    versions: dict[str, str] = meta["versions"]
    return Handover(
        stage=meta["stage"],
        variable=meta["model"],
        model=_unpickle(directory / "model.pkl", meta["model"], place=place, versions=versions),
        example=_unpickle(
            directory / "example.pkl", meta["example"], place=place, versions=versions
        )
        if meta["example"]
        else None,
        evaluation=tuple(
            _unpickle(
                directory / "eval.pkl", ",".join(meta["eval"]), place=place, versions=versions
            )
            if meta["eval"]
            else ()
        ),
        evaluation_names=tuple(meta["eval"]),
        class_name=meta["class"],
        python=meta["python"],
        versions=versions,
    )


def package_handover(
    handover: Path,
    directory: Path,
    *,
    cwd: Path,
    name: str = "",
    requirements: tuple[str, ...] | None = None,
    allow: tuple[str, ...] = (),
) -> ModelPackage:
    """Build the package of what a kernel handed over.

    Parameters
    ----------
    handover : Path
        ``HANDOVER_DIR/STAGE``.
    directory : Path
        Where the package goes.
    cwd : Path
        The kernel's working directory: where its local modules are.
    name, requirements, allow
        As in `PackageRequest`.

    Raises
    ------
    InputError, InfrastructureError
        As `load_handover` and `build_package`.
    """
    path = _read_meta(handover).get("path", {})
    with kernel_imports(cwd, before=path.get("before", ()), after=path.get("after", ())):
        given = load_handover(handover)
        request = to_request(given, name=name, requirements=requirements, allow=allow)
        return build_package(given.model, directory, request=request)


def to_request(
    given: Handover,
    *,
    name: str = "",
    requirements: tuple[str, ...] | None = None,
    allow: tuple[str, ...] = (),
) -> PackageRequest:
    """Return the request for a package of what was handed over."""
    return PackageRequest(
        variable=given.variable,
        stage=given.stage,
        name=name,
        example=given.example,
        evaluation=given.evaluation,
        evaluation_names=given.evaluation_names,
        requirements=requirements,
        versions=given.versions,
        allow=allow,
    )


@contextmanager
def kernel_imports(
    cwd: Path, *, before: Sequence[str] = (), after: Sequence[str] = ()
) -> Iterator[None]:
    """Import modules as a kernel in `cwd` does, and forget them afterwards.

    Two notebooks in one process may each have a ``helpers.py``; the second must not be given the
    first one's.

    Parameters
    ----------
    cwd : Path
    before, after : sequence of str
        Folders that user code added to ``sys.path``, in front of Python's own and behind them.

    Notes
    -----
    ``sys.path`` belongs to the process: a second thread waits until the first is done.
    """
    with _IMPORTS:
        path, loaded = list(sys.path), set(sys.modules)
        first = [str(Path(cwd).resolve()), *(entry for entry in before if entry not in path)]
        last = [entry for entry in after if entry not in path]
        sys.path[:] = [*first, *path, *last]
        try:
            yield
        finally:
            sys.path[:] = path
            _forget(set(sys.modules) - loaded, folders=(*first, *last))


def _forget(names: Iterable[str], *, folders: Sequence[str]) -> None:
    """Drop the modules that were loaded from `folders`."""
    roots = tuple(f"{folder}{os.sep}" for folder in folders)
    for name in names:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(roots) and "site-packages" not in file:
            del sys.modules[name]


def _read_meta(directory: Path) -> dict[str, Any]:
    try:
        meta: dict[str, Any] = json.loads((directory / "meta.json").read_text(encoding="utf-8"))
        if meta["schema"] != SCHEMA:
            raise ValueError(f"schema {meta['schema']!r}, not {SCHEMA}")
        for key in ("stage", "model", "example", "eval", "class", "python", "versions"):
            _ = meta[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "MNB608",
            str(directory),
            f"is no complete handover: meta.json ({type(error).__name__}: {error}).",
            "Run the stage again; kernel and runner must have the same version of mlops-nb.",
        ) from error
    return meta


def _check_python(theirs: str, *, place: str) -> None:
    ours = platform.python_version()
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise InputError(
            "MNB607",
            place,
            f"was made by Python {theirs}, but this process is Python {ours}.",
            "Install mlops-nb in the kernel's environment and run it from there.",
        )


def _unpickle(file: Path, name: str, *, place: str, versions: Mapping[str, str]) -> Any:
    try:
        with file.open("rb") as stream:
            return pickle.load(stream)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        different = _different_versions(versions)
        hint = f" These versions differ: {different}." if different else ""
        raise InputError(
            "MNB608",
            place,
            f"cannot take over {name!r} from the kernel: {type(error).__name__}: {reason}.{hint}",
            "Install the same packages where mlops-nb runs and where the kernel runs, or install"
            " mlops-nb in the kernel's environment.",
        ) from error


def _different_versions(versions: Mapping[str, str]) -> str:
    found = []
    for name, theirs in sorted(versions.items()):
        try:
            ours = metadata.version(name)
        except metadata.PackageNotFoundError:
            ours = "none"
        if ours != theirs:
            found.append(f"{name} {theirs} in the kernel, {ours} here")
    return "; ".join(found[:5])
