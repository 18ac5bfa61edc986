"""Outputs on a terminal: what has text is shown, what has none is named, nothing breaks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.execution.outputs_text import head_cell, phrase_bytes, render_output


def _display(**data: Any) -> dict[str, Any]:
    kinds = {name.replace("_", "/", 1): value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


def _stream(text: Any) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


_HTML = "<IPython.core.display.HTML object>"
_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "a stream as it is": (_stream("10%\r20%\x1b[31m red\x1b[0m"), "10%\r20%\x1b[31m red\x1b[0m"),
    "a stream of a file": (_stream(["a\n", "b"]), "a\nb"),
    "a stream without text": (_stream(""), ""),
    "a result": ({**_display(text_plain="42"), "output_type": "execute_result"}, "42\n"),
    "lines of a result": (_display(text_plain=["a\n", "b\n"]), "a\nb\n"),
    "a frame by its text": (_display(text_html="<table>", text_plain="   x\n0  1"), "   x\n0  1\n"),
    "a figure by its text": (
        _display(image_png="iVBO", text_plain="<Figure size 640x480 with 1 Axes>"),
        "<Figure size 640x480 with 1 Axes>\n",
    ),
    "HTML by name and size": (
        _display(text_html="é" * 600, text_plain=_HTML),
        "[text/html, 1.2 kB]\n",
    ),
    "an image without text": (_display(image_png="iVBO"), "[image/png, 4 B]\n"),
    "several types without text": (
        _display(image_png="i", text_html="h"),
        "[image/png, 1 B; text/html, 1 B]\n",
    ),
    "markdown as it is written": (
        _display(text_markdown="# T", text_plain="<IPython.core.display.Markdown object>"),
        "# T\n",
    ),
    "JSON": (_display(application_json={"a": [1]}, text_plain=""), '{"a": [1]}\n'),
    "an object nobody knows": (_display(text_plain=_HTML), _HTML + "\n"),
    "a display without data": (_display(), ""),
    "an error": (
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["T", "E: v"]},
        "T\nE: v\n",
    ),
    "an error without traceback": (
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []},
        "E: v\n",
    ),
    "a lone surrogate": (_stream("a\ud800b"), "a�b"),
    "a type of the future": ({"output_type": "hologram"}, ""),
}


@pytest.mark.parametrize(("output", "text"), _CASES.values(), ids=_CASES)
def test_an_output_is_shown_as_text(output: dict[str, Any], text: str) -> None:
    assert render_output(output) == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["display_data", "execute_result"])},
        optional={"data": st.dictionaries(st.text(), _JSON | _TEXT, max_size=3)},
    )
)
def test_any_display_can_be_written_to_a_terminal(output: dict[str, Any]) -> None:
    render_output(output).encode()


@given(st.lists(_TEXT, max_size=4))
def test_a_stream_in_parts_is_the_stream(parts: list[str]) -> None:
    whole = render_output(_stream("".join(parts)))
    assert whole == "".join(render_output(_stream(part)) for part in parts)


def test_cells_are_headed_by_stage_and_index() -> None:
    assert head_cell(7, "train") == "── stage train, cell 7 ──"
    assert head_cell(7) == "── cell 7 ──"
    assert head_cell(None) == "── parameters ──"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_999, "1 MB"), (10**13, "10000 GB")],
)
def test_sizes_are_told_in_three_digits(count: int, text: str) -> None:
    assert phrase_bytes(count) == text
