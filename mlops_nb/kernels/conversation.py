"""How does the runner talk with a kernel? Requests go out; what comes back finds its request by
parent id.

nbclient starts three tasks per cell and gives the output four seconds after the reply, whatever is
still on its way. Here two readers live as long as the kernel; a request is finished when its reply
*and* its idle status have come, and the wait for idle goes on while messages flow. Output that a
thread sends after its cell has ended still reaches that cell.

This is also where secrets end (`MessageMask`): whatever comes from a kernel comes through here, so
that nothing behind it can show, save or record one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from mlops_nb.kernels.message_mask import Message as Message
from mlops_nb.kernels.message_mask import MessageMask
from mlops_nb.kernels.streams import QUEUED_MESSAGES
from mlops_nb.pipeline.secrets import Masker

# No message at all for so long after the reply: the idle status was lost, the output may be
# incomplete.
SILENCE_S = 10.0
# How often to look without having been told.
_LOOK_S = 0.2
# Readers let the rest of the loop run after so many messages that were there at once.
_BATCH = 64
# How often to look for the kernel's first answers.
_ANSWER_S = 0.02
# Text that comes after its cell has ended waits so long for its other half.
_LATE_S = 0.2


class Exchange:
    """One execute request and what came back.

    Attributes
    ----------
    msg_id : str
    reply : dict or None
        Content of the reply.
    finished : asyncio.Future
        Done when reply and idle have come; its result says whether the output is complete. Done
        too when one of them did not follow the other for so long that it will not; `reply` may be
        None then.
    """

    def __init__(
        self,
        msg_id: str,
        on_message: Callable[[Message], None] | None,
        *,
        mask: MessageMask | None = None,
    ) -> None:
        self.msg_id = msg_id
        self.reply: dict[str, Any] | None = None
        self.finished: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.heard = time.monotonic()
        self._idle = False
        self._on_message = on_message
        self._mask = mask or MessageMask(Masker())

    def take_reply(self, content: dict[str, Any]) -> None:
        """Note the shell reply; the silence that matters begins now."""
        self.reply = self._mask.content(content)
        self.heard = time.monotonic()
        self._finish_if_complete()
        if not self.finished.done():
            self._watch_silence()

    def take_output(self, message: Message) -> None:
        """Pass an iopub message on; note the idle status."""
        self.heard = time.monotonic()
        try:
            for masked in self._mask.messages(message):
                self._pass_on(masked)
        finally:
            state = message["content"].get("execution_state")
            if message["msg_type"] == "status" and state == "idle":
                self._idle = True
                self._finish_if_complete()
                if not self.finished.done():  # a kernel that a cell broke may never reply
                    self._watch_silence()
            elif self._idle and self._mask.holds:
                asyncio.get_running_loop().call_later(_LATE_S, self.settle)

    def settle(self) -> None:
        """Pass on the text that was held back, since it could have begun a secret."""
        for masked in self._mask.rest():
            self._pass_on(masked)

    def _pass_on(self, message: Message) -> None:
        if self._on_message is not None:
            self._on_message(message)

    def _finish_if_complete(self) -> None:
        if self._idle and self.reply is not None and not self.finished.done():
            self.finished.set_result(True)

    def _watch_silence(self) -> None:
        if self.finished.done():
            return
        quiet = time.monotonic() - self.heard
        if quiet >= SILENCE_S:
            self.finished.set_result(False)
        else:
            asyncio.get_running_loop().call_later(SILENCE_S - quiet + 0.01, self._watch_silence)


class Conversation:
    """The channels to one kernel.

    Parameters
    ----------
    client : jupyter_client.AsyncKernelClient
        Not started. Only its shell, iopub and control channels are used.
    masker : Masker, optional
        Of the run's secrets.
    """

    def __init__(self, client: Any, *, masker: Masker | None = None) -> None:
        self._client = client
        self._masker = masker or Masker()
        self._exchanges: dict[str, Exchange] = {}
        self._latest: Exchange | None = None  # that somebody hears the output of
        self._readers: list[asyncio.Task[None]] = []
        self._subscribed = False
        self.faults: list[str] = []

    def open(self) -> None:
        """Connect; requests may be made at once, they wait for the kernel."""
        if self._client.transport == "ipc":  # ipykernel, which waits for us (see `streams`)
            import zmq

            self._client.context.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
        for channel in (
            self._client.shell_channel,
            self._client.iopub_channel,
            self._client.control_channel,
        ):
            # The kernel is still booting: by default ZeroMQ tries again after 100 ms only.
            channel.socket.reconnect_ivl = 10
            channel.start()
        self._client.allow_stdin = False
        self._readers = [
            asyncio.ensure_future(self._read(self._client.shell_channel, self._take_reply)),
            asyncio.ensure_future(self._read(self._client.iopub_channel, self._take_output)),
            asyncio.ensure_future(self._look()),
        ]

    def execute(
        self,
        code: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        silent: bool = False,
        stop_on_error: bool = True,
        expressions: Mapping[str, str] | None = None,
        on_message: Callable[[Message], None] | None = None,
    ) -> Exchange:
        """Send an execute request and return its exchange; `on_message` gets its iopub messages."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": dict(expressions or {}),
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self._send("execute_request", content, metadata, on_message)

    async def meet(self, kernel_ended: asyncio.Future[Any]) -> dict[str, Any]:
        """Wait until the kernel answers on both channels; return its ``kernel_info`` reply.

        `kernel_ended` ends the wait: its exception is raised, or ConnectionError.
        """
        pause_s, exchange = _ANSWER_S, self._send("kernel_info_request", {}, None, None)
        while exchange.reply is None or not self._subscribed:
            # Before the reply the kernel is booting, for as long as that takes. After it, a
            # subscription that the kernel did not know yet has lost its messages: ask for new ones,
            # ever more slowly, since on a busy machine they are only late.
            if exchange.reply is not None:
                self._send("kernel_info_request", {}, None, None)
                pause_s = min(2 * pause_s, 1.0)
            await asyncio.wait({kernel_ended}, timeout=pause_s)
            if kernel_ended.done():
                kernel_ended.result()
                raise ConnectionError
        return exchange.reply

    def settle(self) -> None:
        """Pass on all text that was held back; no cell runs any more."""
        for exchange in self._exchanges.values():
            exchange.settle()

    async def turn_to(self, client: Any) -> None:
        """Go on with another kernel, to which nothing has been said yet."""
        await self.close()
        self._client = client
        self._exchanges.clear()
        self._subscribed = False
        self.open()

    def nudge(self) -> Exchange:
        """Ask the kernel for something small, and return the exchange.

        It is answered when what was asked before is done. And it makes the kernel's event loop look
        up: an interrupt alone does not wake one that sleeps in a cell's ``await``.
        """
        return self._send("kernel_info_request", {}, None, None)

    def request_shutdown(self) -> None:
        """Ask the kernel to end."""
        message = self._client.session.msg("shutdown_request", {"restart": False})
        self._client.control_channel.send(message)

    async def close(self) -> None:
        """Stop reading and disconnect."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for channel in (
            self._client.shell_channel,
            self._client.iopub_channel,
            self._client.control_channel,
        ):
            channel.stop()

    def _send(
        self,
        kind: str,
        content: dict[str, Any],
        metadata: Mapping[str, Any] | None,
        on_message: Callable[[Message], None] | None,
    ) -> Exchange:
        message = self._client.session.msg(kind, content, metadata=dict(metadata or {}))
        msg_id = message["header"]["msg_id"]
        exchange = Exchange(msg_id, on_message, mask=MessageMask(self._masker))
        self._exchanges[msg_id] = exchange
        if on_message is not None:
            self._latest = exchange
        self._client.shell_channel.send(message)
        return exchange

    async def _read(self, channel: Any, take: Callable[[Exchange, Message], None]) -> None:
        import zmq

        received: Any = zmq.Socket.shadow(channel.socket.underlying)
        while True:
            self._take_parts(await channel.socket.recv_multipart(), take)
            for _ in range(_BATCH):
                try:
                    parts = received.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                self._take_parts(parts, take)
            else:
                await asyncio.sleep(0)

    async def _look(self) -> None:
        """Look now and then whether something has come.

        Sending goes past asyncio (jupyter_client does it on a shadow of the socket), which can use
        up the one signal that a message is there; asking for the events makes pyzmq look.
        """
        import zmq

        while True:
            await asyncio.sleep(_LOOK_S)
            for channel in (self._client.shell_channel, self._client.iopub_channel):
                channel.socket.get(zmq.EVENTS)

    def _take_parts(self, parts: list[bytes], take: Callable[[Exchange, Message], None]) -> None:
        try:
            _, signed = self._client.session.feed_identities(parts)
            message = self._client.session.deserialize(signed)
            exchange = self._exchanges.get(message["parent_header"].get("msg_id"))
            if not message["parent_header"] and message["msg_type"] == "stream":
                exchange = self._latest  # an exit handler printed it
        except Exception as error:  # not of this kernel, or broken; what follows must not be lost
            self.faults.append(self._masker.text(f"{type(error).__name__}: {error}"))
            return
        if exchange is not None:
            self._subscribed |= take == self._take_output
            self._take_safely(take, exchange, message)

    def _take_safely(
        self, take: Callable[[Exchange, Message], None], exchange: Exchange, message: Message
    ) -> None:
        """Keep reading whatever one message does: what follows must not be lost."""
        try:
            take(exchange, message)
        except Exception as error:
            told = f"{message['msg_type']}: {type(error).__name__}: {error}"
            self.faults.append(self._masker.text(told))

    @staticmethod
    def _take_reply(exchange: Exchange, message: Message) -> None:
        if message["msg_type"].endswith("_reply"):
            exchange.take_reply(message["content"])

    @staticmethod
    def _take_output(exchange: Exchange, message: Message) -> None:
        exchange.take_output(message)
