"""Where in a text does a form of a secret stand, and where could one begin that is cut off?

Text with nothing secret in it is the rule, and there is much of it: it costs one search for a fixed
text per form. Only where that finds something are places worked out.

Two things may stand between the characters of a secret: colour sequences (a highlighted traceback
splits strings), and, for a long secret, line ends (base64 is wrapped, terminals wrap). So forms are
looked for in a text without colours, long ones in a text without colours and line ends, and places
are counted back. And a beginning of `HEAD` characters counts as the secret: tables and messages cut
long values.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from mlops_nb.pipeline.secret_forms import Form

HEAD = 12
# Forms of this length are found across line ends, if so much of them stands before the first.
_WRAPPED = 20
_FIRST_LINE = 8
_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,32}[mK]")
_CUT_COLOUR = re.compile(r"\x1b(?:\[[0-9;:]{0,32})?\Z")
_LINE_END = re.compile(r"[\r\n]+")
Span = tuple[int, int]


class SecretSearch:
    """Finds forms of secrets.

    Parameters
    ----------
    forms : iterable of Form
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        known = tuple(forms)
        wrapped = [form for form in known if len(form.core) >= _WRAPPED]
        self._in_lines = _Forms(f for f in known if f not in wrapped or "\n" in f.core)
        self._across_lines = _Forms(
            Form(core=_LINE_END.sub("", f.core), before=f.before, after=f.after) for f in wrapped
        )
        self._before = frozenset(char for form in known for char in form.before)
        lengths = [min(len(form.core), HEAD) for form in known]
        self.shortest = min(lengths, default=0)
        self._longest = max((len(form.core) for form in known), default=0)

    def find(self, text: str) -> list[Span]:
        """Return the places of `text` that hold something secret, in order, none over another."""
        if len(text) < self.shortest:
            return []
        # As it is, too: what only looks like a colour may hold the beginning of a secret.
        views = (_View(text), _View(text, _COLOUR)) if "\x1b" in text else (_View(text),)
        return _union([span for view in views for span in self._spans_in(view)])

    def _spans_in(self, plain: _View) -> Iterator[Span]:
        found = list(self._in_lines.spans_in(plain.text))
        joined = plain.without_line_ends()
        for start, end, form in self._across_lines.spans_in(joined.text):
            first, last = _to_source(joined, start, end)
            if _begins_on_one_line(plain.text, first, last):
                found.append((first, last, form))
        for start, end, form in found:
            yield _to_source(plain, start - self._is_edge(plain.text, start, form.before), end)

    def find_cut(self, text: str) -> int:
        """Return where the longest end of `text` begins that more text could make a secret.

        The length of `text` if there is none.
        """
        colour = _CUT_COLOUR.search(text, max(0, len(text) - 40))
        end = len(text) if colour is None else colour.start()
        begin = self._window(text, end)
        return begin + self._find_cut_in(text[begin:end])

    def _window(self, text: str, end: int) -> int:
        """Return from where on a cut can only be: what is left out apart, the longest form fits."""
        size = 2 * self._longest + 100
        while size < end:
            tail = text[end - size : end]
            if "\x1b" in tail:
                tail = _COLOUR.sub("", tail)
            if len(tail) - tail.count("\n") - tail.count("\r") > self._longest + 40:
                return end - size
            size *= 2
        return 0

    def _find_cut_in(self, whole: str) -> int:
        if "\x1b" not in whole:
            return min([len(whole), *self._cuts_in(_View(whole))])
        places = [_before_colour(whole, at) for at in self._cuts_in(_View(whole))]
        return min([len(whole), *places, *self._cuts_in(_View(whole, _COLOUR))])

    def _cuts_in(self, plain: _View) -> Iterator[int]:
        begins = [len(plain.text), *self._in_lines.cuts_in(plain.text)]
        joined = plain.without_line_ends()
        for at in self._across_lines.cuts_in(joined.text):
            begin = joined.source_of(at)
            if _begins_on_one_line(plain.text, begin, len(plain.text)):
                begins.append(begin)
        for at in begins:
            place = at - self._is_edge(plain.text, at, self._before)
            if place < len(plain.text):
                yield plain.source_of(place)

    @staticmethod
    def _is_edge(text: str, at: int, before: frozenset[str]) -> bool:
        return at > 0 and text[at - 1] in before


class _View:
    """A text without some of its parts, and the way back to the whole.

    Parameters
    ----------
    source : str
    left_out : re.Pattern, optional
    """

    def __init__(self, source: str, left_out: re.Pattern[str] | None = None) -> None:
        self._source = source
        self._left_out = left_out
        if left_out is _LINE_END:  # five times as fast
            self.text = source.replace("\n", "").replace("\r", "")
        else:
            self.text = source if left_out is None else left_out.sub("", source)

    def without_line_ends(self) -> _View:
        """Return a view of this one's text."""
        if "\n" not in self.text and "\r" not in self.text:
            return _View(self.text)
        return _View(self.text, _LINE_END)

    def source_of(self, at: int) -> int:
        """Return where in the source the character at `at` stands."""
        if self._left_out is None:
            return at
        places, shifts = self._gaps
        number = bisect_right(places, at)
        return at + (shifts[number - 1] if number else 0)

    @cached_property
    def _gaps(self) -> tuple[list[int], list[int]]:
        assert self._left_out is not None
        places, shifts, shift = [], [], 0
        for match in self._left_out.finditer(self._source):
            places.append(match.start() - shift)
            shift += match.end() - match.start()
            shifts.append(shift)
        return places, shifts


class _Forms:
    """Forms that are looked for in one kind of view."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._by_head: dict[str, list[Form]] = {}
        for form in forms:
            self._by_head.setdefault(form.core[:HEAD], []).append(form)
        cores = {form.core for group in self._by_head.values() for form in group}
        self._beginnings = frozenset(c[:k] for c in cores for k in range(1, min(len(c), HEAD)))

    def spans_in(self, text: str) -> Iterator[tuple[int, int, Form]]:
        """Yield every place that holds a form, or the beginning of one; not the edge before it."""
        for head, forms in self._by_head.items():
            at = text.find(head)
            while at >= 0:
                for form in forms:
                    yield at, _end_of(text, at, form), form
                at = text.find(head, at + 1)

    def cuts_in(self, text: str) -> Iterator[int]:
        """Yield where the ends of `text` begin that more text could make a form, or more of one."""
        for length in range(1, min(HEAD - 1, len(text)) + 1):
            if text[-length:] in self._beginnings:
                yield len(text) - length
        for head, forms in self._by_head.items():
            longest = max(len(form.core) for form in forms)
            at = text.find(head, max(0, len(text) - longest))
            while at >= 0:
                rest = text[at:]
                if any(_could_go_on(rest, form) for form in forms):
                    yield at
                at = text.find(head, at + 1)


def _end_of(text: str, at: int, form: Form) -> int:
    """Return where a form ends whose head stands at `at`, or as much of it as stands there."""
    core = form.core
    if text.startswith(core, at):
        end = at + len(core)
        return end + (end < len(text) and text[end] in form.after)
    low, high = min(HEAD, len(core)), len(core)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if text.startswith(core[:middle], at) else (low, middle)
    return at + low


def _could_go_on(rest: str, form: Form) -> bool:
    if len(rest) == len(form.core):
        return bool(form.after) and rest == form.core
    return len(rest) < len(form.core) and form.core.startswith(rest)


def _begins_on_one_line(text: str, start: int, end: int) -> bool:
    """Return whether enough of a place stands before its first line end, if it has one."""
    first = _LINE_END.search(text, start, end)
    return first is None or first.start() - start >= _FIRST_LINE


def _to_source(view: _View, start: int, end: int) -> Span:
    return view.source_of(start), view.source_of(end - 1) + 1


def _before_colour(text: str, at: int) -> int:
    """Return `at`, or where the colour sequence begins that it stands in."""
    escape = text.rfind("\x1b", max(0, at - 40), at)
    colour = None if escape < 0 else _COLOUR.match(text, escape)
    return escape if colour is not None and colour.end() > at else at


def _union(spans: Sequence[Span]) -> list[Span]:
    """Return `spans` in order, those that share characters as one."""
    united: list[Span] = []
    for start, end in sorted(set(spans)):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def colours_in(text: str) -> str:
    """Return the colour sequences of `text` alone, so that what they began still ends."""
    return "".join(_COLOUR.findall(text)) if "\x1b" in text else ""
