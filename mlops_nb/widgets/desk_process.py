"""Where does the panel's work happen? In a process beside the kernel: one line in, one line out,
and before it lines that say how far it is.

MLflow is imported here and not in the kernel, where its import would disturb what user code does
meanwhile, and a promotion that has begun is not broken off by an interrupt of the kernel. It ends
with its input, or when nobody has asked for a while.
"""

from __future__ import annotations

import json
import os
import select
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_nb.errors import InfrastructureError, MlopsNbError
from mlops_nb.garbage import collect_seldom
from mlops_nb.widgets.desk import Desk, outcome_of, view_to_json

IDLE_S = 600.0


def main() -> None:
    """Answer requests until the input ends."""
    collect_seldom()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    lines = os.fdopen(0, "rb", buffering=0)  # a buffer would hide a line from `select`
    config = json.loads(lines.readline())

    def write(line: str) -> None:
        print(line, file=answers, flush=True)

    desk = Desk(
        folder=Path(config["folder"]),
        reference=config["reference"],
        to=config["to"],
        gates=tuple(config["gates"]),
        tell=lambda step: write(json.dumps({"progress": step})),
    )
    serve(
        desk,
        lambda: lines.readline() if select.select([lines], [], [], IDLE_S)[0] else b"",
        write,
    )


def serve(desk: Desk, read: Callable[[], bytes], write: Callable[[str], None]) -> None:
    """Answer each line of `read` by one of `write`; an empty line ends it."""
    while line := read():
        write(json.dumps(answer(desk, json.loads(line))))


def answer(desk: Desk, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one request: ``{"view"}``, ``{"moved"}`` or ``{"error"}``."""
    try:
        desk.point_to(request.get("reference", desk.reference))
        if request["do"] == "look":
            return {"view": view_to_json(desk.look(again=bool(request.get("again"))))}
        if request["do"] == "recall":
            return {"view": view_to_json(desk.recall())}
        if request["do"] == "plan":
            plan = desk.plan(again=bool(request.get("again")))
            told = {"plan": plan.to_json(), "can_force": plan.can_be_forced}
            return {"view": {**told, "outcome": outcome_of(plan)}}
        if request["do"] == "approve":
            return {"view": desk.approve(reason=request["reason"]).to_json()}
        if request["do"] == "promote":
            moved = desk.promote(
                reason=request["reason"], force=request["force"], shown=request["shown"]
            )
        else:
            moved = desk.rollback(
                reason=request["reason"], force=request["force"], to=request["to"]
            )
        return {"moved": moved.to_json()}
    except Exception as error:
        return {"error": _told(error)}


def _told(error: Exception) -> dict[str, Any]:
    if not isinstance(error, MlopsNbError):
        traceback.print_exception(error)
        error = InfrastructureError(
            "MNB772",
            "promotion panel",
            f"a fault of mlops_nb's: {type(error).__name__}: {error}",
            "Report it; 'mlops-nb promote' in a shell shows the whole traceback.",
        )
    return {"exit_code": error.exit_code, "args": list(error.args)}
