"""What does the route on plans do? It asks what ``mlops-nb plan`` asks, of an unsaved document.

In an aide of its own: hashing the files that a notebook read can take long, and must not keep the
analysis of the next edit waiting.
"""

from __future__ import annotations

from typing import Any

from mlops_nb.lab.requests import Request
from mlops_nb.project.document_plan import plan_document, read_sent


def plan(request: Request) -> dict[str, Any]:
    """Return what a headless run would do, stage by stage."""
    return plan_document(
        request.path(),
        request.node(),
        parameters=read_sent(request.values("parameters")),
        stages=request.texts("stage"),
        until=request.text("until", "") or None,
        force=request.texts("force"),
    )


ACTIONS = {"plan": plan}
