"""What was each cell of a notebook when it ran last? For words only: no decision rests on it.

One small file per notebook beside the store, replaced whole; without it a reason says less.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from mlops_nb.pipeline.incremental.remembered import Outcome, Remembered

_FOLDER = "cells"
_MOST_CHARACTERS = 20_000


class CellMemory:
    """The cells of one notebook, as earlier runs left them.

    Parameters
    ----------
    store : Path
        Folder of the store: the file lies beside it.
    notebook : str
        Its path in the project.
    mask : callable
        Takes secrets out of a text.
    """

    def __init__(self, store: Path, notebook: str, *, mask: Callable[[str], str]) -> None:
        name = hashlib.sha256(notebook.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._path = store.parent / _FOLDER / f"{name}.json"
        self.mask = mask
        self._cells = _read(self._path)
        self._news: dict[str, Remembered] = {}

    @classmethod
    def of(cls, cells: Mapping[str, Remembered]) -> CellMemory:
        """Return a memory of these cells, by name, that is kept nowhere."""
        memory = cls(Path(os.devnull), "", mask=lambda text: text)
        memory._cells = dict(cells)
        return memory

    def find(self, names: Iterable[str]) -> Remembered | None:
        """Return what a cell was that is known by the first of these names that is known."""
        return next((self._cells[name] for name in names if name in self._cells), None)

    def note(self, names: Iterable[str], *, key: str, code: str, outcome: Outcome) -> None:
        """Note what a cell is that ran, or was restored, just now."""
        told = Remembered(key=key, code=self.mask(code)[:_MOST_CHARACTERS], outcome=outcome)
        self._news |= dict.fromkeys(names, told)

    def save(self) -> None:
        """Write what is new; a disk that is full or locked costs words and nothing else."""
        if all(self._cells.get(name) == told for name, told in self._news.items()):
            return
        cells = {**_read(self._path), **self._news}
        text = json.dumps({"schema": 1, "cells": {n: asdict(c) for n, c in cells.items()}})
        draft = self._path.with_name(f".{self._path.name}.{uuid4().hex}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_text(text, encoding="utf-8", errors="surrogatepass")
                os.replace(draft, self._path)  # noqa: PTH105 - the name must change at once
            finally:
                draft.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Remembered]:
    try:
        content = json.loads(path.read_text("utf-8", errors="surrogatepass"))
        return {str(n): Remembered(**told) for n, told in content["cells"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
