"""Which stages would a data scientist see in an untagged notebook? A proposal to accept or not.

Headings and what cells do cut the notebook, data flow says what is work, past runs say what costs;
the result is checked by the pipeline it makes. Deterministic; what is tagged already stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.carrying import has_directive, preview
from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.dataflow import StarNames
from mlops_nb.pipeline.habits.calls import running_cells
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.suggestion.facts import find_configuring, find_facts
from mlops_nb.pipeline.suggestion.groups import Group, find_groups, with_looks
from mlops_nb.pipeline.suggestion.parameters_cell import find_configuration
from mlops_nb.pipeline.suggestion.proposal import (
    SuggestedStage,
    SuggestedTag,
    Suggestion,
    changes_of,
)
from mlops_nb.pipeline.suggestion.titles import main_products, name_groups
from mlops_nb.pipeline.suggestion.worth import Fitted, find_fitted, metrics_of

__all__ = ["SuggestedStage", "SuggestedTag", "Suggestion", "changes_of", "suggest"]


def suggest(
    cells: Sequence[Cell],
    *,
    name: str,
    star_names: StarNames,
    seconds: Mapping[int, float] | None = None,
) -> Suggestion:
    """Return the stages that `cells` suggest.

    Parameters
    ----------
    cells : sequence of Cell
        All cells in document order.
    name : str
        The notebook's path, for messages.
    star_names : callable
        As for `build_pipeline`.
    seconds : Mapping of int to float, optional
        What cells took in past runs.
    """
    known = seconds or {}
    pipeline = build_pipeline(cells, name=name, star_names=star_names)
    facts = find_facts(pipeline, known)
    staged = [index for stage in pipeline.stages for index in stage.cells]
    usable = (CellKind.INLINE, CellKind.SETUP)
    between = [c.index for c in cells if pipeline.kinds[c.index] in usable and not has_directive(c)]
    groups = find_groups(facts, staged)
    if not groups:
        why = "no cell that says nothing yet" if not facts else "nothing here"
        return Suggestion(why_not=f"{why} loads, splits, trains, evaluates or takes long.")
    members = [with_looks(group, pipeline, between) for group in groups]
    parsed = running_cells(pipeline)
    fitted = find_fitted(parsed)
    options = _options(pipeline, members, metrics_of(parsed), fitted)
    names = name_groups(
        groups,
        models={i: one.name for i, m in enumerate(members) for one in fitted if one.cell in m},
        products=main_products(members, pipeline, parsed),
        taken=[stage.name for stage in pipeline.stages],
    )
    stages = [
        SuggestedStage(
            name=names[i],
            cells=members[i],
            options=options[i],
            reason=_reason(group),
            seconds=_seconds(members[i], known),
        )
        for i, group in enumerate(groups)
    ]
    return _drawable(cells, stages, pipeline, name=name, star_names=star_names)


def _drawable(
    cells: Sequence[Cell],
    stages: list[SuggestedStage],
    pipeline: Pipeline,
    *,
    name: str,
    star_names: StarNames,
) -> Suggestion:
    """Return the suggestion without what would be an error: options first, then stages."""
    before = {(d.code, d.cell) for d in pipeline.diagnostics if d.severity == "error"}
    while True:
        staged = {index for stage in stages for index in stage.cells}
        tags = _tags(pipeline, staged) if stages else ()
        suggestion = Suggestion(stages=tuple(stages), tags=tags)
        said = {c.cell: preview(cells[c.cell], c) for c in changes_of(cells, suggestion)}
        after = [said.get(cell.index, cell) for cell in cells]
        built = build_pipeline(after, name=name, star_names=star_names)
        wrong = {
            d.cell
            for d in built.diagnostics
            if d.severity == "error" and (d.code, d.cell) not in before
        }
        faulty = [stage for stage in stages if wrong.intersection(stage.cells)]
        if not faulty:
            break
        bare = [s for s in faulty if s.options]
        stages = [
            replace(stage, options={}) if stage in bare else stage
            for stage in stages
            if stage not in faulty or stage in bare
        ]
    why = (
        ""
        if stages
        else "stages of its cells would read what nothing binds, or could not be drawn together."
    )
    return replace(suggestion, why_not=why)


def _options(
    pipeline: Pipeline,
    members: Sequence[Sequence[int]],
    metrics: Mapping[int, tuple[str, ...]],
    fitted: Sequence[Fitted],
) -> list[dict[int, dict[str, Any]]]:
    """Return what each stage surely says, by cell; a model only where there is no choice."""
    places = {index for cells in members for index in cells}
    models = [one for one in fitted if one.cell in places]
    has_model = any(stage.options.model for stage in pipeline.stages)
    model = models[0] if len(models) == 1 and not has_model else None
    found = []
    for cells in members:
        said: dict[int, dict[str, Any]] = {}
        for index in cells:
            if index in metrics:
                said.setdefault(index, {})["metrics"] = metrics[index]
        if model is not None and model.cell in cells:
            said.setdefault(model.cell, {}).update(_model_options(model))
        found.append(said)
    return found


def _model_options(model: Fitted) -> dict[str, Any]:
    return {"model": model.name, **({"example": model.rows} if model.rows else {})}


def _tags(pipeline: Pipeline, staged: Collection[int]) -> tuple[SuggestedTag, ...]:
    """Return the tags for set-up and parameters."""
    found = []
    configuration = find_configuration(pipeline, staged)
    if configuration is not None:
        reason = "plain values that stages read"
        found.append(SuggestedTag(cell=configuration, tag="parameters", reason=reason))
    for index in sorted(find_configuring(pipeline)):
        if index not in staged and not has_directive(pipeline.cells[index]):
            reason = "imports, definitions and configuration"
            found.append(SuggestedTag(cell=index, tag="setup", reason=reason))
    return tuple(sorted(found, key=lambda said: said.cell))


def _reason(group: Group) -> str:
    """Return why these cells belong together, for a person."""
    roles = sorted({str(role) for cell in group.cells for role in cell.roles if role != "plot"})
    is_costly = any(cell.is_costly for cell in group.cells)
    does = ", ".join(roles) or ("takes long" if is_costly else "makes what later stages read")
    return f"{does}, under {group.section[-1].text!r}" if group.section else does


def _seconds(cells: Sequence[int], seconds: Mapping[int, float]) -> float | None:
    known = [seconds[index] for index in cells if index in seconds]
    return sum(known) if known else None
