"""What does a front end show of past runs? What ``runs list`` and ``runs show`` know, and beside it
what the executed copies on the disk say: stages, and where the copy is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_nb.project.former_runs import former_runs
from mlops_nb.project.kept import reading_store
from mlops_nb.project.past_copies import PastCopy, past_copies
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.history import RUNS_SEARCHED, list_runs, no_such_run, show_run
from mlops_nb.tracking.past import PastRun, PastRunDetail, add_running
from mlops_nb.tracking.sheets import running_sheets
from mlops_nb.tracking.store import TrackingStore

_COPIES_READ = 200
_ABSENT = object()


def list_records(
    layout: Layout, *, notebook: Path | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the newest runs of a project, or of one notebook, those that go on included.

    Runs that the notebook made under a former path are among them, as far as that is known.

    Raises
    ------
    InputError, InfrastructureError
        If settings cannot be used, or the store cannot be read.
    """
    former = () if notebook is None else former_runs(layout, notebook)
    with reading_store(layout) as store:
        if notebook is None:
            names, past = None, () if store is None else list_runs(store, limit=limit)
        else:
            names, past = _runs_of(layout, notebook, former, store=store, limit=limit)
        sheets = [
            sheet
            for sheet in running_sheets(layout.running)
            if names is None or sheet.notebook in names
        ]
        found = add_running(past, sheets, now=datetime.now(UTC))[:limit]
        copies = _copies(layout, None if former else notebook)
        return [_record(run, copies.get(run.run_id), store) for run in found]


def show_record(layout: Layout, key: str) -> dict[str, Any]:
    """Return what is known of one run: that of ``runs show``, and where its copy is.

    Raises
    ------
    InputError
        MNB512, MNB513 if `key` means several runs or none.
    """
    with reading_store(layout) as store:
        if store is None:
            raise no_such_run(key, (), place=str(layout.root))
        found = show_run(store, key)
        copy = _copies(layout, None).get(found.run.run_id)
        return {**_record(found.run, copy, store), **_detail(found, copy)}


def compare_records(layout: Layout, first: str, second: str) -> dict[str, Any]:
    """Return two runs, and by name what differs in parameters, metrics and stages.

    Raises
    ------
    InputError
        As `show_record`.
    """
    a, b = show_record(layout, first), show_record(layout, second)
    stages = [{one["name"]: one for one in run["stages"]} for run in (a, b)]
    return {
        "a": a,
        "b": b,
        "parameters": _side_by_side(a["parameters"], b["parameters"]),
        "metrics": [
            {**row, "difference": _difference(row["a"], row["b"])}
            for row in _side_by_side(a["metrics"], b["metrics"])
        ],
        "stages": _side_by_side(*stages, is_same=_ended_alike),
    }


def name_in_project(layout: Layout, notebook: Path) -> str:
    """Return how runs name a notebook: from the project's root where it is inside."""
    for start, end in ((layout.root, notebook), (layout.root.resolve(), notebook.resolve())):
        if end.is_relative_to(start):
            return end.relative_to(start).as_posix()
    return str(notebook)


def _runs_of(
    layout: Layout,
    notebook: Path,
    former: Sequence[PastCopy],
    *,
    store: TrackingStore | None,
    limit: int,
) -> tuple[set[str], tuple[PastRun, ...]]:
    """Return the names that a notebook has had, and the runs under them."""
    name = name_in_project(layout, notebook)
    if store is None or not former:
        return {name}, () if store is None else list_runs(store, limit=limit, notebook=name)
    ids = {copy.record.get("run_id") for copy in former}
    newest = list_runs(store, limit=RUNS_SEARCHED)
    told = {run.notebook for run in newest if run.run_id in ids}
    names = {name, *(old for old in told if not (layout.root / old).exists())}
    return names, tuple(run for run in newest if run.notebook in names)[:limit]


def _copies(layout: Layout, notebook: Path | None) -> dict[str, PastCopy]:
    """Return the newest executed copies by the id of their run."""
    found: dict[str, PastCopy] = {}
    for number, copy in enumerate(past_copies(layout, notebook)):
        if number == _COPIES_READ:
            break
        found.setdefault(str(copy.record.get("run_id")), copy)
    return found


def _record(run: PastRun, copy: PastCopy | None, store: TrackingStore | None) -> dict[str, Any]:
    told = {} if copy is None else copy.record
    return {
        **run.to_json(),
        "model": told.get("model") or ({"uri": run.model} if run.model else None),
        "output": None if copy is None else str(copy.path),
        "stages": list(told.get("stages") or ()),
        "gates": list(told.get("gates") or ()),
        "mlflow_url": None if store is None else _url(run, store),
    }


def _detail(found: PastRunDetail, copy: PastCopy | None) -> dict[str, Any]:
    known = {} if copy is None else {one["name"]: one for one in copy.record.get("stages") or ()}
    children = {stage["name"]: stage for stage in map(PastRun.to_stage_json, found.children)}
    # As the run had them, then what only MLflow knows: runs that user code opened.
    stages = [
        {
            **children.get(name, {}),
            **known.get(name, {}),
            "metrics": _own(children.get(name, {}).get("metrics", {})),
        }
        for name in dict.fromkeys([*known, *children])
    ]
    told = found.to_json()
    return {"stages": stages, "registered": told["registered"], "artifacts": told["artifacts"]}


def _own(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of a stage but those that every stage has."""
    return {name: value for name, value in metrics.items() if not name.startswith("stage/")}


def _url(run: PastRun, store: TrackingStore) -> str | None:
    """Return where a tracking server shows a run; the project's own store has no server."""
    uri = store.tracking_uri.rstrip("/")
    if not uri.startswith(("http://", "https://")) or not run.experiment_id:
        return None
    return f"{uri}/#/experiments/{run.experiment_id}/runs/{run.run_id}"


def _side_by_side(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    *,
    is_same: Any = lambda one, other: one == other,
) -> list[dict[str, Any]]:
    """Return a row for every name, those of `a` first; None where there is none."""
    rows = []
    for name in dict.fromkeys([*a, *b]):
        one, other = a.get(name, _ABSENT), b.get(name, _ABSENT)
        both = one is not _ABSENT and other is not _ABSENT
        rows.append(
            {
                "name": name,
                "a": None if one is _ABSENT else one,
                "b": None if other is _ABSENT else other,
                "same": both and bool(is_same(one, other)),
            }
        )
    return rows


def _ended_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["status"] == other["status"] and one.get("metrics") == other.get("metrics")


def _difference(a: Any, b: Any) -> float | None:
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return b - a if numbers else None
