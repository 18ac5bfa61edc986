"""Which findings does a notebook say it accepts? By ``# mlops: ignore[MNB236]`` in its cells.

At the end of a line the comment is about that line; on a line of its own above the cell's first
line of code, about the cell. A comment says what it accepts by code, so that what turns up later is
told; one that accepts nothing that is there is told too, or it would outlive its reason.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from mlops_nb.errors import nearest
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic, Severity

_COMMENT = re.compile(r"#[ \t]*mlops:[ \t]*ignore[ \t]*\[(?P<codes>[^\]]*)\]")
_NEARLY = re.compile(
    r"#[ \t]*(?i:ml_?ops)(?P<mark>[ \t]*:[ \t]*|[ \t_-]+)(?P<word>[A-Za-z]+)(?P<rest>[^#]*)"
)
_CODE = re.compile(r"(?i:MNB)\d{3}")
_WHERE = "at the end of the line it is about, or above the cell's first line of code"


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreComment:
    """One comment that accepts findings.

    Attributes
    ----------
    cell, line, column : int
        Where it stands; column from 0.
    text : str
    codes : tuple of str
        As written, in capitals; known or not.
    is_for_cell : bool
        Whether it is about all of the cell.
    """

    cell: int
    line: int
    column: int
    text: str
    codes: tuple[str, ...]
    is_for_cell: bool

    def covers(self, finding: Diagnostic) -> bool:
        """Return whether `finding` is accepted by this comment."""
        is_here = self.is_for_cell or finding.line == self.line
        return finding.cell == self.cell and is_here and finding.code in self.codes


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment of a cell that mentions us."""

    line: int
    column: int
    text: str
    is_own: bool
    is_head: bool


def apply_ignores(
    findings: Sequence[Diagnostic], cells: Sequence[Cell], *, known: Collection[str]
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return the findings that are told, and those that comments accept.

    Parameters
    ----------
    findings : sequence of Diagnostic
        All of the notebook.
    cells : sequence of Cell
    known : collection of str
        Every code there is.

    Returns
    -------
    told, accepted : list of Diagnostic
        Among the first are findings about the comments: MNB260 one that cannot be read or stands
        where it is about nothing, MNB261 one that accepts nothing that is there.
    """
    comments: list[IgnoreComment] = []
    about: list[Diagnostic] = []
    for cell in cells:
        if cell.type != "code" or "#" not in cell.source or "ops" not in cell.source.lower():
            continue
        for comment in _comments(cell.source):
            found = _read(cell, comment)
            if found is None:
                about += _malformed(cell, comment, findings, known)
            else:
                comments.append(found)
                about += _unknown_codes(found, known)
    accepted = [f for f in findings if any(comment.covers(f) for comment in comments)]
    about += [d for comment in comments for d in _idle(comment, findings, known)]
    lost = {id(finding) for finding in accepted}
    return [*(f for f in findings if id(f) not in lost), *about], accepted


def idle_codes(
    comment: IgnoreComment, findings: Sequence[Diagnostic], known: Collection[str]
) -> list[str]:
    """Return the codes of `comment` that none of `findings` has where it looks."""
    here = {finding.code for finding in findings if comment.covers(finding)}
    return [code for code in comment.codes if code in known and code not in here]


def _read(cell: Cell, comment: _Comment) -> IgnoreComment | None:
    match = _COMMENT.match(comment.text)
    if match is None or (comment.is_own and not comment.is_head):
        return None
    codes = tuple(dict.fromkeys(re.findall(r"[^\s,]+", match["codes"].upper())))
    if not codes:
        return None
    return IgnoreComment(
        cell=cell.index,
        line=comment.line,
        column=comment.column,
        text=match.group(),
        codes=codes,
        is_for_cell=comment.is_own,
    )


def _malformed(
    cell: Cell, comment: _Comment, findings: Sequence[Diagnostic], known: Collection[str]
) -> Iterator[Diagnostic]:
    """Yield what to say of a comment that is meant as one and is none."""
    if _COMMENT.match(comment.text) and comment.is_own and not comment.is_head:
        fault, remedy = "the comment stands below code, on a line of its own.", f"Put it {_WHERE}."
    else:
        match = _NEARLY.match(comment.text)
        if match is None or not _is_ignore(match["word"]):
            return
        rest = match["rest"].strip()
        codes = [code.upper() for code in _CODE.findall(rest)]
        # Prose such as "# MLOps ignored this" is no such comment.
        if not codes and (":" not in match["mark"] or rest not in ("", "[]")):
            return
        if codes:
            fault = f"{match.group().strip()!r} is no comment that ignores findings."
        else:
            fault = "the comment names no code, so it ignores nothing."
            is_own = comment.is_own
            here = [f for f in findings if f.cell == cell.index]
            codes = sorted({f.code for f in here if is_own or f.line == comment.line})
        remedy = f"Write # mlops: ignore[{', '.join(codes)}]." if codes else "Remove it."
    yield _finding("MNB260", "warning", cell.index, comment.line, comment.column, fault, remedy)


def _unknown_codes(comment: IgnoreComment, known: Collection[str]) -> Iterator[Diagnostic]:
    for code in comment.codes:
        if code not in known:
            yield _finding(
                "MNB260",
                "warning",
                comment.cell,
                comment.line,
                comment.column,
                f"the comment ignores {code!r}, which is no code of a finding.",
                nearest(code, known),
            )


def _idle(
    comment: IgnoreComment, findings: Sequence[Diagnostic], known: Collection[str]
) -> Iterator[Diagnostic]:
    idle = idle_codes(comment, findings, known)
    if not idle:
        return
    where = "this cell" if comment.is_for_cell else "this line"
    yield _finding(
        "MNB261",
        "info",
        comment.cell,
        comment.line,
        comment.column,
        f"the comment ignores {', '.join(idle)}, and {where} has no such finding.",
        "Remove it." if len(idle) == len(comment.codes) else f"Remove {', '.join(idle)} from it.",
    )


def _finding(
    code: str, severity: Severity, cell: int, line: int, column: int, message: str, remedy: str
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        cell=cell,
        line=line,
        column=column,
        message=message,
        remedy=remedy,
    )


def _comments(source: str) -> list[_Comment]:
    """Return each place in a comment where somebody may speak to us."""
    found: list[_Comment] = []
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head_ends = next((i for i, line in enumerate(lines, start=1) if _is_code(line)), len(lines) + 1)
    for line, column in _comment_starts(lines):
        text = lines[line - 1][column:]
        is_own = not lines[line - 1][:column].strip()
        for match in re.finditer(r"#(?=[ \t]*(?i:ml_?ops))", text):
            at = match.start()
            found.append(_Comment(line, column + at, text[at:], is_own, line < head_ends))
    return found


def _is_code(line: str) -> bool:
    """Return whether a line is neither blank, nor a comment, nor the header of a cell magic."""
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith(("#", "%%"))


def _is_ignore(word: str) -> bool:
    return bool(difflib.get_close_matches(word.lower(), ["ignore"], cutoff=0.8))


def _comment_starts(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return line and column of the comments; every ``#`` where the cell cannot be tokenised."""
    found: list[tuple[int, int]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.COMMENT:
                found.append(token.start)
    except (tokenize.TokenError, SyntaxError):
        known = {line for line, _ in found}
        last = max(known, default=0)
        rest = enumerate(lines[last:], start=last + 1)
        found += [(line, text.index("#")) for line, text in rest if "#" in text]
    return found
