"""Notebook files: read as well as can be, or a clear error."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_nb.errors import InputError
from mlops_nb.notebook.files import parse_notebook, read_cells
from mlops_nb.project import Project

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
    "gzip": Faulty(raw=b"\x1f\x8b\x08rest", code="MNB103", says="gunzip"),
    "a number too long": Faulty(
        raw=b'{"cells": [], "x": ' + b"9" * 5000 + b"}", code="MNB104", says="digits"
    ),
    "nested deeply": Faulty(
        raw=_raw([], metadata={})[:-1] + b', "x": ' + b"[" * 200 + b"]" * 200 + b"}",
        code="MNB104",
        says="deeper than 100",
    ),
    "nested beyond reading": Faulty(
        raw=b'{"cells": ' + b"[" * 100_000, code="MNB104", says="nested too deeply"
    ),
    "a source that is a number": Faulty(
        raw=_raw([{**_CODE, "source": 5}]), code="MNB107", says="cell 0"
    ),
    "a line that is a number": Faulty(
        raw=_raw([{**_CODE, "source": ["a", 1]}]), code="MNB107", says="int 1"
    ),
    "a line that is nothing": Faulty(
        raw=_raw([{**_CODE, "source": ["a", None]}]), code="MNB107", says="NoneType None"
    ),
    "half a surrogate pair": Faulty(
        raw=_raw([{**_CODE, "source": "'\ud800'"}]), code="MNB107", says="'\\ud800'"
    ),
    "nothing but zeros": Faulty(raw=b"\0" * 4096, code="MNB103", says="NUL bytes"),
    "a zero in the middle": Faulty(
        raw=_raw([_CODE]).replace(b"x = 1", b"x\0 = 1"), code="MNB104", says="NUL"
    ),
    "two notebooks": Faulty(
        raw=_raw([_CODE]) * 2, code="MNB104", says="goes on where its JSON ends"
    ),
    "an unresolved merge": Faulty(
        raw=_raw([_CODE]).replace(b'"x = 1"', b'\n<<<<<<< HEAD\n"1"\n=======\n"2"\n>>>>>>> b\n'),
        code="MNB104",
        says="unresolved merge, line 2",
    ),
    "an unresolved merge at its beginning": Faulty(
        raw=b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n", code="MNB104", says="merge, line 1"
    ),
    "a web page": Faulty(
        raw=b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", code="MNB104", says="web page"
    ),
    "a pointer of Git LFS": Faulty(
        raw=b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
        code="MNB104",
        says="git lfs pull",
    ),
    "a truth value for a format": Faulty(raw=_raw([], nbformat=True), code="MNB106", says="True"),
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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_read_by_their_byte_order_mark(encoding: str) -> None:
    text = _raw([{**_CODE, "source": "x = 'ü'"}]).decode()
    raw = (text if encoding in ("utf-16", "utf-32") else "\ufeff" + text).encode(encoding)
    assert parse_notebook(raw, name="nb.ipynb").node["cells"][0]["source"] == "x = 'ü'"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_without_a_mark_wide_characters_are_known_by_their_zeros(encoding: str) -> None:
    raw = _raw([{**_CODE, "source": "x = 'ü'"}]).decode().encode(encoding)
    assert parse_notebook(raw, name="nb.ipynb").node["cells"][0]["source"] == "x = 'ü'"


_WRONG_CELLS = {
    "keys of other formats": {**_CODE, "prompt_number": 1, "collapsed": True, "attachments": {}},
    "outputs that are none": {**_CODE, "outputs": ["x", None, 5]},
    "outputs of text": {"cell_type": "markdown", "source": "", "outputs": [], "execution_count": 1},
    "attachments of another shape": {
        "cell_type": "markdown",
        "attachments": {"a.png": "x", "b.png": {"image/png": "eA=="}, "c.png": {"image/png": 5}},
    },
    "a list for attachments": {"cell_type": "raw", "attachments": []},
    "tags with commas": {**_CODE, "metadata": {"tags": ["a,b", "", "a"]}},
    "words for truth values": {
        **_CODE,
        "metadata": {
            "collapsed": "yes",
            "scrolled": 1,
            "name": 5,
            "jupyter": {"outputs_hidden": 2},
        },
    },
    "numbers for names": {"cell_type": "raw", "metadata": {"format": 5, "name": ""}},
}


@pytest.mark.parametrize("cell", _WRONG_CELLS.values(), ids=_WRONG_CELLS)
def test_what_is_read_is_a_notebook_by_the_format(cell: dict[str, object]) -> None:
    nbformat = pytest.importorskip("nbformat")
    read = parse_notebook(_raw([cell]), name="nb.ipynb")
    nbformat.validate(nbformat.from_dict(read.node))


def test_an_attachment_that_is_one_is_kept_and_tags_are_parted() -> None:
    cells = [_WRONG_CELLS["attachments of another shape"], _WRONG_CELLS["tags with commas"]]
    first, second = parse_notebook(_raw(cells), name="nb.ipynb").node["cells"]
    assert first["attachments"] == {"b.png": {"image/png": "eA=="}}
    assert second["metadata"]["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"kernelspec": {"name": 5, "language": "R"}}, {"language_info": {"name": "R"}}),
        ({"kernelspec": {"display_name": "x"}}, {}),
        ({"kernelspec": {"name": "ir"}}, {"kernelspec": {"name": "ir", "display_name": "ir"}}),
        ({"language_info": {"version": 3}}, {}),
        ({"title": 5, "authors": "me", "orig_nbformat": "4", "mine": 5}, {"mine": 5}),
    ],
)
def test_metadata_of_the_notebook_is_what_the_format_says(
    metadata: dict[str, object], kept: dict[str, object]
) -> None:
    nbformat = pytest.importorskip("nbformat")
    read = parse_notebook(_raw([], metadata=metadata), name="nb.ipynb")
    assert read.node["metadata"] == kept
    nbformat.validate(nbformat.from_dict(read.node))


def test_metadata_that_is_no_object_is_left_out_and_tags_are_texts() -> None:
    metadata = {"tags": ["a", 5, "a", None], "mlops_nb": 5, "papermill": [], "mine": 7}
    cells = [
        {**_CODE, "metadata": metadata, "execution_count": "x", "outputs": None},
        {**_CODE, "id": "b", "metadata": {"tags": "parameters"}},
        {**_CODE, "id": "c", "metadata": {"tags": 5}},
        {**_CODE, "id": "d", "metadata": [1]},
    ]
    top = {"kernelspec": "python3", "mlops_nb": 5, "papermill": 7, "mine": 1}
    read = parse_notebook(_raw(cells, metadata=top, worksheets=[]), name="nb.ipynb")
    assert read.node["metadata"] == {"mine": 1}
    assert sorted(read.node) == ["cells", "metadata", "nbformat", "nbformat_minor"]
    first = read.node["cells"][0]
    assert first["metadata"] == {"tags": ["a"], "mine": 7}
    assert (first["execution_count"], first["outputs"]) == (None, [])
    assert [cell.tags for cell in read.cells] == [("a",), ("parameters",), (), ()]
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(read.node))


@pytest.mark.parametrize(("major", "code_key"), [(1, "code"), (2, "input")])
def test_formats_1_and_2_are_upgraded(major: int, code_key: str) -> None:
    cell = {
        "cell_type": "code",
        code_key: "print(1)",
        "language": "python",
        "outputs": [],
        "prompt_number": 1,
        "collapsed": False,
    }
    worksheets = {"worksheets": [{"cells": [cell]}]} if major == 2 else {"cells": [cell]}
    old = {"metadata": {"name": "old"}, "nbformat": major, **worksheets}
    read = parse_notebook(json.dumps(old).encode(), name="old.ipynb")
    assert read.node["cells"][0]["source"] == "print(1)"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "nb.ipynb")
    with pytest.raises(InputError, match="MNB102"):
        read_cells(tmp_path / "nb.ipynb")


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB102"):
        Project.find(tmp_path / ("x" * 300)).read_pipeline(tmp_path / ("x" * 300))


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
