"""How do processes of one machine keep out of each other's way?

A lock on a file that the system releases when its holder ends, however it ends. Platforms
without `fcntl` go without: there, two first uses at the same moment may both upgrade a store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock between processes while the block runs.

    Parameters
    ----------
    path : Path
        The lock file; made if need be, left where it is.
    wait : bool, default=True
        Whether to wait for another holder.

    Yields
    ------
    bool
        False if another process holds the lock and `wait` is False.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
