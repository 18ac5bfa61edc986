"""How do messages become the outputs of a cell? As nbclient has it: display ids, clear_output,
widgets.

Two differences. Text of one stream that comes in many messages is one output, as JupyterLab saves
it. And its chunks are joined when somebody looks, not with each message: 50 MB in 8 kB messages
would otherwise be copied six thousand times.
"""

from __future__ import annotations

import contextlib
from typing import Any

from nbclient.exceptions import CellExecutionComplete
from nbformat.v4 import output_from_msg
from papermill.clientwrap import PapermillNotebookClient


class OutputCollector(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """nbclient's handling of messages, without its handling of kernels.

    Parameters
    ----------
    nb_man : NotebookJournal
    **traits
        Of PapermillNotebookClient.
    """

    def __init__(self, nb_man: Any, **traits: Any) -> None:
        super().__init__(nb_man, **traits)
        self._open: Any = None
        self._chunks: list[str] = []
        self.clear_before_next_output = False

    def begin(self, cell: Any) -> None:
        """Empty a cell that is about to run."""
        cell.outputs = []
        cell.metadata["execution"] = {}  # nbclient's timings, which JupyterLab shows
        self.clear_before_next_output = False

    def take(self, message: dict[str, Any], cell: Any, position: int) -> None:
        """Add what `message` says to the outputs of `cell`."""
        with contextlib.suppress(CellExecutionComplete):
            self.process_message(message, cell, position)

    def output(
        self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> Any:
        """Append an output; text goes on in the last output where that is the same stream."""
        last = outs[-1] if outs else None
        hooked = self.output_hook_stack.get(msg["parent_header"].get("msg_id"))
        if (
            msg["msg_type"] != "stream"
            or hooked
            or self.clear_before_next_output
            or last is None
            or last.output_type != "stream"
            or last.name != msg["content"]["name"]
        ):
            return super().output(outs, msg, display_id, cell_index)
        if last is not self._open:
            self.settle()
            self._open, self._chunks = last, [last.text]
        self._chunks.append(msg["content"]["text"])
        return output_from_msg(msg)  # what papermill logs: the news only

    def settle(self) -> None:
        """Join the text that came in; call before outputs are read."""
        if self._open is not None and len(self._chunks) > 1:
            self._open["text"] = "".join(self._chunks)
            self._chunks = [self._open["text"]]
