"""Which lines of a cell are directives, and which only look like one?"""

from __future__ import annotations

import difflib
import io
import re
import tokenize

from mlops_nb.errors import nearest
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic, Severity

MAGIC_LINE = re.compile(r"[ \t]*%%mlops_stage(?:[ \t]+(?P<text>.*?))?[ \t\r]*")
COMMENT_LINE = re.compile(r"[ \t]*#[ \t]*mlops:[ \t]*stage(?:[ \t]+(?P<text>.*?))?[ \t\r]*")
_NEAR_MAGIC = re.compile(r"[ \t]*%%?(?P<word>(?i:ml_?ops)[\w-]*)(?:[ \t].*)?")
_NEAR_COMMENT = re.compile(
    r"#[ \t]*(?i:ml_?ops)(?P<mark>[ \t]*:[ \t]*|[ \t_-]+)(?P<word>[\w-]+):?"
    r"(?P<name>[ \t]+[\w-]+)?(?P<options>[ \t]+--\S.*)?"
)
_LINE_MAGICS = ("mlops_check", "mlops_gate", "mlops_graph", "mlops_promote", "mlops_run")


def split_directive(source: str) -> tuple[int, str, str] | None:
    """Return the first directive line of a cell: its 1-based number, its carrier, its text.

    Only blank and comment lines may precede it. The carrier is ``"magic"`` or ``"comment"``; the
    text is what follows the word stage.

    >>> split_directive("# load\\n%%mlops_stage load --timeout 5m\\nx = 1")
    (2, 'magic', 'load --timeout 5m')
    """
    found = directive_lines(source)
    return found[0] if found else None


def directive_lines(source: str) -> list[tuple[int, str, str]]:
    """Return all directive lines before the first line of code."""
    found = []
    for number, line in enumerate(source.split("\n"), start=1):
        if match := COMMENT_LINE.fullmatch(line):
            found.append((number, "comment", match["text"] or ""))
        elif match := MAGIC_LINE.fullmatch(line):
            found.append((number, "magic", match["text"] or ""))
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return found


def near_misses(cell: Cell, known: set[int]) -> list[Diagnostic]:
    """Return MNB216 for lines that look like a directive and are none."""
    findings = []
    comments: set[int] | None = None
    head_ends = False
    for number, line in enumerate(cell.source.split("\n"), start=1):
        if number in known:
            continue
        stripped = line.strip()
        fault = remedy = ""
        severity: Severity = "error"
        if stripped.startswith("#") and "ops" in stripped.lower():
            severity, fault, remedy = _comment_fault(stripped)
            if fault and head_ends:
                comments = _comment_lines(cell.source) if comments is None else comments
                fault = fault if number in comments else ""
        elif not head_ends and stripped.startswith("%%"):
            fault, remedy = _magic_fault(line)
        elif number > 1 and MAGIC_LINE.fullmatch(line) and _only_magics_before(cell.source, number):
            fault = "the directive stands below another magic."
            remedy = "Make %%mlops_stage the first line of the cell."
        if fault:
            findings.append(
                Diagnostic(
                    code="MNB216",
                    severity=severity,
                    cell=cell.index,
                    line=number,
                    message=fault,
                    remedy=remedy,
                )
            )
        head_ends = head_ends or bool(stripped and not stripped.startswith("#"))
    return findings


def _comment_fault(stripped: str) -> tuple[Severity, str, str]:
    if COMMENT_LINE.fullmatch(stripped):
        fault = f"the directive {stripped!r} stands below code."
        return "error", fault, "Move it above the first line of code."
    match = _NEAR_COMMENT.fullmatch(stripped)
    if match is None or difflib.get_close_matches(match["word"].lower(), ["ignore"], cutoff=0.8):
        return "error", "", ""  # the latter is the business of `ignores`
    says_stage = bool(difflib.get_close_matches(match["word"].lower(), ["stage"], cutoff=0.7))
    # Prose such as "# MLOps stage one" is no directive: without a colon it is only worth a warning.
    severity: Severity = "error" if ":" in match["mark"] and says_stage else "warning"
    if not says_stage and (":" not in match["mark"] or match["name"]):
        return severity, "", ""
    return severity, f"{stripped!r} is no directive.", "Write it as # mlops: stage NAME [options]."


def _magic_fault(line: str) -> tuple[str, str]:
    match = _NEAR_MAGIC.fullmatch(line)
    if match is None or match["word"] in _LINE_MAGICS:
        return "", ""
    word = "%%" + match["word"]
    return f"there is no cell magic {word!r}.", nearest(word, ["%%mlops_stage"])


def _only_magics_before(source: str, number: int) -> bool:
    before = [line.strip() for line in source.split("\n")[: number - 1]]
    return all(not line or line.startswith(("%%", "#")) for line in before)


def _comment_lines(source: str) -> set[int]:
    """Return the lines that hold a comment of their own, not text inside a string."""
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip():
                found.add(token.start[0])
    except (tokenize.TokenError, SyntaxError):
        pass
    return found
