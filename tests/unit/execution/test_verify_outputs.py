"""Outputs are compared as people see them."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_nb.execution.verify_outputs import (
    describe_output_change,
    plain_outputs,
    shows_durations,
)


def _shown(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}]


def _printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Axes at 0x7f3a5c0d9e10>", "<Axes at 0x7fb0114a2d50>"),
        ("CPU times: user 12.3 ms, sys: 424 μs", "CPU times: user 9 ms, sys: 1.1 ms"),
        ("Wall time: 1min 3s", "Wall time: 58 s"),
        ("took 0.25 seconds", "took 1 second"),
        ("10/10 [00:00<00:00, 123.45it/s]", "10/10 [00:01<00:00, 9.5it/s]"),
        ("5 ns ± 0.1 ns per loop (7 runs, 1,000 loops each)",) * 2,
    ],
)
def test_addresses_and_durations_do_not_count(one: str, other: str) -> None:
    assert plain_outputs(_printed(one)) == plain_outputs(_printed(other))
    assert plain_outputs(_shown(one)) == plain_outputs(_shown(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("accuracy 0.93 in 3 s", "accuracy 0.91 in 3 s"),
        ("10 rows", "11 rows"),
        ("2026-01-01 10:00:00", "2026-01-01 10:00:01"),
        ("0x10", "0x11"),
    ],
)
def test_other_numbers_count(one: str, other: str) -> None:
    assert plain_outputs(_printed(one)) != plain_outputs(_printed(other))


def test_a_picture_counts_by_its_bytes_and_an_error_by_its_text() -> None:
    picture = [{"output_type": "display_data", "data": {"image/png": "iVBORw0"}, "metadata": {}}]
    other = [{"output_type": "display_data", "data": {"image/png": "iVBORw1"}, "metadata": {}}]
    error = [{"output_type": "error", "ename": "KeyError", "evalue": "'a'", "traceback": ["x"]}]
    assert plain_outputs(picture) != plain_outputs(other)
    assert plain_outputs(error) == [["error", "KeyError", "'a'"]]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (_printed("a\nb 1\n"), _printed("a\nb 2\n"), "'b 1' and 'b 2'"),
        (_shown("0.93"), _shown("0.91"), "'0.93' and '0.91'"),
        (_shown("1"), [], "1 and 0 outputs"),
        (_printed("a\n"), _printed("a\nb\n"), "1 and 2 lines"),
        (_shown("1"), _shown("1"), ""),
    ],
)
def test_the_first_line_that_differs_is_told(one: Any, other: Any, told: str) -> None:
    assert describe_output_change(one, other) == told


def test_the_middle_of_a_long_line_is_told_where_it_differs() -> None:
    told = describe_output_change(_printed("x" * 200 + "1"), _printed("x" * 200 + "2"))
    assert "1" in told
    assert "2" in told
    assert len(told) < 150


def test_numbers_beside_a_duration_point_to_the_clock() -> None:
    assert shows_durations(_printed("10 rounds, 3.1 it/s"), _printed("12 rounds, 3.1 it/s"))
    assert not shows_durations(_printed("10 rounds"), _printed("12 rounds"))
    assert not shows_durations(_printed("cat 3 s"), _printed("dog 3 s"))
