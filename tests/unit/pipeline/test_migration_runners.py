"""What papermill, scrapbook, dagstermill, ploomber and soorgeon leave in notebooks is here."""

from __future__ import annotations

import pytest
from migrating import Pairs, carried, graph, left, migrated, written


def test_values_of_a_past_run_go_and_are_told():
    cells = (("parameters", "a = 1"), ("injected-parameters", "a = 2\nb = 'x'"), ("", "print(a)"))
    migration = migrated(cells)
    assert migration.conventions == ("papermill",)
    assert [c.index for c in written(cells, migration)] == [0, 2]
    assert left(migration) == [(1, "injected parameters of a past run: a = 2; b = 'x'")]


def test_injected_parameters_that_nothing_declares_become_the_parameters_cell():
    cells = (("injected-parameters hide", "a = 2"), ("", "print(a)"))
    migration = migrated(cells)
    assert [c.tags for c in written(cells, migration)] == [("parameters", "hide"), ()]
    assert left(migration) == []


GLUED: tuple[tuple[str, Pairs, list[tuple[int, str, str]], list[tuple[int, str]]], ...] = (
    (
        "a score of a stage",
        (
            ("", "import scrapbook as sb"),
            ("stage:judge", "acc = model.score(X, y)"),
            ("", "sb.glue('accuracy', acc)"),
        ),
        [(2, "glue('accuracy', acc)", "stage judge --metrics acc")],
        [],
    ),
    (
        "a number that no stage binds",
        (("", "from scrapbook import glue"), ("", "n = len('abc')\nglue('n', n)")),
        [(1, "glue('n', n)", "stage results --metrics n")],
        [],
    ),
    (
        "what is no number, and what is no name",
        (
            ("", "import scrapbook as sb"),
            ("", "t = load()\nsb.glue('t', t)\nsb.glue('s', f(t))"),
        ),
        [],
        [(1, "glue('t', t)"), (1, "glue('s', f(t))")],
    ),
    (
        "dagstermill",
        (
            ("", "import dagstermill"),
            ("parameters", "context = dagstermill.get_context(op_config=3)"),
            ("", "loss = float(input)\ndagstermill.yield_result(loss, output_name='loss')"),
            ("", "dagstermill.yield_event(e)"),
        ),
        [(2, "yield_result(loss)", "stage results --metrics loss")],
        [(1, "dagstermill.get_context"), (3, "dagstermill.yield_event")],
    ),
)


@pytest.mark.parametrize(
    ("cells", "to", "told"), [case[1:] for case in GLUED], ids=[c[0] for c in GLUED]
)
def test_numbers_that_are_handed_over_become_metrics(cells, to, told):
    migration = migrated(cells)
    assert carried(migration) == to
    assert left(migration) == told
    again = migrated([(c.tags, c.source) for c in written(cells, migration)])
    assert graph(again.pipeline) == graph(migration.pipeline)


def test_metrics_are_added_to_what_a_stage_says_already():
    cells = (
        ("", "import scrapbook as sb"),
        ("", "# mlops: stage judge --metrics f\na = f = float(1)\na = float(f)"),
        ("", "sb.glue('a', a)"),
    )
    migration = migrated(cells, carrier="comment")
    assert written(cells, migration)[1].source.startswith("# mlops: stage judge --metrics f a\n")


def test_what_ploomber_injects_is_listed():
    cells = (
        ("parameters", "upstream = ['load']\nproduct = None"),
        ("", "df = upstream['load']"),
    )
    migration = migrated(cells, tasks=[{"source": "a.ipynb", "name": "train"}])
    assert migration.conventions == ("ploomber",)
    assert left(migration) == [(-1, "pipeline.yaml: task 'train'"), (0, "upstream = ['load']")]
    # The default is a list, so -p would refuse the dict.
    assert migration.left[1].remedy == 'Set it in the cell: upstream = {"load": "FILE"}.'
    assert migration.changes == ()


def test_a_product_that_is_written_is_listed_with_the_files_that_the_pipeline_names():
    cells = (
        ("parameters", "upstream = None\nproduct = None"),
        ("", "open(product['data'], 'w')"),
    )
    task = {"source": "a.ipynb", "name": "get", "product": {"data": "out/raw.csv"}}
    assert left(migrated(cells)) == [(0, "product = None")]
    (_, found) = migrated(cells, tasks=[task]).left
    assert """-p product '{"data": "out/raw.csv"}'""" in found.remedy


def test_parameters_of_one_such_name_are_nobodys_convention():
    assert migrated((("parameters", "upstream = 'x'"), ("", "print(upstream)"))).conventions == ()


SECTIONS = (
    ("markdown", "# Report\n\n```\n## no heading\n```"),
    ("", "import os"),
    ("markdown", "## Load *data*"),
    ("", "rows = [os.sep]"),
    ("markdown", "### Detail"),
    ("", "rows.append(1)"),
    ("markdown", "Clean up\n--------"),
    ("", "n = len(rows)"),
    ("markdown", "## Load data"),
    ("", "print(n)"),
)


def test_headings_are_stages_only_when_asked_for():
    assert migrated(SECTIONS).changes == ()
    assert graph(migrated(SECTIONS, headings=True).pipeline) == {
        "load_data": ((3, 5), ()),
        "clean_up": ((7,), ("load_data",)),
        "load_data_2": ((9,), ("clean_up",)),
    }


def test_headings_do_not_take_the_name_of_a_stage():
    cells = (("stage:load", "a = 1"), ("markdown", "## Load"), ("", "print(a)"))
    assert graph(migrated(cells, headings=True).pipeline) == {
        "load": ((0,), ()),
        "load_2": ((2,), ("load",)),
    }
