"""What do Kale's tags say of one cell? Its grammar, from version 0.5 to 2.

A word such as ``imports`` decides alone, whatever else the cell is tagged with; ``block:`` without
a name says nothing; tags that are not Kale's are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["skip", "pipeline-parameters", "pipeline-metrics", "imports", "functions", "step"]
# What a cell is whatever else it is tagged with.
_WORDS: tuple[Role, ...] = (
    "skip",
    "pipeline-parameters",
    "pipeline-metrics",
    "imports",
    "functions",
)
_STEP = re.compile(r"(?:step|block):(?P<name>.*)", re.DOTALL)
_PREVIOUS = re.compile(r"prev:(?P<name>.+)", re.DOTALL)
_DETAIL = re.compile(
    r"(?P<kind>limit|annotation|label|image|cache|report|secret|notebook):(?P<value>.+)", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KaleTags:
    """Kale's tags of one cell.

    Attributes
    ----------
    role : str or None
        None: the cell goes with the one before it.
    steps : tuple of str
        Names of steps; Kale refuses more than one.
    previous : tuple of str
        Steps that come before.
    details : tuple of (str, str)
        Kind and value of limits, annotations and the like, in order.
    others : tuple of str
        Tags that stay: those of others, and details.
    spoken : str
        The tags that are translated, as a person wrote them.
    """

    role: Role | None
    steps: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()
    spoken: str = ""


def parse_tags(tags: Sequence[str]) -> KaleTags:
    """Return what the tags of a cell say in Kale.

    >>> parse_tags(["block:train", "prev:load", "limit:nvidia.com/gpu:1"]).details
    (('limit', 'nvidia.com/gpu:1'),)
    """
    word: Role | None = None
    steps: list[str] = []
    previous: list[str] = []
    details: list[tuple[str, str]] = []
    others: list[str] = []
    for tag in tags:
        match = _STEP.fullmatch(tag)
        name = match["name"].strip() if match else tag
        if name in _WORDS:  # the first versions wrote block:imports
            word = word or next(w for w in _WORDS if w == name)
        elif match:
            steps += [name] if name else []
        elif match := _PREVIOUS.fullmatch(tag):
            previous += [part.strip() for part in match["name"].split(":") if part.strip()]
        else:
            if match := _DETAIL.fullmatch(tag):
                details.append((match["kind"], match["value"]))
            others.append(tag)
    return KaleTags(
        role=word or ("step" if steps else None),
        steps=tuple(dict.fromkeys(steps)),
        previous=tuple(dict.fromkeys(previous)),
        details=tuple(details),
        others=tuple(others),
        spoken=", ".join(tag for tag in tags if tag not in others),
    )


def is_kale_tag(tag: str) -> bool:
    """Return whether only Kale tags so: ``imports`` or ``limit:…`` alone may be another's."""
    return tag in ("pipeline-parameters", "pipeline-metrics") or bool(
        _STEP.fullmatch(tag) or _PREVIOUS.fullmatch(tag)
    )
