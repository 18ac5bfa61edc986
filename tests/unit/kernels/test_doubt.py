"""The line to a kernel's witness: only its words, said again and again, are evidence."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops_nb.kernels import doubt
from mlops_nb.kernels.doubt import Doubt
from mlops_nb.kernels.witness import ANSWER, ASK

_PATIENCE_S = 30.0
# What is not said after so many times what saying it takes will not be.
_LONG_S = 0.6


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt, "SILENCE_S", 0.02)
    monkeypatch.setattr(doubt, "CERTAIN_S", {b"idle": 0.05, b"gone": 0.05, b"waits": 0.1})
    monkeypatch.setattr(doubt, "_LOOK_S", 0.01)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Doubt]:
    made = Doubt(tmp_path)
    yield made
    made.close()


def _confirm(
    line: Doubt,
    folder: Path,
    words: Callable[[int], bytes],
    *,
    heard: float = 0.0,
    patience_s: float = _LONG_S,
) -> str | None:
    """Return what is confirmed of a kernel whose witness says `words` of the count of questions."""

    async def run() -> str | None:
        line.prepare()
        ask = os.open(folder / ASK, os.O_RDWR | os.O_NONBLOCK)
        answer = os.open(folder / ANSWER, os.O_RDWR)
        line.open()
        asked = 0

        def reply() -> None:
            nonlocal asked
            os.read(ask, 1)
            asked += 1
            os.write(answer, words(asked))

        asyncio.get_running_loop().add_reader(ask, reply)
        try:
            return await asyncio.wait_for(line.confirm(lambda: heard), patience_s)
        except TimeoutError:
            return None
        finally:
            asyncio.get_running_loop().remove_reader(ask)
            os.close(ask)
            os.close(answer)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"3 3 idle\n", "executes none"),
        (b"3 3 waits\n", "a thread of its own"),
        (b"3 2 gone\n", "event loop was stopped"),
        (b"3 2 idle\n", None),
        (b"3 2 waits\n", None),
        (b"3 3 busy\n", None),
        (b"", None),
    ],
)
def test_a_kernel_is_lost_when_nothing_is_executed_and_nothing_can_be(
    words: bytes, told: str | None, line: Doubt, tmp_path: Path
) -> None:
    patience_s = _LONG_S if told is None else _PATIENCE_S
    found = _confirm(line, tmp_path, lambda asked: words, patience_s=patience_s)
    assert (found is None) if told is None else (found is not None and told in found)


def test_one_other_answer_in_between_begins_the_count_anew(line: Doubt, tmp_path: Path) -> None:
    answers = (b"3 3 idle\n", b"3 2 busy\n")
    assert _confirm(line, tmp_path, lambda asked: answers[asked % 2]) is None


def test_a_kernel_that_was_just_heard_is_not_asked(line: Doubt, tmp_path: Path) -> None:
    questions = []
    later = time.monotonic() + 60
    assert _confirm(line, tmp_path, lambda n: questions.append(n) or b"", heard=later) is None
    assert questions == []


def test_without_a_witness_there_is_no_doubt(line: Doubt) -> None:
    line.prepare()
    line.open()

    async def wait() -> None:
        await asyncio.wait_for(line.confirm(lambda: 0.0), _LONG_S)

    with pytest.raises(TimeoutError):
        asyncio.run(wait())
