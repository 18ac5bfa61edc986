"""How is a finding shown so that a person sees at once what it is about? As a frame of code.

A line says what and where, the frame shows the line with a mark under the word, what stands beside
it in other cells, and the last line says what to do. The same layout serves a terminal, with
colours and cut to its width, a file, and a notebook. Widths are those of a terminal: East Asian
characters take two columns, combining ones none, a tab four spaces.
"""

from __future__ import annotations

import keyword
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic

_TAB = "    "
_WORD = re.compile(r"%{0,2}[\w.]+|--?[\w-]+|\S")
_DIRECTIVE = re.compile(r"[ \t]*(?:%%mlops_stage|#[ \t]*mlops:[ \t]*stage)\b")
_QUOTED = re.compile(r"'([^']*[^'\s])'")
_MARGIN = 12  # columns kept before the mark when a line is cut
_ELLIPSIS = "…"
_NARROWEST = 40
_WIDEST = 240  # of code where nothing else is said: lines of a minified file are longer


Paint = Callable[[str, str], str]


def plain(text: str, role: str) -> str:
    """Return `text` without colour; `role` is what it stands for in a frame."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How frames look.

    Attributes
    ----------
    width : int or None
        Columns; None: words are not wrapped, and only very long lines of code are cut.
    paint : callable
        ``paint(text, role)`` with role ``error``, ``warning``, ``info``, ``place``, ``gutter``,
        ``related``, ``remedy``.
    """

    width: int | None = None
    paint: Paint = plain


def render_finding(checked: CheckedNotebook, position: int, *, look: Look) -> str:
    """Return the frame of one finding, without a line end."""
    return "\n".join(_lines(checked, position, look))


def place_of(checked: CheckedNotebook, finding: Diagnostic) -> str:
    """Return where a finding is, in words: notebook, cell with its id, line, stage."""
    parts = [_expanded(checked.name)]
    if finding.cell >= 0:
        cell = f"cell {finding.cell}"
        if finding.cell < len(checked.cells):
            ident = checked.cells[finding.cell].id
            cell += "" if ident == f"cell-{finding.cell}" else f" ({ident})"
        parts.append(cell)
    if finding.line:
        parts.append(f"line {finding.line}")
    if finding.cell in checked.stages:
        parts.append(f"stage {checked.stages[finding.cell]!r}")
    return ", ".join(parts)


def _lines(checked: CheckedNotebook, position: int, look: Look) -> Iterator[str]:
    finding = checked.findings[position]
    fix = checked.fixes.get(position)
    head = f"{finding.severity} {finding.code}"
    place = place_of(checked, finding)
    if look.width is None:
        yield f"{head} {place}: {finding.message}"
    else:
        yield f"{look.paint(head, finding.severity)} {look.paint(place, 'place')}"
        yield from _wrapped(sentence(finding.message), look, indent="  ")
    yield from _frame(checked, finding, look)
    remedy = sentence(finding.remedy)
    if fix is not None:
        remedy += f" (--fix: {fix.title})"
    if remedy:
        for line in _wrapped(remedy, look, indent="  "):
            yield look.paint(line, "remedy")


def _frame(checked: CheckedNotebook, finding: Diagnostic, look: Look) -> Iterator[str]:
    """Yield the lines of code a finding is about, then those of related places."""
    places = [(finding.cell, finding.line, finding.column, "")]
    places += [(p.cell, p.line, p.column, p.label) for p in finding.related]
    shown = [place for place in places if _source_line(checked, place[0], place[1]) is not None]
    numbers = [line + 1 for _, line, _, _ in shown]
    digits = max((len(str(number)) for number in numbers), default=1)
    for cell, line, column, label in places:
        role = "related" if label else finding.severity
        if label:
            where = (
                "" if cell == finding.cell else f"cell {cell}" + (f", line {line}: " * bool(line))
            )
            where = where if line or not where else f"{where}: "
            yield f"  {' ' * digits} {look.paint('=', 'gutter')} {look.paint(where + label, role)}"
        if _source_line(checked, cell, line) is None:
            continue
        context = [line] if label else [line - 1, line]
        for number in context:
            text = _source_line(checked, cell, number)
            if text is None or (number != line and not text.strip()):
                continue
            asked = column or (0 if label else _word_meant(text, finding.message))
            offset = _mark_start(text, asked) if number == line else 0
            cut, at, length = _cut(text, offset, _mark_length(text, offset), look, digits)
            gutter = look.paint(f"{number:>{digits}} |", "gutter")
            yield f"  {gutter} {cut}".rstrip()
            if number == line:
                mark = look.paint(("-" if label else "^") * length, role)
                yield f"  {' ' * digits} {look.paint('|', 'gutter')} {' ' * at}{mark}"


def _source_line(checked: CheckedNotebook, cell: int, line: int) -> str | None:
    if not 0 <= cell < len(checked.cells) or line < 1:
        return None
    lines = re.split(r"\r\n|\r|\n", checked.cells[cell].source)
    return lines[line - 1] if line <= len(lines) else None


def _word_meant(text: str, message: str) -> int:
    """Return where the word stands that a message about a directive quotes; 0 if none does once.

    Findings about directives know their line; the word is in the message.
    """
    if not _DIRECTIVE.match(text):
        return 0
    for quoted in reversed(_QUOTED.findall(message)):
        word = quoted.split()[-1]
        places = list(re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text))
        if len(places) == 1:
            return places[0].start()
    return 0


def _mark_start(text: str, column: int) -> int:
    """Return the character under which the mark begins: `column`, or the first that is there."""
    if column >= len(text) or (column == 0 and text[:1].isspace()):
        return len(text) - len(text.lstrip()) if text.strip() else 0
    return column


def _mark_length(text: str, start: int) -> int:
    """Return how many characters the mark is long: a dotted name, a word, one character.

    Of a statement that begins with a keyword, all of the line.
    """
    match = _WORD.match(text, start)
    if match is None:
        return 1
    if match.group() == "#":
        return len(text.rstrip()) - start
    word = match.group()
    if keyword.iskeyword(word) or (word.startswith(("%", "--")) and start == 0):
        return max(len(text.split("#")[0].rstrip()) - start, len(word))
    return len(word)


def _cut(text: str, start: int, length: int, look: Look, digits: int) -> tuple[str, int, int]:
    """Return a line as it is shown, the column of the mark in it, and the columns of the mark."""
    shown, at, width = (
        _expanded(text),
        _columns(text[:start]),
        _columns(text[start : start + length]),
    )
    room = max(look.width or _WIDEST, _NARROWEST) - digits - 5
    if _columns(shown) <= room:
        return shown, at, max(width, 1)
    first = 0 if at + min(width, room // 2) < room - 1 else max(0, at - _MARGIN)
    head = _ELLIPSIS if first else ""
    body = _window(shown, first, room - len(head) - 1)
    tail = _ELLIPSIS if first + _columns(body) < _columns(shown) else ""
    place = at - first + len(head)
    return head + body + tail, place, max(1, min(width, room - place))


def _window(text: str, first: int, room: int) -> str:
    """Return the characters of `text` from column `first` on that fit into `room` columns."""
    found: list[str] = []
    column = 0
    for character in text:
        width = _columns(character)
        if column >= first and column + width <= first + room:
            found.append(character)
        elif column < first < column + width:
            found.append(" ")  # half of a wide character
        column += width
    return "".join(found)


def _expanded(text: str) -> str:
    """Return `text` with tabs as spaces, and a sign for what a terminal would act upon."""
    return "".join(
        _TAB if c == "\t" else c if c.isprintable() or unicodedata.combining(c) else "·"
        for c in text
    )


def _columns(text: str) -> int:
    """Return how many columns `text` takes on a terminal.

    >>> _columns("ab"), _columns("数据"), _columns("e\\u0301"), _columns("\\t")
    (2, 4, 1, 4)
    """
    return sum(_column(c) for c in text)


def _column(character: str) -> int:
    if character == "\t":
        return len(_TAB)
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0 if unicodedata.combining(character) else 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _wrapped(text: str, look: Look, *, indent: str) -> Sequence[str]:
    if look.width is None:
        return [indent + text]
    return textwrap.wrap(
        text,
        max(look.width, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def sentence(text: str) -> str:
    """Return a message, which continues a line that names the place, as a sentence of its own.

    The name of a function stays as it is.

    >>> sentence("the cell is no Python."), sentence("numpy.random.rand draws without a seed.")
    ('The cell is no Python.', 'numpy.random.rand draws without a seed.')
    """
    word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if word.isalpha() else text
