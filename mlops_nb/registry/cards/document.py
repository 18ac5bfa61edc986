"""What does a page about a model consist of? Sections of facts, tables, sentences and code.

A renderer decides how a mark looks; what a mark means stands here, so that no door can show a
failed gate as a passed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "good", "bad", "muted", "code", "passed", "failed", "skipped"]
"""``good`` and ``bad`` tint a text, ``passed``, ``failed`` and ``skipped`` are chips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of text on one line.

    Attributes
    ----------
    text : str
        As it is; renderers escape it.
    mark : Mark
    address : str
        Where it leads; renderers make a link of ``http`` and ``https`` only.
    """

    text: str
    mark: Mark = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and what holds for them."""

    rows: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; those in `numeric` are aligned to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]
    numeric: frozenset[int] = frozenset()
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Sentences, each on a line of its own."""

    lines: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Lines to copy."""

    text: str
    language: str = "python"


Block = Facts | Table | Sentences | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page: a title, a line below it, sections."""

    title: str
    lead: tuple[Span, ...] = ()
    sections: tuple[Section, ...] = ()


def plain_span(value: object) -> Span:
    """Return `value` as a span without a mark; None and empty texts become a dash."""
    text = "" if value is None else str(value)
    return Span(text=text) if text else Span(text="–", mark="muted")


def facts_of(pairs: list[tuple[str, Span]]) -> Facts:
    """Return facts without those that say nothing."""
    return Facts(rows=tuple((name, span) for name, span in pairs if span.text.strip(" –")))
