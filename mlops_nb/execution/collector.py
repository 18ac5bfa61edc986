"""How do messages become the outputs of cells? As nbclient has it: display ids, clear_output,
widgets.

What differs: the outputs of a cell have a limit and text that writes over itself is kept as it
looks (`cell_outputs`, `stream_text`); text is joined when somebody looks, not with each message;
an Output widget is told what it shows when the cell has ended, not with each line. The kernel reads
that message no sooner anyway, and a widget of 50,000 lines would be sent 50,000 times.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionComplete
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode, from_dict
from papermill.clientwrap import PapermillNotebookClient

from mlops_nb.execution.cell_outputs import CellOutputs, Item
from mlops_nb.execution.message_outputs import to_output
from mlops_nb.execution.outputs_text import head_cell
from mlops_nb.execution.overflow import OverflowFile, overflow_path

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# The file of what was left out holds so many times what the notebook holds of a cell.
_OVERFLOW_FACTOR = 10


class OutputCollector(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """nbclient's handling of messages, without its handling of kernels.

    Parameters
    ----------
    nb_man : NotebookJournal
    output_limit : int or None
        Bytes that are kept of a cell's outputs; None keeps all.
    output_file : Path or None
        Of the executed notebook: what cells put out beyond the limit goes into text files beside.
    on_output : callable or None
        ``on_output(position, output)`` is told each output as it comes, streams in parts.
    **traits
        Of PapermillNotebookClient.
    """

    def __init__(
        self,
        nb_man: Any,
        *,
        output_limit: int | None = None,
        output_file: Path | None = None,
        on_output: Callable[[int, Mapping[str, Any]], None] | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(nb_man, **traits)
        self.output_limit = output_limit
        self.on_output = on_output
        self._output_file = output_file
        self._cells: dict[int, CellOutputs] = {}
        self._names: dict[int, str] = {}
        self._unsettled: set[int] = set()
        self._displays: dict[str, list[tuple[int, Item]]] = {}
        self._reaching: set[int] = set()  # cells that changed what others show
        self._now = -1
        self._widgets: list[CapturingWidget] = []
        self.widget_registry = {"@jupyter-widgets/output": {"OutputModel": CapturingWidget}}

    def begin(self, position: int, index: int | None = None, stage: str | None = None) -> None:
        """Empty a cell that is about to run; `index` and `stage` are how people know it."""
        self._now = position
        cell = self.nb.cells[position]
        cell.outputs = []
        cell.metadata["execution"] = {}  # nbclient's timings, which JupyterLab shows
        self._names[position] = head_cell(index, stage).strip("─ ")
        self._cells[position] = CellOutputs(self.output_limit, self._overflow_of(position, index))
        self.tell_widgets()

    def take(self, message: dict[str, Any], position: int) -> None:
        """Add what `message` says to the outputs of the cell at `position`."""
        with contextlib.suppress(CellExecutionComplete):
            self.process_message(message, self.nb.cells[position], position)

    def end(self, position: int) -> None:
        """Bring a cell's outputs and the widgets they went into up to date."""
        self.settle()
        self.tell_widgets()

    def settle(self) -> None:
        """Put what came in into the cells; call before outputs are read."""
        for position in self._unsettled:
            self.nb.cells[position].outputs = self._cells[position].nodes()
        self._unsettled.clear()

    def add(self, position: int, output: NotebookNode) -> None:
        """Add an output that no message brought."""
        self._outputs_of(position).add(output)
        if self.on_output is not None:
            self.on_output(position, output)

    def tell_widgets(self) -> None:
        """Send what Output widgets captured to the kernel, whose code may read it."""
        for widget in self._widgets:
            widget.sync_if_changed()

    def finish(self) -> None:
        """Bring everything up to date after the last cell; note what was left out."""
        self.settle()
        self.tell_widgets()
        self.set_widgets_metadata()
        self.nb_man.notes += [
            f"{self._names[position]}: {outputs.notice()}"
            for position, outputs in self._cells.items()
            if outputs.left_out
        ]

    def part_with_kernel(self) -> None:
        """Bring widgets up to date for the last time: their kernel goes, the run goes on."""
        self.settle()
        self.tell_widgets()
        self._widgets.clear()

    def forget(self) -> None:
        """Forget all outputs: the run begins again."""
        self._cells.clear()
        self._names.clear()
        self._unsettled.clear()
        self._displays.clear()
        self._widgets.clear()
        self.widget_state.clear()

    def is_whole(self, position: int) -> bool:
        """Return whether a cell's own outputs are all that it showed."""
        outputs = self._cells.get(position)
        return outputs is None or (not outputs.left_out and position not in self._reaching)

    def widgets_of(self, outputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the state of the widgets that outputs show, by model id; of all that there are if
        they show any, since one refers to others."""
        shows = any(_WIDGET_VIEW in output.get("data", {}) for output in outputs)
        return json.loads(json.dumps(self.widget_state)) if shows else {}

    def displays_in(self, position: int, outputs: Sequence[Any]) -> dict[str, list[int]]:
        """Return by display id which of a cell's outputs a later cell can update."""
        numbers = {id(output): number for number, output in enumerate(outputs)}
        found: dict[str, list[int]] = {}
        for display_id, places in self._displays.items():
            own = [
                numbers[id(i.node)] for at, i in places if at == position and id(i.node) in numbers
            ]
            if own:
                found[display_id] = own
        return found

    def restore_displays(self, position: int, displays: Mapping[str, Sequence[int]]) -> None:
        """Let later cells update what a restored cell shows, as they can what another one does."""
        if not displays:
            return
        held = self._cells[position] = CellOutputs()
        items = [add_to(held, output) for output in self.nb.cells[position].outputs]
        for display_id, numbers in displays.items():
            own = [(position, item) for n in numbers if (item := items[n]) is not None]
            self._displays.setdefault(display_id, []).extend(own)

    def output(
        self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> Any:
        """Add an output; text goes on in the last output where that is the same stream."""
        hooks = self.output_hook_stack.get(msg["parent_header"].get("msg_id"))
        if hooks:  # an Output widget takes it
            hooks[-1].output(outs, msg, display_id, cell_index)
            return None
        made = to_output(msg)
        if made is None:
            return None
        if self.on_output is not None:  # before it is shortened
            self.on_output(cell_index, made)
        outputs = self._outputs_of(cell_index)
        item = add_to(outputs, made)
        if display_id and item is not None:
            self._displays.setdefault(display_id, []).append((cell_index, item))
        return made  # what papermill logs: the news only

    def clear_output(self, outs: list[Any], msg: dict[str, Any], cell_index: int) -> None:
        """Clear, now or before the next output."""
        hooks = self.output_hook_stack.get(msg["parent_header"].get("msg_id"))
        if hooks:
            hooks[-1].clear_output(outs, msg, cell_index)
        elif msg["content"].get("wait"):
            self._cells[cell_index].clears_before_next = True
        else:
            self._outputs_of(cell_index).clear()

    def _outputs_of(self, position: int) -> CellOutputs:
        self._unsettled.add(position)
        self.nb_man.touch(position)
        return self._cells[position]

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """Change the outputs that have `display_id`, in whichever cells they are."""
        made = to_output(msg)
        places = self._displays.get(display_id)
        if made is None:
            return
        if places is None:
            if msg["msg_type"] == "update_display_data":
                self._reaching.add(self._now)  # what it changes is not in this run
            return
        places[:] = [(position, item) for position, item in places if item.is_kept]
        if any(position != self._now for position, _ in places):
            self._reaching.add(self._now)
        for position, item in places:
            self._outputs_of(position).update(item, made.data, made.metadata)
        if places and self.on_output is not None and msg["msg_type"] == "update_display_data":
            self.on_output(places[-1][0], made)

    def _overflow_of(self, position: int, index: int | None) -> OverflowFile | None:
        if self._output_file is None or self.output_limit is None:
            return None
        return OverflowFile(
            overflow_path(self._output_file, index),
            limit=_OVERFLOW_FACTOR * self.output_limit,
            names=self.nb_man.overflow,
        )


class CapturingWidget(OutputWidget):  # type: ignore[misc]  # nbclient is not typed for us
    """An Output widget's share of a front end: what is shown in it, up to the limit."""

    def __init__(self, comm_id: str, state: dict[str, Any], client: Any, executor: Any) -> None:
        super().__init__(comm_id, state, client, executor)
        self.parent_header: Any = {}
        self._held = CellOutputs(executor.output_limit)
        self._is_changed = False
        self._set_outputs(state.get("outputs") or ())
        executor._widgets.append(self)

    def output(self, outs: Any, msg: dict[str, Any], display_id: Any, cell_index: int) -> None:
        """Show an output in the widget."""
        self.parent_header = msg["parent_header"]
        made = to_output(msg)
        if made is not None:
            add_to(self._held, made)
            self._is_changed = True
            if self.executor.on_output is not None:
                self.executor.on_output(cell_index, made)

    def clear_output(self, outs: Any, msg: dict[str, Any], cell_index: int) -> None:
        """Clear, now or before the next output."""
        self.parent_header = msg["parent_header"]
        if msg["content"].get("wait"):
            self._held.clears_before_next = True
        else:
            self._held.clear()
            self._is_changed = True

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what the kernel says the widget is."""
        super().set_state(state)
        if "outputs" in state:
            self._set_outputs(state["outputs"] or ())
            self._is_changed = False

    def sync_if_changed(self) -> None:
        """Tell the kernel, and the widgets' saved state, what is shown."""
        if self._is_changed:
            self._is_changed = False
            self.outputs = self._held.nodes()
            self.sync_state()
            self.executor.widget_state[self.comm_id]["outputs"] = self.outputs

    def _set_outputs(self, outputs: Any) -> None:
        self._held.clear()
        for output in outputs:
            add_to(self._held, from_dict(output))


def add_to(outputs: CellOutputs, made: Any) -> Item | None:
    """Add an output of any type; return its item unless it is a stream's."""
    if outputs.clears_before_next:
        outputs.clear()
    if made["output_type"] == "stream":
        outputs.add_text(made["name"], made["text"])
        return None
    return outputs.add(made)
