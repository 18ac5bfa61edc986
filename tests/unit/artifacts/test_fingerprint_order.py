"""A value's fingerprint says what the value is, whatever was read before it in the same pass."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint

N_LONG = 1_000  # of 8 bytes: large enough that its digest is kept for the values that follow


def shared_parts(draw: random.Random) -> list[Any]:
    """Return values that hold and overlap each other, inner ones first."""
    long, short = np.arange(float(N_LONG)), np.arange(5)
    objects = np.array([long, None, "a"], dtype=object)
    frame = pd.DataFrame({"a": np.arange(N_LONG), "b": 1.0})
    parts: list[Any] = [long, short, objects, frame, frame["a"], [1, [2]], {3}, bytearray(b"abc")]
    parts += [long[3:], long[::2], long.reshape(10, -1), short[1:], long.data]
    wrap: list[Callable[[Any, Any], Any]] = [
        lambda one, other: [one, other],
        lambda one, other: {"k": one, "l": [other]},
        lambda one, other: (one, other, one),
        lambda one, other: SimpleNamespace(one=one, other=[other]),
        lambda one, other: functools.partial(print, one, key=other),
        lambda one, other: np.array([one, other, None], dtype=object),
        lambda one, other: [[number] for number in range(40)] + [one, other],
    ]
    for _ in range(12):
        parts.append(draw.choice(wrap)(draw.choice(parts), draw.choice(parts)))
    return parts


@pytest.mark.parametrize("seed", range(40))
def test_each_of_many_values_has_the_digest_that_it_has_alone(seed: int) -> None:
    draw = random.Random(seed)
    parts = shared_parts(draw)
    alone = [fingerprint(part).digest for part in parts]
    for _ in range(3):
        order = draw.sample(range(len(parts)), len(parts))
        with Fingerprinter() as fingerprinter:
            told = {at: fingerprinter.fingerprint(parts[at]).digest for at in order}
        assert [told[at] for at in range(len(parts))] == alone


def test_a_view_of_an_array_that_was_read_before_is_told_from_a_copy_of_it() -> None:
    long = np.arange(float(N_LONG))
    with Fingerprinter() as fingerprinter:
        fingerprinter.fingerprint(long)
        view = fingerprinter.fingerprint([long[3:], {"k": long}])
        copied = fingerprinter.fingerprint([long[3:].copy(), {"k": long}])
    assert view.digest != copied.digest
