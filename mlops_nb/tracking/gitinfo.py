"""Which commit is this, and what was changed since?

Asked of the `git` command, never of a library, with a time limit: a folder without git, or a
repository too slow to answer, gives an empty answer and no error. The diff is kept as text with
a cap; a person must be able to see that something was left out.
"""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mlops_nb.tracking.notebook_changes import list_changes

TIMEOUT_S = 10.0
DIFF_CAP_BYTES = 1_000_000
UNTRACKED_CAP_BYTES = 100_000
NAMES_CAP = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The state of a working tree; all fields empty outside a repository.

    Attributes
    ----------
    commit, branch : str
        Branch is ``""`` on a detached head.
    is_dirty : bool
        Whether anything that can change a run differs from the commit, files not yet added
        included; outputs of a notebook that was saved again, checkpoints, copies of what earlier
        runs executed, and the new file that this process prints to do not count.
    diff : str
        What differs, as ``git diff HEAD`` prints it without binary content, then the new text
        files; ends with a note if something was left out.
    remote : str
        URL of ``origin`` without credentials.
    changed : tuple of str
        The first files that make it dirty, relative to the repository's top.
    """

    commit: str = ""
    branch: str = ""
    is_dirty: bool = False
    diff: str = ""
    remote: str = ""
    changed: tuple[str, ...] = ()


def read_git_state(
    folder: Path, *, running: Path | None = None, diff_cap_bytes: int = DIFF_CAP_BYTES
) -> GitState:
    """Return the state of the working tree that holds `folder`, for a notebook that runs there."""
    commit = _git(folder, "rev-parse", "--verify", "-q", "HEAD").strip()
    status = _git(folder, "status", "--porcelain=v1", "-z", "--untracked-files=all")
    if not commit and not status:
        return GitState()
    changed = _list_changes(folder, status, running) if status else ()
    return GitState(
        commit=commit,
        branch=_git(folder, "symbolic-ref", "-q", "--short", "HEAD").strip(),
        is_dirty=bool(changed),
        diff=_read_diff(folder, status, cap_bytes=diff_cap_bytes) if status else "",
        remote=strip_credentials(_git(folder, "remote", "get-url", "origin").strip()),
        changed=changed[:NAMES_CAP],
    )


def strip_credentials(url: str) -> str:
    """Return `url` without user name and password.

    >>> strip_credentials("https://me:token@example.org/a.git")
    'https://example.org/a.git'
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _list_changes(folder: Path, status: str, running: Path | None) -> tuple[str, ...]:
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip() or folder)
    return list_changes(
        status,
        top=top,
        committed=lambda name: _git(top, "show", f"HEAD:{name}"),
        streams=_printed_to(),
        running=running,
    )


def _printed_to() -> frozenset[tuple[int, int]]:
    """Return device and inode of the files that are our stdout and stderr."""
    found = set()
    for stream in (1, 2):
        with contextlib.suppress(OSError):  # closed by whoever started us
            about = os.fstat(stream)
            if stat.S_ISREG(about.st_mode):
                found.add((about.st_dev, about.st_ino))
    return frozenset(found)


def _read_diff(folder: Path, status: str, *, cap_bytes: int) -> str:
    text = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv")
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip() or folder)
    untracked = sorted(entry[3:] for entry in status.split("\0") if entry.startswith("?? "))
    for name in untracked:
        if len(text) > cap_bytes:
            break
        text += _new_file(top, name)
    encoded = text.encode("utf-8")
    if len(encoded) <= cap_bytes:
        return text
    kept = encoded[:cap_bytes].decode("utf-8", errors="ignore")
    kept = kept[: kept.rfind("\n") + 1]
    names = _names(status)
    shown = ", ".join(names[:NAMES_CAP]) + (" …" if len(names) > NAMES_CAP else "")
    return (
        f"{kept}\n# Cut here: only the first {cap_bytes:,} bytes of the diff were kept.\n"
        f"# {len(names):,} changed and new files: {shown}\n"
    )


def _names(status: str) -> list[str]:
    return sorted({entry[3:] for entry in status.split("\0") if len(entry) > 3})


def _new_file(top: Path, name: str) -> str:
    """Return the diff that adds file `name`, or a note where its content is left out."""
    path = top / name
    try:
        size = path.lstat().st_size
        if path.is_symlink() or not path.is_file():
            return f"# New, not shown: {name} (no regular file)\n"
        if size > UNTRACKED_CAP_BYTES:
            return f"# New, not shown: {name} ({size:,} bytes)\n"
        content = path.read_bytes()
    except OSError as error:
        return f"# New, not shown: {name} ({error.strerror})\n"
    if b"\0" in content:
        return f"# New, not shown: {name} (binary, {size:,} bytes)\n"
    mode = "100755" if path.stat().st_mode & 0o100 else "100644"
    head = f"diff --git a/{name} b/{name}\nnew file mode {mode}\n"
    if not content:
        return head
    lines = content.decode("utf-8", errors="replace").split("\n")
    end = "" if lines[-1] == "" else "\\ No newline at end of file\n"
    kept = lines[:-1] if lines[-1] == "" else lines
    body = "".join(f"+{line}\n" for line in kept)
    return f"{head}--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,{len(kept)} @@\n{body}{end}"


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            # A status must not write to the repository, nor wait for a password.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else ""


def read_identity(folder: Path) -> tuple[str, str]:
    """Return name and address that git would write into a commit in `folder`; empty if unset."""
    name, address = (_git(folder, "config", key).strip() for key in ("user.name", "user.email"))
    return name, address


def read_author(folder: Path, commit: str) -> tuple[str, ...]:
    """Return name and address of who wrote a commit; empty where it is not known."""
    told = _git(folder, "log", "-1", "--format=%an%n%ae", commit, "--")
    return tuple(line for line in told.splitlines() if line)
