"""The outputs of a cell: all of them up to the limit; beyond it, beginning and end."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode

from mlops_nb.execution.cell_outputs import CellOutputs
from mlops_nb.execution.overflow import OverflowFile


class FakeOverflow:
    """Holds what was left out."""

    place = "; it is kept"

    def __init__(self) -> None:
        self.held = ""

    def write(self, text: str) -> None:
        self.held += text

    def clear(self) -> None:
        self.held = ""


def _display(**data: Any) -> NotebookNode:
    kinds = {name.replace("_", "/", 1): value for name, value in data.items()}
    return NotebookNode(output_type="display_data", metadata={}, data=NotebookNode(kinds))


def _texts(outputs: CellOutputs) -> list[str]:
    return [node.get("text") or node.get("evalue") or str(node.data) for node in outputs.nodes()]


_STEP = st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("abé\n", max_size=60))


@given(st.lists(_STEP, max_size=20))
def test_without_a_limit_all_is_kept_and_one_stream_is_one_output(steps: list[Any]) -> None:
    outputs = CellOutputs()
    for name, text in steps:
        outputs.add_text(name, text)
    nodes = outputs.nodes()
    assert "".join(node.text for node in nodes) == "".join(text for _, text in steps)
    names = [node.name for node in nodes]
    assert all(one != other for one, other in pairwise(names))


@given(st.lists(_STEP, max_size=60), st.integers(1, 5000))
def test_what_is_kept_and_what_is_left_out_are_all_there_was(steps: list[Any], limit: int) -> None:
    overflow = FakeOverflow()
    outputs = CellOutputs(limit=limit, overflow=overflow)
    for name, text in steps:
        outputs.add_text(name, text)
    whole = "".join(text for _, text in steps)
    kept = [node.text for node in outputs.nodes()]
    if outputs.left_out:
        at = next(i for i, text in enumerate(kept) if outputs.notice() in text)
        start, end = "".join(kept[:at]), "".join(kept[at + 1 :])
        assert start + overflow.held + end == whole
        assert outputs.left_out >= len(overflow.held.encode())
    else:
        assert "".join(kept) == whole
        assert not overflow.held


@given(st.lists(st.integers(0, 3000), max_size=40), st.integers(0, 20_000))
def test_no_mix_of_outputs_grows_beyond_the_limit(sizes: list[int], limit: int) -> None:
    outputs = CellOutputs(limit=limit)
    for number, size in enumerate(sizes):
        if number % 3 == 0:
            outputs.add(_display(text_html="h" * size, text_plain="p"))
        elif number % 3 == 1:
            outputs.add_text("stdout", "t" * size)
        else:
            error = NotebookNode(output_type="error", ename="E", evalue="e" * size, traceback=["t"])
            outputs.add(error)
    kept = outputs.nodes()
    assert len(json.dumps(kept)) < limit * 1.1 + 25_000


def test_a_display_too_large_keeps_its_smaller_forms() -> None:
    overflow = FakeOverflow()
    outputs = CellOutputs(limit=5000, overflow=overflow)
    outputs.add(_display(text_html="h" * 9000, text_plain="a frame"))
    nodes = outputs.nodes()
    assert nodes[-1].data == {"text/plain": "a frame"}
    assert outputs.left_out == 9000
    assert overflow.held == "[text/html, 9 kB]\n"


def test_a_long_error_keeps_beginning_and_end() -> None:
    outputs = CellOutputs(limit=5000)
    trace = ["-- Traceback", *["frame"] * 20_000, "ValueError: last"]
    outputs.add(NotebookNode(output_type="error", ename="E", evalue="v", traceback=trace))
    kept = outputs.nodes()[-1].traceback
    assert (kept[0], kept[-1]) == (trace[0], trace[-1])
    assert len("".join(kept)) < 25_000


def test_an_error_is_kept_after_any_amount_of_text() -> None:
    outputs = CellOutputs(limit=2000)
    for _ in range(1000):
        outputs.add_text("stdout", "x" * 99 + "\n")
    outputs.add(NotebookNode(output_type="error", ename="E", evalue="v", traceback=["t"]))
    assert outputs.nodes()[-1].output_type == "error"
    assert "98.3 kB of output left out: output_limit is 2 kB." in outputs.notice()


def test_clearing_makes_room_and_forgets() -> None:
    overflow = FakeOverflow()
    outputs = CellOutputs(limit=1000, overflow=overflow)
    outputs.add_text("stdout", "x" * 5000)
    outputs.clear()
    outputs.add_text("stdout", "y")
    assert (_texts(outputs), outputs.left_out, overflow.held) == (["y"], 0, "")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4000)), max_size=20))
def test_displays_that_are_updated_stay_below_the_limit(updates: list[tuple[int, int]]) -> None:
    outputs = CellOutputs(limit=4000)
    items = [outputs.add(_display(text_plain=str(number))) for number in range(5)]
    for number, size in updates:
        outputs.update(items[number], {"text/html": "h" * size, "text/plain": "new"}, {})
    assert len(json.dumps(outputs.nodes())) < 4000 * 1.1 + 1000


def test_an_overflow_file_is_made_when_it_is_needed_and_limited(tmp_path: Path) -> None:
    file = OverflowFile(tmp_path / "out.cell-7.txt", limit=10)
    assert not any(tmp_path.iterdir())
    file.write("0123456")
    assert file.place == "; its text is in out.cell-7.txt"
    file.write("789abc")
    file.write("more")
    assert file.place == (
        "; the first 10 B of its text are in out.cell-7.txt (the file is limited to 10 B)"
    )
    assert (tmp_path / "out.cell-7.txt").read_text() == "0123456789"


def test_an_overflow_file_that_was_cleared_goes(tmp_path: Path) -> None:
    file = OverflowFile(tmp_path / "out.cell-7.txt", limit=10)
    file.write("0123")
    file.clear()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["a\ud800b", "é"])
def test_an_overflow_file_takes_any_text(text: str, tmp_path: Path) -> None:
    file = OverflowFile(tmp_path / "a.txt", limit=100)
    file.write(text)
    assert (tmp_path / "a.txt").read_text("utf-8") in ("a\\ud800b", "é")


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    file = OverflowFile(tmp_path / "missing" / "a.txt", limit=100)
    file.write("x")
    assert file.place == "; its text is lost: No such file or directory"
