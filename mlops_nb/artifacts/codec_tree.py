"""Which values are written by Python's own `marshal`? Trees of plain collections, of any size.

A tree (`fingerprint_trees`) holds built-in types alone and no list or dict twice. Of those marshal
keeps types, order and every bit, and what was one object is one object again, across all names of a
group: as a pickle does, in half the time. No code of Python runs while it writes, so that no thread
changes a value half-way.

Another Python may write another form, so it is read by the same version only; and what somebody
forged could end the process that reads it, so it is trusted no more than a pickle.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from .blob_faults import NotStorableError
from .codec_nan import NAN_BYTES

FORM = 4  # the newest that all Pythons from 3.4 on write


def encode_trees(values: Mapping[str, object], blobs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Write trees as one blob and return it, with the meta.

    Parameters
    ----------
    values : Mapping
        By name; nothing but what `survey_tree` found to be trees, in this moment.
    blobs : BlobFolder

    Raises
    ------
    NotStorableError
        If one is nested too deeply, or holds a text that is too large, or a NaN.
    OSError
        If the store cannot be written.
    """
    try:
        content = marshal.dumps(dict(values), FORM)
    except ValueError as error:
        raise NotStorableError(f"Python cannot write it: {error}.") from error
    if NAN_BYTES in content:
        raise NotStorableError("Which NaN it is would be forgotten.")
    return [blobs.put(content)], {"form": FORM}


def decode_trees(content: memoryview, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a group by name.

    Raises
    ------
    NotStorableError
        If it is of a form that is not known here, or damaged.
    """
    if meta.get("form") != FORM:
        raise NotStorableError(f"It is written in form {meta.get('form')!r}; known is {FORM}.")
    try:
        values = marshal.loads(content)
    except (EOFError, ValueError, TypeError) as error:
        raise NotStorableError(f"Python cannot read it: {error}.") from error
    if type(values) is not dict:
        raise NotStorableError("What was stored holds no names.")
    return values
