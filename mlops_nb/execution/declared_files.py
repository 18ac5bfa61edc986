"""Which files does a path or pattern of ``--deps`` and ``--produces`` name?

Paths are relative to the working directory that the run starts in, as they are for the code of a
notebook that changes none. A folder stands for all files in it. What a pattern matches is a fact
of its own, so that a file that joins it is seen.
"""

from __future__ import annotations

import glob
import hashlib
import os
from pathlib import Path

from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.pipeline.incremental.facts import Fact, FactKind


def facts_of_path(text: str, *, cwd: Path, rules: PathRules) -> tuple[Fact, ...]:
    """Return the facts that a path or pattern stands for now.

    Parameters
    ----------
    text : str
        As a person wrote it; ``~`` is their home.
    cwd : Path
        What it is relative to.
    rules : PathRules
        What files are called in records.

    Returns
    -------
    tuple of Fact
        One file, there or not; or what a pattern or folder matches, and each file it matches.
    """
    place = str(cwd / Path(text).expanduser())
    key = rules.key(place) or os.path.abspath(place)  # noqa: PTH100 - symbolic links stay
    if Path(place).is_dir():
        key = "**" if key == "." else f"{key}/**"
    elif os.path.lexists(place) or not glob.has_magic(key):
        return (Fact(FactKind.FILE, key),)
    files = (Fact(FactKind.FILE, found) for found in _matches(key, rules))
    return (Fact(FactKind.MATCHES, key), *files)


def digest_matches(key: str, rules: PathRules) -> str | None:
    """Return the digest of which files a pattern matches; None if it matches none."""
    found = "\0".join(_matches(key, rules))
    if not found:
        return None
    return f"sha256:{hashlib.sha256(found.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _matches(key: str, rules: PathRules) -> list[str]:
    is_inside = not Path(key).is_absolute()
    pattern = f"{glob.escape(rules.path('.'))}{os.sep}{key}" if is_inside else key
    found = []
    for place in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - of text, with `**`
        if Path(place).is_file():
            # Inside the project, caches and our own files are nobody's data.
            name = rules.key(place) if is_inside else rules.key(place) or place
            found += [name] if name is not None else []
    return sorted(found)
