"""Frames of code: the mark stands under what is meant, whatever the characters and the width."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.export.check_html import render_html
from mlops_nb.export.code_frames import Look, render_finding
from mlops_nb.pipeline.cells import Cell, CellId, StageName
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace
from mlops_nb.pipeline.fixes.edits import Fix


def checked(*sources: str, finding: Diagnostic, fix: Fix | None = None) -> CheckedNotebook:
    cells = tuple(
        Cell(index=index, id=CellId(f"id{index}"), type="code", source=source)
        for index, source in enumerate(sources)
    )
    return CheckedNotebook(
        name="nb.ipynb",
        findings=(finding,),
        cells=cells,
        stages={1: StageName("train")},
        fixes={} if fix is None else {0: fix},
    )


def finding(*, line: int = 1, column: int = 0, cell: int = 0, **more: object) -> Diagnostic:
    return Diagnostic(
        code="MNB203",
        severity="error",
        cell=cell,
        line=line,
        column=column,
        message=str(more.get("message", "the cell reads 'x'.")),
        remedy="Bind 'x'.",
        related=more.get("related", ()),  # type: ignore[arg-type]
    )


def frame(source: str, *, width: int | None = None, column: int = 0, line: int = 1) -> list[str]:
    one = checked(source, finding=finding(line=line, column=column))
    text = render_finding(one, 0, look=Look(width=width))
    return [line for line in text.split("\n") if "|" in line]


def test_a_frame_says_where_what_and_what_to_do() -> None:
    one = checked(
        "x = 0",
        "%%mlops_stage train\ny = x + 1\nprint(y)",
        finding=finding(
            cell=1,
            line=2,
            column=4,
            related=(RelatedPlace(cell=0, line=1, label="'x' is bound here"),),
        ),
        fix=Fix(title="Do it", edits=()),
    )
    assert render_finding(one, 0, look=Look()).split("\n") == [
        "error MNB203 nb.ipynb, cell 1 (id1), line 2, stage 'train': the cell reads 'x'.",
        "  1 | %%mlops_stage train",
        "  2 | y = x + 1",
        "    |     ^",
        "    = cell 0, line 1: 'x' is bound here",
        "  1 | x = 0",
        "    | -",
        "  Bind 'x'. (--fix: Do it)",
    ]


@dataclass(frozen=True, kw_only=True)
class Case:
    source: str
    column: int
    shown: str
    mark: str


CASES = {
    "a name": Case(source="y = spam + 1", column=4, shown="y = spam + 1", mark="    ^^^^"),
    "a dotted name": Case(
        source="np.random.rand()", column=0, shown="np.random.rand()", mark="^" * 14
    ),
    "wide characters": Case(
        source="a = '数据', b", column=10, shown="a = '数据', b", mark=" " * 12 + "^"
    ),
    "combining characters": Case(
        source="a = 'e\u0301', b", column=10, shown="a = 'e\u0301', b", mark=" " * 9 + "^"
    ),
    "a tab": Case(source="\tx = b", column=5, shown="    x = b", mark=" " * 8 + "^"),
    "no column, indented": Case(source="  x = b", column=0, shown="  x = b", mark="  ^"),
    "a statement": Case(
        source="import os  # why", column=0, shown="import os  # why", mark="^" * 9
    ),
    "a comment": Case(
        source="x  # mlops: y", column=3, shown="x  # mlops: y", mark=" " * 3 + "^" * 10
    ),
    "beyond the line": Case(source="x", column=9, shown="x", mark="^"),
    "what a terminal would act upon": Case(
        source="a = '\x1b[31m' + b", column=0, shown="a = '·[31m' + b", mark="^"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_mark_stands_under_what_is_meant(case: Case) -> None:
    code, mark = frame(case.source, column=case.column)
    assert code.removeprefix("  1 | ") == case.shown
    assert mark.removeprefix("    | ") == case.mark


@pytest.mark.parametrize("column", [0, 30, 90, 179])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_long_line_is_cut_around_the_mark(column: int, width: int) -> None:
    source = "".join(chr(ord("a") + index % 26) if index % 9 else " " for index in range(180))
    source = source[:column] + "X" + source[column + 1 :]
    code, mark = frame(source, width=width, column=column)
    assert len(code) <= width
    assert code[mark.index("^")] == "X"


def test_a_very_long_line_is_cut_in_a_file_too() -> None:
    code, mark = frame("x" * 5000 + " Y " + "x" * 5000, column=5001)
    assert len(code) <= 240
    assert code[mark.index("^")] == "Y"


def test_the_words_are_wrapped_to_the_width() -> None:
    one = checked("x", finding=finding(message="the cell " + "reads on and on " * 9))
    lines = render_finding(one, 0, look=Look(width=50)).split("\n")
    assert max(map(len, lines)) <= 50
    assert lines[1].startswith("  The cell reads")


@pytest.mark.parametrize(
    ("directive", "message", "marked"),
    [
        ("%%mlops_stage t --metrics acc", "stage 't' says '--metrics acc', but", "acc"),
        ("# mlops: stage t --metircs a", "there is no option '--metircs'.", "--metircs"),
        ("%%mlops_stage a --needs b", "stage 'a' needs stage 'b', which there is not.", "b"),
    ],
)
def test_in_a_directive_the_word_that_is_wrong_is_marked(
    directive: str, message: str, marked: str
) -> None:
    one = checked(directive, finding=finding(message=message))
    _, code, mark, _ = render_finding(one, 0, look=Look()).split("\n")
    start = mark.index("^")
    assert code[start : start + mark.count("^")] == marked


def test_a_finding_about_the_notebook_has_no_frame() -> None:
    one = checked("x", finding=finding(cell=-1, line=0))
    assert render_finding(one, 0, look=Look()).split("\n") == [
        "error MNB203 nb.ipynb: the cell reads 'x'.",
        "  Bind 'x'.",
    ]


def test_as_html_nothing_of_the_notebook_is_markup() -> None:
    one = checked("x = '<script>'", finding=finding(message="it says '<b>'."))
    page = render_html(one)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;" in page
    assert "\ue000" not in page
