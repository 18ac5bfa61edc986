"""What does a front end's panel hear of the stages of the document it shows? One object of plain
values: how they stand, why, what they measured, and what their inputs and outputs are.

The document comes with its analysis, which the server made: a kernel analyses nothing for a panel.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlops_nb.pipeline.incremental.live_status import DocumentCell, Judged, judge_stage
from mlops_nb.project.live_runs import LiveExecution, LiveRuns
from mlops_nb.project.value_texts import describe_value

_BINDS = ("binds", "deletes")
_SURE = (*_BINDS, "mutates", "likely_mutated")
# Nothing that is called with one of these changes it; a module's states are watched as such.
_FIXED = (
    *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType),
    *(bool, int, float, complex, str, bytes, type(None)),
)
_MOST_NAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStage:
    """A stage of the document.

    Attributes
    ----------
    name : str
    cells : tuple of int
    inputs, outputs : tuple of str
    """

    name: str
    cells: tuple[int, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDocument:
    """The document of a panel.

    Attributes
    ----------
    version : object
        What the front end calls this state of it.
    cells : tuple of DocumentCell
        Its code cells, in order.
    stages : tuple of ShownStage
    """

    version: Any
    cells: tuple[DocumentCell, ...]
    stages: tuple[ShownStage, ...]


def read_document(
    message: Mapping[str, Any], *, digest: Callable[[object], str | None] | None = None
) -> ShownDocument:
    """Return the document of a ``status`` message.

    Parameters
    ----------
    message : Mapping
    digest : callable, optional
        Returns the digest of a value as cells are observed to read it.

    Raises
    ------
    ValueError
        If the message is not as it is agreed; it says what is wrong.
    """
    sources = {
        str(cell.get("id")): _text(cell.get("source"))
        for cell in _objects(message, "cells")
        if cell.get("cell_type", "code") == "code"
    }
    analysis = message.get("analysis")
    if not isinstance(analysis, Mapping):
        raise ValueError("'analysis' is no object")
    cells = [_cell(told, sources, digest) for told in _objects(analysis, "cells")]
    stages = [
        ShownStage(
            name=str(told.get("name")),
            cells=_numbers(told, "cells"),
            inputs=_names(told, "inputs"),
            outputs=_names(told, "outputs"),
        )
        for told in _objects(analysis, "stages")
    ]
    return ShownDocument(
        version=message.get("version"),
        cells=tuple(sorted(cells, key=lambda cell: cell.index)),
        stages=tuple(stages),
    )


def describe_stages(
    document: ShownDocument,
    runs: LiveRuns,
    *,
    look: Callable[..., str | None],
    namespace: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the ``stages`` message.

    Parameters
    ----------
    document : ShownDocument
    runs : LiveRuns
    look : callable
        The digest of a fact now; LookupError where nobody can say cheaply.
    namespace : Mapping
        The user's names.
    """
    fixed = frozenset(name for name, value in namespace.items() if type(value) in _FIXED)
    shown = [cell.without_changes_of(fixed) for cell in document.cells]
    walk = runs.walk(shown, look=look, fixed=fixed)
    judged = walk.judge(shown)
    known = {cell.index: cell for cell in shown}
    texts: dict[str, str] = {}

    def describe(names: Sequence[str], before: int) -> dict[str, str]:
        for name in names[:_MOST_NAMES]:
            if name in namespace and name not in texts:
                texts[name] = describe_value(namespace[name])
        return {
            name: f"now {texts[name]}" if walk.has_changed(name, before) else texts[name]
            for name in names
            if name in texts
        }

    stages = []
    for stage in document.stages:
        own = [(index, judged[index]) for index in stage.cells if index in judged]
        told = judge_stage(own)
        ran = [found for index, _ in own if (found := runs.find(known[index])) is not None]
        orders = [found.execution.order for found in ran] or [sys.maxsize]
        stages.append(
            {
                "name": stage.name,
                "status": told.status,
                "reasons": list(told.reasons),
                "waits_for": [known[index].id for index in told.waits_for if index in known],
                "again": [known[index].id for index in sorted(walk.before(stage.cells))],
                **_measured(ran),
                # What a stage changed in place is not what it read.
                "inputs": describe(stage.inputs, min(orders) - 1),
                "outputs": describe(stage.outputs, max(orders)),
            }
        )
    cells = [
        {
            **_cell_object(known[index], found),
            "again": [known[other].id for other in sorted(walk.before((index,)))],
        }
        for index, found in judged.items()
    ]
    return {"type": "stages", "version": document.version, "stages": stages, "cells": cells}


def _measured(ran: Sequence[LiveExecution]) -> dict[str, Any]:
    """Return seconds, metrics and time of the executions of a stage's cells."""
    seconds: float | None = None
    metrics: dict[str, float] = {}
    for one in sorted(ran, key=lambda found: found.execution.order):
        if one.report is None:
            continue
        seconds = (seconds or 0.0) + float(one.report["seconds"] or 0.0)
        metrics |= {
            name: float(value)
            for name, value in (one.report["metrics"] or {}).items()
            if isinstance(value, (int, float)) and value - value == 0  # JSON has no nan
        }
    ended = max((one.ended for one in ran), default="")
    return {"seconds": seconds, "metrics": metrics, "ended": ended or None}


def _cell_object(cell: DocumentCell, judged: Judged) -> dict[str, Any]:
    return {"id": cell.id, "status": judged.status, "reasons": list(judged.reasons)}


def _cell(
    told: Mapping[str, Any],
    sources: Mapping[str, str],
    digest: Callable[[object], str | None] | None,
) -> DocumentCell:
    index, ident = told.get("index"), str(told.get("id"))
    if not isinstance(index, int):
        raise ValueError("a cell of 'analysis' has no 'index'")
    binds = frozenset(name for key in _BINDS for name in _names(told, key))
    sure = frozenset(name for key in _SURE for name in _names(told, key))
    stage = told.get("stage")
    return DocumentCell(
        index=index,
        id=ident,
        source=sources.get(ident, ""),
        stage=None if stage is None else str(stage),
        reads=frozenset(_names(told, "reads")),
        binds=binds,
        touches=sure,
        may_touch=frozenset(_names(told, "may_mutate")) - sure,
        upstream=_numbers(told, "upstream"),
        foresees={}
        if digest is None or stage is not None
        else _foresee(sources.get(ident, ""), digest),
    )


def _foresee(source: str, digest: Callable[[object], str | None]) -> dict[str, tuple[str, str]]:
    """Return digest and text of the names that a cell binds to literals."""
    from mlops_nb.pipeline.incremental.foreseen import show_literal

    found = {name: (digest(value), show_literal(value)) for name, value in _literals(source)}
    return {name: (told, text) for name, (told, text) in found.items() if told is not None}


@lru_cache(maxsize=512)
def _literals(source: str) -> tuple[tuple[str, Any], ...]:
    from mlops_nb.pipeline.cells import Code
    from mlops_nb.pipeline.incremental.foreseen import literals_bound
    from mlops_nb.pipeline.incremental.live_edits import without_settings

    return tuple(literals_bound(Code(python=without_settings(source))).items())


def _objects(holder: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = holder.get(key)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise ValueError(f"{key!r} is no list of objects")
    return found


def _names(told: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = told.get(key)
    return tuple(n for n in found if isinstance(n, str)) if isinstance(found, list) else ()


def _numbers(told: Mapping[str, Any], key: str) -> tuple[int, ...]:
    found = told.get(key)
    return tuple(n for n in found if isinstance(n, int)) if isinstance(found, list) else ()


def _text(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")
