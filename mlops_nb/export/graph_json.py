"""What does ``graph --json`` print? The cells and stages of a pipeline, as DESIGN 9 fixes them.

One key is more than that: ``likely_mutated`` is the part of ``may_mutate`` that is worth an edge.
"""

from __future__ import annotations

import json
from typing import Any

from mlops_nb.pipeline.cells import CellFlow
from mlops_nb.pipeline.stages import Pipeline


def graph_object(pipeline: Pipeline) -> dict[str, Any]:
    """Return the contract's graph object: code cells in document order, then stages."""
    return {
        "cells": [
            _cell_object(pipeline, cell.index, cell.id)
            for cell in pipeline.cells
            if cell.type == "code"
        ],
        "stages": [
            {
                "name": stage.name,
                "cells": list(stage.cells),
                "inputs": sorted(stage.inputs),
                "outputs": sorted(stage.outputs),
                "upstream": list(stage.upstream),
            }
            for stage in pipeline.stages
        ],
    }


def render_json(pipeline: Pipeline) -> str:
    """Return the graph object as indented JSON text."""
    return json.dumps(graph_object(pipeline), indent=2, ensure_ascii=False) + "\n"


def _cell_object(pipeline: Pipeline, index: int, cell_id: str) -> dict[str, Any]:
    flow = pipeline.flows.get(index, CellFlow())
    analysis = pipeline.analyses.get(index)
    stage = pipeline.stage_of(index)
    return {
        "index": index,
        "id": cell_id,
        "kind": str(pipeline.kinds[index]),
        "stage": None if stage is None else stage.name,
        "reads": sorted(flow.reads),
        "binds": sorted(flow.binds),
        "mutates": sorted(flow.mutates),
        "may_mutate": sorted(flow.may_mutate),
        "likely_mutated": [] if analysis is None else sorted(analysis.likely),
        "deletes": sorted(flow.deletes),
    }
