"""What is left of text that writes over itself? What JupyterLab shows, and saves.

A progress bar goes back to the start of its line ten thousand times. JupyterLab keeps the text as
it looks afterwards: a carriage return goes to the start of the line, what follows writes over what
stands there; a backspace takes one character away; a line break ends the line whatever the place
(`processText` of its output area, 4.1 and later). So is the text here, and memory does not grow
with the number of updates. Loaded again, the text looks the same in every front end.

Two differences. Colours take no room: JupyterLab counts the characters of an escape sequence and
can cut it in two, which shows the rest of it as text. And a line too long for a bar is kept as it
came, carriage returns and all, so that no line costs more than its text.

Text that only goes on is not touched: its chunks are kept and joined when somebody looks.
"""

from __future__ import annotations

import re
from collections import deque

# Longer lines are no progress bars.
_LONG_LINE = 20_000
# CSI sequences (colours, cursor), OSC sequences (links, titles), and the two-character ones.
_ESCAPE = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\-_])")


class StreamText:
    """Text of one stream as it grows.

    Attributes
    ----------
    size : int
        Bytes of the text, as UTF-8.
    """

    # A cell that writes to both streams in turn has a hundred thousand of these.
    __slots__ = ("_chunks", "_held", "_line")

    def __init__(self) -> None:
        self._chunks: deque[str] = deque()
        self._line: _Line | None = None  # the last line, once something was written over
        self._held = 0

    @property
    def size(self) -> int:
        return self._held + (0 if self._line is None else count_bytes(self._line.text()))

    def add(self, text: str) -> None:
        """Write `text` where the last one ended."""
        if self._line is None and "\r" not in text and "\b" not in text:
            self._keep(text)
            return
        line = self._last_line()
        if line is None:
            before, line_break, after = text.partition("\n")
            self._keep(before + line_break)
            if after:
                self.add(after)
            return
        for position, part in enumerate(text.split("\n")):
            if position:
                self._keep(line.text() + "\n")
                line = _Line("")
            line.write(part)
        self._line = line
        if line.is_at_end():
            self._keep(line.text())
            self._line = None

    def text(self) -> str:
        """Return the text as it looks now."""
        if len(self._chunks) > 1:
            self._chunks = deque(["".join(self._chunks)])
        held = self._chunks[0] if self._chunks else ""
        return held if self._line is None else held + self._line.text()

    def take_first(self, size: int) -> str:
        """Remove and return `size` bytes from the start, or the few more that a character has."""
        if self._line is not None and size > self._held:
            self._keep(self._line.text())
            self._line = None
        taken, found = [], 0
        while self._chunks and found < size:
            chunk = self._chunks.popleft()
            first, rest = split_bytes(chunk, size - found)
            if rest:
                self._chunks.appendleft(rest)
            taken.append(first)
            found += count_bytes(first)
        self._held -= found
        return "".join(taken)

    def _keep(self, text: str) -> None:
        if text:
            self._chunks.append(text)
            self._held += count_bytes(text)

    def _last_line(self) -> _Line | None:
        """Return the line that is written to, taken out of the chunks; None for one too long."""
        if self._line is not None:
            return self._line
        line = ""
        while self._chunks and len(line) <= _LONG_LINE:
            chunk = self._chunks.pop()
            self._held -= count_bytes(chunk)
            before, line_break, after = chunk.rpartition("\n")
            line = after + line
            if line_break:
                self._keep(before + line_break)
                break
        if len(line) > _LONG_LINE:
            self._keep(line)
            return None
        return _Line(line)


class _Line:
    """One line with the place where the next character goes.

    Each element is a character with the escape sequences before it; the last one is empty, for the
    sequences at the end.
    """

    def __init__(self, text: str) -> None:
        self._places = _split_places(text)
        self._at = len(self._places) - 1

    def is_at_end(self) -> bool:
        return self._at == len(self._places) - 1

    def text(self) -> str:
        return "".join(self._places)

    def write(self, text: str) -> None:
        """Write over what is there; `text` has no line break."""
        for piece in re.split("([\r\b])", text):
            if piece == "\r":
                self._at = 0
            elif piece == "\b":
                self._erase()
            elif piece:
                self._put(piece)

    def _put(self, text: str) -> None:
        *places, end = _split_places(text)
        if self.is_at_end() and places:
            places[0] = self._places.pop() + places[0]
            self._places.append("")
        after = self._at + len(places)
        over = self._places[self._at : after]
        rest = self._places[after] if after < len(self._places) - 1 else ""
        # What follows keeps its colour; of many, the last one, or each update would add one.
        colours = _ESCAPE.findall("".join(over) + rest[:-1])
        follows = [(colours or [""])[-1] + rest[-1:], *self._places[after + 1 :]] if rest else [""]
        follows[0] = end + follows[0]
        self._places = [*self._places[: self._at], *places, *follows]
        self._at = after

    def _erase(self) -> None:
        # As JupyterLab does: at the end one character goes, before it also the one that follows.
        if self._at > 0:
            end = min(self._at + 1, len(self._places) - 1)
            del self._places[self._at - 1 : end]
            self._at -= 1


def _split_places(text: str) -> list[str]:
    if "\x1b" not in text:
        return [*text, ""]
    places: list[str] = []
    start = 0
    while start < len(text):
        end = start
        while (escape := _ESCAPE.match(text, end)) is not None:
            end = escape.end()
        if end == len(text):
            return [*places, text[start:]]
        places.append(text[start : end + 1])
        start = end + 1
    return [*places, ""]


def count_bytes(text: str) -> int:
    """Return the length of `text` as UTF-8, without making it where that is known.

    >>> count_bytes("abc"), count_bytes("é")
    (3, 2)
    """
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def split_bytes(text: str, size: int) -> tuple[str, str]:
    """Return `text` in two parts; the first has `size` bytes, or the few more of a character.

    >>> split_bytes("aéb", 2), split_bytes("ab", 5), split_bytes("ab", 0)
    (('aé', 'b'), ('ab', ''), ('', 'ab'))
    """
    if not text.isascii() and len(text) > size // 4:
        start = text[: max(size, 0)].encode(errors="surrogatepass")
        # Bytes that go on a character are not counted; those of the one that is cut are.
        size = sum(byte & 0xC0 != 0x80 for byte in start[: max(size, 0)])
    return text[: max(size, 0)], text[max(size, 0) :]
