"""Which distributions and which local files do these modules come from?

An installed module becomes an exact pin; a module that lies beside the notebook is shipped with the
model, together with the local modules it imports; a module that is neither cannot be had again and
is an error. What counts is where the file lies, so a project installed in place (``pip install -e
.``) is shipped, not pinned to a version nobody can download.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from mlops_nb.errors import InputError

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_NEVER = frozenset({"pytest", "mlops-nb"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the modules of a model come from; both sorted."""

    distributions: tuple[str, ...]
    local: tuple[Path, ...]


def find_sources(modules: Iterable[str], *, place: str) -> Sources:
    """Return the distributions and local files that `modules` come from.

    Parameters
    ----------
    modules : iterable of str
        Dotted names; the standard library is skipped.
    place : str
        For the error.

    Raises
    ------
    InputError
        MNB604 if a module is neither installed by a distribution nor a local file.
    """
    distributions: set[str] = set()
    local: dict[str, Path] = {}
    waiting = [(name, True) for name in sorted(set(modules), reverse=True)]
    seen: set[str] = set()
    while waiting:
        name, required = waiting.pop()
        top = name.split(".")[0]
        if top in seen or top in sys.stdlib_module_names or top in sys.builtin_module_names:
            continue
        seen.add(top)
        location = _locate(top)
        if location is not None and not _INSTALLED.intersection(location.parts):
            local[top] = location
            waiting += [(found, False) for found in sorted(_imports_of(location))]
        elif distribution := _distribution_of(top, name):
            distributions.add(distribution)
        elif required:
            raise InputError(
                "MNB604",
                place,
                f"needs module {name!r}, which no installed distribution and no file provides.",
                "Put the code into a file beside the notebook, or define it in a cell.",
            )
    return Sources(
        distributions=tuple(sorted(distributions - _NEVER, key=str.lower)),
        local=tuple(local[top] for top in sorted(local)),
    )


def pin(
    distributions: Iterable[str], *, versions: Mapping[str, str], place: str
) -> tuple[str, ...]:
    """Return ``name==version`` for each distribution, sorted without regard to case.

    Local version labels (``+cpu``) are dropped: no index knows them.

    Parameters
    ----------
    versions : Mapping of str to str
        Versions in the kernel that made the model; empty if it is this process.

    Raises
    ------
    InputError
        MNB607 if the kernel had another version than this process.
    """
    theirs = {_canonical(name): version for name, version in versions.items()}
    pins = []
    for name in sorted(set(distributions), key=str.lower):
        version = metadata.version(name)
        expected = theirs.get(_canonical(name), version)
        if expected != version:
            raise InputError(
                "MNB607",
                place,
                f"was made with {name} {expected}, but this process has {name} {version}.",
                f"Install {name}=={expected} where mlops-nb runs, or mlops-nb where the kernel is.",
            )
        pins.append(f"{name}=={version.split('+')[0]}")
    return tuple(pins)


def _locate(top: str) -> Path | None:
    """Return the package directory or the file of a top-level module; None if it has neither."""
    module = sys.modules.get(top)
    spec = getattr(module, "__spec__", None)
    if module is None:
        spec = _find_spec(top)
    paths = list(
        getattr(module, "__path__", None) or getattr(spec, "submodule_search_locations", None) or []
    )
    if paths:
        return Path(paths[0])
    file = getattr(module, "__file__", None) or getattr(spec, "origin", None)
    if file in (None, "built-in", "frozen") or not Path(str(file)).exists():
        return None
    return Path(str(file))


def _find_spec(top: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None


def _distribution_of(top: str, module: str) -> str | None:
    """Return the distribution of `top`; of several (a namespace) the one that has `module`."""
    for guess in ("scikit-learn",) if top == "sklearn" else (top, top.replace("_", "-")):
        try:
            distribution = metadata.distribution(guess)
        except (metadata.PackageNotFoundError, ValueError):
            continue
        record = distribution.read_text("RECORD") or distribution.read_text("top_level.txt") or ""
        if f"\n{top}/" in f"\n{record}" or f"\n{top}." in f"\n{record}" or record.strip() == top:
            return str(distribution.metadata["Name"])
    candidates = _providers().get(top, [])
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    stem = module.replace(".", "/")
    for name in candidates:
        files = metadata.files(name) or []
        if any(str(file) in (f"{stem}.py", f"{stem}/__init__.py") for file in files):
            return name
    return candidates[0]


@lru_cache(maxsize=1)
def _providers() -> Mapping[str, list[str]]:
    """Return all distributions by top-level module: 0.1-0.3 s, so only where the names differ."""
    return metadata.packages_distributions()


def _imports_of(location: Path) -> Iterator[str]:
    """Yield the modules that a local file or package imports absolutely; its tests left out."""
    files = [location] if location.is_file() else sorted(location.rglob("*.py"))
    for file in files:
        names = {part.removesuffix(".py") for part in file.relative_to(location.parent).parts}
        if file.suffix != ".py" or names & {"tests", "conftest"} or file.name.startswith("test_"):
            continue
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
