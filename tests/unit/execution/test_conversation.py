"""A request is finished when reply and idle have come; silence counts from the reply on."""

import asyncio
import selectors
from types import SimpleNamespace
from typing import Any

from mlops_nb.kernels import conversation
from mlops_nb.kernels.conversation import Exchange

_IDLE = {"msg_type": "status", "content": {"execution_state": "idle"}}
_TEXT = {"msg_type": "stream", "content": {"name": "stdout", "text": "x"}}


def _run(steps: Any) -> Any:
    return asyncio.run(steps())


def test_reply_and_idle_finish_it_in_either_order() -> None:
    async def steps() -> list[bool]:
        first, second = Exchange("1", None), Exchange("2", None)
        first.take_reply({"status": "ok"})
        first.take_output(_IDLE)
        second.take_output(_IDLE)
        second.take_reply({"status": "ok"})
        return [first.finished.result(), second.finished.result()]

    assert _run(steps) == [True, True]


def test_a_cell_that_was_silent_for_long_is_not_given_up_at_its_reply() -> None:
    async def steps() -> bool:
        exchange = Exchange("1", None)
        exchange.heard -= 2 * conversation.SILENCE_S
        exchange.take_reply({"status": "ok"})
        return exchange.finished.done()

    assert _run(steps) is False


class Patience(selectors.DefaultSelector):
    """Lets time pass as soon as there is nothing else to do."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


def test_messages_that_flow_after_the_reply_are_waited_for(monkeypatch: Any) -> None:
    clock = Patience()
    loop = asyncio.SelectorEventLoop(clock)
    monkeypatch.setattr(loop, "time", lambda: clock.now)
    monkeypatch.setattr(conversation, "time", SimpleNamespace(monotonic=loop.time))

    async def steps() -> tuple[int, bool]:
        taken: list[Any] = []
        exchange = Exchange("1", taken.append)
        exchange.take_reply({"status": "ok"})
        for _ in range(8):
            await asyncio.sleep(conversation.SILENCE_S - 1)
            exchange.take_output(_TEXT)
        finished = exchange.finished.done()
        assert await exchange.finished is False  # silent at last: what is missing was lost
        return len(taken), finished

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(steps()) == (8, False)
    assert clock.now > 9 * (conversation.SILENCE_S - 1)


def test_a_message_that_cannot_be_taken_does_not_hide_the_idle_status() -> None:
    def refuse(message: Any) -> None:
        raise ValueError

    async def steps() -> bool:
        exchange = Exchange("1", refuse)
        exchange.take_reply({"status": "ok"})
        try:
            exchange.take_output(_IDLE)
        except ValueError:
            return exchange.finished.result()
        return False

    assert _run(steps) is True
