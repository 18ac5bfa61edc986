"""Whatever a kernel sends, the notebook has outputs that the format knows."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from mlops_nb.execution.message_outputs import to_output


def _message(kind: str, **content: Any) -> dict[str, Any]:
    return {"header": {"msg_type": kind}, "content": content}


def _validate(output: Any) -> None:
    cell = nbformat.v4.new_code_cell(outputs=[output])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


VALUES = {
    "a text": ("text/html", "<b>", "<b>"),
    "lines": ("text/html", ["a\n", "b"], ["a\n", "b"]),
    "a number": ("text/html", 5, "5"),
    "an object": ("text/html", {"a": 1}, '{"a": 1}'),
    "lines and numbers": ("image/png", ["a", 1], '["a", 1]'),
    "json": ("application/json", {"a": [None, 1.5]}, {"a": [None, 1.5]}),
    "json of a vendor": ("application/vnd.plotly.v1+json", None, None),
}


@pytest.mark.parametrize(("kind", "given", "kept"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("message", ["display_data", "execute_result", "update_display_data"])
def test_values_are_texts_except_where_they_are_json(
    message: str, kind: str, given: Any, kept: Any
) -> None:
    bundle = {"text/plain": "p", kind: given}
    output = to_output(_message(message, data=bundle, metadata={}, execution_count=1))
    assert output["data"] == {"text/plain": "p", kind: kept}
    _validate(output)


def test_what_is_nothing_is_no_output_of_its_kind() -> None:
    output = to_output(_message("display_data", data={"text/html": None, "text/plain": "p"}))
    assert output["data"] == {"text/plain": "p"}
    _validate(output)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("display_data", {}),
        ("display_data", {"data": None, "metadata": None}),
        ("display_data", {"data": [1], "metadata": "x"}),
        ("execute_result", {"data": {"text/plain": "1"}, "execution_count": "7"}),
        ("error", {}),
        ("error", {"ename": None, "evalue": 5, "traceback": "one line"}),
        ("error", {"ename": "E", "evalue": "v", "traceback": [1, None]}),
        ("stream", {"text": "x"}),
        ("stream", {"name": 5, "text": None}),
    ],
    ids=repr,
)
def test_what_a_kernel_leaves_out_or_mistypes_is_made_up_for(
    kind: str, content: dict[str, Any]
) -> None:
    _validate(to_output(_message(kind, **content)))
