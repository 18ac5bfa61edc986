"""How are comments that ignore findings mended? MNB260 written properly, MNB261 removed."""

from __future__ import annotations

import re

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import Fix, TextEdit
from mlops_nb.pipeline.fixes.texts import CellText

_COMMENT = re.compile(r"#[ \t]*mlops:[ \t]*ignore[ \t]*\[(?P<codes>[^\]]*)\]")
_NEARLY = re.compile(r"#[^#\n\r]*")
_CODE = re.compile(r"(?i:MNB)\d{3}")


def fix_ignore_comment(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what makes of a comment the one it is meant as, or removes one without effect."""
    if not context.cells[finding.cell].code or "no code of a finding" in finding.message:
        return None
    text = context.texts[finding.cell]
    line = text.line(finding.line)
    match = _NEARLY.match(line, finding.column)
    if match is None or (_COMMENT.match(line, finding.column) and "below code" in finding.message):
        return None
    is_own = not line[: finding.column].strip()
    here = {
        other.code
        for other in context.findings
        if other.cell == finding.cell
        and (is_own or other.line == finding.line)
        and other.code not in ("MNB260", "MNB261")
    }
    said = [code.upper() for code in _CODE.findall(match.group())]
    codes = [code for code in said if code in here] if said else sorted(here)
    if not codes:
        return _without(text, finding, match.group().rstrip())
    return _rewritten(text, finding, match.group().rstrip(), codes)


def fix_idle_comment(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what takes codes that ignore nothing out of a comment."""
    text = context.texts[finding.cell]
    match = _COMMENT.match(text.line(finding.line), finding.column)
    if match is None:
        return None
    idle = set(_CODE.findall(finding.message))
    kept = [code for code in re.findall(r"[^\s,]+", match["codes"].upper()) if code not in idle]
    if kept:
        return _rewritten(text, finding, match.group(), kept)
    return _without(text, finding, match.group())


def _rewritten(text: CellText, finding: Diagnostic, old: str, codes: list[str]) -> Fix:
    start = text.starts[finding.line - 1] + finding.column
    new = f"# mlops: ignore[{', '.join(codes)}]"
    edit = TextEdit(cell=finding.cell, start=start, end=start + len(old), text=new)
    return Fix(title=f"Write {new}", edits=(edit,))


def _without(text: CellText, finding: Diagnostic, old: str) -> Fix:
    """Return what removes `old`, and its line if nothing else stands there."""
    line = text.line(finding.line)
    start = text.starts[finding.line - 1]
    before, after = line[: finding.column], line[finding.column + len(old) :]
    if before.strip() or after.strip():
        end = start + finding.column + len(old)
        start += len(before.rstrip()) if not after.strip() else finding.column
        end += len(after) - len(after.lstrip())
    elif finding.line < len(text.starts):
        end = text.starts[finding.line]
    else:
        end = len(text.source)
        start -= len(text.source[:start]) - len(text.source[:start].rstrip("\r\n"))
    edit = TextEdit(cell=finding.cell, start=start, end=end, text="")
    return Fix(title="Remove the comment", edits=(edit,))
