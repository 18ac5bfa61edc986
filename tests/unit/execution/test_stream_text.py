"""Text that writes over itself: as JupyterLab has it, however it comes, at no cost that grows."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.execution import stream_text
from mlops_nb.execution.stream_text import StreamText, count_bytes


def _written(*parts: str) -> str:
    text = StreamText()
    for part in parts:
        text.add(part)
    assert text.size == count_bytes(text.text())
    return text.text()


def _as_in_jupyterlab(text: str) -> str:
    """Return what the output area of JupyterLab 4.6 makes of `text`: cursor, slices, line ends."""
    kept, at = "", 0
    for piece in re.findall("[\r\b\n]|[^\r\b\n]+", text):
        if piece == "\b":
            if at > 0 and kept[at - 1] != "\n":
                kept, at = kept[: at - 1] + kept[at + 1 :], at - 1
        elif piece == "\r":
            at = kept.rfind("\n", 0, at) + 1
        elif piece == "\n":
            kept += "\n"
            at = len(kept)
        else:
            kept = kept[:at] + piece + kept[at + len(piece) :]
            at += len(piece)
    return kept


_CASES = {
    "plain": ("a\nb", "a\nb"),
    "a bar": ("\r 10%\r 50%\r100%\n", "100%\n"),
    "a shorter text leaves the rest": ("abc\rX", "Xbc"),
    "a line break ends the whole line": ("abc\rX\ny", "Xbc\ny"),
    "a carriage return at the end": ("50%\r", "50%"),
    "line breaks of Windows and terminals": ("a\r\nb\r\n", "a\nb\n"),
    "backspaces": ("ab\b\bc", "c"),
    "a backspace stays in its line": ("a\n\bb", "a\nb"),
    "colours take no room": ("\x1b[31mabc\x1b[0m\r\x1b[32mxyz\x1b[0m\n", "\x1b[32mxyz\x1b[0m\n"),
    "what is left keeps its colour": (
        "\x1b[31mabc\x1b[0m\r\x1b[32mX\x1b[0m",
        "\x1b[32mX\x1b[0m\x1b[31mbc\x1b[0m",
    ),
    "a link takes no room": ("\x1b]8;;http://x\x07ab\x1b]8;;\x07\rcd", "cd"),
    "a colour at the end": ("a\x1b[31mb\x1b[0m", "a\x1b[31mb\x1b[0m"),
}


@pytest.mark.parametrize(("text", "kept"), _CASES.values(), ids=_CASES)
def test_what_stays_is_what_is_seen(text: str, kept: str) -> None:
    assert _written(text) == kept


_TEXT = st.text(st.sampled_from("ab é\r\r\b\n"), max_size=12)


@given(st.lists(_TEXT, max_size=6))
def test_text_is_kept_as_jupyterlab_has_it_however_it_is_cut(parts: list[str]) -> None:
    assert _written(*parts) == _as_in_jupyterlab("".join(parts))


@given(st.lists(st.sampled_from(["a", "b", "\r", "\n", "\x1b[31m", "\x1b[0m"])))
def test_without_colours_it_is_the_text_without_colours(parts: list[str]) -> None:
    colour = re.compile("\x1b\\[\\d+m")
    seen = colour.sub("", _written(*parts))
    assert seen == _as_in_jupyterlab(colour.sub("", "".join(parts)))


@given(st.lists(_TEXT, max_size=8), st.sampled_from([1, 3, 10]))
def test_a_line_too_long_for_a_bar_looks_the_same(parts: list[str], longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_text, "_LONG_LINE", longest)
        assert _as_in_jupyterlab(_written(*parts)) == _as_in_jupyterlab("".join(parts))


def test_a_bar_of_many_updates_is_one_line() -> None:
    text = StreamText()
    for number in range(5000):
        text.add(f"\r\x1b[32m{number:5}\x1b[0m of 5000 \x1b[1m{'#' * (number % 7)}\x1b[0m")
    assert text.size < 100


@given(st.lists(_TEXT, max_size=6), st.integers(0, 20))
def test_what_is_taken_from_the_start_is_followed_by_the_rest(parts: list[str], size: int) -> None:
    text = StreamText()
    for part in parts:
        text.add(part)
    whole = text.text()
    first = text.take_first(size)
    assert first + text.text() == whole
    assert count_bytes(first) >= min(size, count_bytes(whole))
