"""What do the routes on an unsaved document do? They ask what the commands ask, of cells sent.

Every function takes a request and returns a value of JSON. They run in a process of their own
(`aide_process`), one after another, where what was found out last is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.export.layout import Size
from mlops_nb.export.stage_drawing import BOX, Direction
from mlops_nb.lab.requests import Request
from mlops_nb.project.explain import explain
from mlops_nb.project.open_document import OpenDocument

_KEPT = 12
_DIRECTIONS: dict[str, Direction] = {"down": "down", "right": "right"}
_documents: OrderedDict[Path, OpenDocument] = OrderedDict()


def look_at_document(request: Request) -> dict[str, Any]:
    """Return cells, stages, diagnostics, parameters and layout of a document."""
    path, node = request.path(), request.node()
    direction = _DIRECTIONS.get(request.text("direction", "down"))
    if direction is None:
        raise InputError("MNB881", "direction", "is unknown.", "Send 'down' or 'right'.")
    view = _document(path).look(node, box=_box(request), direction=direction)
    return {**view, "version": request.body.get("version")}


def explain_code(request: Request) -> dict[str, Any]:
    """Return what a code means, as Markdown."""
    text = explain(request.parts[0])
    title = text.split("\n", 1)[0].lstrip("# ").strip()
    return {"code": title.split()[0].rstrip(":"), "title": title, "text": text}


def _document(path: Path) -> OpenDocument:
    known = _documents.pop(path, None)
    if known is None:
        known = OpenDocument(path)
        while len(_documents) >= _KEPT:
            _documents.popitem(last=False)
    _documents[path] = known
    return known


def _box(request: Request) -> Size:
    said = request.mapping("box")
    sizes = [said.get("width", BOX.width), said.get("height", BOX.height)]
    if not all(isinstance(size, int | float) and 1 <= size <= 2000 for size in sizes):
        raise InputError("MNB881", "box", f"is {said!r}.", "Send width and height in pixels.")
    return Size(width=float(sizes[0]), height=float(sizes[1]))


ACTIONS = {"document": look_at_document, "explain": explain_code}
