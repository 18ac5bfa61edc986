"""How does a model get from a kernel to the runner that packages it? As files in a folder.

``DIR/STAGE/`` holds ``model.pkl``, ``example.pkl`` and ``eval.pkl`` (cloudpickle where the kernel
has it, else pickle) and ``meta.json``, written last: a folder without it is no handover. The
runner made the folder and reads it in the same minute; nothing here is kept.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

SCHEMA = 1


class HandoverError(Exception):
    """A value cannot leave the kernel; carries option, variable and type."""

    def __init__(self, flag: str, name: str, type_name: str, cause: str) -> None:
        super().__init__(flag, name, type_name, cause)


def write_handover(
    directory: str, stage: str, *, names: Mapping[str, Any], namespace: Mapping[str, Any]
) -> dict[str, Any]:
    """Write model, example and evaluation data of `stage` and return the content of ``meta.json``.

    Parameters
    ----------
    directory, stage : str
        The files go to ``directory/stage``.
    names : Mapping
        The stage's options: ``model`` and, where said, ``example`` (a name) and ``eval`` (names).
    namespace : Mapping
        Where the names are bound.

    Raises
    ------
    HandoverError
        If a value cannot be pickled.
    OSError
        If a file cannot be written.
    """
    folder = Path(directory, stage)
    folder.mkdir(parents=True, exist_ok=True)
    model = names["model"]
    files = {"model": ("--model", model, namespace[model])}
    if names.get("example"):
        files["example"] = ("--example", names["example"], namespace[names["example"]])
    if names.get("eval"):
        values = tuple(namespace[name] for name in names["eval"])
        files["eval"] = ("--eval", ",".join(names["eval"]), values)
    pickler = "pickle"
    for file, (flag, name, value) in files.items():
        pickler = _dump(folder / f"{file}.pkl", value, flag=flag, name=name)
    meta = _describe(names, namespace) | {"stage": stage, "pickler": pickler, "folder": str(folder)}
    text = json.dumps(meta, indent=1, sort_keys=True)
    (folder / "meta.json").write_text(text, encoding="utf-8")
    return meta


def _describe(names: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of the model and of the kernel it was made in."""
    kind = type(namespace[names["model"]])
    return {
        "schema": SCHEMA,
        "model": names["model"],
        "example": names.get("example"),
        "eval": list(names.get("eval") or ()),
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "python": ".".join(map(str, sys.version_info[:3])),
        "imported": imported_modules(namespace),
        "path": added_path(),
        "versions": loaded_versions(),
    }


def added_path() -> dict[str, list[str]]:
    """Return the folders that user code added to ``sys.path``, before or after Python's own."""
    own = os.path.dirname(os.__file__)  # noqa: PTH120 - of the standard library
    archive = "python{}{}.zip".format(*sys.version_info)
    found: dict[str, list[str]] = {"before": [], "after": []}
    place = "before"
    for entry in sys.path:
        if not isinstance(entry, str) or not entry:
            continue
        if entry == own:
            place = "after"
        parts = {*Path(entry).parts}
        if not entry.startswith(own) and not parts & {"site-packages", "dist-packages", archive}:
            found[place].append(os.path.abspath(entry))  # noqa: PTH100 - its links stay
    return found


def imported_modules(namespace: Mapping[str, Any]) -> list[str]:
    """Return the top-level modules behind the user's names, sorted; not the standard library's."""
    found = set()
    for name, value in list(namespace.items()):
        if name[:1] == "_":
            continue
        if isinstance(value, ModuleType):
            found.add(str(getattr(value, "__name__", "") or ""))
        else:
            owner = value if isinstance(value, type) or callable(value) else type(value)
            found.add(str(getattr(owner, "__module__", "") or ""))
    top = {module.partition(".")[0] for module in found} - {"", "__main__"}
    return sorted(top - set(getattr(sys, "stdlib_module_names", sys.builtin_module_names)))


def loaded_versions() -> dict[str, str]:
    """Return distribution → version for every distribution that has a module loaded, sorted."""
    from importlib.metadata import PackageNotFoundError, version

    loaded = {name.partition(".")[0] for name in list(sys.modules)}
    names = {dist for top in loaded for dist in _owners().get(top, ())}
    found = {}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _owners() -> Mapping[str, Iterable[str]]:
    """Return top-level module → distributions; read once, it costs some 50 ms."""
    try:
        from importlib.metadata import packages_distributions
    except ImportError:  # Python 3.9
        return {}
    if not _OWNERS:
        _OWNERS.update(packages_distributions())
    return _OWNERS


_OWNERS: dict[str, Iterable[str]] = {}


def _dump(path: Path, value: Any, *, flag: str, name: str) -> str:
    """Write `value` and return which pickler did it."""
    try:
        import cloudpickle as pickler  # type: ignore[import-untyped,unused-ignore] # not everywhere
    except ImportError:
        pickler = pickle
    try:
        with path.open("wb") as handle:
            pickler.dump(value, handle, protocol=pickle.HIGHEST_PROTOCOL)
    except OSError:
        raise
    except Exception as error:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise HandoverError(flag, name, kind, f"{type(error).__name__}: {error}") from error
    return str(pickler.__name__)
