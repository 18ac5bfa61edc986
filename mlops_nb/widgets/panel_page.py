"""How is a promotion told as HTML? A title, chips, and sections that fold without a script.

The same in the live panel and in the static twin that headless runs and exported pages show.
Everything users named comes through the renderer of documents, which escapes it.
"""

from __future__ import annotations

from collections.abc import Collection
from html import escape

from mlops_nb.registry.cards.document import Document, Span
from mlops_nb.registry.cards.page import render_block, render_span

_FRAME = (
    "border:1px solid #8c959f80;border-radius:.5em;padding:.8em 1em;margin:.3em 0;"
    "max-width:70em;line-height:1.45"
)
_SUMMARY = "cursor:pointer;font-weight:600;padding:.25em 0"


def render_folded(document: Document, *, opened: Collection[str] = ()) -> str:
    """Return the document with a section for each heading that can be folded."""
    chips = " ".join(
        render_span(span) if span.mark else f'<span style="opacity:.85">{escape(span.text)}</span>'
        for span in document.lead
    )
    head = (
        f'<h3 style="margin:0 0 .35em;font-weight:650;font-size:1.2em">{escape(document.title)}'
        f'</h3><p style="margin:0 0 .5em">{chips}</p>'
    )
    sections = "".join(
        f"<details{' open' if section.heading in opened else ''}>"
        f'<summary style="{_SUMMARY}">{escape(section.heading)}</summary>'
        f'<div style="margin:0 0 .5em .2em">{"".join(map(render_block, section.blocks))}</div>'
        "</details>"
        for section in document.sections
    )
    return head + sections


def render_twin(document: Document, *, last_line: Span, opened: Collection[str] = ()) -> str:
    """Return the whole as a page's fragment without controls; `last_line` says what to do."""
    return framed(
        render_folded(document, opened=opened)
        + f'<p style="margin:.6em 0 0">{render_span(last_line)}</p>'
    )


def framed(content: str) -> str:
    """Return HTML in the frame that every panel has."""
    return f'<div style="{_FRAME}">{content}</div>'
