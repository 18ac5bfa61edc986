"""How does a document look on a code host? Markdown; texts of users become entities."""

from __future__ import annotations

from mlops_nb.registry.cards.document import Block, Code, Document, Facts, Mark, Span, Table
from mlops_nb.registry.report_markdown import escape_markdown

_MARKS: dict[Mark, str] = {"passed": "✅ ", "failed": "❌ ", "skipped": "➖ "}


def render_markdown(document: Document) -> str:
    """Return the document in GitHub's Markdown."""
    lines = [f"# {escape_markdown(document.title)}", ""]
    if document.lead:
        lines += [" · ".join(_span(span) for span in document.lead), ""]
    for section in document.sections:
        lines += [f"## {escape_markdown(section.heading)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block) -> list[str]:
    if isinstance(block, Facts):
        rows = [f"| {escape_markdown(name)} | {_span(span)} |" for name, span in block.rows]
        return ["| | |", "| --- | --- |", *rows]
    if isinstance(block, Table):
        rules = ["---:" if at in block.numeric else "---" for at in range(len(block.columns))]
        rows = [f"| {' | '.join(map(_span, row))} |" for row in block.rows]
        head = f"| {' | '.join(map(escape_markdown, block.columns))} |"
        caption = [escape_markdown(block.caption), ""] if block.caption else []
        return [*caption, head, f"| {' | '.join(rules)} |", *rows]
    if isinstance(block, Code):
        fence = "```"
        while fence in block.text:
            fence += "`"
        return [f"{fence}{block.language}", block.text, fence]
    mark = "" if len(block.lines) == 1 else "- "
    return [f"{mark}{_span(span)}" for span in block.lines]


def _span(span: Span) -> str:
    text = escape_markdown(span.text)
    if span.mark == "code":
        text = f"<code>{text}</code>"
    if is_web(span.address):
        return f"[{text}](<{_address(span.address)}>)"
    return _MARKS.get(span.mark, "") + text


def is_web(address: str) -> bool:
    """Return whether an address may become a link: nothing that runs in the page."""
    return address.startswith(("http://", "https://"))


def _address(address: str) -> str:
    """Return an address that cannot end its brackets early."""
    return "".join(c for c in address if c.isprintable()).replace("<", "%3C").replace(">", "%3E")
