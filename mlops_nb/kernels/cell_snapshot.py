"""What were a stage's inputs before it ran, so that it can be tried again?

Values that its cells could change are stored beside the cells' own names, in a folder of the run's;
all other names are kept as they were bound, and files are copied before they are written. After a
try that failed, what is no longer the same is bound again, and files, random states, options,
variables and the working directory are set back. A value that changed and could not be stored ends
it: a try from other inputs would be another program.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..artifacts.blob_folder import BlobFolder
from ..artifacts.changes import NO_DIGEST
from .before_images import BeforeImages, find_lost, put_back
from .cell_values import CellValues, StoredGroup


class StageSnapshot:
    """The state of a kernel before a stage.

    Parameters
    ----------
    shell : InteractiveShell
    cells : CellWatch
    folder : str
        Where values are stored.
    reads : iterable of str or None
        Names that the stage's cells may read or change; None: any.
    """

    def __init__(self, shell: Any, cells: Any, *, folder: str, reads: Iterable[str] | None) -> None:
        self._shell, self._cells = shell, cells
        self._values = CellValues(
            BlobFolder(Path(folder), stamp="snapshot", fsync=False), shell.user_ns, cells.secrets
        )
        self._names = dict(cells.names.names())
        self._groups = cells.names.groups_near(self._names if reads is None else reads)
        near = [name for group in self._groups for name in group]
        self._digests = cells.names.digests(near)
        held = self._values.store("", self._groups, digests=self._digests, obstacles={})
        told = [*(g.to_json() for g in held), *self._values.stored_since(wait=True)]
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        self._stored = {
            tuple(one["names"]): StoredGroup(
                tuple(one["names"]), one["content"], one.get("obstacle", "")
            )
            for one in told
        }
        self._effects = cells.facts.capture()
        self._images = BeforeImages(folder)
        self.release = cells.facts.take_images(self._images.take)
        self._environment = dict(os.environ)
        self._folder = os.getcwd()  # noqa: PTH109 - the result is text
        self._count = shell.execution_count

    def revert(self) -> str:
        """Make everything be as it was; return why that cannot be, or an empty text.

        Where it cannot, nothing was touched that a later cell could miss: names that the stage
        bound are still there.
        """
        space, watch = self._shell.user_ns, self._cells.names
        bound = watch.names()
        # What a rebound name held before may have been changed by another way.
        space.update(self._names)
        watch.changed([*bound, *self._names])
        now = watch.digests(self._digests)
        changed = [g for g in self._groups if any(self._differs(n, now[n]) for n in g)]
        images = self._images.taken()
        fault = self._lacking(changed) or find_lost(images)
        if fault:
            space.update(bound)
            return fault
        for name in bound.keys() - self._names.keys():
            space.pop(name, None)
        for group in changed:
            stored = self._stored[group]
            fault = self._values.load(json.loads(stored.content or ""), group, trusted=True)
            if fault:
                return f"its input cannot be brought back: {fault}"
        watch.changed([*bound, *self._names])
        failed = put_back(images)
        if failed:
            return f"the file '{failed[0]}' cannot be brought back"
        return self._set_back()

    def _differs(self, name: str, digest: str | None) -> bool:
        before = self._digests[name]
        return before != digest or (before is not None and before.startswith(NO_DIGEST))

    def _lacking(self, groups: Iterable[tuple[str, ...]]) -> str:
        """Return why a value that changed cannot be brought back, or an empty text."""
        for group in groups:
            stored = self._stored.get(group)
            if stored is None or stored.content is None:
                told = "it cannot be stored" if stored is None else stored.obstacle
                return f"its input '{group[0]}' cannot be brought back: {told}"
        return ""

    def _set_back(self) -> str:
        os.chdir(self._folder)
        for name in os.environ.keys() - self._environment.keys():
            del os.environ[name]
        for name, value in self._environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        self._forget_history()
        failed = self._cells.facts.restore(self._effects)
        return f"{failed[0]} cannot be set back" if failed else ""

    def _forget_history(self) -> None:
        """Let the next cell have the number that it had in the try before."""
        shell, count = self._shell, self._count
        shell.execution_count = count
        history = shell.history_manager
        for inputs in (history.input_hist_parsed, history.input_hist_raw):
            del inputs[count:]
        for number in [n for n in history.output_hist if n >= count]:
            del history.output_hist[number]
