"""A real kernel that tests talk to: one cell at a time, everything it says kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jupyter_client.manager import KernelManager, start_new_kernel

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One message on the kernel's output channel: its type and content."""

    kind: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What a person reads of it."""
        content = self.content
        if self.kind == "stream":
            return _ANSI.sub("", str(content["text"]))
        if self.kind == "error":
            return _ANSI.sub("", "\n".join(content["traceback"]))
        return str(content.get("data", {}).get("text/plain", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What came back of one cell."""

    reply: Mapping[str, Any]
    outputs: tuple[Output, ...]

    @property
    def status(self) -> str:
        return str(self.reply["status"])

    @property
    def body(self) -> tuple[Output, ...]:
        """The outputs without stage line and comm."""
        return tuple(
            o for o in self.outputs if not o.kind.startswith("comm") and not is_stage_line(o)
        )

    @property
    def stage_line(self) -> str | None:
        return next((o.text for o in self.outputs if is_stage_line(o)), None)

    @property
    def text(self) -> str:
        return "\n".join(o.text for o in self.body)


def is_stage_line(output: Output) -> bool:
    return output.kind == "display_data" and output.text.startswith("stage ")


class LiveKernel:
    """A kernel and its client."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager = manager
        self.client = client

    def run(
        self,
        code: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        silent: bool = False,
        store_history: bool = True,
        answers: Sequence[str] | None = None,
    ) -> Executed:
        """Execute `code` and wait until the kernel is idle; `answers` go to what it asks."""
        msg_id = self.send(
            code,
            metadata=metadata,
            silent=silent,
            store_history=store_history,
            allow_stdin=answers is not None,
        )
        return self.collect(msg_id, answers=answers or ())

    def send(
        self,
        code: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        silent: bool = False,
        store_history: bool = True,
        allow_stdin: bool = False,
    ) -> str:
        """Send an execute request and return its id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history and not silent,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content, metadata=dict(metadata or {}))
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def collect(self, msg_id: str, *, answers: Sequence[str] = ()) -> Executed:
        """Wait for the reply and the idle status of a request."""
        outputs: list[Output] = []
        waiting = list(answers)
        while True:
            if waiting and self.client.stdin_channel.msg_ready():
                self.client.get_stdin_msg(timeout=_TIMEOUT_S)
                self.client.input(waiting.pop(0))
            try:
                message = self.client.get_iopub_msg(timeout=0.05 if waiting else _TIMEOUT_S)
            except Exception:
                if not waiting:
                    raise
                continue
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                outputs.append(Output(kind=kind, content=content))
        while True:
            reply = self.client.get_shell_msg(timeout=_TIMEOUT_S)
            if reply["parent_header"].get("msg_id") == msg_id:
                return Executed(reply=reply["content"], outputs=tuple(outputs))

    def ask(self, request: str, *arguments: Any) -> Mapping[str, Any]:
        """Send another request, such as ``complete``, and return the reply."""
        msg_id = getattr(self.client, request)(*arguments)
        while True:
            reply = self.client.get_shell_msg(timeout=_TIMEOUT_S)
            if reply["parent_header"].get("msg_id") == msg_id:
                return dict(reply["content"])


@contextmanager
def live_kernel(**options: Any) -> Iterator[LiveKernel]:
    """Start a kernel, and end it whatever happens."""
    manager, client = start_new_kernel(kernel_name="python3", **options)
    try:
        yield LiveKernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
