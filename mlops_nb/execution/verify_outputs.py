"""Do two cells show the same? Compared as people see it: addresses and durations do not count.

What a `repr` says of where an object lies in memory is another number in each process, as are the
ids that pandas and others invent for the elements of a page. How long something took is another
number each time, which is why it is shown: a number with a unit of time stands for any other.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_PAGE_ID = re.compile(r'(?<=["#\-_])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
_STYLER_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[_\"\s])")
_PROCESS = re.compile(r"ipykernel_\d+")
_LASTED = re.compile(
    r"(?:\d[\d.,]*(?:e[+-]?\d+)? ?"
    r"(?:ns|[\u00b5\u03bcu]s|ms|s|secs?|seconds?|min|minutes?)(?![a-z]) ?)+"
    r"|[\d.,]+ ?(?:it/s|s/it)|\b\d?\d:\d\d(?::\d\d)?\b(?=[<,\]])|\d[\d,]* loops? each"
)
# Only where a text says how long something took.
_DURATION = re.compile(
    r"Wall time|CPU times|\d ?it/s|\d ?s/it|per loop|\d\d:\d\d"
    r"|\d ?(?:ns|[\u00b5\u03bcu]s|ms|s|secs?|seconds?|minutes?|min)\b"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?|[█▉▊▋▌▍▎▏#]+")
_SHOWN = 60


def plain_outputs(outputs: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return outputs as they are compared: streams whole, without counts and addresses."""
    found: list[Any] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            found.append([output["name"], _plain(output["text"])])
        elif kind == "error":
            found.append([kind, output["ename"], _plain(output["evalue"])])
        else:
            content = json.dumps(output.get("data", {}), sort_keys=True, ensure_ascii=False)
            found.append([kind, _plain(content)])
    return found


def describe_output_change(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]
) -> str:
    """Return how two lists of outputs differ, such as ``"'0.93' and '0.91'"``, or an empty text."""
    before, after = _texts(first), _texts(second)
    for one, other in zip(before, after, strict=False):
        if one != other:
            return _phrase(one, other)
    if len(before) != len(after):
        return f"{len(before)} and {len(after)} outputs"
    return ""


def shows_durations(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]
) -> bool:
    """Return whether two lists of outputs differ only in numbers, where they tell durations."""
    before, after = ("\n".join(_texts(outputs, lasted=False)) for outputs in (first, second))
    tells = bool(_DURATION.search(before)) and bool(_DURATION.search(after))
    return tells and _NUMBER.sub("#", before).split() == _NUMBER.sub("#", after).split()


def _phrase(one: str, other: str) -> str:
    lines = zip(one.splitlines(), other.splitlines(), strict=False)
    pair = next(((a, b) for a, b in lines if a != b), None)
    if pair is None:
        return f"{len(one.splitlines())} and {len(other.splitlines())} lines"
    a, b = pair
    if max(len(a), len(b)) > _SHOWN:
        start = difflib.SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
        at = start.size if start.a == start.b == 0 else 0
        at = max(0, at - 10)
        a, b = (f"…{t[at : at + _SHOWN]}…" for t in (a, b))
    return f"{a!r} and {b!r}"


def _texts(outputs: Sequence[Mapping[str, Any]], *, lasted: bool = True) -> list[str]:
    found = []
    for output in outputs:
        if output["output_type"] == "stream":
            found.append(_plain(output["text"], lasted=lasted))
        elif output["output_type"] == "error":
            found.append(_plain(f"{output['ename']}: {output['evalue']}", lasted=lasted))
        else:
            content = output.get("data", {})
            found.append(_plain(content.get("text/plain", sorted(content)), lasted=lasted))
    return found


def _plain(value: Any, *, lasted: bool = True) -> str:
    text = "".join(value) if isinstance(value, list) else str(value)
    for pattern in (_ADDRESS, _PAGE_ID, _STYLER_ID, _PROCESS):
        text = pattern.sub("…", text)
    return _LASTED.sub("… ", text).rstrip(" ") if lasted else text
