"""What does the route on plans do? It asks what ``mlops-nb plan`` asks, of an unsaved document.

In an aide of its own: hashing the files that a notebook read can take long, and must not keep the
analysis of the next edit waiting. A document that no run would begin with is no wrong question:
somebody is typing. The answer says so of each stage, and why.
"""

from __future__ import annotations

from typing import Any

from mlops_nb.errors import MlopsNbError
from mlops_nb.lab.answers import error_object
from mlops_nb.lab.requests import Request
from mlops_nb.project.document_plan import plan_document, read_sent, undecided_plan


def plan(request: Request) -> dict[str, Any]:
    """Return what a headless run would do, stage by stage; ``why_not`` if none would begin."""
    path, node = request.path(), request.node()
    asked: dict[str, Any] = {
        "parameters": read_sent(request.values("parameters")),
        "stages": request.texts("stage"),
        "until": request.text("until", "") or None,
        "force": request.texts("force"),
        "no_cache": request.flag("no_cache"),
    }
    try:
        return {**plan_document(path, node, **asked), "why_not": None}
    except MlopsNbError as error:
        told = error_object(error, root=request.root)
        return {**undecided_plan(path, node, reason=told["message"]), "why_not": told}


ACTIONS = {"plan": plan}
