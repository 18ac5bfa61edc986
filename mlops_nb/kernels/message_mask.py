"""How does a message of a kernel become one without secrets?

Text of a stream comes in pieces that end anywhere, so the end of a piece that could begin a secret
waits for the next. It waits while the other stream writes, unless it is too short to tell anything;
it is passed on when the cell ends or anything else comes, so that all keeps its order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_nb.kernels.session import COMM
from mlops_nb.pipeline.secrets import SHORTEST, MaskedStream, Masker

Message = dict[str, Any]
# Of a report: the stage's name comes from the source, the model's record is a place on disk.
_READ_BY_CODE = ("stage", "model", "cell")


class MessageMask:
    """Masks the messages that answer one request.

    Parameters
    ----------
    masker : Masker
    """

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._streams: dict[str, tuple[MaskedStream, Message]] = {}

    @property
    def holds(self) -> bool:
        """Whether text waits."""
        return any(stream.held for stream, _ in self._streams.values())

    def content(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the content of a message that is no text of a stream."""
        masked: dict[str, Any] = self._masker.value(content)
        return masked

    def messages(self, message: Message) -> Iterator[Message]:
        """Yield what is to be told by now, in order."""
        if not self._masker:
            yield message
        elif message["msg_type"] == "stream":
            yield from self._piece(message)
        else:
            yield from self.rest()
            yield self._whole(message)

    def rest(self) -> Iterator[Message]:
        """Yield the text that waits."""
        for stream, last in self._streams.values():
            text = stream.rest()
            if text:
                yield _with_text(last, text)

    def _piece(self, message: Message) -> Iterator[Message]:
        name = message["content"]["name"]
        for other, (stream, last) in self._streams.items():
            if other != name and 0 < len(stream.held) < SHORTEST:
                yield _with_text(last, stream.rest())
        stream = self._streams[name][0] if name in self._streams else self._masker.stream()
        self._streams[name] = (stream, message)
        text = stream.feed(message["content"]["text"])
        if text:
            yield _with_text(message, text)

    def _whole(self, message: Message) -> Message:
        mask, content = self._masker.value, message["content"]
        is_ours = content.get("comm_id") == COMM
        return {
            **message,
            "content": _mask_report(content, self._masker) if is_ours else mask(content),
            "metadata": mask(message.get("metadata") or {}),
            "buffers": mask(message.get("buffers") or []),
        }


def _mask_value(value: Any, masker: Masker) -> Any:
    return masker.value(value)


def _mask_groups(groups: Any, masker: Masker) -> Any:
    """Return what a cell stored; a group that holds a secret is not stored: masked, it would be
    another value."""
    found = []
    for group in groups:
        masked = masker.value(group)
        if masked is not group and masked["content"] != group["content"]:
            masked = {**masked, "content": None, "obstacle": _HELD}
        found.append({**masked, "cell": group["cell"]} if "cell" in group else masked)
    return found


def _mask_effects(effects: Any, masker: Masker) -> Any:
    """Return what a cell set in the process, without what holds a secret: nobody can set that."""
    return {fact: effect for fact, effect in effects.items() if masker.value(effect) is effect}


_HELD = "It holds a secret of the run. Keep secrets out of values that other cells read."
_MASKS = {"groups": _mask_groups, "stored": _mask_groups, "effects": _mask_effects}


def _with_text(message: Message, text: str) -> Message:
    return {**message, "content": {**message["content"], "text": text}}


def _mask_report(content: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Return the content of a message of our session with the values of its report masked."""
    text = content.get("data", {}).get("report")
    if not isinstance(text, str):
        return dict(content)
    report = {
        key: value if key in _READ_BY_CODE else _MASKS.get(key, _mask_value)(value, masker)
        for key, value in json.loads(text).items()
    }
    return {**content, "data": {"report": json.dumps(report)}}
