"""What is in this notebook file? Read it as well as can be, or say what is wrong with it.

Plain JSON and a few repairs are enough for notebooks of format 4, so nbformat (a second of
imports) is loaded for older formats only. The node returned is format 4.5: every cell has an id,
metadata and a source string.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.neighbours import name_beside
from mlops_nb.pipeline.cells import Cell, CellId, Code

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CELL_TYPES = ("code", "markdown", "raw")


@dataclass(frozen=True, kw_only=True)
class NotebookFile:
    """A notebook as read.

    Attributes
    ----------
    path : str
        As given: a local path or a URL that papermill reads.
    node : Mapping
        The notebook as a version 4.5 dictionary; copy it before changing it.
    digest : str
        SHA-256 of the file's bytes, in hexadecimal.
    kernel_name : str or None
        Name of the kernel specification it asks for; None if it does not say.
    language : str
        Of its code, lower case; ``"python"`` if it does not say.
    """

    path: str
    node: Mapping[str, Any]
    digest: str
    kernel_name: str | None
    language: str

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells with their source transformed to Python; made on first use (it imports
        IPython)."""
        return cells_of(self.node, language=self.language)


def is_url(path: str | Path) -> bool:
    """Return whether `path` is for one of papermill's storage handlers (``s3://…``) instead of
    local.

    >>> is_url("s3://bucket/churn.ipynb"), is_url("C:/nb.ipynb"), is_url("a{b}.ipynb")
    (True, False, False)
    """
    return _URL.match(str(path)) is not None


def read_cells(path: str | Path) -> NotebookFile:
    """Return the notebook at `path`, a local path or a URL that papermill handles.

    Raises
    ------
    InputError
        MNB101 not found, MNB102 not readable, MNB103 not UTF-8, MNB104 not JSON, MNB105 not a
        notebook, MNB106 a format that is not known.
    """
    raw = _read_url(str(path)) if is_url(path) else _read_local(Path(path))
    return parse_notebook(raw, name=str(path))


def parse_notebook(raw: bytes, *, name: str) -> NotebookFile:
    """Return the notebook that `raw` holds; `name` stands for it in messages. Raises as
    `read_cells`."""
    content = _load_json(_decode(raw, name), name)
    node = _to_version_4(content, name)
    metadata = node["metadata"]
    spec = metadata.get("kernelspec")
    spec = spec if isinstance(spec, dict) else {}
    return NotebookFile(
        path=name,
        node=node,
        digest=hashlib.sha256(raw).hexdigest(),
        kernel_name=str(spec["name"]) if spec.get("name") else None,
        language=_language_of(metadata, spec),
    )


def cells_of(node: Mapping[str, Any], *, language: str = "python") -> tuple[Cell, ...]:
    """Return the cells of a version 4 notebook dictionary, code cells with their transformed
    source.

    Cells in another language than Python have an empty transformed source: they run, but are not
    analysed.
    """
    # Here, because it imports IPython, which reading a notebook's JSON does not need.
    from mlops_nb.notebook.transform import transform_source

    cells = []
    for index, raw in enumerate(node["cells"]):
        metadata = raw["metadata"]
        ours = metadata.get("mlops_nb")
        code = None
        if raw["cell_type"] == "code":
            code = transform_source(raw["source"]) if language == "python" else Code(python="")
        cells.append(
            Cell(
                index=index,
                id=CellId(raw.get("id") or f"cell-{index}"),
                type=raw["cell_type"],
                source=raw["source"],
                tags=tuple(str(tag) for tag in metadata.get("tags") or ()),
                metadata=ours if isinstance(ours, dict) else {},
                code=code,
            )
        )
    return tuple(cells)


def _read_local(path: Path) -> bytes:
    """Return the bytes of a local file, or say why not."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            "MNB101", str(path), "there is no such file.", name_beside(path)
        ) from error
    except IsADirectoryError as error:
        raise InputError(
            "MNB102", str(path), "this is a folder.", "Name the notebook file in it."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            "MNB102", str(path), f"the file cannot be read: {reason}.", "Check its permissions."
        ) from error
    except ValueError as error:  # a NUL byte in the path
        raise InputError("MNB101", repr(str(path)), f"{error}.", "Check the path.") from error


def _read_url(url: str) -> bytes:
    """Return what papermill's handler for the URL's scheme reads."""
    from papermill.iorw import papermill_io

    try:
        content = papermill_io.read(url)
    except Exception as error:
        raise InputError(
            "MNB102",
            url,
            f"papermill cannot read it: {type(error).__name__}: {error}.",
            "Install the extra of papermill for this storage, and check the credentials.",
        ) from error
    return content if isinstance(content, bytes) else str(content).encode()


def _decode(raw: bytes, name: str) -> str:
    """Return the text of UTF-8 bytes, with or without a byte order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "MNB103",
            name,
            f"the file is not UTF-8 text: byte {raw[error.start : error.start + 1]!r} "
            f"at offset {error.start}.",
            "Save it as UTF-8 (in JupyterLab: open it and save it again).",
        ) from error


def _load_json(text: str, name: str) -> dict[str, Any]:
    """Return the JSON object of a notebook file."""
    if not text.strip():
        raise InputError(
            "MNB104", name, "the file is empty.", "Restore it from a checkpoint or git."
        )
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if PurePath(name).suffix.lower() == ".py":
            raise InputError(
                "MNB104",
                name,
                "this is a Python script, and notebooks are JSON.",
                "Name the .ipynb file; `jupytext --to ipynb SCRIPT` makes one of a script.",
            ) from error
        truncated = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "the file ends in the middle of its JSON" if truncated else "the file is not JSON"
        raise InputError(
            "MNB104",
            name,
            f"{what}: {error.msg}, line {error.lineno}, column {error.colno}.",
            "Restore it from a checkpoint or git.",
        ) from error
    except RecursionError as error:
        raise InputError(
            "MNB104", name, "the JSON is nested too deeply.", "Restore it from a checkpoint or git."
        ) from error
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise InputError(
            "MNB105", name, "the file is JSON, but no notebook: it has no cells.", "Check the path."
        )
    return content


def _to_version_4(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a notebook dictionary of format 4.5, repaired where that loses nothing."""
    major = content.get("nbformat", 4 if "cells" in content else 3)
    if not isinstance(major, int) or major > 4 or major < 1:
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
        raise InputError("MNB105", name, "'cells' is not a list.", "Restore it from git.")
    metadata = content.get("metadata")
    seen: set[str] = set()
    return {
        **content,
        "cells": [_repair_cell(cell, index, seen, name) for index, cell in enumerate(cells)],
        "metadata": metadata if isinstance(metadata, dict) else {},
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
            "Restore it from a checkpoint or git.",
        )
    source, metadata = cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list):
        source = "".join(str(line) for line in source)
    ident = cell.get("id")
    if not isinstance(ident, str) or not _ID.fullmatch(ident) or ident in seen:
        ident = f"cell-{index}"
        while ident in seen:
            ident += "-"
    seen.add(ident)
    repaired = {
        **cell,
        "id": ident,
        "source": str(source),
        "metadata": metadata if isinstance(metadata, dict) else {},
    }
    if kind == "code":
        repaired.setdefault("execution_count", None)
        if not isinstance(repaired.get("outputs"), list):
            repaired["outputs"] = []
    return repaired


def _language_of(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """Return the language that the metadata names, lower case."""
    described = metadata.get("language_info")
    described = described if isinstance(described, dict) else {}
    return str(described.get("name") or spec.get("language") or "python").lower()
