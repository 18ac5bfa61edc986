"""Are the files there that a stage says it produces?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from .metric_values import fault


def missing_files(patterns: Iterable[str], *, folder: str) -> list[dict[str, str]]:
    """Return a fault for each path of ``--produces`` that names no file or folder.

    Parameters
    ----------
    patterns : iterable of str
        Paths and patterns, as the option has them.
    folder : str
        What they are relative to: the working directory that the kernel started in.

    Returns
    -------
    list of dict
        MNB458.
    """
    faults = []
    for pattern in patterns:
        place = os.path.join(folder, os.path.expanduser(pattern))  # noqa: PTH111, PTH118
        if os.path.lexists(place) or glob.glob(place, recursive=True):  # noqa: PTH207
            continue
        faults.append(
            fault(
                "MNB458",
                f"'--produces {pattern}' names a file that is not there when the stage ends.",
                f"Write it in the stage, or correct the path: it is relative to {folder}.",
            )
        )
    return faults
