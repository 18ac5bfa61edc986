"""What must a clean machine install before it can run a notebook?

The project itself where it says so (``pyproject.toml``, ``requirements.txt``), mlops_nb, and what
the notebook imports beyond that, pinned to the versions that are installed here.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.stages import Pipeline

_OURS = "mlops-nb"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPlan:
    """What to install.

    Attributes
    ----------
    arguments : tuple of str
        For ``pip install``, not quoted for a shell.
    sources : tuple of str
        Files of the project that were read, for the key of a cache.
    notes : tuple of str
        What a person should know: sentences on what the plan cannot bring.
    """

    arguments: tuple[str, ...]
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_install(root: Path, pipeline: Pipeline) -> InstallPlan:
    """Return what a clean checkout of `root` needs to run the notebook of `pipeline`.

    Only ``import`` statements are seen; a package that is loaded by name (an engine of pandas, say)
    must stand in the project's own requirements.
    """
    arguments: list[str] = []
    sources: list[str] = []
    declared: set[str] = set()
    project = _read_project(root / "pyproject.toml")
    if project is not None:
        arguments.append(".")
        sources.append("pyproject.toml")
        declared |= {_normalise(str(project.get("name", "")))}
        declared |= _names(project.get("dependencies", ()))
    if (root / "requirements.txt").is_file():
        arguments += ["-r", "requirements.txt"]
        sources.append("requirements.txt")
        declared |= _names((root / "requirements.txt").read_text(encoding="utf-8").splitlines())
    folders = {root, root / "src", Path(pipeline.name).absolute().parent}
    pins, missing = _pin_imports(imported_modules(pipeline), folders)
    notes = [
        f"The notebook imports {module!r}, which is not installed here: "
        "add what brings it to the job's install step."
        for module in sorted(missing)
    ]
    if _OURS not in declared:
        requirement, note = _own_requirement()
        arguments.append(requirement)
        notes += note
    arguments += [pin for name, pin in sorted(pins.items()) if name not in {*declared, _OURS}]
    return InstallPlan(arguments=tuple(arguments), sources=tuple(sources), notes=tuple(notes))


def imported_modules(pipeline: Pipeline) -> set[str]:
    """Return the top-level modules that the cells of a headless run import."""
    found: set[str] = set()
    for cell in pipeline.cells:
        if cell.code is None or cell.code.error or pipeline.kinds[cell.index] == CellKind.SKIP:
            continue
        for node in ast.walk(ast.parse(cell.code.python)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def _pin_imports(
    modules: Iterable[str], folders: Iterable[Path]
) -> tuple[dict[str, str], set[str]]:
    """Return pins by normalised distribution name, and the modules no distribution here brings."""
    providers = metadata.packages_distributions()
    pins: dict[str, str] = {}
    missing: set[str] = set()
    for module in modules:
        if module in sys.stdlib_module_names or _is_local(module, folders):
            continue
        if module not in providers:
            missing.add(module)
            continue
        name = min(providers[module], key=lambda candidate: (len(candidate), candidate))
        pins[_normalise(name)] = f"{name}=={metadata.version(name)}"
    return pins, missing


def _is_local(module: str, folders: Iterable[Path]) -> bool:
    return any(
        (folder / f"{module}.py").is_file() or (folder / module).is_dir() for folder in folders
    )


def _own_requirement() -> tuple[str, list[str]]:
    """Return the requirement that brings this mlops_nb, and what to know of it."""
    distribution = metadata.distribution(_OURS)
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    source: Mapping[str, Any] = origin.get("vcs_info", {})
    if source.get("vcs") == "git" and "commit_id" in source:
        return f"{_OURS} @ git+{origin['url']}@{source['commit_id']}", []
    requirement = f"{_OURS}=={distribution.version}"
    if not origin:
        return requirement, []
    note = (
        f"mlops-nb is installed here from {origin['url']}; the job will ask the package index for "
        f"{requirement}. Name another source in requirements.txt if that is not there."
    )
    return requirement, [note]


def _read_project(path: Path) -> Mapping[str, Any] | None:
    """Return the ``[project]`` table, or None where the folder is not an installable project."""
    if not path.is_file():
        return None
    table: Mapping[str, Any] | None = tomllib.loads(path.read_text(encoding="utf-8")).get("project")
    return table


def _names(requirements: Iterable[str]) -> set[str]:
    found = (re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line) for line in requirements)
    return {_normalise(match[1]) for match in found if match}


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
