"""What a request may say, and what is told of one that is put badly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.errors import InputError
from mlops_nb.lab.requests import MOST_BYTES, Request, confine, is_hidden, to_server_path

OUTSIDE = [
    "..",
    "../up.ipynb",
    "a/../../up.ipynb",
    "/../etc/passwd",
    "a/..",
    "a\\..\\..\\up.ipynb",
    "nul\0.ipynb",
    "loop/x.ipynb",
    "\ud800.ipynb",
    "x" * 5000 + "/../..",
]
INSIDE = {
    "": "",
    "/": "",
    "a.ipynb": "a.ipynb",
    "/a.ipynb": "a.ipynb",
    "sub//./a.ipynb": "sub/a.ipynb",
    "not/there/yet.ipynb": "not/there/yet.ipynb",
    "..a/b..c.ipynb": "..a/b..c.ipynb",
    "%2e%2e/a.ipynb": "%2e%2e/a.ipynb",
    "~/a.ipynb": "~/a.ipynb",
    "inner/a.ipynb": "inner/a.ipynb",
    "link/data.ipynb": "link/data.ipynb",
    "a b/ü 50%.ipynb": "a b/ü 50%.ipynb",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a link out of it, one within it, and one that leads to itself."""
    home, secret = tmp_path / "home", tmp_path / "secret"
    (home / "sub").mkdir(parents=True)
    secret.mkdir()
    (home / "link").symlink_to(secret)
    (home / "inner").symlink_to(home / "sub")
    (home / "loop").symlink_to(home / "loop")
    return home


@pytest.mark.parametrize("path", OUTSIDE, ids=repr)
def test_a_path_that_leads_out_of_the_root_is_refused(root: Path, path: str) -> None:
    with pytest.raises(InputError) as caught:
        confine(root, path)
    assert caught.value.code == "MNB882"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(("path", "place"), INSIDE.items(), ids=map(repr, INSIDE))
def test_a_path_is_one_below_the_root(root: Path, path: str, place: str) -> None:
    assert confine(root, path) == root / place


@given(st.text())
def test_no_path_leads_out_of_the_root(path: str) -> None:
    root = Path("/nowhere/home")
    try:
        place = confine(root, path)
    except InputError:
        return
    assert place.resolve().is_relative_to(root)


def test_a_link_at_the_root_itself_is_no_way_out(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(root)
    assert confine(linked, "sub/a.ipynb") == linked / "sub/a.ipynb"
    assert to_server_path(linked, root / "sub/a.ipynb") == "sub/a.ipynb"


def test_the_server_names_what_is_below_its_root(root: Path) -> None:
    assert to_server_path(root, root / "sub/.hidden/a.ipynb") == "sub/.hidden/a.ipynb"
    assert to_server_path(root, root) == ""
    assert to_server_path(root, root.parent / "a.ipynb") is None
    assert is_hidden("sub/.hidden/a.ipynb")
    assert not is_hidden("sub/a.b.ipynb")


MALFORMED: dict[str, bytes] = {
    "no JSON": b"{nope",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "not UTF-8": b'{"path": "\xff"}',
    "nested too deeply": b"[" * 100_000,
    "a number beyond Python's limit": b'{"n": ' + b"9" * 10_000 + b"}",
    "too large": b" " * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError) as caught:
        Request(root=Path("/"), raw=raw).body  # noqa: B018 - reading it is the test
    assert caught.value.code == "MNB880"


def test_no_body_says_nothing() -> None:
    assert Request(root=Path("/"), raw=b"").body == {}


def _request(**body: Any) -> Request:
    return Request(root=Path("/"), raw=json.dumps(body).encode(), query={"limit": "7", "q": "x"})


UNFIT: dict[str, Any] = {
    "no cells": {},
    "cells that are no list": {"cells": {"a": 1}},
    "a cell that is no object": {"cells": [3]},
    "a kind of cell that is none": {"cells": [{"cell_type": "cell"}]},
    "a source that is no text": {"cells": [{"source": 3}]},
    "tags that are no list": {"cells": [{"tags": "stage:a"}]},
    "a tag that is no text": {"cells": [{"tags": [1]}]},
    "metadata that are no object": {"cells": [{"metadata": []}]},
    "notebook metadata that are no object": {"cells": [], "metadata": "x"},
}


@pytest.mark.parametrize("body", UNFIT.values(), ids=UNFIT)
def test_cells_that_are_none_are_refused_with_their_place(body: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        _request(**body).node()
    assert caught.value.code == "MNB881"
    assert caught.value.place.startswith(("cells", "metadata"))


def test_a_document_is_what_a_notebook_says_without_outputs() -> None:
    cell = {
        "id": "a",
        "cell_type": "code",
        "source": ["x = 1\n", "y = 2"],
        "metadata": {"tags": ["setup"], "mlops_nb": {"stage": "s"}, "editable": False},
        "outputs": [{"output_type": "stream"}],
    }
    node = _request(cells=[cell, {"cell_type": "markdown", "source": "# T", "tags": []}]).node()
    assert node["cells"] == [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"mlops_nb": {"stage": "s"}, "tags": ["setup"]},
            "source": "x = 1\ny = 2",
            "outputs": [],
            "execution_count": None,
        },
        {"cell_type": "markdown", "id": "cell-1", "metadata": {}, "source": "# T"},
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["cells", "metadata", "path"]), _JSON))
def test_whatever_is_sent_is_a_document_or_a_fault_with_a_remedy(body: dict[str, Any]) -> None:
    remedy, node = "", {}
    try:
        node = _request(**body).node()
    except InputError as error:
        remedy = error.remedy
    assert remedy or all(isinstance(cell["source"], str) for cell in node["cells"])


def test_values_are_read_from_body_and_query_as_what_they_are() -> None:
    request = _request(name="a", one="b", many=["c"], yes=True, count=3, said={"x": 1.5})
    assert request.text("name") == "a"
    assert request.text("q") == "x"
    assert request.text("missing", "default") == "default"
    assert (request.texts("one"), request.texts("many"), request.texts("none")) == (
        ("b",),
        ("c",),
        (),
    )
    assert (request.flag("yes"), request.flag("no")) == (True, False)
    assert (request.number("count", 0, most=9), request.number("limit", 0, most=9)) == (3, 7)
    assert request.values("said") == {"x": 1.5}


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", 1),
        ("texts", [1]),
        ("texts", {"a": 1}),
        ("flag", "yes"),
        ("flag", 3),
        ("mapping", []),
    ],
)
def test_a_value_of_another_kind_is_refused(method: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        getattr(_request(name=value), method)("name")
    assert (caught.value.code, caught.value.place) == ("MNB881", "name")


@pytest.mark.parametrize("value", [-1, 101, "x", True, 1.5, [1]], ids=repr)
def test_a_number_out_of_bounds_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="from 0 to 100"):
        _request(n=value).number("n", 0, most=100)


def test_values_nested_too_deeply_are_refused() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    request = _request()
    request.__dict__["body"] = {"parameters": {"x": deep}}
    with pytest.raises(InputError, match="nested too deeply"):
        request.values("parameters")
