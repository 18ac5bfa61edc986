"""What did papermill, scrapbook and dagstermill leave in a notebook, and what is it here?

The parameters cell is the same. The cell of a past run's values hides the defaults, so it goes, as
papermill itself would replace it. What is glued or yielded and surely is a number becomes a metric;
the calls stay, since they do no harm.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.habits.calls import Call, find_calls, running_cells
from mlops_nb.pipeline.migration.outcome import Draft
from mlops_nb.pipeline.parameters import INJECTED_TAG, PARAMETERS_TAG
from mlops_nb.pipeline.scores import Held, find_scores
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.trees import parse_code

_GLUE, _YIELD, _CONTEXT = "scrapbook.glue", "dagstermill.yield_result", "dagstermill.get_context"
_OTHER = ("dagstermill.yield_event",)
_RESULTS = StageName("results")


def migrate_injected(draft: Draft) -> None:
    """Remove the cell of injected parameters; where it is the only one, it declares them."""
    injected = [c for c in draft.cells if c.type == "code" and INJECTED_TAG in c.tags]
    declared = [c for c in draft.cells if c.type == "code" and PARAMETERS_TAG in c.tags]
    has_cell = bool(declared) or any("parameters" in d.tags for d in draft.drafts.values())
    for cell in injected:
        draft.conventions.add("papermill")
        change = draft.of(cell.index)
        others = tuple(tag for tag in cell.tags if tag != INJECTED_TAG)
        if not has_cell:
            has_cell = True
            change.tags = (PARAMETERS_TAG, *others)
            draft.carry(cell.index, "injected parameters that nothing declares", "tag parameters")
            continue
        change.is_removed = True
        tree = None if cell.code is None else parse_code(cell.code)
        values = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Assign)] if tree else []
        draft.leave(
            cell.index,
            f"injected parameters of a past run: {'; '.join(values) or 'none'}",
            "they hide the defaults of the parameters cell, so the cell goes",
            "Pass them again by -p NAME VALUE, if they are to hold.",
        )


def migrate_results(draft: Draft, pipeline: Pipeline) -> None:
    """Make metrics of what the notebook hands to scrapbook and dagstermill."""
    cells = running_cells(pipeline)
    calls = find_calls(cells)
    scores = find_scores(cells)
    for call in calls:
        if call.name == _GLUE:
            draft.conventions.add("scrapbook")
            _hand_over(draft, pipeline, call, scores, value=1)
        elif call.name == _YIELD:
            draft.conventions.add("dagstermill")
            _hand_over(draft, pipeline, call, scores, value=0)
        elif call.name == _CONTEXT:
            draft.conventions.add("dagstermill")
            draft.leave(
                call.cell,
                "dagstermill.get_context",
                "there is no context; a run passes parameters",
                "Declare what it configures in the parameters cell: NAME = DEFAULT.",
            )
        elif call.name in _OTHER:
            draft.leave(
                call.cell, call.name, "a run has no events", "Print it, or leave the call out."
            )


def _hand_over(
    draft: Draft, pipeline: Pipeline, call: Call, scores: Mapping[str, Held], *, value: int
) -> None:
    """Make a metric of the argument that is handed over, if it surely is a number."""
    arguments = call.node.args
    given = arguments[value] if len(arguments) > value else None
    for word in ("data", "value", "scrap"):
        given = given if given is not None else call.keyword(word)
    what = f"{call.name.rpartition('.')[2]}({', '.join(map(ast.unparse, arguments))})"
    if not isinstance(given, ast.Name):
        draft.leave(
            call.cell,
            what,
            "a metric is the name of a variable",
            "If it is a number, bind it to a name, and say --metrics NAME.",
        )
        return
    name = given.id
    if name not in scores or call.is_deferred:
        draft.leave(
            call.cell,
            what,
            f"it cannot be seen whether {name!r} is a number",
            f"If it is, say --metrics {name} at its stage; what a stage binds needs no word.",
        )
        return
    bound = scores[name].cell
    place = bound if pipeline.stage_of(bound) is not None else call.cell
    change = draft.of(place)
    stage = pipeline.stage_of(place)
    if change.stage is None and stage is None:
        change.stage = _free_name(pipeline)
    elif change.stage is None and stage is not None:
        change.stage, change.options = stage.name, dict(pipeline.directives[place].options)
    said = change.options.get("metrics", ())
    if name not in said:
        change.add("metrics", name)
        draft.carry(call.cell, what, f"stage {change.stage} --metrics {name}")


def _free_name(pipeline: Pipeline) -> StageName:
    return _RESULTS if pipeline.stage(_RESULTS) is None else StageName(f"{_RESULTS}_of_run")
