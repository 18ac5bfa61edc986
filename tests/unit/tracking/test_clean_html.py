"""What a notebook's HTML may keep: what only shows something."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.tracking.html_clean import clean_cells, clean_piece, shows_something


@dataclass(frozen=True)
class Case:
    id: str
    given: str
    kept: str


CASES = [
    Case("script", "<script>x()</script>shown", "shown"),
    Case("handler", '<b onclick="x()">b</b>', "<b>b</b>"),
    Case("frame", '<iframe src="https://x">inside</iframe>', ""),
    Case("form", '<form action="https://x"><input name="a">q</form>', "q"),
    Case("style sheet", "<style>b{}</style><b>b</b>", "<b>b</b>"),
    Case("image of a host", '<img alt="a" src="https://x/a.png">', '<img alt="a">'),
    Case(
        "image in the page",
        '<img src="data:image/png;base64,AA">',
        '<img src="data:image/png;base64,AA">',
    ),
    Case("page as an image", '<img src="data:text/html,x">', "<img>"),
    Case("style", '<b style="color:red;position:fixed">b</b>', '<b style="color:red">b</b>'),
    Case(
        "style that loads", '<b style="color:red;background-color:url(https://x)">b</b>', "<b>b</b>"
    ),
    Case(
        "script as a link",
        '<a href="javascript:x()">a</a>',
        '<a rel="noopener noreferrer nofollow">a</a>',
    ),
    Case("anchor", '<a href="#a">a</a>', '<a href="#a" rel="noopener noreferrer nofollow">a</a>'),
    Case("what is around it", "</div></main><p>p</p>", "<p>p</p>"),
    Case(
        "names of the page",
        '<b id="cell-id=c1" class="mnb-state red jp-Cell">b</b>',
        '<b class="red">b</b>',
    ),
    Case(
        "table",
        '<table class="dataframe"><tfoot><tr><td colspan="2">1</td></tr></tfoot></table>',
        '<table class="dataframe"><tfoot><tr><td colspan="2">1</td></tr></tfoot></table>',
    ),
    Case(
        "sound",
        '<audio controls src="data:audio/wav;base64,AA"></audio>',
        '<audio controls="" src="data:audio/wav;base64,AA"></audio>',
    ),
    Case(
        "a whole page", "<!DOCTYPE html><html><head><title>t</title></head><body><p>p", "<p>p</p>"
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_piece_keeps_what_only_shows_something(case: Case) -> None:
    assert clean_piece(case.given) == case.kept


def test_a_drawing_becomes_a_picture_in_which_no_script_runs() -> None:
    kept = clean_piece('<p>a</p><svg width="3" onload="x()"><circle r="1"/></svg>')
    assert kept.startswith('<p>a</p><img alt="drawing" src="data:image/svg+xml;base64,')
    assert "svg width" not in kept


def test_the_pages_own_names_stay_when_all_cells_are_cleaned() -> None:
    cell = '<div id="cell-id=c1" class="jp-Cell mnb-cell">a</div>'
    assert clean_cells(cell + "<script>x()</script>") == cell


@pytest.mark.parametrize(
    ("markup", "shows"),
    [
        ("<div><p> </p>&nbsp;</div>", False),
        ("<div id='plot'></div>", False),
        ("<td>1</td>", True),
        ("<img src='data:'>", True),
    ],
)
def test_what_shows_nothing_is_known(markup: str, shows: bool) -> None:
    assert shows_something(markup) is shows
