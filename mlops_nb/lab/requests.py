"""What does a request ask, and is it well put? Plain values; the web server is not known here.

Paths are the server's: relative to its root, with ``/`` between. They name what the file browser
would open: something under the root, where links that lie there are followed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.lab.plain import plain
from mlops_nb.lab.saved import read_saved_metadata

# A notebook without outputs; a front end that sends more has sent something else.
MOST_BYTES = 32 << 20


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, as far as an action needs it.

    Attributes
    ----------
    root : Path
        The server's root folder.
    raw : bytes
        The body.
    query : Mapping of str to str
        The last value of each.
    parts : tuple of str
        What the address names: a job, a model.
    shows_hidden : bool
        Whether the server's file browser opens hidden files.
    has_files : bool
        Whether the server keeps its notebooks in files.
    may : tuple of str
        What the server's authorizer allows, where the route tells it.
    """

    root: Path
    raw: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    shows_hidden: bool = False
    has_files: bool = True
    may: tuple[str, ...] = ()

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The body as an object.

        Raises
        ------
        InputError
            MNB880 if it is none, or too large.
        """
        if len(self.raw) > MOST_BYTES:
            size = f"{len(self.raw):,} bytes, of {MOST_BYTES:,} at most"
            raise InputError("MNB880", "", f"the body has {size}.", "Send cells without outputs.")
        try:
            content = json.loads(self.raw.decode("utf-8")) if self.raw.strip() else {}
        except (ValueError, RecursionError) as error:
            raise InputError(
                "MNB880", "", f"the body is no JSON: {error}.", "Send one JSON object in UTF-8."
            ) from error
        if not isinstance(content, dict):
            told = type(content).__name__
            raise InputError("MNB880", "", f"the body is a {told}.", "Send one JSON object.")
        return content

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text of the body, else of the query; raises MNB881 if it is none, or missing."""
        value = self.body.get(name, self.query.get(name, default))
        if value is None:
            value = default
        if not isinstance(value, str):
            fault = "is missing" if value is None else f"is {_short(value)}"
            raise InputError("MNB881", name, f"{fault}.", "Send a text.")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; a text alone is one of them, and nothing none."""
        value = self.body.get(name)
        found = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise InputError("MNB881", name, f"is {_short(value)}.", "Send a list of texts.")
        return tuple(found)

    def flag(self, name: str) -> bool:
        """Return a truth value; False if it is not said."""
        value = self.body.get(name)
        if value not in (True, False, None):
            raise InputError("MNB881", name, f"is {_short(value)}.", "Send true or false.")
        return bool(value)

    def number(self, name: str, default: int, *, most: int) -> int:
        """Return a whole number from 0 to `most`."""
        value = self.body.get(name, self.query.get(name, default))
        try:
            number = -1 if isinstance(value, bool | float) else int(value)
        except (TypeError, ValueError):
            number = -1
        if not 0 <= number <= most:
            remedy = f"Send a number from 0 to {most:,}."
            raise InputError("MNB881", name, f"is {_short(value)}.", remedy)
        return number

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object; empty if it is not said."""
        value = self.body.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise InputError("MNB881", name, f"is {_short(value)}.", "Send an object.")
        return value

    def values(self, name: str) -> dict[str, Any]:
        """Return an object of plain values; empty if it is not said."""
        try:
            return {key: plain(value) for key, value in self.mapping(name).items()}
        except RecursionError as error:
            fault = "is nested too deeply."
            raise InputError("MNB881", name, fault, "Send numbers, texts and lists.") from error

    def path(self, name: str = "path") -> Path:
        """Return the file that a path of the body or the query names."""
        return confine(self.root, self.text(name))

    def node(self) -> dict[str, Any]:
        """Return the document as nbformat 4 JSON, made of ``cells`` and ``metadata``.

        Where no metadata are sent those of the saved file hold: its language, kernel, settings.
        """
        cells = self.body.get("cells")
        if not isinstance(cells, list):
            fault = "is missing" if cells is None else f"is {_short(cells)}"
            raise InputError("MNB881", "cells", f"{fault}.", "Send a list of cells.")
        return {
            "cells": [_cell(cell, index) for index, cell in enumerate(cells)],
            "metadata": self._metadata(),
            "nbformat": 4,
            "nbformat_minor": 5,
        }

    def _metadata(self) -> dict[str, Any]:
        if self.body.get("metadata") is None and "path" in self.body:
            return read_saved_metadata(self.path())
        return dict(self.mapping("metadata"))


def confine(root: Path, path: str) -> Path:
    """Return the file under `root` that a path of the server's names; it need not exist.

    Raises
    ------
    InputError
        MNB882 if it leads out of `root`, or is no path.

    Notes
    -----
    Links are followed, as the server's own file browser does: who put one there has access to the
    disk, and whoever may ask here may open the file there.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or any("\\" in part for part in parts):
        raise _outside(path)
    place = root.joinpath(*parts)
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass  # not there yet, or not for us: whoever opens it says so
    except (OSError, ValueError) as error:  # a link to itself, a name too long, no text
        raise _outside(path) from error
    return place


def to_server_path(root: Path, place: Path) -> str | None:
    """Return how the server names a file; None if it lies outside of its root."""
    for start, end in ((root, place), (root.resolve(), place.resolve())):
        if end.is_relative_to(start):
            path = end.relative_to(start).as_posix()
            return "" if path == "." else path
    return None


def is_hidden(path: str) -> bool:
    """Return whether the server shows a file only where it is told to show hidden ones."""
    return any(part.startswith(".") for part in path.split("/"))


def _outside(path: str) -> InputError:
    shown = path if len(path) <= 200 else f"{path[:199]}…"
    return InputError(
        "MNB882",
        repr(shown),
        "this names nothing under the server's root folder.",
        "Name a notebook as the file browser does.",
    )


def _cell(cell: Any, index: int) -> dict[str, Any]:
    """Return a cell as a notebook has it; what only a front end knows is left out."""
    place = f"cells[{index}]"
    if not isinstance(cell, dict):
        raise InputError("MNB881", place, f"is {_short(cell)}.", "Send an object.")
    metadata = cell.get("metadata")
    metadata = {} if metadata is None else metadata
    tags = cell.get("tags", metadata.get("tags") if isinstance(metadata, dict) else None)
    kind, source = cell.get("cell_type", "code"), cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    faults = {
        "metadata": not isinstance(metadata, dict),
        "tags": tags is not None and not _are_texts(tags),
        "cell_type": kind not in ("code", "markdown", "raw"),
        "source": not isinstance(source, str),
    }
    for name, is_wrong in faults.items():
        if is_wrong:
            told = _short(cell.get(name, tags))
            raise InputError("MNB881", f"{place}.{name}", f"is {told}.", "Send a cell of nbformat.")
    kept = {"mlops_nb": metadata["mlops_nb"]} if "mlops_nb" in metadata else {}
    if tags:
        kept["tags"] = list(tags)
    return {
        "cell_type": kind,
        "id": str(cell.get("id") or f"cell-{index}"),
        "metadata": kept,
        "source": source,
        **({"outputs": [], "execution_count": None} if kind == "code" else {}),
    }


def _are_texts(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and all(isinstance(one, str) for one in value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
