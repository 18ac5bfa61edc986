"""Which files did a cell change that it did not open? Those that an earlier cell left open.

A handler of `logging`, a writer in a module's global: no name of the cell may lead to it, and no
event tells of the writing. So what earlier cells wrote is looked at after each cell. What stands in
such a file after it follows from what stood there before, and only the process that has it open can
write on: a file put back from the store is another one.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from .watch_digests import Digests, Signature, sign_path
from .watch_paths import PathRules

_INODE = 1  # in a signature
# The latest of so many files.
_MOST = 256


class Earlier(NamedTuple):
    """How a file was after the cell that wrote it last.

    Attributes
    ----------
    signature : tuple of int or None
    digest : str or None
    """

    signature: Signature | None
    digest: str | None


class LeftOpen:
    """The files that earlier cells wrote, and may have open still.

    Parameters
    ----------
    rules : PathRules
    known : Digests
    """

    def __init__(self, rules: PathRules, known: Digests) -> None:
        self._rules = rules
        self._known = known
        self._files: dict[str, Earlier] = {}

    def changed(self, but: Container[str]) -> Iterator[tuple[str, Earlier]]:
        """Yield the files that are not as they were, except `but`, and how they were."""
        for key, earlier in self._files.items():
            if key not in but and sign_path(self._rules.path(key)) != earlier.signature:
                yield key, earlier

    def note(self, written: Iterable[str]) -> None:
        """Note how files are now that a cell wrote."""
        for key in written:
            path = self._rules.path(key)
            self._files.pop(key, None)
            self._files[key] = Earlier(sign_path(path), self._known.look(path))
        for key in list(self._files)[:-_MOST]:
            del self._files[key]


def is_same_file(one: Signature | None, other: Signature | None) -> bool:
    """Return whether two signatures are of one file, whatever was written to it in between."""
    return one is not None and other is not None and one[_INODE] == other[_INODE]


def is_logged_to(path: str) -> bool:
    """Return whether a handler of `logging` writes to a file."""
    module = sys.modules.get("logging")
    handlers = [] if module is None else [one() for one in module._handlerList]
    return any(getattr(one, "baseFilename", None) == os.fspath(path) for one in handlers)
