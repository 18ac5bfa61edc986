"""Where do Kale's metrics and edges go, once the code has been read?

What the code shows needs no word: a metric goes to the stage that binds it, an edge that follows
from names is left out. Only what is left is said by options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_nb.pipeline.carrying import to_stage_name
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.migration.outcome import Draft
from mlops_nb.pipeline.stages import Pipeline

Build = Callable[[Draft], Pipeline]
Previous = Mapping[StageName, tuple[int, tuple[str, ...]]]


def keep_needed(draft: Draft, build: Build, never_run: list[int]) -> None:
    """Leave cells that Kale never runs, but what it runs needs, to run; say what became of each."""
    pipeline = build(draft)
    missing = {
        name
        for index, flow in pipeline.flows.items()
        if "skip" not in draft.of(index).tags
        for name in flow.reads
    }
    for index in reversed(never_run):
        what = "no tag, before the first step: Kale never runs it"
        flow = pipeline.flows[index]
        if missing & {*flow.binds, *flow.mutates}:
            missing |= set(flow.reads)
            draft.of(index).tags = tuple(t for t in draft.of(index).tags if t != "skip")
            draft.carry(index, what, "runs here: later cells read what it binds")
        else:
            draft.carry(index, what, "tag skip")


def place_metrics(draft: Draft, pipeline: Pipeline, metrics: Mapping[str, int]) -> None:
    """Give each metric to the last stage that binds it."""
    owner = {
        name: index
        for stage in pipeline.stages
        for index in stage.cells
        for name in (*pipeline.flows[index].mutates, *pipeline.flows[index].binds)
    }
    staged = {index for stage in pipeline.stages for index in stage.cells}
    elsewhere = {n: i for i, f in pipeline.flows.items() if i not in staged for n in f.binds}
    for name, index in metrics.items():
        if name in owner:
            stage = pipeline.stage_of(owner[name])
            assert stage is not None
            draft.of(owner[name]).add("metrics", name)
            draft.carry(index, f"pipeline-metrics: {name}", f"stage {stage.name} --metrics {name}")
        elif name in elsewhere and "parameters" in draft.of(elsewhere[name]).tags:
            draft.carry(index, f"pipeline-metrics: {name}", "a parameter, which every run logs")
        else:
            draft.leave(
                index,
                f"pipeline-metrics: {name}",
                f"no stage binds {name!r}",
                f"Bind {name!r} in a stage, and say --metrics {name} there.",
            )


def place_needs(
    draft: Draft,
    pipeline: Pipeline,
    previous: Previous,
) -> None:
    """Say ``--needs`` for what comes before a stage and the code does not show."""
    above: dict[str, set[str]] = {}
    for stage in pipeline.stages:
        above[stage.name] = set(stage.upstream)
        cell, said = previous.get(stage.name, (stage.cells[0], ()))
        reached = _closure(stage.name, above)
        for word in said:
            other = pipeline.stage(word) or pipeline.stage(to_stage_name(word))
            if other is None:
                draft.leave(
                    cell,
                    f"prev:{word}",
                    "there is no such step",
                    "Mend the name, and say --needs if the code does not show it.",
                )
            elif other.name in reached:
                continue
            elif other.cells[-1] >= stage.cells[0]:
                draft.leave(
                    cell,
                    f"prev:{word}",
                    f"cell {other.cells[-1]} of stage {other.name!r} comes after this cell",
                    f"Move the cells of {other.name!r} up, and say --needs {other.name}.",
                )
            else:
                draft.of(cell).add("needs", other.name)
                above[stage.name].add(other.name)
                draft.carry(cell, f"prev:{word}, which the code does not show", f"--needs {word}")
        _tell_more(draft, stage.name, cell, above, previous)


def _tell_more(
    draft: Draft,
    name: StageName,
    cell: int,
    above: Mapping[str, set[str]],
    previous: Previous,
) -> None:
    """Say which stages this one rests on though Kale was not told so."""
    if name not in previous:
        return
    told: dict[str, set[str]] = {
        stage: {*words, *map(to_stage_name, words)} for stage, (_, words) in previous.items()
    }
    more = sorted(set(above[name]) - _closure(name, told))
    if more:
        draft.leave(
            cell,
            f"prev: does not name {', '.join(map(repr, more))}",
            f"stage {name!r} reads what is bound there; in Kale it may be missing",
            "Nothing to do: the edge follows from the code.",
        )


def _closure(name: str, above: Mapping[str, set[str]]) -> set[str]:
    """Return all that `name` rests on, directly or not."""
    found: set[str] = set()
    todo = list(above.get(name, ()))
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += above.get(other, ())
    return found
