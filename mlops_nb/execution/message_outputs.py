"""Which output of a notebook does a kernel's message stand for? One that the format knows.

nbformat's own conversion checks each output against the JSON schema, which takes as long as all the
rest. So what the schema asks for is made here: kernels leave fields out, and user code displays
what is no text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, from_dict

# The format lets these hold anything.
_JSON_KIND = re.compile(r"application/(?:.*\+)?json")


def to_output(message: dict[str, Any]) -> Any:
    """Return the notebook output that a message stands for; None if it stands for none.

    Half of a surrogate pair, which no file in UTF-8 can hold, is written as Python writes it:
    ``\\ud800``. A display's value that is no text is told as JSON, and left out if it is None.
    """
    content, kind = message["content"], message["header"]["msg_type"]
    if kind == "stream":
        name = content.get("name")
        return NotebookNode(
            output_type=kind,
            name=name if isinstance(name, str) else "stdout",
            text=_writable(_text(content.get("text"))),
        )
    if kind == "error":
        made = _error(content)
    elif kind in ("display_data", "update_display_data", "execute_result"):
        made = _display(content, has_count=kind == "execute_result")
    else:
        return None
    return from_dict(_writable(made))


def _error(content: Mapping[str, Any]) -> dict[str, Any]:
    traceback = content.get("traceback")
    lines = traceback if isinstance(traceback, list) else [traceback]
    return {
        "output_type": "error",
        "ename": _text(content.get("ename")),
        "evalue": _text(content.get("evalue")),
        "traceback": [_text(line) for line in lines if line is not None],
    }


def _display(content: Mapping[str, Any], *, has_count: bool) -> dict[str, Any]:
    bundle, metadata = content.get("data"), content.get("metadata")
    found = bundle if isinstance(bundle, dict) else {}
    values = {
        kind: value if _JSON_KIND.fullmatch(kind) or _is_lines(value) else _text(value)
        for kind, value in found.items()
        if value is not None or _JSON_KIND.fullmatch(kind)
    }
    made = {"data": values, "metadata": metadata if isinstance(metadata, dict) else {}}
    if not has_count:
        return {"output_type": "display_data", **made}
    count = content.get("execution_count")
    return {
        "output_type": "execute_result",
        **made,
        "execution_count": count if type(count) is int and count >= 0 else None,
    }


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _text(value: Any) -> str:
    """Return a text as it is, nothing as an empty one, anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _writable(value: Any) -> Any:
    """Return `value` with every text such that UTF-8 can hold it."""
    if isinstance(value, str):
        try:
            return value if value.isascii() else value.encode() and value
        except UnicodeEncodeError:
            return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_writable(key): _writable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_writable(part) for part in value]
    return value
