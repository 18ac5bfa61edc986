"""Which words, numbers and marks does a gate consist of, and how is a fault in them shown?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mlops_nb.errors import InputError
from mlops_nb.pipeline.gates.gate import PLAIN_WORD

TokenKind = Literal["word", "quoted", "number", "mark", "end"]

_NUMBER = re.compile(r"(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_MARK = re.compile(r"[<>=!~]+|[-+*/,()%]")
# What people paste from documents.
_TYPOGRAPHY = {"≥": ">=", "≤": "<=", "−": "-", "–": "-", "×": "*", "·": "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of a gate's text; `text` is its meaning, `start` and `end` where it stands."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def is_mark(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text in words


class GateError(InputError):
    """A gate that cannot be read; knows the text and where in it the fault is."""

    def __init__(
        self,
        code: str,
        place: str,
        fault: str,
        remedy: str,
        text: str = "",
        start: int = 0,
        end: int = 0,
    ) -> None:
        super().__init__(code, place, fault, remedy)
        self.args = (code, place, fault, remedy, text, start, end)

    @property
    def text(self) -> str:
        return str(self.args[4])

    @property
    def span(self) -> tuple[int, int]:
        """Return where in `text` the fault begins and ends."""
        return int(self.args[5]), int(self.args[6])

    def __str__(self) -> str:
        """Return code, place and fault, the gate with a caret below the fault, and the remedy."""
        where = f" {self.place}" if self.place else ""
        start, end = self.span
        caret = " " * start + "^" * max(1, end - start)
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        return f"{self.code}{where}: {self.fault}\n    {shown}\n    {caret}\n{self.remedy}"


def split_tokens(text: str, *, place: str) -> list[Token]:
    """Return the tokens of a gate, the last of kind ``"end"``; ``#`` begins a comment.

    Raises
    ------
    GateError
        MNB701 for what is no part of the language, and for a quotation that is not closed.
    """
    return list(_scan(text, place))


def _scan(text: str, place: str) -> Iterator[Token]:
    at = 0
    last = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] == "#":
            break
        token = _next_token(text, at, place)
        yield token
        at = last = token.end
    yield Token(kind="end", text="", start=last, end=last)


def _next_token(text: str, at: int, place: str) -> Token:
    if text[at] in _TYPOGRAPHY:
        return Token(kind="mark", text=_TYPOGRAPHY[text[at]], start=at, end=at + 1)
    if found := _QUOTED.match(text, at):
        quote, inner = text[at], found.group()[1:-1]
        plain = inner.replace(quote * 2, quote)
        return Token(kind="quoted", text=plain, start=at, end=found.end())
    if found := _NUMBER.match(text, at):
        number = found.group().replace("_", "")
        return Token(kind="number", text=number, start=at, end=found.end())
    found = PLAIN_WORD.match(text, at) or _MARK.match(text, at)
    if found is None:
        is_quote = text[at] in "'\""
        fault = f"the quotation {text[at:]!r} is not closed." if is_quote else ""
        remedy = "Put names with such characters into quotes."
        if text[at] in "${":
            remedy = "A gate is fixed text, in which no name is filled in: write the value itself."
        raise GateError(
            "MNB701",
            place,
            fault or f"{text[at]!r} is no part of the gate language.",
            "Close the quotation." if is_quote else remedy,
            text,
            at,
            len(text) if is_quote else at + 1,
        )
    kind: TokenKind = "mark" if _MARK.fullmatch(found.group()) else "word"
    return Token(kind=kind, text=found.group(), start=at, end=found.end())
