"""Which names flow from one stage to another?

`Stage.upstream` says that an edge is there; a picture also says why. The names of an edge are found
by asking, for each name a cell of the downstream stage reads, which cells wrote it last. An edge
without a name is an edge all the same: cells between the stages carry it, or ``--needs`` asks for
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.stages import Pipeline, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEdge:
    """One edge between two stages.

    Attributes
    ----------
    source, target : StageName
        The upstream stage and the stage that depends on it.
    names : tuple of str
        Names that cells of `target` read as cells of `source` left them, sorted. Empty where the
        dependency goes through cells outside stages, or is an order only.
    """

    source: StageName
    target: StageName
    names: tuple[str, ...]


def read_stage_edges(pipeline: Pipeline) -> tuple[StageEdge, ...]:
    """Return the edges between stages, by target and then source in notebook order.

    Names follow the static analysis: where a write is conditional or only possible, the write
    before it may reach the reader too, and both edges carry the name.
    """
    edges = []
    for stage in pipeline.stages:
        carried = _names_by_source(pipeline, stage)
        edges += [
            StageEdge(
                source=source, target=stage.name, names=tuple(sorted(carried.get(source, set())))
            )
            for source in stage.upstream
        ]
    return tuple(edges)


def order_stages(pipeline: Pipeline) -> tuple[Stage, ...]:
    """Return the stages so that each stands after its upstream; ties keep notebook order.

    A stage of several cells may depend on one that starts below its first cell, so notebook order
    alone will not do. Stages on a cycle (which the pipeline's diagnostics tell) come in notebook
    order.
    """
    waiting = list(pipeline.stages)
    placed: set[StageName] = set()
    ordered = []
    while waiting:
        stage = next((s for s in waiting if placed.issuperset(s.upstream)), waiting[0])
        waiting.remove(stage)
        placed.add(stage.name)
        ordered.append(stage)
    return tuple(ordered)


def _names_by_source(pipeline: Pipeline, stage: Stage) -> dict[StageName, set[str]]:
    carried: dict[StageName, set[str]] = {}
    for name, index in _reads(pipeline, stage):
        for writer in _last_writers(pipeline, name, before=index):
            source = pipeline.stage_of(writer)
            if source is not None and source.name != stage.name:
                carried.setdefault(source.name, set()).add(name)
    return carried


def _reads(pipeline: Pipeline, stage: Stage) -> Iterator[tuple[str, int]]:
    """Yield each input of `stage` with each cell that reads it.

    What only an option asks for (``--eval``, ``--inputs``) is read when the last cell has run.
    """
    for name in stage.inputs:
        readers = [index for index in stage.cells if name in pipeline.flows[index].reads]
        for index in readers or stage.cells[-1:]:
            yield name, index


def _last_writers(pipeline: Pipeline, name: str, *, before: int) -> Iterator[int]:
    """Yield the cells whose value of `name` may reach cell `before`, the nearest first."""
    for index in range(before - 1, -1, -1):
        flow = pipeline.flows.get(index)
        if flow is None:
            continue
        if name in flow.binds or name in flow.mutates:
            yield index
            if name not in flow.conditional:
                return
        elif name in flow.may_mutate:
            yield index
