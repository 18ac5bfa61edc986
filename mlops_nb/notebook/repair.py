"""How does any notebook become one of format 4.5 that every reader takes? Repaired where that loses
nothing, refused where it would be a guess.

What is left out is no text, code or output of the user's: metadata of another type than the format
has, and keys of cells that the format does not know.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.metadata import repair_cell_metadata, repair_notebook_metadata
from mlops_nb.notebook.mistaken import RESTORE

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CELL_TYPES = ("code", "markdown", "raw")
_JSON_KIND = re.compile(r"application/(?:.*\+)?json")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CELL_KEYS = {"id", "cell_type", "metadata", "source"}
_MORE_KEYS = {
    "code": {"outputs", "execution_count"},
    "markdown": {"attachments"},
    "raw": {"attachments"},
}


def to_version_4(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a notebook dictionary of format 4.5; `name` stands for the file in messages.

    Raises
    ------
    InputError
        MNB105 no notebook, MNB106 a format that is not known, MNB107 source that is no text.
    """
    major = content.get("nbformat", 4 if "cells" in content else 3)
    is_number = isinstance(major, int | float) and not isinstance(major, bool)
    if not is_number or major not in (1, 2, 3, 4):
        raise InputError(
            "MNB106",
            name,
            f"notebook format {major!r} is not known.",
            "Save it in format 4 (jupyter nbconvert --to notebook).",
        )
    if major < 4:
        content = _upgrade(content, name)
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise InputError("MNB105", name, "'cells' is not a list.", RESTORE)
    seen: set[str] = set()
    return {
        "cells": [_repair_cell(cell, index, seen, name) for index, cell in enumerate(cells)],
        "metadata": repair_notebook_metadata(content.get("metadata")),
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _upgrade(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a notebook of format 1 to 3 as format 4, by nbformat."""
    import nbformat

    try:
        node = nbformat.reads(json.dumps(content), as_version=4)
    except Exception as error:
        raise InputError(
            "MNB105",
            name,
            f"the notebook of an old format cannot be converted: {error}.",
            "Open it in JupyterLab and save it again.",
        ) from error
    upgraded: dict[str, Any] = json.loads(json.dumps(node))
    return upgraded


def _repair_cell(cell: Any, index: int, seen: set[str], name: str) -> dict[str, Any]:
    """Return a copy of `cell` with source text, metadata and an id that no earlier cell has."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind not in _CELL_TYPES:
        raise InputError(
            "MNB105",
            f"{name}, cell {index}",
            f"cell type {kind!r} is not one of {', '.join(_CELL_TYPES)}.",
            RESTORE,
        )
    known = _CELL_KEYS | _MORE_KEYS[kind]
    repaired = {
        **{key: value for key, value in cell.items() if key in known},
        "id": _free_id(cell.get("id"), index, seen),
        "source": _source_of(cell, f"{name}, cell {index}"),
        "metadata": repair_cell_metadata(cell.get("metadata")),
    }
    if kind == "code":
        count = cell.get("execution_count")
        repaired["execution_count"] = count if type(count) is int else None
        outputs = repaired.get("outputs")
        given = outputs if isinstance(outputs, list) else []
        repaired["outputs"] = [output for output in given if isinstance(output, dict)]
    elif "attachments" in cell:
        repaired["attachments"] = _repair_attachments(cell["attachments"])
    return repaired


def _repair_attachments(attachments: Any) -> dict[str, Any]:
    """Return the attachments that are MIME bundles."""
    found = attachments if isinstance(attachments, dict) else {}
    return {name: bundle for name, bundle in found.items() if _is_bundle(bundle)}


def _is_bundle(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, str)
        or _JSON_KIND.fullmatch(kind) is not None
        or (isinstance(part, list) and all(isinstance(line, str) for line in part))
        for kind, part in value.items()
    )


def _source_of(cell: dict[str, Any], place: str) -> str:
    """Return the text of a cell; a list of lines is joined."""
    source = cell.get("source")
    lines = source if isinstance(source, list) else ["" if source is None else source]
    wrong = [line for line in lines if not isinstance(line, str)]
    if wrong:
        told = f"{type(wrong[0]).__name__} {wrong[0]!r}"
        raise InputError("MNB107", place, f"its source is no text: {told}.", RESTORE)
    text = "".join(lines)
    half = _SURROGATE.search(text) if cell["cell_type"] == "code" else None
    if half:
        raise InputError(
            "MNB107",
            place,
            f"its source is no text: it holds {half[0]!r}, half of a surrogate pair.",
            f"Write it as an escape (\\u{ord(half[0]):04x}), or take it out.",
        )
    return text


def _free_id(ident: Any, index: int, seen: set[str]) -> str:
    if not isinstance(ident, str) or not _ID.fullmatch(ident) or ident in seen:
        ident = f"cell-{index}"
        while ident in seen:
            ident += "-"
    seen.add(ident)
    return str(ident)
