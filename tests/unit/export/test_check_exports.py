"""Findings for other tools: workflow commands of GitHub, SARIF logs, rows of JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_nb.export.check_json import check_rows
from mlops_nb.export.github_annotations import render_annotations
from mlops_nb.export.sarif import render_sarif
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace
from mlops_nb.pipeline.fixes.edits import Fix, TextEdit

FOLDER = Path("/srv/repository")
PAGE = "# MNB203: A name\n\nNothing binds\nit.\n\n## Why it bites\n\nIt does.\n"


def notebook(name: str = "a b.ipynb", *, unreadable: bool = False) -> CheckedNotebook:
    finding = Diagnostic(
        code="MNB101" if unreadable else "MNB203",
        severity="warning",
        cell=-1 if unreadable else 1,
        line=0 if unreadable else 2,
        column=4,
        message="it is 100% wrong: a, b\nand c.",
        remedy="Mend it.",
        related=(RelatedPlace(cell=0, line=1, label="bound here"),),
    )
    cells = tuple(
        Cell(index=i, id=CellId(f"id{i}"), type="code", source="x\ny = z") for i in (0, 1)
    )
    edit = TextEdit(cell=1, start=6, end=7, text="x")
    return CheckedNotebook(
        name=name,
        findings=(finding,),
        cells=() if unreadable else cells,
        fixes={} if unreadable else {0: Fix(title="Write x", edits=(edit,))},
        file_lines={0: (5, 6), 1: (15, 16)},
        is_unreadable=unreadable,
    )


def test_a_workflow_command_is_escaped_as_the_runner_reads_it() -> None:
    (line,) = render_annotations([notebook("a,b:c.ipynb")], folder=FOLDER).splitlines()
    assert line == (
        "::warning file=a%2Cb%3Ac.ipynb,line=16,title=MNB203%2C cell 1%2C line 2"
        "::It is 100%25 wrong: a, b%0Aand c.%0AMend it."
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [("/srv/repository/x/n.ipynb", "x/n.ipynb"), ("/else/n.ipynb", "/else/n.ipynb")],
)
def test_notebooks_in_the_folder_are_named_relative_to_it(name: str, told: str) -> None:
    assert f"file={told}," in render_annotations([notebook(name)], folder=FOLDER)
    uri = told if not told.startswith("/") else f"file://{told}"
    log = render_sarif([notebook(name)], pages={"MNB203": PAGE}, folder=FOLDER)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri}


def test_a_sarif_log_has_rules_results_and_places_in_the_file() -> None:
    log = render_sarif([notebook()], pages={"MNB203": PAGE}, folder=FOLDER)
    (run,) = log["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("MNB203", "A name.")
    assert rule["fullDescription"]["text"] == "Nothing binds it."
    assert rule["help"]["markdown"].startswith("Nothing binds")
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("MNB203", 0, "warning")
    assert result["message"]["text"].startswith("Cell 1, line 2: It is 100% wrong")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.ipynb"},
        "region": {"startLine": 16},
    }
    assert location["logicalLocations"][0]["name"] == "cell 1"
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"] == {"startLine": 5}
    assert related["message"]["text"] == "Cell 0, line 1: bound here"


def test_a_fingerprint_does_not_change_when_the_cell_moves() -> None:
    first, moved = notebook(), notebook()
    cells = (first.cells[0], first.cells[0], first.cells[1])
    finding = Diagnostic(
        **{
            name: getattr(first.findings[0], name)
            for name in ("code", "severity", "message", "remedy")
        },
        cell=2,
        line=2,
    )
    moved = CheckedNotebook(name=first.name, findings=(finding,), cells=cells)
    prints = [
        render_sarif([one], pages={"MNB203": PAGE}, folder=FOLDER)["runs"][0]["results"][0][
            "partialFingerprints"
        ]
        for one in (first, moved)
    ]
    assert prints[0] == prints[1]


def test_a_file_that_cannot_be_read_is_a_notification_and_no_result() -> None:
    (run,) = render_sarif([notebook(unreadable=True)], pages={}, folder=FOLDER)["runs"]
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "MNB101"}


def test_a_row_says_what_an_editor_needs() -> None:
    (row,) = check_rows([notebook()])
    assert row["file_line"] == 16
    assert row["id"] == "id1"
    assert row["related"] == [{"cell": 0, "line": 1, "column": 0, "label": "bound here"}]
    assert row["fix"] == {
        "title": "Write x",
        "edits": [{"kind": "replace", "cell": 1, "start": 6, "end": 7, "text": "x"}],
    }
    assert check_rows([notebook(unreadable=True)])[0]["file_line"] == 1
