"""Which JSON object do these bytes hold? Or what are they instead, so that a person can mend it."""

from __future__ import annotations

import json
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.mistaken import RESTORE, not_json, refuse_no_text

# Copying and encoding go down by Python's own calls, a few for each level.
_MOST_LEVELS = 100
# Longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


def decode(raw: bytes, name: str) -> str:
    """Return the text of `raw`: UTF-8, or what its byte order mark or its zeros say.

    Raises
    ------
    InputError
        MNB103.
    """
    refuse_no_text(raw, name)
    encoding = next((codec for mark, codec in _MARKS if raw.startswith(mark)), None)
    # JSON begins with ASCII, so wide characters show by zeros (RFC 4627, 3).
    encoding = encoding or json.detect_encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            "MNB103",
            name,
            f"the file is not {error.encoding.upper()} text: "
            f"byte {raw[error.start : error.start + 1]!r} at offset {error.start}.",
            "Save it as UTF-8 (in JupyterLab: open it and save it again).",
        ) from error


def byte_order(raw: bytes) -> tuple[bytes, str]:
    """Return the byte order mark of a file that `decode` reads, and the codec without the mark.

    >>> byte_order(b'{"cells": []}')
    (b'', 'utf-8')
    """
    mark, codec = next(((m, c) for m, c in _MARKS if raw.startswith(m)), (b"", ""))
    if not mark:
        return mark, json.detect_encoding(raw)
    ending = "" if codec.startswith("utf-8") else "-le" if mark[:1] == b"\xff" else "-be"
    return mark, codec.removesuffix("-sig") + ending


def load_json(text: str, name: str) -> dict[str, Any]:
    """Return the JSON object of a notebook file.

    Raises
    ------
    InputError
        MNB104 not JSON, MNB105 JSON, but no notebook.
    """
    if not text.strip():
        raise InputError("MNB104", name, "the file is empty.", RESTORE)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise not_json(error, text, name) from error
    except RecursionError as error:
        raise InputError("MNB104", name, "the JSON is nested too deeply.", RESTORE) from error
    except ValueError as error:  # a number with thousands of digits
        raise InputError("MNB104", name, f"the JSON cannot be read: {error}.", RESTORE) from error
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise InputError(
            "MNB105", name, "the file is JSON, but no notebook: it has no cells.", "Check the path."
        )
    if _is_deeper(content, _MOST_LEVELS):
        raise InputError(
            "MNB104", name, f"the JSON is nested deeper than {_MOST_LEVELS} levels.", RESTORE
        )
    return content


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether lists and objects in `value` are nested deeper, without going down by
    calls."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
