"""What has a kernel said to the process that tracks it, and what is not answered yet?

Each item has a number and is kept until the process answers that it is written. So a process that
dies costs nothing: the next thing that is worth a run starts another, which continues the run and
gets the rest. What dies again and again is left alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlops_nb.pipeline.records import RunId, StageRecord
from mlops_nb.tracking.entries import utc_now
from mlops_nb.tracking.live_messages import (
    EnvironmentWatch,
    LeftModel,
    LiveEnd,
    LiveItem,
    LiveOpening,
)
from mlops_nb.tracking.live_process import TrackerProcess

MOST_STARTS = 3


class LiveExchange:
    """What a kernel and the processes that track it say to each other.

    Parameters
    ----------
    opening : LiveOpening
    program : str
        Module of the process.

    Attributes
    ----------
    starts : int
        How many processes were started.
    run_id : RunId or None
        The run, once it is known.
    last_words : list of str or None
        What the process had to say when it had written all.
    """

    def __init__(self, opening: LiveOpening, *, program: str) -> None:
        self._opening = opening
        self._program = program
        self._process: TrackerProcess | None = None
        self._environment = EnvironmentWatch()
        self._is_untracked = False
        self._items: dict[int, LiveItem] = {}
        self._count = 0
        self._notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self.starts = 0
        self.run_id: RunId | None = None
        self.last_words: list[str] | None = None

    def give(self, content: StageRecord | LeftModel) -> None:
        """Add something to be tracked; a process that is there gets it at once."""
        with self._changed:
            self._count += 1
            item = LiveItem(number=self._count, content=content, moment=utc_now())
            self._items[item.number] = item
            if self._process is not None:
                self._process.send(replace(item, environment=self._environment.changes()))

    def open(self) -> int | None:
        """Start a process unless there is one, and return its id; None if there can be none."""
        with self._changed:
            if self._process is None and self.starts < MOST_STARTS:
                self._start()
            return None if self._process is None else self._process.pid

    def wait_for_run(self, timeout_s: float) -> RunId | None:
        """Return the run's id; None if there is none in time, or no process that would open it."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.run_id or self._is_untracked or self._process is None, timeout_s
            )
            return self.run_id

    def say_end(self, end: LiveEnd) -> None:
        """Say that the session ends; nothing is said after it."""
        with self._changed:
            if self._process is not None:
                self._process.send(end)
                self._process.send_no_more()

    def wait_for_end(self, timeout_s: float) -> tuple[LiveItem, ...] | None:
        """Wait until all is written, at most `timeout_s`.

        Returns
        -------
        tuple of LiveItem or None
            What nobody will write, as there is no process; None if there is one, or was to the end.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._process is None or self.last_words is not None, timeout_s
            )
            is_left = self._process is None and self.last_words is None
            return tuple(self._items.values()) if is_left else None

    def notes(self) -> list[str]:
        """Return what is to be told, once."""
        found = []
        while not self._notes.empty():
            found.append(self._notes.get())
        return found

    def _start(self) -> None:
        self.starts += 1
        self._is_untracked = False
        self._environment = EnvironmentWatch()
        try:
            process = TrackerProcess(
                self._program, on_answer=self._take_answer, on_end=self._take_end
            )
        except OSError as error:
            self._take_end(f"it could not be started: {error}", False)
            return
        process.send(replace(self._opening, run_id=self.run_id))
        for item in self._items.values():
            process.send(item)
        self._process = process

    def _take_answer(self, answer: Mapping[str, Any]) -> None:
        with self._changed:
            if "run_id" in answer:
                self.run_id = RunId(answer["run_id"])
            if "done" in answer:
                self._items.pop(answer["done"], None)
            if "note" in answer:
                self._notes.put(answer["note"])
            self._is_untracked = self._is_untracked or "untracked" in answer
            self.last_words = answer.get("closed", self.last_words)
            self._changed.notify_all()

    def _take_end(self, how: str, is_final: bool) -> None:
        """Take down that a process ended, or could not be started."""
        with self._changed:
            self._process = None
            if self.last_words is None:
                self.starts = MOST_STARTS if is_final else self.starts
                rest = "another one gets what it had not written"
                if self.starts >= MOST_STARTS:
                    rest = "what it had not written is kept on disk when the kernel ends"
                self._notes.put(f"the process that tracks this kernel ended ({how}); {rest}.")
            self._changed.notify_all()
