"""How are the findings that keep a notebook from running told? All of them, in one error."""

from __future__ import annotations

from mlops_nb.errors import InputError
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.stages import Pipeline


def refuse_broken(pipeline: Pipeline) -> None:
    """Raise if the pipeline has findings of severity ``error``; otherwise do nothing.

    Raises
    ------
    InputError
        With the code and place of the first finding; the others follow, a line each.
    """
    errors = [found for found in pipeline.diagnostics if found.severity == "error"]
    if not errors:
        return
    first, *others = errors
    remedy = "\n".join([first.remedy, *(_line(pipeline, found) for found in others)])
    raise InputError(first.code, _place(pipeline, first), first.message, remedy)


def _place(pipeline: Pipeline, found: Diagnostic) -> str:
    parts = [pipeline.name]
    if found.cell >= 0:
        parts.append(f"cell {found.cell}")
    if found.line:
        parts.append(f"line {found.line}")
    return ", ".join(parts)


def _line(pipeline: Pipeline, found: Diagnostic) -> str:
    return f"{found.code} {_place(pipeline, found)}: {found.message}\n{found.remedy}"
