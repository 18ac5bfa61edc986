"""Notebook files: read as well as can be, or a clear error."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_nb.errors import InputError
from mlops_nb.notebook.files import parse_notebook, read_cells

_CODE = {
    "cell_type": "code",
    "id": "a",
    "metadata": {},
    "source": "x = 1",
    "outputs": [],
    "execution_count": None,
}


def _raw(cells: object, **rest: object) -> bytes:
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **rest}
    return json.dumps(whole).encode()


@dataclass(frozen=True, kw_only=True)
class Faulty:
    raw: bytes
    code: str
    says: str


FAULTY = {
    "empty": Faulty(raw=b"", code="MNB104", says="empty"),
    "truncated": Faulty(raw=_raw([_CODE])[:-30], code="MNB104", says="middle of its JSON"),
    "not json": Faulty(raw=b"print(1)", code="MNB104", says="not JSON"),
    "latin-1": Faulty(raw='{"cells": "é"}'.encode("latin-1"), code="MNB103", says="offset 11"),
    "a list": Faulty(raw=b"[]", code="MNB105", says="no notebook"),
    "no cells": Faulty(raw=b'{"a": 1}', code="MNB105", says="no cells"),
    "cells no list": Faulty(raw=_raw({}), code="MNB105", says="not a list"),
    "unknown cell": Faulty(raw=_raw([{"cell_type": "heading"}]), code="MNB105", says="'heading'"),
    "cell no object": Faulty(raw=_raw([3]), code="MNB105", says="cell 0"),
    "from the future": Faulty(raw=_raw([], nbformat=5), code="MNB106", says="format 5"),
}


@pytest.mark.parametrize("case", FAULTY.values(), ids=FAULTY)
def test_a_file_that_is_no_notebook_says_what_it_is(case: Faulty) -> None:
    with pytest.raises(InputError) as caught:
        parse_notebook(case.raw, name="nb.ipynb")
    assert caught.value.code == case.code
    assert case.says in str(caught.value)
    assert "nb.ipynb" in caught.value.place


def test_a_byte_order_mark_is_read_over() -> None:
    read = parse_notebook(b"\xef\xbb\xbf" + _raw([_CODE]), name="nb.ipynb")
    assert read.node["cells"][0]["source"] == "x = 1"


def test_source_as_a_list_of_lines_is_joined() -> None:
    read = parse_notebook(_raw([{**_CODE, "source": ["a = 1\n", "b = 2"]}]), name="nb.ipynb")
    assert read.node["cells"][0]["source"] == "a = 1\nb = 2"


def test_missing_metadata_outputs_and_kernelspec_are_no_fault() -> None:
    read = parse_notebook(
        json.dumps({"cells": [{"cell_type": "code", "source": "1"}], "nbformat": 4}).encode(),
        name="nb.ipynb",
    )
    assert (read.kernel_name, read.language) == (None, "python")
    assert read.node["cells"][0]["outputs"] == []


def test_ids_are_unique_and_the_same_on_every_reading() -> None:
    raw = _raw([_CODE, _CODE, {**_CODE, "id": "not valid!"}, {**_CODE, "id": "cell-2"}])
    first = [cell["id"] for cell in parse_notebook(raw, name="nb.ipynb").node["cells"]]
    assert first == ["a", "cell-1", "cell-2", "cell-3"]
    assert first == [cell["id"] for cell in parse_notebook(raw, name="nb.ipynb").node["cells"]]


def test_format_3_is_upgraded() -> None:
    cell = {
        "cell_type": "code",
        "input": ["print(1)"],
        "language": "python",
        "outputs": [],
        "prompt_number": 1,
        "collapsed": False,
        "metadata": {},
    }
    old = {
        "metadata": {"name": "old"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [cell], "metadata": {}}],
    }
    read = parse_notebook(json.dumps(old).encode(), name="old.ipynb")
    assert read.node["cells"][0]["source"] == "print(1)"


def test_the_language_and_kernel_are_those_of_the_metadata() -> None:
    metadata = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    read = parse_notebook(_raw([], metadata=metadata), name="r.ipynb")
    assert (read.kernel_name, read.language) == ("ir", "r")


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "churn.ipynb").write_bytes(_raw([]))
    with pytest.raises(InputError) as caught:
        read_cells(tmp_path / "chrun.ipynb")
    assert caught.value.code == "MNB101"
    assert "churn.ipynb" in caught.value.remedy


def test_a_folder_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB102"):
        read_cells(tmp_path)


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "nb {x} ü.ipynb"
    path.write_bytes(_raw([_CODE]))
    assert (
        read_cells(path).digest == parse_notebook(path.read_bytes(), name="elsewhere.ipynb").digest
    )


def test_of_many_neighbours_the_likeliest_come_first_and_the_rest_are_counted(
    tmp_path: Path,
) -> None:
    for name in ("a", "b", "c", "d", "e", "f", "churn"):
        (tmp_path / f"{name}.ipynb").write_bytes(_raw([]))
    with pytest.raises(InputError) as caught:
        read_cells(tmp_path / "chrun.ipynb")
    assert caught.value.remedy == (
        "Notebooks in that folder: churn.ipynb, a.ipynb, b.ipynb, c.ipynb, d.ipynb and 2 more."
    )


def test_a_script_is_told_from_a_broken_notebook() -> None:
    with pytest.raises(InputError, match="this is a Python script") as caught:
        parse_notebook(b"print(1)", name="train.py")
    assert caught.value.code == "MNB104"
    assert ".ipynb" in caught.value.remedy
