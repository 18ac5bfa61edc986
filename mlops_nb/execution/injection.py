"""Where do parameters go that come from outside? Into a cell of their own, as papermill's do.

It takes the place of one that an earlier run injected, else it stands behind the notebook's own
parameters, or first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.execution.cellplan import CellPlan, injected_position
from mlops_nb.execution.request import RunRequest
from mlops_nb.pipeline.parameters import INJECTED_TAG, encode_parameters


def inject_parameters(
    node: dict[str, Any], plans: list[CellPlan], request: RunRequest
) -> list[CellPlan]:
    """Add the cell of injected parameters to `node`; return the plans with one for it.

    Raises
    ------
    InputError
        MNB309 the notebook is not Python.
    """
    if request.source.language != "python":
        raise InputError(
            "MNB309",
            request.source.path,
            f"parameters cannot be passed to a notebook in {request.source.language!r}.",
            "Use Python for the notebook, or read the values from a file in it.",
        )
    position, replaces = injected_position(request.pipeline.cells)
    cells = node["cells"]
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": _free_id(cells),
        "metadata": {"tags": [INJECTED_TAG]},
        "source": encode_parameters(request.parameters),
        "execution_count": None,
        "outputs": [],
    }
    before = plans[position] if replaces else None
    index = None if before is None else before.index
    plan = CellPlan(index=index, action="run", spec={}, is_injected=True)
    end = position + 1 if replaces else position
    cells[position:end] = [cell]
    return [*plans[:position], plan, *plans[end:]]


def _free_id(cells: Sequence[dict[str, Any]]) -> str:
    taken, ident = {cell["id"] for cell in cells}, INJECTED_TAG
    while ident in taken:
        ident += "-"
    return ident
