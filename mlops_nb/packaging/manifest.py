"""Is this package what was built? SHA-256 of every file, written last.

MLflow keeps no digest of a model's files, and its list of trusted types lies inside them: a changed
``MLmodel`` loads in silence. So nothing of a package is decoded before its manifest holds, and the
digest of the manifest (a tag on the registered version) is what ties the two together. A directory
without a manifest is no package: a build that was killed half-way leaves none.

Not covered: ``__pycache__`` (importing shipped code writes it; verification removes it) and
``registered_model_meta``, which MLflow writes on download.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.package import OWN_DIRECTORY

MANIFEST_FILE = f"{OWN_DIRECTORY}/manifest.json"
SCHEMA = 1
_FOREIGN = frozenset({"registered_model_meta"})


def seal(directory: Path) -> str:
    """Write the manifest of `directory` and return its digest, ``"sha256:HEX"``.

    The file appears whole or not at all.
    """
    files = {
        name: {
            "sha256": digest_of_file(directory / name),
            "size": (directory / name).stat().st_size,
        }
        for name in _list_files(directory)
    }
    text = json.dumps({"schema": SCHEMA, "files": files}, indent=1, sort_keys=True) + "\n"
    target = directory / MANIFEST_FILE
    partial = target.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(target)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def check_manifest(directory: Path) -> tuple[str, tuple[str, ...]]:
    """Return the digest of the manifest, and a sentence for every file that differs from it.

    Raises
    ------
    InputError
        MNB613 if there is no manifest that can be read.
    """
    target = directory / MANIFEST_FILE
    try:
        raw = target.read_bytes()
        entries = _read_entries(json.loads(raw))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "MNB613",
            str(directory),
            f"is no complete package: {MANIFEST_FILE} {_describe(error)}.",
            "Build the package again; a build that was interrupted leaves no manifest.",
        ) from error
    problems = []
    present = set(_list_files(directory))
    for name in sorted(present | set(entries)):
        if name not in present:
            problems.append(f"{name!r} is missing.")
        elif name not in entries:
            problems.append(f"{name!r} is not in the manifest.")
        elif (found := digest_of_file(directory / name)) != entries[name]:
            problems.append(
                f"{name!r} was changed: sha256 {found[:12]}…, not {entries[name][:12]}…."
            )
    return "sha256:" + hashlib.sha256(raw).hexdigest(), tuple(problems)


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _list_files(directory: Path) -> list[str]:
    """Return every file the manifest answers for, sorted; a link counts as a file."""
    found = []
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        if name == MANIFEST_FILE or name in _FOREIGN or "__pycache__" in name.split("/"):
            continue
        if path.is_symlink() or not path.is_dir():
            found.append(name)
    return sorted(found)


def _read_entries(document: Mapping[str, Any]) -> dict[str, str]:
    if document["schema"] != SCHEMA:
        raise ValueError(f"has schema {document['schema']!r}, and this version reads {SCHEMA}")
    return {str(name): str(entry["sha256"]) for name, entry in document["files"].items()}


def _describe(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, ValueError) and str(error).startswith("has schema"):
        return str(error)
    return f"cannot be read ({type(error).__name__})"
