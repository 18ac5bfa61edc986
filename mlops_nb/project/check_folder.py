"""How are many notebooks checked in little time? By processes, where there is work for several.

Starting processes costs more than checking a few small notebooks, so a handful stays here.
Outcomes come in the order of the names, each as soon as it and those before it are done.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from mlops_nb.errors import InfrastructureError
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.project.checking import CheckOptions, check_notebook
from mlops_nb.project.project import Project

# Bytes of notebooks from which on a second process pays.
_MUCH = 2_000_000
_MANY = 12
_MOST_PROCESSES = 8


def check_all(
    names: Sequence[str],
    options: CheckOptions,
    *,
    given: Mapping[str, bytes] | None = None,
    processes: int | None = None,
) -> Iterator[CheckedNotebook]:
    """Yield the outcome for each notebook, in the order of `names`.

    Parameters
    ----------
    names : sequence of str
    options : CheckOptions
    given : Mapping of str to bytes, optional
        Content of notebooks that are not read from their names.
    processes : int, optional
        As many as pay if not given.

    Raises
    ------
    InputError
        If the settings of a project cannot be used.
    InfrastructureError
        MNB816 if a process died.
    """
    check = partial(_check, options=options, given=dict(given or {}))
    number = _worth(names) if processes is None else processes
    if number < 2:
        yield from map(check, names)
        return
    context = multiprocessing.get_context("fork" if _may_fork() else "spawn")
    pool = ProcessPoolExecutor(
        number, mp_context=context, initializer=_serve, initargs=(os.getpid(),)
    )
    try:
        yield from pool.map(check, names, chunksize=max(1, min(8, len(names) // (number * 4))))
    except BrokenProcessPool as error:
        raise InfrastructureError(
            "MNB816",
            "mlops-nb check",
            "a process that checks notebooks was ended, for want of memory perhaps.",
            "Check fewer notebooks at once.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _check(name: str, *, options: CheckOptions, given: Mapping[str, bytes]) -> CheckedNotebook:
    raw = given.get(name)
    return check_notebook(_project_of(name), name, raw=raw, options=options)


def _serve(parent: int) -> None:
    """Prepare a process that checks: Ctrl-C ends it silently, and the end of its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


_projects: dict[Path, Project] = {}


def _project_of(name: str) -> Project:
    """Return the project of a notebook; one for all notebooks of a root, so that settings are read
    once."""
    found = Project.find(name)
    return _projects.setdefault(found.root, found)


def _may_fork() -> bool:
    """Return whether a fork is safe: nothing else runs in this process.

    It has loaded what it needs, where a process started afresh needs half a second for it.
    """
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _worth(names: Sequence[str]) -> int:
    """Return how many processes pay for `names`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(names) < _MANY:
        return 1
    size = 0
    for name in names:
        try:
            size += Path(name).stat().st_size
        except (OSError, ValueError):
            continue
    return min(cores or 1, _MOST_PROCESSES, len(names)) if size >= _MUCH else 1
