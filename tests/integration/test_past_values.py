from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mlops_nb
from mlops_nb.errors import InputError

CELLS = [
    "class Model:\n    def __init__(self, k):\n        self.k = k\n"
    "    def predict(self, x):\n        return scale(x) * self.k\n"
    "def scale(x):\n    return x * factor",
    "# mlops: stage prep\nfactor = 3\nrows = list(range(5))\nglue = 0",
    "glue = sum(rows)",
    "# mlops: stage train\nmodel = Model(2)\nfit = lambda x: model.predict(x)",
    "# mlops: stage check\nhalf = rows[0] + glue\nassert model.predict(1) == 7, half",
    "# mlops: stage late\nz = 1",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import nbformat.v4 as v4

    made = tmp_path_factory.mktemp("past")
    (made / "pyproject.toml").touch()
    node = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    path = made / "nb.ipynb"
    path.write_text(v4.writes(node), encoding="utf-8")
    record = mlops_nb.run(path, made / "out.ipynb", track=False)
    assert record.status == "failed"
    return made


def load(folder: Path, value: str, **options: Any) -> Any:
    return mlops_nb.load(value, run=str(folder / "out.ipynb"), **options)


@pytest.mark.xdist_group("past_values")
def test_values_of_a_stage_come_with_what_their_code_refers_to(folder: Path) -> None:
    assert load(folder, "prep.rows") == [0, 1, 2, 3, 4]
    assert load(folder, "train.model").predict(5) == 30
    assert load(folder, "fit")(5) == 30


@pytest.mark.xdist_group("past_values")
def test_a_stage_has_its_own_value_of_a_name_that_was_bound_again(folder: Path) -> None:
    assert load(folder, "prep.glue") == 0


@pytest.mark.xdist_group("past_values")
@pytest.mark.parametrize(
    ("value", "code", "told"),
    [
        ("glue", "MNB852", "cell 2 may have changed it"),
        ("half", "MNB852", "cell 4 may have changed it"),
        ("prep.row", "MNB851", "The nearest valid word is 'rows'"),
        ("perp.rows", "MNB851", "The nearest valid word is 'prep'"),
        ("late.z", "MNB851", "left no 'z'"),
    ],
)
def test_what_is_not_to_be_had_is_told_and_never_an_older_value(
    folder: Path, value: str, code: str, told: str
) -> None:
    with pytest.raises(InputError, match=code) as error:
        load(folder, value)
    assert told in str(error.value)


@pytest.mark.xdist_group("past_values")
def test_an_unknown_run_and_a_notebook_that_no_run_wrote_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match=r"MNB850 .*no run 'zzz'"):
        mlops_nb.load("x", run="zzz", project=folder)
    with pytest.raises(InputError, match=r"MNB850 .*executed"):
        mlops_nb.load("x", run=str(folder / "nb.ipynb"))


@pytest.mark.xdist_group("past_values")
def test_a_value_that_the_cache_removed_is_told(folder: Path) -> None:
    for blob in (folder / ".mlops_nb" / "cache").rglob("blobs/*/*"):
        blob.unlink()
    with pytest.raises(InputError, match=r"MNB852 .*'train.model'"):
        load(folder, "train.model")
