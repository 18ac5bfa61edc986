"""Can who calls the champion call this model? MLflow's signatures compared, field by field.

Compatible is a model that takes every request the champion takes, and answers in a form that its
callers can read. So a candidate may need fewer columns, take new ones that may be left out, or take
a wider type where MLflow converts to it (``integer`` to ``long`` or ``double``, ``float`` to
``double``, anything to ``any``); its answers may be of a narrower type, not of a wider one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Field = Mapping[str, Any]
_WIDER = {("integer", "long"), ("integer", "double"), ("float", "double")}


def find_breaks(champion: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that callers of `champion` would stumble over.

    Parameters
    ----------
    champion, candidate : Mapping
        ``inputs``, ``outputs`` and ``params`` as lists of fields, as MLflow writes them.
    """
    yield from _input_breaks(champion.get("inputs") or (), candidate.get("inputs") or ())
    yield from _output_breaks(champion.get("outputs") or (), candidate.get("outputs") or ())
    new = {field["name"]: field for field in candidate.get("params") or ()}
    for field in champion.get("params") or ():
        if field["name"] not in new:
            yield f"The parameter {field['name']!r} is gone."
        elif new[field["name"]]["type"] != field["type"]:
            types = f"{field['type']} before, {new[field['name']]['type']} now"
            yield f"The parameter {field['name']!r} has another type: {types}."


def _input_breaks(before: Sequence[Field], now: Sequence[Field]) -> Iterator[str]:
    if _is_named(before) != _is_named(now):
        yield "Columns had names before, or have them now, but not both."
        return
    if not _is_named(before):
        if len(before) != len(now):
            yield f"It takes {len(now)} columns; the champion takes {len(before)}."
            return
        before, now = _numbered(before), _numbered(now)
    old = {field["name"]: field for field in before}
    for field in now:
        known = old.get(field["name"])
        is_required = field.get("required", True)
        if known is None:
            if is_required:
                yield f"It needs the column {field['name']!r}, which the champion does not take."
        elif is_required and not known.get("required", True):
            yield f"It needs the column {field['name']!r}, which may be missing for the champion."
        elif not _can_take(known, field):
            yield (
                f"The column {field['name']!r} was {describe_field(known)} and must be"
                f" {describe_field(field)} now."
            )


def _output_breaks(before: Sequence[Field], now: Sequence[Field]) -> Iterator[str]:
    if len(before) != len(now):
        yield f"It answers in {len(now)} columns; the champion answers in {len(before)}."
        return
    if _is_named(before) and [f.get("name") for f in before] != [f.get("name") for f in now]:
        yield "Its answers have other names."
        return
    for known, field in zip(_numbered(before), _numbered(now), strict=True):
        if not _can_take(field, known, is_answer=True):
            answers = f"It answers {describe_field(field)}"
            yield f"{answers}; the champion answers {describe_field(known)}."


def _can_take(given: Field, taken: Field, *, is_answer: bool = False) -> bool:
    """Return whether what is `given` fits where `taken` is expected."""
    if given["type"] == "tensor" and taken["type"] == "tensor":
        return _can_take_tensor(given["tensor-spec"], taken["tensor-spec"], is_answer=is_answer)
    if taken["type"] == "any" or (given["type"], taken["type"]) in _WIDER:
        return True
    own = ("type", "properties", "items", "values")
    plain = [
        json.dumps({key: field.get(key) for key in own}, sort_keys=True) for field in (given, taken)
    ]
    return plain[0] == plain[1]


def _can_take_tensor(given: Field, taken: Field, *, is_answer: bool) -> bool:
    one, two = given["shape"], taken["shape"]
    if len(one) != len(two) or any(b not in (-1, a) for a, b in zip(one, two, strict=True)):
        return False
    if not is_answer:
        return bool(given["dtype"] == taken["dtype"])  # MLflow converts no tensors
    import numpy as np  # a comparison of models without tensors needs none

    try:
        return bool(np.can_cast(given["dtype"], taken["dtype"], "safe"))
    except TypeError:
        return bool(given["dtype"] == taken["dtype"])


def _is_named(fields: Sequence[Field]) -> bool:
    return any("name" in field for field in fields)


def _numbered(fields: Sequence[Field]) -> list[dict[str, Any]]:
    return [{**field, "name": field.get("name", str(at))} for at, field in enumerate(fields)]


def describe_field(field: Field) -> str:
    """Return the type of a field of a signature for people."""
    if field["type"] != "tensor":
        return str(field["type"])
    spec = field["tensor-spec"]
    shape = ", ".join("any" if size == -1 else str(size) for size in spec["shape"])
    return f"{spec['dtype']} of shape ({shape})"
