"""Where do kernels leave models for their runner, and who takes away what a killed one left?

Each run has a folder of its own with the stamp of its process in it. The next run removes the
folders of processes that are gone: they may hold gigabytes.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from mlops_nb.tracking.processes import has_vanished, read_stamp, stamp_process

_OWNER = ".owner"


def open_handover(folder: Path) -> None:
    """Make the folder of a run; those of vanished runs beside it are removed.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    folder.mkdir(parents=True)
    (folder / _OWNER).write_text(str(stamp_process()), encoding="utf-8")
    for other in folder.parent.iterdir():
        with contextlib.suppress(OSError):
            owner = read_stamp((other / _OWNER).read_text(encoding="utf-8"))
            if owner is not None and has_vanished(owner):
                shutil.rmtree(other, ignore_errors=True)
