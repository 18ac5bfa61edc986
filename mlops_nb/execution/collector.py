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
from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient

_OUTPUT_KEYS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


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
        hooks = self.output_hook_stack.get(msg["parent_header"].get("msg_id"))
        if hooks:  # an Output widget takes it
            hooks[-1].output(outs, msg, display_id, cell_index)
            return None
        made = to_output(msg)
        if made is None:
            return None
        if self.clear_before_next_output:
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
        last = outs[-1] if outs else None
        if made.output_type == "stream" and last is not None and last.get("name") == made.name:
            self._go_on(last, made.text)
            return made  # what papermill logs: the news only
        if display_id:
            places = self._display_id_map.setdefault(display_id, {})
            places.setdefault(cell_index, []).append(len(outs))
        outs.append(made)
        return made

    def _go_on(self, output: Any, text: str) -> None:
        if output is not self._open:
            self.settle()
            self._open, self._chunks = output, [output.text]
        self._chunks.append(text)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """Change the outputs that have `display_id`, in whichever cells they are."""
        made = to_output(msg)
        for position, places in self._display_id_map.get(display_id, {}).items():
            outputs = self.nb["cells"][position]["outputs"]
            for place in places if made is not None else ():
                outputs[place].update(data=made.data, metadata=made.metadata)
            self.nb_man.touch(position)

    def settle(self) -> None:
        """Join the text that came in; call before outputs are read."""
        if self._open is not None and len(self._chunks) > 1:
            self._open["text"] = "".join(self._chunks)
            self._chunks = [self._open["text"]]


def to_output(message: dict[str, Any]) -> Any:
    """Return the notebook output that a message stands for; None if it stands for none.

    nbformat's own conversion checks each output against the JSON schema, which takes as long as all
    the rest; a kernel's messages have that form by the protocol.
    """
    content, kind = message["content"], message["header"]["msg_type"]
    if kind == "update_display_data":
        kind = "display_data"
    keys = _OUTPUT_KEYS.get(kind)
    if keys is None:
        return None
    return from_dict({"output_type": kind, **{key: content[key] for key in keys}})
