"""What do the routes on runs and models do? They read the project's records, as the commands do.

In an aide of its own: it imports MLflow, and keeps it for the next question.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.lab.answers import Answer
from mlops_nb.lab.requests import Request, is_hidden, to_server_path
from mlops_nb.project.copying import copy_beside
from mlops_nb.project.promotions import Promotions
from mlops_nb.project.registered import RegisteredModel, no_such_model, reading_registry
from mlops_nb.project.registered import list_models as find_models
from mlops_nb.project.roots import Layout, find_kept
from mlops_nb.project.run_records import compare_records, list_records, show_record
from mlops_nb.registry.promotion.past_champion import likely_target
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import CHAMPION

_MOST_RUNS = 500


def list_runs(request: Request) -> list[dict[str, Any]]:
    """Return the newest runs of a notebook, or of the project."""
    notebook = request.path() if request.text("path", "") else None
    limit = request.number("limit", 50, most=_MOST_RUNS)
    found = list_records(_layout(request), notebook=notebook, limit=limit)
    return [_shown(request, run) for run in found]


def show_run(request: Request) -> dict[str, Any]:
    """Return what is known of a run."""
    return _shown(request, show_record(_layout(request), request.parts[0]))


def compare_runs(request: Request) -> dict[str, Any]:
    """Return two runs side by side."""
    found = compare_records(_layout(request), request.text("a"), request.text("b"))
    return {**found, "a": _shown(request, found["a"]), "b": _shown(request, found["b"])}


def copy_run(request: Request) -> Answer:
    """Copy the executed notebook of a run beside its source, where the file browser shows it."""
    run = show_record(_layout(request), request.parts[0])
    notebook = request.path()
    if run["output"] is None:
        raise InputError(
            "MNB885",
            f"run {request.parts[0]}",
            "there is no executed notebook of it here.",
            "It ran elsewhere, or somebody removed it; MLflow may have a copy among its artifacts.",
        )
    place = copy_beside(Path(run["output"]), notebook)
    return Answer.of({"path": to_server_path(request.root, place)}, 201)


def list_models(request: Request) -> list[dict[str, Any]]:
    """Return the registered models of a project, with their versions."""
    layout = _layout(request)
    with reading_registry(layout) as registry:
        if registry is None:
            return []
        return [_model(one, registry, layout) for one in find_models(registry)]


def show_model(request: Request) -> dict[str, Any]:
    """Return a registered model with its versions and their metrics."""
    name, layout = request.parts[0], _layout(request)
    with reading_registry(layout) as registry:
        if registry is None:
            raise no_such_model(name)
        return _model(find_models(registry, name)[0], registry, layout)


def show_history(request: Request) -> dict[str, Any]:
    """Return what happened to a model, as ``history --json`` has it."""
    return Promotions(_layout(request)).history(request.parts[0]).to_json()


def _model(model: RegisteredModel, registry: Registry, layout: Layout) -> dict[str, Any]:
    previous = likely_target(registry, model.name, home=layout.record)
    return {**model.to_json(), "champion": model.aliases.get(CHAMPION), "previous": previous}


def _layout(request: Request) -> Layout:
    """Return where the runs are that are meant: of a notebook's project, else of the root's."""
    place = request.path() if request.text("path", "") else request.root
    return find_kept(place if place.is_dir() else place.parent)


def _shown(request: Request, run: dict[str, Any]) -> dict[str, Any]:
    executed = run["output"]
    output = None if executed is None else to_server_path(request.root, Path(executed))
    is_shown = output is not None and (request.shows_hidden or not is_hidden(output))
    return {**run, "output": output if is_shown else None, "can_copy": executed is not None}


ACTIONS = {
    "runs": list_runs,
    "run": show_run,
    "compare": compare_runs,
    "copy": copy_run,
    "models": list_models,
    "model": show_model,
    "history": show_history,
}
