"""The front end's end of widgets in a real kernel: what they show, and what pressing them does."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from typing import Any

from live_kernel import LiveKernel

_TIMEOUT_S = 120


class LiveWidgets:
    """The widgets that a cell opens, by what their models say."""

    def __init__(self, kernel: LiveKernel, code: str) -> None:
        self._client = kernel.client
        self.models: dict[str, dict[str, Any]] = {}
        # A front end that takes input, as one with a person does.
        kernel.send(code, allow_stdin=True)

    def find_button(self, description: str) -> Mapping[str, Any]:
        """Return the button whose text begins so, once there is one."""
        return self.wait(
            lambda model: (
                model.get("_model_name") == "ButtonModel"
                and str(model.get("description", "")).startswith(description)
            )
        )

    def press(self, description: str) -> None:
        """Press that button."""
        data = {"method": "custom", "content": {"event": "click"}}
        content = {"comm_id": self.find_button(description)["comm_id"], "data": data}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", content))

    def read(self, text: str) -> str:
        """Return the HTML that has `text`, once there is one."""
        return str(self.wait(lambda model: text in str(model.get("value", "")))["value"])

    def wait(self, holds: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Return the first model of which something holds, now or later."""
        while True:
            for model in self.models.values():
                if holds(model):
                    return model
            self._hear()

    def _hear(self) -> None:
        try:
            message = self._client.get_iopub_msg(timeout=_TIMEOUT_S)
        except queue.Empty:
            shown = [str(model["value"]) for model in self.models.values() if model.get("value")]
            raise AssertionError("\n".join(["it did not come; shown is:", *shown])) from None
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            raise AssertionError("\n".join(content["traceback"]))
        state = content.get("data", {}).get("state", {}) if kind.startswith("comm_") else {}
        if kind == "comm_open":
            self.models[content["comm_id"]] = {**state, "comm_id": content["comm_id"]}
        elif content.get("comm_id") in self.models:
            self.models[content["comm_id"]].update(state)
