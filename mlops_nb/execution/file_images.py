"""How does a run that begins again find the files as they were when it began?

What cells write is copied before, by the kernel; what restored cells write, here. A run that has
nothing to restore never begins again, and copies nothing.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.kernels.before_images import BeforeImages, Image, put_back


class FileImages:
    """Files as they were before one run changed them.

    Parameters
    ----------
    is_needed : bool
        Whether the run may have to begin again.
    """

    def __init__(self, *, is_needed: bool) -> None:
        self._is_needed = is_needed
        self._folder = ""
        self._own: BeforeImages | None = None
        self._taken: list[Image] = []

    @property
    def folder(self) -> str:
        """Folder that a kernel is to put copies into; empty if it need not."""
        if self._is_needed and not self._folder:
            self._folder = tempfile.mkdtemp(prefix="mlops_nb-before-")
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def take(self, path: Path) -> None:
        """Copy a file that is about to be changed here."""
        if not self.folder:
            return
        if self._own is None:
            self._own = BeforeImages(self.folder)
        self._own.take(str(path))
        self._taken += self._own.since()

    def hear(self, told: Mapping[str, Any] | None) -> None:
        """Take over what the kernel copied while a cell ran."""
        images = [] if told is None else told.get("images", ())
        self._taken += [(str(path), str(copy)) for path, copy in images]

    def put_back(self) -> list[str]:
        """Make all files be as they were; return those for which that cannot be."""
        taken, self._taken, self._own = self._taken, [], None
        return put_back(taken)
