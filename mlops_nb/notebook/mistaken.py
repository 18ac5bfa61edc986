"""What is this file, if it is no notebook? Named by how it begins, so that a person can mend it."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

from mlops_nb.errors import InputError

RESTORE = "Restore it from a checkpoint or git."
_NOT_TEXT = (
    (b"\x1f\x8b", "it is compressed by gzip", "Unpack it with gunzip."),
    (b"PK\x03\x04", "it is a zip archive", "Unpack it, and name the notebook in it."),
    (b"%PDF", "it is a PDF", "Name the .ipynb file."),
    (b"\x89PNG", "it is a picture", "Name the .ipynb file."),
)
_BY_SUFFIX = {
    ".py": "a Python script",
    ".md": "Markdown",
    ".rmd": "R Markdown",
    ".qmd": "Quarto",
}
# What git leaves in a file that it could not merge.
_CONFLICT = re.compile(r"^(?:<{7} |>{7} |={7}$)", re.MULTILINE)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_POINTER = "version https://git-lfs.github.com/spec/"


def refuse_no_text(raw: bytes, name: str) -> None:
    """Raise InputError (MNB103) if `raw` is of a kind that is no text."""
    for start, what, remedy in _NOT_TEXT:
        if raw.startswith(start):
            raise InputError("MNB103", name, f"the file is no text: {what}.", remedy)
    if raw and not raw.strip(b"\0"):
        raise InputError(
            "MNB103",
            name,
            f"the file is no text: it holds {len(raw):,} NUL bytes and nothing else, as files do "
            "after a computer or a disk has failed.",
            RESTORE,
        )


def not_json(error: json.JSONDecodeError, text: str, name: str) -> InputError:
    """Return the error to raise for `text`, which is no JSON: MNB104."""
    fault, remedy = _fault_by_kind(text, name) or _fault_by_place(error, text)
    return InputError("MNB104", name, fault, remedy)


def _fault_by_kind(text: str, name: str) -> tuple[str, str] | None:
    found = _BY_SUFFIX.get(PurePath(name).suffix.lower())
    if found:
        return (
            f"this is {found}, and notebooks are JSON.",
            "Name the .ipynb file; `jupytext --to ipynb FILE` makes one of a script.",
        )
    if _PAGE.match(text):
        return (
            "this is a web page, and no notebook.",
            "Download the notebook's own file (on code hosts: its raw form).",
        )
    if text.startswith(_POINTER):
        return "this is a pointer of Git LFS, not the file itself.", "Fetch it: git lfs pull."
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"the file holds an unresolved merge, line {line}.",
            "Resolve it; nbdime's `nbdime mergetool` shows notebooks as such.",
        )
    return None


def _fault_by_place(error: json.JSONDecodeError, text: str) -> tuple[str, str]:
    place = f"line {error.lineno}, column {error.colno}"
    if error.msg == "Extra data":
        return (
            f"the file goes on where its JSON ends: {place}.",
            "Take away what follows; it may hold two notebooks, or the end of an older one.",
        )
    if text[error.pos : error.pos + 1] == "\0":
        return f"the file is not JSON: it holds a NUL character, {place}.", RESTORE
    truncated = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
    what = "the file ends in the middle of its JSON" if truncated else "the file is not JSON"
    return f"{what}: {error.msg}, {place}.", RESTORE
