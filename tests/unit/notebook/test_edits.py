"""What changes in a notebook file when a few cells do: these, and not a byte more."""

from __future__ import annotations

import codecs
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.notebook.edits import edit_notebook, write_edited
from mlops_nb.notebook.files import read_cells
from mlops_nb.pipeline.cell_changes import CellChange, NewCell

TEXTS = st.text(st.sampled_from('ab"\\\n\r\té ☃,:{}[]'), max_size=12)
LAYOUTS = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 1, 2, 4, "\t"]),
        "ensure_ascii": st.booleans(),
        "sort_keys": st.booleans(),
    }
)


@st.composite
def nodes(draw: st.DrawFn) -> dict[str, Any]:
    cells = []
    for number in range(draw(st.integers(1, 4))):
        source = draw(TEXTS)
        metadata: dict[str, Any] = draw(
            st.dictionaries(st.sampled_from(["collapsed", "slideshow", "zz"]), TEXTS, max_size=2)
        )
        if draw(st.booleans()):
            metadata["tags"] = draw(st.lists(TEXTS, max_size=2, unique=True))
        if draw(st.booleans()):
            metadata["mlops_nb"] = {"stage": "load"}
        cells.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{number}",
                "metadata": metadata,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": [draw(TEXTS)]}],
                "source": source if draw(st.booleans()) else source.splitlines(keepends=True),
            }
        )
    return {"cells": cells, "metadata": {"x": draw(TEXTS)}, "nbformat": 4, "nbformat_minor": 5}


def applied(node: dict[str, Any], change: CellChange) -> dict[str, Any]:
    """Return what the change means, on the dictionary."""
    node = copy.deepcopy(node)
    cell = node["cells"][change.cell]
    if change.source is not None:
        is_list = isinstance(cell["source"], list)
        cell["source"] = change.source.splitlines(keepends=True) if is_list else change.source
    for key, value in (("tags", change.tags), ("mlops_nb", change.metadata)):
        if value is not None:
            cell["metadata"].pop(key, None) if not value else cell["metadata"].update(
                {key: list(value) if key == "tags" else dict(value)}
            )
    if change.is_removed:
        del node["cells"][change.cell]
    return node


CHANGES = st.builds(
    CellChange,
    cell=st.just(0),
    source=st.none() | TEXTS,
    tags=st.none() | st.lists(TEXTS, max_size=2, unique=True).map(tuple),
    metadata=st.none() | st.just({}) | st.just({"stage": "é", "metrics": ["a"]}),
    is_removed=st.booleans(),
)


@given(node=nodes(), layout=LAYOUTS, change=CHANGES, newline=st.sampled_from(["\n", "\r\n"]))
def test_a_changed_notebook_is_what_its_writer_would_have_written(node, layout, change, newline):
    if layout["sort_keys"]:
        node = json.loads(json.dumps(node, sort_keys=True))
    text = json.dumps(node, **layout) + "\n"
    raw = text.replace("\n", newline).encode()
    edited = edit_notebook(raw, [change], name="a.ipynb")
    expected = applied(node, change)
    assert json.loads(edited) == expected
    if layout["sort_keys"] and layout["indent"] is not None:
        is_plain = layout["ensure_ascii"] and raw.isascii() and b"\\u" not in raw
        if not (is_plain or (not layout["ensure_ascii"] and raw.isascii())):
            written = (json.dumps(expected, **layout) + "\n").replace("\n", newline).encode()
            assert edited == written


@given(node=nodes(), layout=LAYOUTS)
def test_no_change_changes_no_byte(node, layout):
    raw = json.dumps(node, **layout).encode()
    assert edit_notebook(raw, [], name="a.ipynb") == raw


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_the_encoding_stays(mark, codec):
    text = '{"cells": [{"cell_type": "raw", "metadata": {}, "source": "é"}], "nbformat": 4}'
    raw = mark + text.encode(codec)
    edited = edit_notebook(raw, [CellChange(cell=0, tags=("ü",))], name="a.ipynb")
    assert edited.startswith(mark)
    assert edited[len(mark) :].decode(codec) == text.replace("{}", '{"tags": ["ü"]}')


NOTEBOOK = """{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "ab",
   "metadata": {
    "editable": true
   },
   "outputs": [{"name": "stdout",   "output_type": "stream", "text": "oddly laid out"}],
   "source": [
    "x = 1"
   ]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 5
}
"""


def test_only_the_lines_of_what_changes_differ():
    change = CellChange(cell=0, tags=("stage:load",))
    edited = edit_notebook(NOTEBOOK.encode(), [change], metadata={"a": 1}, name="a").decode()
    wanted = NOTEBOOK.replace(
        '"editable": true', '"editable": true,\n    "tags": [\n     "stage:load"\n    ]'
    ).replace('"metadata": {},', '"metadata": {\n  "mlops_nb": {\n   "a": 1\n  }\n },')
    assert edited == wanted


def test_cells_are_put_in_and_taken_out():
    new = NewCell(source="import a\nimport b", tags=("setup",))
    edited = edit_notebook(NOTEBOOK.encode(), [CellChange(cell=0, before=(new,))], name="a")
    first, second = json.loads(edited)["cells"]
    assert first["source"] == ["import a\n", "import b"]
    assert (first["metadata"], first["outputs"]) == ({"tags": ["setup"]}, [])
    assert first["id"] != second["id"] == "ab"
    gone = edit_notebook(NOTEBOOK.encode(), [CellChange(cell=0, is_removed=True)], name="a")
    assert json.loads(gone)["cells"] == []


def test_metadata_that_are_no_object_are_replaced():
    raw = b'{"cells": [{"cell_type": "raw", "metadata": [], "source": ""}]}'
    edited = json.loads(edit_notebook(raw, [CellChange(cell=0, tags=("a",))], metadata={}, name=""))
    assert (edited["cells"][0]["metadata"], edited["metadata"]) == ({"tags": ["a"]}, {})


def test_old_formats_are_told_to_be_converted():
    with pytest.raises(InputError, match="MNB108"):
        edit_notebook(b'{"worksheets": [], "nbformat": 3}', [], name="a.ipynb")


def test_what_changed_meanwhile_is_not_overwritten(tmp_path: Path):
    path = tmp_path / "a.ipynb"
    path.write_text(NOTEBOOK)
    file = read_cells(path)
    path.write_text(NOTEBOOK.replace("x = 1", "x = 2"))
    with pytest.raises(InputError, match="MNB109"):
        write_edited(file, [CellChange(cell=0, source="")])
    assert "x = 2" in path.read_text()
    fresh = read_cells(path)
    write_edited(fresh, [CellChange(cell=0, source="y = 1")], to=tmp_path / "b.ipynb")
    assert "x = 2" in path.read_text()
    assert "y = 1" in (tmp_path / "b.ipynb").read_text()
    with pytest.raises(InfrastructureError, match="MNB113"):
        write_edited(fresh, [], to=tmp_path / "no" / "b.ipynb")
    with pytest.raises(InputError, match="MNB109"):
        write_edited(read_cells_as_url(fresh), [])


def read_cells_as_url(file: Any) -> Any:
    return type(file)(
        path="s3://bucket/a.ipynb", node=file.node, digest="", kernel_name=None, language="python"
    )
