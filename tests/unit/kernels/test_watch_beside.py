"""Threads, tasks and timers that run the notebook's code beside its cells are told, no others."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlops_nb.kernels.watch_asker import Origins
from mlops_nb.kernels.watch_beside import BesideWatch
from mlops_nb.kernels.watch_hook import EventHook
from mlops_nb.kernels.watch_seen import Seen

BEGIN = """
import asyncio, signal, threading
from functools import partial
from concurrent.futures import ThreadPoolExecutor
def work(*given):
    begun.set()
    gate.wait(30)
async def wait():
    await asyncio.sleep(30)
"""
STARTS = (
    "threading.Thread(target=work).start()",
    "import _thread; _thread.start_new_thread(work, ())",
    "timer = threading.Timer(30, work); timer.start()",
    "timer = threading.Timer(30, partial([].append, 1)); timer.start()",
    "pool = ThreadPoolExecutor(1); pool.submit(work)",
    "class Own(threading.Thread):\n    def run(self): work()\nOwn().start()",
    "signal.signal(signal.SIGALRM, work); signal.setitimer(signal.ITIMER_REAL, 30)",
)
PASSING = (
    "threading.Thread(target=gate.wait, args=(30,)).start()",
    "pool = ThreadPoolExecutor(1); pool.submit(int).result()",
    "t = threading.Thread(target=int); t.start(); t.join()",
)

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def beside() -> BesideWatch:
    return BesideWatch(EventHook(), Origins())


@pytest.fixture
def run() -> Iterator[Run]:
    space: dict[str, Any] = {"gate": threading.Event(), "begun": threading.Event()}
    before, handler = sys._current_frames().keys(), signal.getsignal(signal.SIGALRM)

    def run(source: str) -> dict[str, Any]:
        exec(compile(BEGIN + source, "<cell>", "exec"), space)
        return space

    yield run
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, handler)
    space["gate"].set()
    if "timer" in space:
        space["timer"].cancel()
    if isinstance(space.get("pool"), ThreadPoolExecutor):
        space["pool"].shutdown()
    while sys._current_frames().keys() - before:
        time.sleep(0.001)


@pytest.mark.parametrize("source", STARTS)
def test_what_a_cell_left_running_is_told_of_it_and_of_the_next(
    beside: BesideWatch, run: Run, source: str
) -> None:
    assert not beside.look()
    space = run(source)
    for expected in ("left", "ran beside"):
        if "imer" not in source:
            assert space["begun"].wait(30)
        seen = Seen()
        beside.stop(seen)
        assert [(cause, message.startswith(expected)) for cause, message, _ in seen.blockers] == [
            ("beside", True)
        ]
        assert beside.is_left == (expected == "left")
        if expected == "left":
            assert beside.look()
            beside.running = list  # type: ignore[assignment]  # meanwhile it has ended
    assert not beside.look()


@pytest.mark.parametrize("source", PASSING)
def test_what_waits_in_a_library_or_has_ended_is_not_told(
    beside: BesideWatch, run: Run, source: str
) -> None:
    run(source)
    assert beside.running() == []


def test_a_task_and_a_call_to_come_are_told(beside: BesideWatch, run: Run) -> None:
    space = run("async def outer(): await asyncio.wait_for(wait(), 30)")

    async def cell(start: Callable[[], Any]) -> list[str]:
        left = start()
        await asyncio.sleep(0)
        found = beside.running()
        left.cancel()
        return found

    for start in (
        lambda: asyncio.create_task(space["wait"]()),
        lambda: asyncio.create_task(space["outer"]()),
        lambda: asyncio.get_running_loop().call_later(30, space["work"]),
    ):
        assert asyncio.run(cell(start))
    assert not asyncio.run(cell(lambda: asyncio.create_task(asyncio.sleep(30))))
