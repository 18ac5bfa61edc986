"""Comments that accept findings: what they cover, and what is said of those that do not work."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.ignores import apply_ignores
from notebooks import cells_of

KNOWN = {"MNB203", "MNB204", "MNB236", "MNB260", "MNB261"}


def finding(code: str, *, cell: int = 0, line: int = 0) -> Diagnostic:
    return Diagnostic(
        code=code, severity="warning", cell=cell, line=line, message="m.", remedy="r."
    )


def outcome(source: str, *findings: Diagnostic) -> tuple[list[str], list[str]]:
    """Return the codes that are told, and those that are accepted."""
    told, accepted = apply_ignores(findings, cells_of([source]), known=KNOWN)
    return [f.code for f in told], [f.code for f in accepted]


@dataclass(frozen=True, kw_only=True)
class Case:
    source: str
    line: int
    told: tuple[str, ...] = ()
    is_accepted: bool = True


CASES = {
    "end of line": Case(source="x = f()  # mlops: ignore[MNB236]", line=1),
    "small letters": Case(source="x = f()  # mlops: ignore[mnb236]", line=1),
    "several codes": Case(
        source="x = f()  # mlops: ignore[MNB236, MNB203]", line=1, told=("MNB261",)
    ),
    "behind another comment": Case(source="x = f()  # noqa: F  # mlops: ignore[MNB236]", line=1),
    "without spaces": Case(source="x = f() #mlops:ignore[MNB236]", line=1),
    "of the cell": Case(source="# mlops: ignore[MNB236]\n\nx = 1\ny = f()", line=4),
    "of the cell, for no line": Case(source="# mlops: ignore[MNB236]\nx = 1", line=0),
    "of the cell, below a directive": Case(
        source="# mlops: stage a\n# mlops: ignore[MNB236]\nx = f()", line=3
    ),
    "of the cell, below a magic": Case(source="%%time\n# mlops: ignore[MNB236]\nx = f()", line=3),
    "on a shell line": Case(source="!pip install x  # mlops: ignore[MNB236]", line=1),
    "another line": Case(
        source="x = f()\ny = 1  # mlops: ignore[MNB236]",
        line=1,
        told=("MNB261",),
        is_accepted=False,
    ),
    "no line": Case(
        source="x = f()  # mlops: ignore[MNB236]", line=0, told=("MNB261",), is_accepted=False
    ),
    "in a string": Case(source="x = '# mlops: ignore[MNB236]'", line=1, is_accepted=False),
    "below code": Case(
        source="x = 1\n# mlops: ignore[MNB236]\ny = f()",
        line=3,
        told=("MNB260",),
        is_accepted=False,
    ),
    "no codes": Case(
        source="x = f()  # mlops: ignore", line=1, told=("MNB260",), is_accepted=False
    ),
    "empty": Case(source="x = f()  # mlops: ignore[]", line=1, told=("MNB260",), is_accepted=False),
    "no brackets": Case(
        source="x = f()  # mlops: ignore MNB236", line=1, told=("MNB260",), is_accepted=False
    ),
    "misspelt": Case(
        source="x = f()  # mlops: ignorx[MNB236]", line=1, told=("MNB260",), is_accepted=False
    ),
    "no colon": Case(
        source="x = f()  # mlops ignore[MNB236]", line=1, told=("MNB260",), is_accepted=False
    ),
    "unknown code beside a known one": Case(
        source="x = f()  # mlops: ignore[MNB236, MNB2366]", line=1, told=("MNB260",)
    ),
    "prose": Case(source="# mlops ignores what it cannot see\nx = f()", line=2, is_accepted=False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_comment_covers_its_line_or_its_cell(case: Case) -> None:
    told, accepted = outcome(case.source, finding("MNB236", line=case.line))
    assert accepted == ["MNB236"] * case.is_accepted
    assert told == ["MNB236"] * (not case.is_accepted) + list(case.told)


def test_a_comment_is_about_its_own_cell() -> None:
    cells = cells_of(["# mlops: ignore[MNB236]\nx = 1", "y = 1"])
    told, accepted = apply_ignores([finding("MNB236", cell=1)], cells, known=KNOWN)
    assert [f.code for f in told] == ["MNB236", "MNB261"]
    assert accepted == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = f()  # mlops: ignore", "Write # mlops: ignore[MNB203, MNB236]."),
        ("x = 1\ny = 2  # mlops: ignore", "Remove it."),
        ("x = 1  # mlops: ignore[MNB2366]", "'MNB236'"),
        ("x = 1  # mlops: ignore(MNB236)", "Write # mlops: ignore[MNB236]."),
    ],
)
def test_what_does_not_work_is_told_with_what_would(source: str, said: str) -> None:
    found = [finding("MNB236", line=1), finding("MNB203", line=1)]
    told, _ = apply_ignores(found, cells_of([source]), known=KNOWN)
    assert said in next(f.remedy for f in told if f.code == "MNB260")


def test_no_comment_is_no_directive() -> None:
    from mlops_nb.pipeline.directives import read_directive

    for source in ("# mlops: ignore[MNB236]\nx = 1", "# mlops: ignore\nx = 1"):
        assert read_directive(cells_of([source])[0]) == (None, [])
