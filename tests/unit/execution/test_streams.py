"""Merged flushes: nothing is lost, nothing changes its order, little is sent."""

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.kernels.streams import QUEUED_MESSAGES, MergedFlush, _keep_all


class FakeSession:
    """Takes messages down in the order they are sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: str) -> None:
        self.sent.append(message)


class FakeStream:
    """Holds what is written until it is flushed, as ipykernel's streams do."""

    def __init__(self, session: FakeSession) -> None:
        self.session = session
        self.held: list[str] = []
        self._flush_pending = False

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError
        self.held.append(text)
        self._flush_pending = True
        return len(text)

    def flush(self) -> None:
        sent, self.held = self.held, []
        self._flush_pending = False
        self.session.sent += sent


class TimedStream(FakeStream):
    """Also flushed by a timer, as ipykernel's are; a flush asked for goes through `_flush`."""

    flush_interval = 0.2

    def _flush(self) -> None:
        FakeStream.flush(self)

    def flush(self) -> None:
        self._flush()

    def fire(self, *, after_s: float = 0.0) -> None:
        time.sleep(after_s)
        self._flush()


def _merge() -> tuple[FakeSession, list[Any]]:
    session = FakeSession()
    streams: list[Any] = [FakeStream(session), FakeStream(session)]
    MergedFlush(streams).take_writes(streams)
    return session, streams


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=40))
def test_flushed_text_and_messages_are_sent_in_the_order_they_were_made(steps: list[int]) -> None:
    session, streams = _merge()
    for number, step in enumerate(steps):
        if step == 2:
            session.send(str(number))
        else:
            streams[step].write(str(number))
            streams[step].flush()
    session.send("idle")
    assert session.sent == [*map(str, range(len(steps))), "idle"]


def test_many_flushes_of_one_stream_are_one_message() -> None:
    session, streams = _merge()
    streams[0].write("first")
    streams[0].flush()
    for number in range(1000):
        streams[0].write(str(number))
        streams[0].flush()
    assert len(session.sent) < 1000
    session.send("idle")
    assert session.sent[0] == "first"
    assert session.sent[1:-1] == [str(number) for number in range(1000)]


def test_a_timer_set_for_text_that_was_sent_leaves_the_order_of_a_later_cell_alone() -> None:
    session = FakeSession()
    streams: list[Any] = [TimedStream(session), TimedStream(session)]
    merged = MergedFlush(streams)
    merged.take_writes(streams)
    out, err = streams
    err.write("1")
    session.send("figure")
    err.flush()
    err.write("2 warning")
    err.fire()  # the timer of the first text
    out.write("3 result")
    assert "2 warning" not in session.sent
    err.fire(after_s=err.flush_interval)
    assert session.sent[-1] == "2 warning"


def test_a_long_text_goes_in_pieces_in_order() -> None:
    session, streams = _merge()
    text = "0123456789" * 250_000
    assert streams[0].write(text) == len(text)
    streams[0].flush()
    session.send("idle")
    assert [len(piece) for piece in session.sent[:3]] == [1 << 20, 1 << 20, len(text) - (1 << 21)]
    assert "".join(session.sent[:3]) == text


def test_who_writes_much_waits_until_it_is_sent() -> None:
    session, streams = _merge()
    for number in range(3000):
        streams[0].write(f"{number:>999}\n")
        assert sum(map(len, streams[0].held)) <= 1 << 20
    assert len(session.sent) > 2000


def test_what_is_no_text_is_refused_as_before() -> None:
    _, streams = _merge()
    with pytest.raises(TypeError):
        streams[0].write(b"bytes")


def test_a_publisher_waits_for_a_reader_that_is_busy(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/s"
    with zmq.Context() as context, zmq.Context() as theirs:
        theirs.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
        with context.socket(zmq.XPUB) as publisher, theirs.socket(zmq.SUB) as reader:
            publisher.bind(address)
            reader.setsockopt(zmq.SUBSCRIBE, b"")
            reader.connect(address)
            publisher.recv()
            _keep_all(publisher)
            sent = 0
            with contextlib.suppress(zmq.Again):  # what it says instead of waiting, if asked to
                while sent < 1000:
                    publisher.send(b"%d" % sent + b" " * 100_000, zmq.NOBLOCK)
                    sent += 1
            assert QUEUED_MESSAGES <= sent < 10 * QUEUED_MESSAGES
            reader.rcvtimeo = 10_000
            assert [int(reader.recv()) for _ in range(sent)] == [*range(sent)]
