"""Names that nothing before binds: what is said, of which place, and what would mend it."""

from __future__ import annotations

import pytest

from notebooks import pipeline_of

S = "%%mlops_stage s\n"
SAID = (
    (
        "bound by the cell itself",
        (S + "n = n + 1",),
        ("MNB243", "error", 2, "stage 's' reads 'n', which only the cell itself binds, in line 2."),
    ),
    (
        "bound further down",
        ("print(n)\nif n:\n    pass\nn = 1",),
        (
            "MNB243",
            "warning",
            1,
            "the cell reads 'n', which only the cell itself binds, in line 4.",
        ),
    ),
    (
        "grown from nothing",
        (S + "n += 1",),
        ("MNB243", "error", 2, "stage 's' reads 'n', which only the cell itself binds, in line 2."),
    ),
    (
        "bound below",
        (S + "m = n", "n = 1", "n = 2"),
        (
            "MNB203",
            "error",
            2,
            "stage 's' reads 'n', which no cell before it binds; cell 2 below does.",
        ),
    ),
    (
        "deleted and bound again",
        ("n = 1", "del n", S + "n = n + 1"),
        ("MNB203", "error", 2, "stage 's' reads 'n', which cell 1 deletes."),
    ),
)


@pytest.mark.parametrize(("sources", "said"), [s[1:] for s in SAID], ids=[s[0] for s in SAID])
def test_a_name_that_is_missing_is_told_with_both_places(sources, said):
    (found,) = pipeline_of(*sources).diagnostics
    assert (found.code, found.severity, found.line, found.message) == said


def test_a_text_that_is_evaluated_does_not_hide_a_name_that_is_missing():
    (found,) = pipeline_of(S + "eval('f' + 'g')\nprint(n)").diagnostics
    assert (found.code, found.severity) == ("MNB203", "error")


@pytest.mark.parametrize(
    "sources",
    [
        (S + "if 'n' in locals():\n    print(n)",),
        (S + "exec(open('a').read())\nprint(n)",),
        ("n = 0", S + "n = n + 1"),
        (S + "n = 1\nn += 1",),
        (S + "def f():\n    return n\nn = 1\nf()",),
        (S + "rows = [n for n in [1]]",),
        (S + "try:\n    n\nexcept NameError:\n    n = 1",),
    ],
)
def test_what_a_cell_binds_in_time_is_not_told(sources):
    assert pipeline_of(*sources).diagnostics == ()


@pytest.mark.parametrize(
    ("name", "meant"), [("featurez", " Is 'features' meant?"), ("zebra", ""), ("x", "")]
)
def test_a_name_that_was_probably_meant_is_said(name, meant):
    (found,) = pipeline_of("features = 1\nX = 2", f"y = {name}").diagnostics
    assert found.remedy == (
        f"Bind {name!r} in an earlier cell, or declare it as a parameter." + meant
    )
