"""What does a cell keep of what it put out, and how much at most?

Outputs in order; text of one stream that comes in many parts is one output, joined when somebody
looks. Up to the limit nothing is lost. Beyond it the beginning stays, and the end, which tells how
it came out; in between a line says how much was left out and where that is. So a cell that prints
for ever costs a bounded amount of memory, and its notebook can be opened.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbformat import NotebookNode, from_dict

from mlops_nb.execution.outputs_text import phrase_bytes, render_output
from mlops_nb.execution.stream_text import StreamText, count_bytes, split_bytes

# What an output costs beside what is in it: names, brackets, its place in memory.
_OUTPUT_COST = 300
# The end that is kept beyond the limit, as a part of it; tracebacks are worth more than that.
_END_SHARE = 10
_LEAST_ERROR = 20_000


class Overflow(Protocol):
    """Where text goes that a cell does not keep."""

    @property
    def place(self) -> str:
        """How a person finds it, as the end of a sentence; empty if nothing was kept."""

    def write(self, text: str) -> None:
        """Keep `text`; never raises."""

    def clear(self) -> None:
        """Forget what was kept."""


@dataclass(slots=True, eq=False)
class Item:
    """One output; `text` is set for a stream, and then the node's text is as old as `settle`."""

    node: Any
    cost: int = 0
    text: StreamText | None = None
    is_kept: bool = True
    is_at_end: bool = False

    @property
    def size(self) -> int:
        return _OUTPUT_COST + (self.cost if self.text is None else self.text.size)

    def settle(self) -> Any:
        if self.text is not None:
            self.node["text"] = self.text.text()
        return self.node


@dataclass(slots=True, eq=False)
class CellOutputs:
    """The outputs of one cell, or of one Output widget.

    Parameters
    ----------
    limit : int or None
        Bytes that are kept from the beginning; None keeps all.
    overflow : Overflow or None
        Gets the text that is left out.
    """

    limit: int | None = None
    overflow: Overflow | None = None
    clears_before_next: bool = False
    left_out: int = 0
    _start: list[Item] = field(default_factory=list)
    _start_size: int = 0  # without the last item, which may still change
    _end: deque[Item] = field(default_factory=deque)
    _end_size: int = 0
    _error: Item | None = None

    def add_text(self, name: str, text: str) -> None:
        """Add text of a stream."""
        if self._end or self.left_out:
            self._add_text_at_end(name, text)
            return
        goes_on = bool(self._start) and _is_stream(self._start[-1], name)
        room = self._room() - (0 if goes_on else _OUTPUT_COST)
        first, rest = (text, "") if count_bytes(text) <= room else split_bytes(text, room)
        if first:
            if not goes_on:
                self._append(_new_stream(name))
            stream = self._start[-1].text
            assert stream is not None
            stream.add(first)
        if rest:
            self._add_text_at_end(name, rest)

    def add(self, node: Any) -> Item:
        """Add an output that is not a stream's; return its item, for `update`."""
        item = Item(node, cost=_measure(node))
        if node["output_type"] == "error":
            self._error = item
        if not self._end and not self.left_out and item.size <= self._room():
            self._append(item)
            return item
        self._shorten(item, self._end_limit())
        self._append_at_end(item)
        self._trim()
        return item

    def update(self, item: Item, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Give a display that is there other content."""
        before = item.size
        room = self._end_limit() - self._end_size if item.is_at_end else self._room()
        item.node.update(data=from_dict(dict(data)), metadata=from_dict(dict(metadata)))
        self._shorten(item, before + max(room, 0))
        if item.is_at_end:
            self._end_size += item.size - before
        elif item is not self._start[-1]:
            self._start_size += item.size - before

    def clear(self) -> None:
        """Remove all."""
        for item in (*self._start, *self._end):
            item.is_kept = False
        self._start, self._start_size, self.left_out = [], 0, 0
        self._end, self._end_size, self._error = deque(), 0, None
        self.clears_before_next = False
        if self.overflow is not None:
            self.overflow.clear()

    def nodes(self) -> list[Any]:
        """Return the outputs as notebooks hold them."""
        start = [item.settle() for item in self._start]
        end = [item.settle() for item in self._end]
        if self.left_out:
            notice = NotebookNode(output_type="stream", name="stderr", text=f"\n{self.notice()}\n")
            return [*start, notice, *end]
        if start and end and _is_stream(self._start[-1], end[0].get("name")):
            whole = NotebookNode(start[-1])
            whole["text"] = start[-1]["text"] + end.pop(0)["text"]
            start[-1] = whole
        return [*start, *end]

    def notice(self) -> str:
        """Return what is said of what was left out; empty if nothing was."""
        if not self.left_out or self.limit is None:
            return ""
        place = "" if self.overflow is None else self.overflow.place
        told = f"{phrase_bytes(self.left_out)} of output left out: output_limit is "
        return f"{told}{phrase_bytes(self.limit)}{place}."

    def _append(self, item: Item) -> None:
        if self._start:
            self._start_size += self._start[-1].size
        self._start.append(item)

    def _append_at_end(self, item: Item) -> None:
        item.is_at_end = True
        self._end.append(item)
        self._end_size += item.size

    def _room(self) -> int:
        if self.limit is None:
            return 1 << 62
        return self.limit - self._start_size - (self._start[-1].size if self._start else 0)

    def _end_limit(self) -> int:
        return (1 << 62) if self.limit is None else self.limit // _END_SHARE + _OUTPUT_COST

    def _add_text_at_end(self, name: str, text: str) -> None:
        if not self._end or not _is_stream(self._end[-1], name):
            self._append_at_end(_new_stream(name))
        item = self._end[-1]
        before = item.size
        assert item.text is not None
        item.text.add(text)
        self._end_size += item.size - before
        self._trim()

    def _trim(self) -> None:
        """Leave out the oldest of the end until it is short enough; the last error stays."""
        while (excess := self._end_size - self._end_limit()) > 0:
            item = next((item for item in self._end if item is not self._error), None)
            if item is None:
                return
            if item.text is not None and (item is self._end[-1] or item.text.size > excess):
                text = item.text.take_first(excess)
                size = count_bytes(text)
                self._end_size -= size
            else:
                text, size = render_output(item.settle()), item.size - _OUTPUT_COST
                self._end_size -= item.size
                item.is_kept = False
                self._end.remove(item)
            self._leave_out(text, size)
            if not text and item.text is not None:
                return

    def _shorten(self, item: Item, room: int) -> None:
        """Make one output fit in `room`: its largest forms go, or the middle of an error."""
        node, data = item.node, item.node.get("data") or {}
        item.cost = _measure(node)
        if node.get("output_type") == "error" and item.size > (
            room := max(room // 2, _LEAST_ERROR)
        ):
            before, middle = item.cost, _shorten_error(node, room)
            item.cost = _measure(node)
            self._leave_out(middle, before - item.cost)
        while item.size > room and data:
            kind = max(data, key=lambda kind: _measure(data[kind]))
            form = data.pop(kind)
            item.cost = _measure(node)
            self._leave_out(render_output({**node, "data": {kind: form}}), _measure(form))

    def _leave_out(self, text: str, size: int) -> None:
        self.left_out += max(size, 1)
        if self.overflow is not None:
            self.overflow.write(text)


def _new_stream(name: str) -> Item:
    node = NotebookNode(output_type="stream", name=name, text="")
    return Item(node, text=StreamText())


def _is_stream(item: Item, name: str | None) -> bool:
    return item.text is not None and item.node["name"] == name


def _measure(value: Any) -> int:
    """Return about how many bytes `value` has in a notebook."""
    if isinstance(value, str):
        return count_bytes(value)
    if isinstance(value, Mapping):
        return sum(_measure(part) for part in value.values())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return sum(map(count_bytes, value))
    return len(json.dumps(value, default=str)) if isinstance(value, list) else 8


def _shorten_error(node: Any, room: int) -> str:
    """Cut the middle out of an error; return what was cut."""
    half, cut = room // 4, []
    texts = {"evalue": str(node.get("evalue", "")), "traceback": "\n".join(node["traceback"])}
    for key, text in texts.items():
        first, rest = split_bytes(text, half)
        middle, last = split_bytes(rest, count_bytes(rest) - half)
        if middle:
            cut.append(middle)
            gap = f"\n[{phrase_bytes(count_bytes(middle))} left out]\n"
            text = f"{first}{gap}{last}"
        node[key] = text if key == "evalue" else text.split("\n")
    return "\n".join(cut)
