"""Saving notebooks: nbformat's layout, atomically."""

import copy
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.notebook import encoding
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.notebook.encoding import NotebookEncoder, save_notebook

_TEXT = st.text(max_size=20)
_STREAM = st.builds(
    lambda name, text: {"output_type": "stream", "name": name, "text": text},
    st.sampled_from(["stdout", "stderr"]),
    _TEXT,
)
_DISPLAY = st.builds(
    lambda plain, html, png: {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/plain": plain, "text/html": html, "image/png": png},
    },
    _TEXT,
    _TEXT,
    _TEXT,
)
_CODE_CELL = st.builds(
    lambda source, outputs: {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": outputs,
        "execution_count": None,
    },
    _TEXT,
    st.lists(st.one_of(_STREAM, _DISPLAY), max_size=3),
)
_MARKDOWN = st.builds(
    lambda source: {"cell_type": "markdown", "source": source, "metadata": {"a": [1, {}]}}, _TEXT
)


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    numbered = [{**cell, "id": f"c{index}"} for index, cell in enumerate(cells)]
    return {
        "cells": numbered,
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@given(st.lists(st.one_of(_CODE_CELL, _MARKDOWN), max_size=4))
def test_the_bytes_are_those_nbformat_writes(cells: list[dict[str, Any]]) -> None:
    node = _notebook(cells)
    expected = nbformat.writes(nbformat.from_dict(copy.deepcopy(node)), version=4) + "\n"
    written = b"".join(NotebookEncoder(node).encode())
    assert json.loads(written) == json.loads(expected)
    assert written.decode() == expected


@given(st.lists(st.one_of(_CODE_CELL, _MARKDOWN), max_size=3), st.integers(1, 8))
def test_text_that_is_encoded_in_pieces_is_the_same(cells: list[dict[str, Any]], size: int) -> None:
    node = _notebook(cells)
    whole = b"".join(NotebookEncoder(node).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_LONG", size)
        patch.setattr(encoding, "_PIECE", size)
        assert b"".join(NotebookEncoder(node).encode()) == whole


def test_a_long_text_is_not_copied_as_a_whole() -> None:
    text = "a line of a log\n" * 300_000
    output = {"output_type": "stream", "name": "stdout", "text": text}
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": [output]}
    chunks = NotebookEncoder(_notebook([cell])).encode()
    assert max(map(len, chunks)) < len(text) / 2


def test_a_changed_cell_is_encoded_again_and_others_are_not() -> None:
    node = _notebook([{"cell_type": "markdown", "source": "a", "metadata": {}}] * 2)
    encoder = NotebookEncoder(node)
    encoder.encode()
    node["cells"][0]["source"] = node["cells"][1]["source"] = "b"
    encoder.mark_changed(1)
    cells = json.loads(b"".join(encoder.encode()))["cells"]
    assert [cell["source"] for cell in cells] == [["a"], ["b"]]


def test_a_lone_surrogate_is_written_as_an_escape(tmp_path: Path) -> None:
    node = _notebook([{"cell_type": "markdown", "source": "\ud800", "metadata": {}}])
    save_notebook(node, tmp_path / "nb.ipynb")
    assert json.loads((tmp_path / "nb.ipynb").read_text("utf-8"))["cells"][0]["source"] == [
        "\ud800"
    ]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "nb.ipynb"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, chunks())
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["nb.ipynb"]


def test_a_symbolic_link_stays_and_the_permissions_too(tmp_path: Path) -> None:
    target, link = tmp_path / "target.ipynb", tmp_path / "link.ipynb"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, [b"new"])
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OSError, match="no file, but a device, a pipe or a socket"):
            write_atomically(path, [b"new"])
    assert pipe.is_fifo()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(tmp_path / "loop", [b"new"])
