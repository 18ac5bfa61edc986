"""Where is what a cell's output was too long for? In a text file beside the executed notebook.

It is made when the first text is left out, holds that text in order, and is itself limited: a cell
that prints for ever must not fill the disk. The notebook's metadata names the files, so that a
later run to the same place can remove them, and no file that somebody else made there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mlops_nb.execution.outputs_text import phrase_bytes
from mlops_nb.execution.stream_text import count_bytes, split_bytes

_NAME = re.compile(r"\.(cell-\d+|parameters)(-\d)?\.txt")
_NAMES_TRIED = 9


def overflow_path(output: Path, index: int | None) -> Path:
    """Return where the text of the cell at `index` goes, of the injected parameters if None."""
    cell = "parameters" if index is None else f"cell-{index}"
    return output.with_name(f"{output.stem}.{cell}.txt")


def overflow_names(node: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that the executed notebook `node` says are beside it."""
    ours = node.get("metadata", {}).get("mlops_nb")
    names = ours.get("overflow") if isinstance(ours, Mapping) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def remove_overflow(output: Path) -> None:
    """Remove the files that an earlier run left beside `output`; others of such names stay."""
    found = [
        path
        for path in output.parent.glob("*.txt")
        if path.name.startswith(output.stem)
        and _NAME.fullmatch(path.name.removeprefix(output.stem))
    ]
    if not found:
        return
    try:
        named = overflow_names(json.loads(output.read_bytes()))
        for path in found:
            if path.name in named:
                path.unlink(missing_ok=True)
    except (OSError, ValueError, AttributeError):  # none, or no notebook
        return


class OverflowFile:
    """The text file of one cell; its faults are told in `place` and never raised.

    Parameters
    ----------
    path : Path
        Another name near it is taken where it exists.
    limit : int
        Bytes of the file at most.
    names : list of str, optional
        Of the files that are there; its own is among them while it is.
    """

    def __init__(self, path: Path, *, limit: int, names: list[str] | None = None) -> None:
        self._wanted = self._path = path
        self._names = [] if names is None else names
        self._limit = limit
        self._written = 0
        self._fault = ""

    @property
    def place(self) -> str:
        """How a person finds the text, as the end of a sentence."""
        if self._written == 0:
            return f"; its text is lost: {self._fault}" if self._fault else ""
        if self._fault:
            kept = phrase_bytes(self._written)
            return f"; the first {kept} of its text are in {self._path.name} ({self._fault})"
        return f"; its text is in {self._path.name}"

    def write(self, text: str) -> None:
        """Append `text`, as far as limit and disk allow."""
        if self._fault:
            return
        text, rest = split_bytes(text, self._limit - self._written)
        try:
            with self._path.open("ab") if self._written else self._make() as file:
                file.write(text.encode(errors="backslashreplace"))
        except OSError as error:
            self._fault = error.strerror or str(error)
            return
        self._written += count_bytes(text)
        if rest:
            self._fault = f"the file is limited to {phrase_bytes(self._limit)}"

    def _make(self) -> BinaryIO:
        """Open a new file: what is there already is somebody's."""
        for number in range(1, _NAMES_TRIED + 1):
            suffix = "" if number == 1 else f"-{number}"
            self._path = self._wanted.with_stem(self._wanted.stem + suffix)
            try:
                file = self._path.open("xb")
            except FileExistsError:
                if number == _NAMES_TRIED:
                    raise
            else:
                self._names.append(self._path.name)
                return file
        raise AssertionError

    def clear(self) -> None:
        """Remove the file."""
        if self._path.name in self._names:
            self._path.unlink(missing_ok=True)
            self._names.remove(self._path.name)
        self._written, self._fault = 0, ""
