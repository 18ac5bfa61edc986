"""What do the routes on an unsaved document do? They ask what the commands ask, of cells sent.

Every function takes a request and returns a value of JSON. They run in a process of their own
(`aide_process`), one after another, where what was found out last is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from mlops_nb.lab.answers import Answer, error_object, status_of
from mlops_nb.lab.jobs import read_request
from mlops_nb.lab.requests import Request
from mlops_nb.project.document_edits import mend_document, rename_in_document, suggest_document
from mlops_nb.project.explain import explain
from mlops_nb.project.jobs.vetting import find_refusal
from mlops_nb.project.open_document import OpenDocument

_KEPT = 12
_documents: OrderedDict[Path, OpenDocument] = OrderedDict()


def look_at_document(request: Request) -> dict[str, Any]:
    """Return cells, stages, diagnostics, parameters and layout of a document."""
    view = _document(request.path()).look(request.node())
    return {**view, "version": request.body.get("version")}


def mend(request: Request) -> dict[str, Any]:
    """Return the edits of ``check --fix``, of all findings or of some."""
    return mend_document(
        request.path(),
        request.node(),
        code=request.text("code", ""),
        cell_id=request.text("cell_id", ""),
    )


def suggest(request: Request) -> dict[str, Any]:
    """Return the stages that ``tag --suggest`` proposes, and the edits that accept them."""
    carrier = request.text("carrier", "metadata")
    return suggest_document(request.path(), request.node(), carrier=carrier)


def rename(request: Request) -> dict[str, Any]:
    """Return the edits that give a stage another name."""
    old, new = request.text("old"), request.text("new")
    return rename_in_document(request.path(), request.node(), old=old, new=new)


def explain_code(request: Request) -> dict[str, Any]:
    """Return what a code means, as Markdown."""
    text = explain(request.parts[0])
    title = text.split("\n", 1)[0].lstrip("# ").strip()
    return {"code": title.split()[0].rstrip(":"), "title": title, "text": text}


def vet(request: Request) -> Answer:
    """Return whether a job with these options would begin: a refusal names the ``field``."""
    refusal = find_refusal(read_request(request))
    if refusal is None:
        return Answer.of({"field": None})
    told = error_object(refusal.error, root=request.root)
    return Answer.of({**told, "field": refusal.field}, status_of(refusal.error))


def _document(path: Path) -> OpenDocument:
    known = _documents.pop(path, None)
    if known is None:
        known = OpenDocument(path)
        while len(_documents) >= _KEPT:
            _documents.popitem(last=False)
    _documents[path] = known
    return known


ACTIONS = {
    "document": look_at_document,
    "explain": explain_code,
    "fixes": mend,
    "suggestions": suggest,
    "rename": rename,
    "vet": vet,
}
