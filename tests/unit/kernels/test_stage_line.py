"""The stage line: stable from run to run, safe with any name, the same told as text and as HTML."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mlops_nb.kernels.stage_line import describe_duration, format_metric, render_line


def report(**changes: Any) -> dict[str, Any]:
    said = {
        "stage": "train",
        "seconds": 3.217,
        "bound": ["clf", "acc"],
        "metrics": {"acc": 0.934561},
        "series": {"loss": [0.9, 0.314159]},
        "model": {"name": "clf"},
        "problems": [],
    }
    return said | changes


def line(*, detail: str = "stable", link: str | None = None, **changes: Any) -> dict[str, str]:
    return render_line(report(**changes), detail=detail, namespace={}, link=link)


def text_in(markup: str) -> str:
    parts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = parts.append  # type: ignore[method-assign]
    parser.feed(markup)
    return re.sub(r"\s+", " ", " ".join(parts)).strip()


def test_the_line_as_text() -> None:
    assert line()["text/plain"] == (
        "stage train · < 10 s · binds clf, acc · acc 0.9346, loss 0.3142 after 2 steps · model clf"
    )


def test_the_line_as_html_says_the_same() -> None:
    assert text_in(line()["text/html"]) == (
        "train < 10 s binds clf acc acc 0.9346 loss 0.3142 after 2 steps model clf"
    )


def test_what_is_saved_by_default_does_not_depend_on_the_run() -> None:
    one = line(seconds=1.01, link="http://127.0.0.1/run/1", metrics={"acc": 0.934561})
    two = line(seconds=9.9, link="http://127.0.0.1/run/2", metrics={"acc": 0.9345612})
    assert one == two
    assert "run" not in text_in(one["text/html"])


def test_an_executed_copy_shows_time_and_run() -> None:
    full = line(detail="full", link="http://127.0.0.1/run?a=1&b=2")
    assert "3.2 s" in full["text/plain"]
    assert 'href="http://127.0.0.1/run?a=1&amp;b=2"' in full["text/html"]


def test_any_name_is_only_text() -> None:
    evil = "<img src=x onerror=alert(1)>&\"'"
    bundle = line(
        stage=evil,
        bound=[evil],
        metrics={evil: 1.0},
        series={evil: [1.0]},
        model={"name": evil},
        problems=[{"code": "MNB451", "message": evil, "remedy": evil}],
    )
    assert "<img" not in bundle["text/html"]
    assert text_in(bundle["text/html"]).count("<img src=x onerror=alert(1)>") == 7


def test_the_line_needs_no_style_sheet_and_no_script() -> None:
    markup = line(problems=[{"code": "MNB451", "message": "m.", "remedy": "r."}])["text/html"]
    assert not re.search(r"<style|<script|class=|\son\w+=", markup)


def test_long_lists_are_shortened() -> None:
    many = [f"n{i}" for i in range(20)]
    bundle = line(bound=many, metrics=dict.fromkeys(many, 1.0), series={})
    assert "n5, and 14 more" in bundle["text/plain"]
    assert "and 12 more metrics" in text_in(bundle["text/html"])


def test_imports_are_not_shown_as_bound() -> None:
    def own() -> None: ...

    own.__module__ = "__main__"
    names = {"math": math, "Decimal": HTMLParser, "sqrt": math.sqrt, "own": own, "value": 1}
    bundle = render_line(report(bound=sorted(names)), detail="stable", namespace=names)
    assert "binds own, value ·" in bundle["text/plain"]


def test_notes_stand_on_lines_of_their_own() -> None:
    bundle = line(problems=[{"code": "MNB451", "message": "No.", "remedy": "Do."}])
    assert bundle["text/plain"].split("\n")[1:] == ["  No. Do."]


@pytest.mark.parametrize(
    ("seconds", "stable", "full"),
    [
        (0.0004, "< 1 s", "0 ms"),
        (0.25, "< 1 s", "250 ms"),
        (1, "< 10 s", "1.0 s"),
        (59.94, "< 1 min", "59.9 s"),
        (61, "< 10 min", "1 min 1 s"),
        (3599, "< 1 h", "59 min 59 s"),
        (7260, "> 1 h", "2 h 1 min"),
    ],
)
def test_durations(seconds: float, stable: str, full: str) -> None:
    assert describe_duration(seconds, detail="stable") == stable
    assert describe_duration(seconds, detail="full") == full


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-9, "1e-09"),
        (123456.0, "123456"),
        (1234567.8, "1.235e+06"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        (-0.00012346, "-0.0001235"),
    ],
)
def test_metrics_have_four_significant_digits(value: float, text: str) -> None:
    assert format_metric(value) == text


def test_what_it_costs_to_keep_a_cell_stands_on_a_line_of_its_own() -> None:
    bundle = line(costs=["To keep it takes long."])
    assert bundle["text/plain"].endswith("\n  To keep it takes long.")
    assert "To keep it takes long." in text_in(bundle["text/html"])
