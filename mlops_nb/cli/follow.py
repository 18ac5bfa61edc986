"""Who watches a run for the person at the terminal? Progress on stderr; with ``--follow`` the
output of the cells too, on stdout, or on stderr where stdout is the record.

Both then go through one writer, so that they do not fall into each other's lines, and a bar that
redraws its line gives way to lines.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_nb.cli.progress import make_progress
from mlops_nb.execution.events import RunObserver
from mlops_nb.execution.follow import Follower, Writer, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The observers of a run; `writer` is there while output is followed."""

    observers: tuple[RunObserver, ...]
    writer: Writer | None = None

    @property
    def has_lost(self) -> bool:
        """Whether what was to be shown was lost on its way to a file."""
        return self.writer is not None and self.writer.fault is not None


@contextlib.contextmanager
def watching(*, follow: bool, as_json: bool, quiet: bool, verbose: bool) -> Iterator[Watch]:
    """Make the observers that the options of ``mlops-nb run`` ask for; at the end all is shown."""
    if not follow:
        yield Watch(observers=(make_progress(quiet=quiet, verbose=verbose),))
        return
    with writing() as writer:
        follower = Follower(writer.on(sys.stderr if as_json else sys.stdout))
        progress = make_progress(quiet=quiet, verbose=verbose, stream=writer.on(sys.stderr))
        yield Watch(observers=(follower, progress), writer=writer)
