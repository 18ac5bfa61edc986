"""How does a document look in a browser? HTML without scripts, readable in light and dark.

All styles stand at the elements: a sanitiser may take a style sheet away. Text takes the colour of
what is around it; tints are mixed into it where the browser can, chips are white on a shade with a
contrast of 4.5 to 1 and more (WCAG 2.2, AA).
"""

from __future__ import annotations

from html import escape

from mlops_nb.registry.cards.document import Block, Code, Document, Facts, Mark, Span, Table
from mlops_nb.registry.cards.markdown import is_web

SHADES: dict[Mark, str] = {"passed": "#116329", "failed": "#a40e26", "skipped": "#59636e"}
_LINE = "1px solid #8c959f80"
_CELL = f"padding:.25em .7em;border-bottom:{_LINE};vertical-align:top;"
_TABLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:none;"
    "margin:0;font-size:inherit"
)
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em"
_CODE = f"{_MONO};background:#8c959f33;border-radius:.3em;padding:0 .3em;color:inherit"
_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'\">"
    "<style>:root{{color-scheme:light dark}}body{{font:15px/1.55 system-ui,sans-serif;"
    "margin:2rem auto;max-width:62rem;padding:0 1rem}}</style></head><body>{body}</body></html>\n"
)


def render_page(document: Document) -> str:
    """Return the document as a page of its own."""
    body = render_fragment(document, level=1)
    return _PAGE.format(title=escape(document.title), body=f"<main>{body}</main>")


def render_fragment(document: Document, *, level: int = 3) -> str:
    """Return the document as HTML that can stand in any page.

    Parameters
    ----------
    document : Document
    level : int
        Of its title's heading; sections are one below.
    """
    lead = " · ".join(render_span(span) for span in document.lead)
    head = (
        f'<h{level} style="margin:0 0 .2em;font-weight:650">{escape(document.title)}</h{level}>'
        + (f'<p style="margin:0 0 .6em">{lead}</p>' if lead else "")
    )
    sections = "".join(
        f'<section><h{level + 1} style="margin:1.1em 0 .35em;font-weight:600">'
        f"{escape(section.heading)}</h{level + 1}>{''.join(map(render_block, section.blocks))}"
        "</section>"
        for section in document.sections
    )
    return head + sections


def render_block(block: Block) -> str:
    """Return one block as HTML."""
    if isinstance(block, Facts):
        rows = "".join(
            f'<tr style="background:none"><th scope="row" style="{_CELL}text-align:left;'
            f'font-weight:normal;opacity:.8;white-space:nowrap">{escape(name)}</th>'
            f'<td style="{_CELL}text-align:left;overflow-wrap:anywhere">{render_span(span)}</td>'
            "</tr>"
            for name, span in block.rows
        )
        return _scrolling(f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>')
    if isinstance(block, Table):
        return _scrolling(_table(block))
    if isinstance(block, Code):
        return (
            f'<pre style="{_MONO};background:#8c959f26;border-radius:.4em;padding:.6em .8em;'
            f'margin:.4em 0;overflow-x:auto;color:inherit">{escape(block.text)}</pre>'
        )
    if len(block.lines) == 1:
        return f'<p style="margin:.3em 0">{render_span(block.lines[0])}</p>'
    lines = "".join(f'<li style="margin:.15em 0">{render_span(span)}</li>' for span in block.lines)
    return f'<ul style="margin:.3em 0;padding-left:1.3em">{lines}</ul>'


def render_span(span: Span) -> str:
    """Return one piece of text as HTML; whatever it holds is text."""
    text = escape(span.text)
    if span.mark in SHADES:
        return (
            f'<span style="background:{SHADES[span.mark]};color:#fff;border-radius:.7em;'
            f'padding:.1em .65em;white-space:nowrap;font-size:.9em">{text}</span>'
        )
    if span.mark == "code":
        text = f'<code style="{_CODE}">{text}</code>'
    elif span.mark == "muted":
        text = f'<span style="opacity:.75">{text}</span>'
    elif span.mark in ("good", "bad"):
        shade = "#1a7f37" if span.mark == "good" else "#cf222e"
        # A third of the text's own colour keeps the tint readable on either ground.
        tint = f"color:color-mix(in srgb, {shade} 65%, currentColor)"
        text = f'<span style="font-weight:600;{tint}">{text}</span>'
    if is_web(span.address):
        return f'<a href="{escape(span.address)}" style="color:inherit">{text}</a>'
    return text


def _table(block: Table) -> str:
    head = "".join(
        f'<th scope="col" style="{_CELL}{_side(block, at)}font-weight:600">{escape(name)}</th>'
        for at, name in enumerate(block.columns)
    )
    rows = "".join(
        '<tr style="background:none">'
        + "".join(
            f'<td style="{_CELL}{_side(block, at)}{_least_width(span)}">{render_span(span)}</td>'
            for at, span in enumerate(row)
        )
        + "</tr>"
        for row in block.rows
    )
    caption = (
        '<caption style="text-align:left;caption-side:top;padding:.2em 0;color:inherit">'
        f"{escape(block.caption)}</caption>"
        if block.caption
        else ""
    )
    return (
        f'<table style="{_TABLE}">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _side(block: Table, at: int) -> str:
    return "text-align:right;white-space:nowrap;" if at in block.numeric else "text-align:left;"


def _least_width(span: Span) -> str:
    """Return a width that keeps a piece of code from being broken at every blank."""
    long = span.mark == "code" and len(span.text) > 8
    return f"min-width:{min(len(span.text), 24) * 0.6 + 1.5:.0f}em;" if long else ""


def _scrolling(table: str) -> str:
    return f'<div style="overflow-x:auto;margin:.3em 0">{table}</div>'
