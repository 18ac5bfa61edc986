"""Which runs did this notebook make before it was renamed or moved?

A run names a notebook by its path. The ids of cells outlive a rename, and the executed copy of a
run has them: a run was this notebook's if at least half of the copy's cells are in it. Ids that a
tool counted up (``cell-3``) are alike in notebooks that have nothing to do with each other, so
they count only where the text is the same too. No run is taken from a notebook that still exists:
a duplicate has no past of its own. A notebook without ids has no former runs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from mlops_nb.project.past_copies import PastCopy, is_run_of, read_copy
from mlops_nb.project.roots import Layout

Cells = Mapping[str, str]
"""The text of each cell, by its id."""

# Copies are large: of each file name only the newest are read, and of all names so many.
_READ_OF_A_NAME = 3
_READ = 60
_MOST_BYTES = 32 << 20
_STAMP = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}-")
# As nbformat and VS Code make them, and as JupyterLab does; a number with zeros before it is none.
_RANDOM = re.compile(r"(?=.*[a-f])([0-9a-f]{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def former_runs(layout: Layout, notebook: Path) -> tuple[PastCopy, ...]:
    """Return runs of `notebook` under paths that it had before, newest first; not all of them.

    Of each former path there is at least one, if a copy of its newest runs is kept.

    Parameters
    ----------
    layout : Layout
    notebook : Path
        Where it is now.
    """
    now = _read_cells(notebook)
    found = []
    for copy in _newest_copies(layout) if now else ():
        if is_run_of(copy, notebook) or not _is_half_in(_read_cells(copy.path), now):
            continue
        if _still_exists(layout, str(copy.record.get("notebook") or "")):
            break  # whose past it is from here on
        found.append(copy)
    return tuple(found)


def is_former(executed: Path, notebook: Path) -> bool:
    """Return whether `executed` is what a run made of `notebook`, under whatever name."""
    return _is_half_in(_read_cells(executed), _read_cells(notebook))


def _newest_copies(layout: Layout) -> Iterator[PastCopy]:
    try:
        paths = sorted(layout.runs.glob("*.ipynb"), reverse=True)
    except OSError:
        return
    taken: Counter[str] = Counter()
    for path in paths:
        name = _STAMP.sub("", path.stem)
        taken[name] += 1
        if taken[name] > _READ_OF_A_NAME or taken.total() > _READ:
            continue
        copy = read_copy(path)
        if copy is not None:
            yield copy


def _still_exists(layout: Layout, told: str) -> bool:
    """Return whether a path that a run told is there: absolute, or from a folder nobody noted."""
    path = Path(told)
    return path.exists() if path.is_absolute() else (layout.root / path).exists()


def _is_half_in(then: Cells, now: Cells) -> bool:
    kept = [
        one
        for one, source in then.items()
        if one in now and (_RANDOM.fullmatch(one) or now[one].strip() == source.strip() != "")
    ]
    return bool(kept) and 2 * len(kept) >= len(then)


def _read_cells(path: Path) -> Cells:
    try:
        status = path.stat()
    except OSError:
        return {}
    return _cells(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2 * _READ)
def _cells(path: str, mtime_ns: int, size: int) -> Cells:
    if size > _MOST_BYTES:
        return {}
    try:
        cells = json.loads(Path(path).read_bytes())["cells"]
        return {str(cell["id"]): "".join(cell["source"]) for cell in cells if "id" in cell}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
