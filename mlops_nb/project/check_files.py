"""Which notebooks does somebody mean who names files, folders and globs?

A file that is named is taken as it is. Of a folder, all notebooks below it: not those in hidden
folders (checkpoints and our own records among them), and not what git ignores.
"""

from __future__ import annotations

import glob
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.notebook.addresses import is_url

STDIN = "-"


def find_notebooks(arguments: Sequence[str]) -> list[str]:
    """Return the notebooks that `arguments` mean, each once, in the order they are named.

    Parameters
    ----------
    arguments : sequence of str
        Files, URLs, folders, globs (``**`` goes down), ``-``. What does not exist is returned as it
        is: whoever opens it says so.

    Raises
    ------
    InputError
        MNB815 for a glob that matches nothing.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        found.update(dict.fromkeys(_meant(argument)))
    return list(found)


def _meant(argument: str) -> list[str]:
    if argument == STDIN or is_url(argument):
        return [argument]
    path = Path(argument)
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.exists() or not glob.has_magic(argument):
            return [argument]
    except (OSError, ValueError):  # a name that is too long, or holds a NUL byte
        return [argument]
    matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  # it takes `..` and roots
    if not matches:
        raise InputError(
            "MNB815", argument, "the pattern matches no file.", "Check it, or name a folder."
        )
    listed: list[str] = []
    for match in matches:
        listed += _in_folder(Path(match)) if Path(match).is_dir() else [match]
    return listed


def _in_folder(folder: Path) -> list[str]:
    """Return the notebooks below `folder`, sorted."""
    found = sorted(_walk(folder))
    ignored = _ignored_by_git(folder, found)
    return [path for path in found if path not in ignored]


def _walk(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(".ipynb") and not name.startswith("."):
                yield str(Path(place) / name)


def _ignored_by_git(folder: Path, paths: Sequence[str]) -> set[str]:
    """Return those of `paths` that git ignores; none where there is no repository, or no git."""
    if not paths:
        return set()
    absolute = {str(Path(path).absolute()): path for path in paths}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "check-ignore", "-z", "--stdin"],
            input="\0".join(absolute).encode(errors="surrogateescape"),
            capture_output=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return set()
    said = done.stdout.decode(errors="surrogateescape").split("\0")
    return {absolute[path] for path in said if path in absolute}
