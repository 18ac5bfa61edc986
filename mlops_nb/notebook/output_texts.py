"""What can be read in the outputs of a notebook? All their text, images left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NO_TEXT = re.compile(r"(?:image/(?!svg)|audio/|video/|font/|application/pdf).*")
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\s]{64,}")


def output_texts(node: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return the text of each output of each cell that has any, by the cell's index.

    Parameters
    ----------
    node : Mapping
        The notebook as nbformat 4 JSON; texts may be lists of lines.
    """
    found = {}
    for index, cell in enumerate(node.get("cells", ())):
        outputs = cell.get("outputs") or ()
        texts = ["\n".join(_texts(o)) for o in outputs if isinstance(o, Mapping)]
        if texts:
            found[index] = texts
    return found


def metadata_texts(node: Mapping[str, Any]) -> list[str]:
    """Return the text of the metadata of the notebook and its cells, as ``name = "text"``."""
    parts = [node.get("metadata", {}), *(cell.get("metadata", {}) for cell in node["cells"])]
    return [text for part in parts for text in _assigned(part)]


def _texts(output: Mapping[str, Any]) -> Iterator[str]:
    for key in ("text", "ename", "evalue", "traceback"):
        if key in output:
            yield from _flat(output[key])
    bundle = output.get("data")
    for kind, value in bundle.items() if isinstance(bundle, Mapping) else ():
        if not _NO_TEXT.fullmatch(kind):
            for text in _flat(value):
                yield _EMBEDDED.sub("base64,", text)


def _flat(value: Any) -> Iterator[str]:
    """Yield the texts in `value`; lists of lines as one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield "".join(value)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, Mapping):
        yield from _assigned(value)


def _assigned(part: Any) -> Iterator[str]:
    """Yield a line for each text in nested objects, with the name it stands under."""
    for name, value in part.items() if isinstance(part, Mapping) else ():
        for text in _flat(value):
            yield f'{name} = "{text}"' if not isinstance(value, Mapping) else text
