"""What did a cell show? Taken down from the messages that a live kernel sends for it.

Headless, the runner collects outputs; in a live kernel only the front end does, which keeps them to
itself. While a cell is watched, what the kernel publishes for its message is noted on its way out,
and later shown again as it was.

Standard library only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from .settled_streams import settle_streams

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_MOST_CHARACTERS = 20_000_000
_SHOWN = ("display_data", "execute_result")
_NONE: Mapping[str, Sequence[int]] = {}


class OutputRecorder:
    """The outputs of one cell at a time.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel

    Attributes
    ----------
    displays : dict of str to list of int
        By display id, which outputs of the cell that was over last a later one can update.
    """

    def __init__(self, kernel: Any) -> None:
        self.displays: dict[str, list[int]] = {}
        self._kernel = kernel
        self._lock = threading.Lock()
        self._parent = ""
        self._outputs: list[dict[str, Any]] = []
        self._ids: list[str | None] = []
        self._clears = False
        self._is_whole = True
        self._size = 0

    def start(self) -> None:
        """Begin with the cell whose message the kernel answers."""
        self._outputs, self._ids, self._size = [], [], 0
        self._clears, self._is_whole = False, True
        self._parent = _message_id(self._kernel.get_parent())
        vars(self._kernel.session)["send"] = self._send

    def stop(self) -> list[dict[str, Any]] | None:
        """Return the outputs in nbformat's form; None if they cannot be shown again."""
        settle_streams()
        vars(self._kernel.session).pop("send", None)
        with self._lock:
            self.displays = {}
            for number, ident in enumerate(self._ids):
                if ident is not None:
                    self.displays.setdefault(ident, []).append(number)
            shows_widgets = any(_WIDGET_VIEW in o.get("data", {}) for o in self._outputs)
            return None if shows_widgets or not self._is_whole else list(self._outputs)

    def show(
        self,
        outputs: Sequence[Mapping[str, Any]],
        *,
        count: int,
        displays: Mapping[str, Sequence[int]] = _NONE,
    ) -> None:
        """Publish outputs again, as outputs of the cell that runs now.

        Parameters
        ----------
        outputs : sequence of Mapping
        count : int
            The number of the cell, for its result.
        displays : Mapping of str to sequence of int, optional
            Display ids, with the outputs that have them.
        """
        ident_of = {number: ident for ident, numbers in displays.items() for number in numbers}
        session, socket = self._kernel.session, self._kernel.iopub_socket
        parent = self._kernel.get_parent()
        for number, output in enumerate(outputs):
            kind = output["output_type"]
            content: dict[str, Any]
            if kind == "stream":
                content = {"name": output["name"], "text": _text(output["text"])}
            else:
                content = {"data": output["data"], "metadata": output.get("metadata", {})}
            if kind == "execute_result":
                content["execution_count"] = count
            if number in ident_of:
                content["transient"] = {"display_id": ident_of[number]}
            session.send(socket, kind, content, parent=parent)

    def _send(self, stream: Any, message: Any, *arguments: Any, **options: Any) -> Any:
        """Send as the session does, and take down what is shown."""
        try:
            self._note(message, *arguments, **options)
        except Exception:
            self._is_whole = False
        return type(self._kernel.session).send(
            self._kernel.session, stream, message, *arguments, **options
        )

    def _note(
        self, message: Any, content: Any = None, parent: Any = None, *_: Any, **__: Any
    ) -> None:
        kind = message
        if isinstance(message, Mapping):
            kind, content, parent = (
                message["header"]["msg_type"],
                message["content"],
                message.get("parent_header"),
            )
        if _message_id(parent) != self._parent:
            return
        with self._lock:
            self._take(str(kind), content or {})

    def _take(self, kind: str, content: Mapping[str, Any]) -> None:
        if kind == "clear_output":
            self._clears = bool(content.get("wait"))
            if not self._clears:
                self._clear()
        elif kind == "stream" or kind in _SHOWN:
            if self._clears:
                self._clear()
            self._add(kind, content)
        elif kind == "update_display_data":
            self._update(content)

    def _clear(self) -> None:
        self._clears = False
        self._outputs.clear()
        self._ids.clear()

    def _add(self, kind: str, content: Mapping[str, Any]) -> None:
        self._size += len(str(content))
        if self._size > _MOST_CHARACTERS:
            self._is_whole = False
            return
        last = self._outputs[-1] if self._outputs else {}
        if kind == "stream" and last.get("name") == content["name"]:
            last["text"] += content["text"]
            return
        made: dict[str, Any] = {"output_type": kind}
        if kind == "stream":
            made.update(name=content["name"], text=content["text"])
        else:
            made.update(data=dict(content["data"]), metadata=dict(content.get("metadata") or {}))
        if kind == "execute_result":
            made["execution_count"] = None
        self._outputs.append(made)
        self._ids.append((content.get("transient") or {}).get("display_id"))

    def _update(self, content: Mapping[str, Any]) -> None:
        wanted = (content.get("transient") or {}).get("display_id")
        places = [at for at, ident in enumerate(self._ids) if ident == wanted]
        if not places:  # it changes what another cell shows, which nobody could do again
            self._is_whole = False
        for at in places:
            self._outputs[at].update(data=dict(content["data"]))


def _message_id(parent: Any) -> str:
    header = parent.get("header", parent) if isinstance(parent, Mapping) else {}
    return str(header.get("msg_id", ""))


def _text(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)
