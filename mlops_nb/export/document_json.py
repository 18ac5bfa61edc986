"""What does a front end need of the document that somebody is editing? One object of plain values.

Columns count UTF-16 code units, as editors in a browser do; everything else is as ``graph --json``
and ``check --json`` tell it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mlops_nb.export.graph_json import graph_object
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.option_words import to_metadata
from mlops_nb.pipeline.parameters import Parameter, declared_parameters
from mlops_nb.pipeline.stages import Pipeline, Stage

_WORD = re.compile(r"\w+")
_PLAIN = (bool, int, float, str, type(None), list, dict)


def document_object(
    pipeline: Pipeline, findings: Sequence[Diagnostic], *, fixable: Collection[int]
) -> dict[str, Any]:
    """Return cells, stages, diagnostics and parameters of a document.

    Parameters
    ----------
    pipeline : Pipeline
    findings : sequence of Diagnostic
    fixable : collection of int
        Positions of the findings for which a fix is proposed.
    """
    graph = graph_object(pipeline)
    carriers = {index: list(said.carriers) for index, said in pipeline.directives.items()}
    return {
        "cells": [
            {
                **cell,
                "upstream": list(pipeline.needs.get(cell["index"], ())),
                "carriers": carriers.get(cell["index"], []),
            }
            for cell in graph["cells"]
        ],
        "stages": [
            {**drawn, **_stage_object(pipeline, stage)}
            for drawn, stage in zip(graph["stages"], pipeline.stages, strict=True)
        ],
        "diagnostics": diagnostic_objects(findings, pipeline.cells, fixable=fixable),
        "parameters": [_parameter_object(one) for one in declared_parameters(pipeline.cells)],
    }


def diagnostic_objects(
    findings: Sequence[Diagnostic], cells: Sequence[Cell], *, fixable: Collection[int]
) -> list[dict[str, Any]]:
    """Return findings with the range of text that they are about; line 0 is a cell as a whole."""
    found = []
    for position, finding in enumerate(findings):
        cell = cells[finding.cell] if 0 <= finding.cell < len(cells) else None
        found.append(
            {
                **finding.to_json(),
                **_range(finding, "" if cell is None else cell.source),
                "cell_id": None if cell is None else cell.id,
                "fixable": position in fixable,
            }
        )
    return found


def _stage_object(pipeline: Pipeline, stage: Stage) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for index in stage.cells:
        said |= pipeline.directives[index].options
    return {
        "cell_ids": [pipeline.cells[index].id for index in stage.cells],
        "options": to_metadata(said),
        "metrics": list(stage.options.metrics),
        "model": stage.options.model,
    }


def _range(finding: Diagnostic, source: str) -> dict[str, int]:
    lines = source.split("\n")
    if not 0 < finding.line <= len(lines):
        return {"line": 0, "column": 0, "end_line": 0, "end_column": 0}
    text = lines[finding.line - 1]
    start = min(finding.column, len(text))
    word = _WORD.match(text, start)
    end = word.end() if word and start else len(text.rstrip())
    return {
        "line": finding.line,
        "column": _units(text[:start]),
        "end_line": finding.line,
        "end_column": _units(text[: max(end, start)]),
    }


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _parameter_object(parameter: Parameter) -> dict[str, Any]:
    kind = parameter.type
    return {
        "name": parameter.name,
        "type": kind.label,
        "types": list(kind.names),
        "optional": kind.optional and not kind.inferred,
        "choices": [choice for choice in kind.choices if isinstance(choice, _PLAIN)],
        "default": _literal(parameter.default),
        "source": parameter.default,
        "description": parameter.description,
    }


def _literal(source: str) -> Any:
    """Return the value of a default as JSON has it; None where it has none."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return value if _is_json(value) else None


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _is_json(v) for k, v in value.items())
    return isinstance(value, _PLAIN)
