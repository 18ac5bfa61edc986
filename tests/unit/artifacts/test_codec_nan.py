"""The NaN that numpy keeps comes back as that very object, since code tells it by ``is``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode


class Holder:
    def __init__(self, value: Any) -> None:
        self.value = value


OWN = float("nan")
VALUES = {
    "a number": (lambda nan: nan, lambda v: v),
    "a list": (lambda nan: [nan, 1], lambda v: v[0]),
    "a key": (lambda nan: {nan: 1}, lambda v: next(iter(v))),
    "a long list": (lambda nan: [nan, 1] * 20_000, lambda v: v[0]),
    "an attribute": (lambda nan: Holder([nan]), lambda v: v.value[0]),
    "an array of objects": (lambda nan: np.array(["a", nan], dtype=object), lambda v: v[1]),
    "a column of texts": (lambda nan: pd.Series(["a", nan], dtype=object), lambda v: v[1]),
    "a long column": (lambda nan: pd.Series(["a", nan, 1] * 9000, dtype=object), lambda v: v[1]),
}


@pytest.mark.parametrize("kind", VALUES)
def test_which_nan_it_is_is_kept(tmp_path: Path, kind: str) -> None:
    make, look = VALUES[kind]
    blobs = BlobFolder(tmp_path, fsync=False)
    for nan in (np.nan, math.nan, OWN):
        encoded = encode({"value": make(nan)}, blobs=blobs)
        found = look(decode(encoded.manifest, blobs=blobs).values["value"])
        assert math.isnan(found)
        assert (found is np.nan, found is math.nan) == (nan is np.nan, nan is math.nan)
