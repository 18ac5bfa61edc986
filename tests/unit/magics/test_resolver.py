"""The stage of a live cell: from its source, its message, or the saved notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.magics.document import SavedCells
from mlops_nb.magics.resolver import LiveResolver, sends_cell_metadata

LAB: dict[str, Any] = {"deletedCells": [], "recordTiming": False}


def test_a_plain_cell_has_no_stage() -> None:
    assert LiveResolver(None)("x = 1", LAB) is None


def test_a_spec_holds_the_options_by_the_names_the_session_knows() -> None:
    spec = LiveResolver(None)("%%mlops_stage t --metrics a --eval X,y --timeout 2m", {})
    assert spec == {
        "name": "t",
        "inputs": (),
        "outputs": (),
        "needs": (),
        "metrics": ("a",),
        "model": None,
        "example": None,
        "eval": ("X", "y"),
        "timeout_s": 120.0,
        "deps": (),
        "produces": (),
        "env": (),
        "cache": None,
        "fresh_s": None,
        "version_of": None,
        "retries": 0,
        "last": None,
        "continues": False,
    }


def test_asking_twice_changes_nothing() -> None:
    resolver = LiveResolver(None)
    one = resolver("%%mlops_stage t --metrics a", {**LAB, "cellId": "1"})
    assert resolver("%%mlops_stage t --metrics a", {**LAB, "cellId": "1"}) == one


def test_an_edited_cell_says_what_it_says_now() -> None:
    resolver = LiveResolver(None)
    resolver("%%mlops_stage t --metrics a --model m", {**LAB, "cellId": "1"})
    spec = resolver("%%mlops_stage t --metrics b", {**LAB, "cellId": "1"})
    assert spec is not None
    assert (spec["metrics"], spec["model"]) == (("b",), None)


def test_a_deleted_cell_says_nothing_any_more() -> None:
    resolver = LiveResolver(None)
    resolver("%%mlops_stage t --metrics a", {**LAB, "cellId": "1"})
    spec = resolver("%%mlops_stage t --metrics b", {**LAB, "cellId": "2", "deletedCells": ["1"]})
    assert spec is not None
    assert spec["metrics"] == ("b",)


def test_of_contradicting_cells_the_one_that_ran_last_holds() -> None:
    resolver = LiveResolver(None)
    resolver("%%mlops_stage t --model a", {**LAB, "cellId": "1"})
    resolver("%%mlops_stage t --model b", {**LAB, "cellId": "2"})
    spec = resolver("%%mlops_stage t --model a", {**LAB, "cellId": "1"})
    assert spec is not None
    assert spec["model"] == "a"


def test_every_finding_is_in_the_error() -> None:
    with pytest.raises(InputError) as caught:
        LiveResolver(None)("%%mlops_stage t --metircs a", {"tags": ["stage:a b"]})
    assert caught.value.code == "MNB211"
    assert "MNB210" in str(caught.value)


def test_prose_about_stages_is_no_reason_to_fail_a_cell() -> None:
    assert LiveResolver(None)("# mlops stage one\nx", {}) is None


def test_metadata_of_unfit_shape_counts_as_none() -> None:
    assert LiveResolver(None)("x", {**LAB, "tags": "stage:t", "mlops_nb": ["t"]}) is None


def test_the_saved_notebook_is_asked_only_where_the_message_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    cell = {"cell_type": "code", "id": "a", "source": "x", "metadata": {"tags": ["stage:s"]}}
    path.write_text(json.dumps({"cells": [cell]}))
    resolver = LiveResolver(SavedCells(path))
    assert resolver("x", LAB) is None
    spec = resolver("x", {"cellId": "a"})
    assert spec is not None
    assert spec["name"] == "s"
    assert resolver.stage_names() == ["s"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, False),
        ({"cellId": "a"}, False),
        (LAB, True),
        ({"tags": []}, True),
        ({"mlops_nb": {}}, True),
    ],
)
def test_front_ends_that_send_metadata_are_known(metadata: dict[str, Any], expected: bool) -> None:
    assert sends_cell_metadata(metadata) is expected


def test_a_stage_that_goes_on_below_in_the_saved_notebook_is_known(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    sources = ["%%mlops_stage t --metrics a\nx", "%%mlops_stage other\ny", "%%mlops_stage t\na = 1"]
    cells = [{"cell_type": "code", "id": s[-1], "source": s, "metadata": {}} for s in sources]
    path.write_text(json.dumps({"cells": cells}))
    resolver = LiveResolver(SavedCells(path))
    specs = [resolver(source, {}) for source in sources]
    assert [spec["continues"] for spec in specs if spec] == [True, False, False]


def test_a_stage_that_goes_on_below_is_known_before_its_tags_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    cells = [{"cell_type": "code", "id": i, "source": i, "metadata": {}} for i in "abc"]
    path.write_text(json.dumps({"cells": cells}))
    resolver = LiveResolver(SavedCells(path))

    def continues(ident: str, stage: str = "t") -> bool:
        said = {"cellId": ident, "deletedCells": [], "tags": [f"stage:{stage}"]}
        spec = resolver(ident, said)
        assert spec is not None
        return bool(spec["continues"])

    assert [continues(ident) for ident in "ab"] == [False, False]
    assert [continues(ident) for ident in "ab"] == [True, False]
    assert not continues("b", "other")  # no cell of the stage any more
    assert not continues("a")


def test_a_stage_that_goes_on_below_is_known_in_a_notebook_whose_cells_have_no_ids(
    tmp_path: Path,
) -> None:
    path = tmp_path / "nb.ipynb"
    sources = ["clf = Model()", "clf.fit(X)", "print(clf)"]
    cells = [{"cell_type": "code", "source": source, "metadata": {}} for source in sources]
    path.write_text(json.dumps({"cells": cells}))
    resolver = LiveResolver(SavedCells(path))

    def continues(ident: str, source: str) -> bool:
        said = {"cellId": ident, "deletedCells": [], "mlops_nb": {"stage": "t"}}
        spec = resolver(source, said)
        assert spec is not None
        return bool(spec["continues"])

    for ident, source in zip("abc", sources, strict=True):
        assert not continues(ident, source)  # nobody knows yet
    assert [continues(*one) for one in zip("abc", sources, strict=True)] == [True, True, False]
    assert continues("a", "clf = Model(depth=3)")  # edited and not saved
    assert not continues("d", "never_saved = 1")
    tagged = [{**cell, "metadata": {"mlops_nb": {"stage": "t"}}} for cell in cells]
    path.write_text(json.dumps({"cells": tagged}))
    assert continues("e", "clf = Model(depth=4)")  # a page that made up other ids
    assert not continues("g", "print(clf)")
