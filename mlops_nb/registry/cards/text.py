"""How does a document look in a terminal? Columns, two blanks apart; colours where they are seen.

Control characters of foreign names are shown as escapes: a name may not move the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlops_nb.registry.cards.document import Block, Code, Document, Facts, Mark, Span, Table

Paint = Callable[[str, Mark], str]
_INDENT = "  "


def unpainted(text: str, mark: Mark) -> str:
    """Return `text` without colour."""
    return text


def render_text(document: Document, *, paint: Paint = unpainted) -> str:
    """Return the document for a terminal.

    Parameters
    ----------
    document : Document
    paint : callable
        Given a text and its mark, returns what the terminal gets.
    """
    head = _inline(document.title)
    lead = " · ".join(_show(span, paint) for span in document.lead)
    parts = [f"{head}\n{lead}" if lead else head]
    for section in document.sections:
        blocks = [_block(block, paint) for block in section.blocks]
        shown = "\n\n".join(text for text in blocks if text)
        parts.append(f"{section.heading.upper()}\n{_indent(shown)}")
    return "\n\n".join(parts)


def _block(block: Block, paint: Paint) -> str:
    if isinstance(block, Facts):
        rows = [(Span(text=name, mark="muted"), _with_address(span)) for name, span in block.rows]
        return _columns(rows, paint)
    if isinstance(block, Table):
        return render_table(block, paint=paint)
    if isinstance(block, Code):
        return "\n".join(_inline(line) for line in block.text.splitlines())
    return "\n".join(_show(span, paint) for span in block.lines)


def render_table(table: Table, *, paint: Paint = unpainted) -> str:
    """Return a table for a terminal."""
    head = tuple(Span(text=name, mark="muted") for name in table.columns)
    shown = _columns([head, *table.rows], paint, numeric=table.numeric)
    return f"{_inline(table.caption)}\n{shown}" if table.caption else shown


def _columns(
    rows: Sequence[Sequence[Span]], paint: Paint, *, numeric: frozenset[int] = frozenset()
) -> str:
    if not rows:
        return ""
    plain = [[_bare(span) for span in row] for row in rows]
    widths = [max(len(row[at]) for row in plain) for at in range(len(rows[0]))]
    lines = []
    for row, texts in zip(rows, plain, strict=True):
        cells = []
        for at, (span, text) in enumerate(zip(row, texts, strict=True)):
            blanks = " " * (widths[at] - len(text))
            shown = paint(text, span.mark) if span.mark else text
            is_last = at == len(row) - 1
            cells.append(blanks + shown if at in numeric else shown + ("" if is_last else blanks))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _bare(span: Span) -> str:
    return _inline(span.text)


def _show(span: Span, paint: Paint) -> str:
    text = _bare(_with_address(span))
    return paint(text, span.mark) if span.mark else text


def _with_address(span: Span) -> Span:
    """Return a span whose text says where it leads."""
    if not span.address or span.address == span.text:
        return span
    return Span(text=f"{span.text} ({span.address})", mark=span.mark)


def _inline(text: str) -> str:
    """Return `text` on one line, without what a terminal would act on."""
    plain = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in plain)


def _indent(text: str) -> str:
    return "\n".join(_INDENT + line if line else line for line in text.splitlines())
