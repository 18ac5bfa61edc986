"""What a notebook tagged for Kale is here: stages, kinds, metrics, edges, and what has no place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from migrating import Pairs, carried, graph, left, migrated, written

from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.carrying import CARRIERS, Carrier
from mlops_nb.pipeline.migration import migrate
from mlops_nb.pipeline.migration.kale_tags import parse_tags

CHURN = (
    ("", "!pip install pandas"),
    ("imports", "from sklearn.dummy import DummyClassifier"),
    ("", "import math"),
    ("functions", "def half(x):\n    return x / 2"),
    ("pipeline-parameters", "rows = 10\nname = 'churn'"),
    ("block:load limit:nvidia.com/gpu:2", "X, y = [[1]] * rows, [0] * rows"),
    ("skip", "print(X)"),
    ("", "X = [[half(v)] for [v] in X]"),
    ("step:note", "print(name)"),
    ("step:train prev:load prev:note annotation:a.b/c:d", "m = DummyClassifier().fit(X, y)"),
    ("", ""),
    ("step:judge prev:train", "acc = m.score(X, y)"),
    ("pipeline-metrics", "print(acc)\nprint(rows)\nprint(f1)"),
)


def test_a_notebook_of_kales_becomes_stages():
    migration = migrated(CHURN)
    assert graph(migration.pipeline) == {
        "load": ((5, 7), ()),
        "note": ((8,), ()),
        "train": ((9,), ("load", "note")),
        "judge": ((11,), ("load", "train")),
    }
    tags = {c.index: c.tags for c in written(CHURN, migration) if c.tags}
    assert tags == {
        0: ("skip",),
        1: ("setup",),
        2: ("setup",),
        3: ("setup",),
        4: ("parameters",),
        5: ("stage:load", "limit:nvidia.com/gpu:2"),
        6: ("skip",),
        7: ("stage:load",),
        8: ("stage:note",),
        9: ("stage:train", "annotation:a.b/c:d"),
        11: ("stage:judge",),
    }
    options = {c.index: c.metadata for c in written(CHURN, migration) if c.metadata}
    assert options == {9: {"needs": ["note"]}, 11: {"metrics": ["acc"]}}
    assert [d.code for d in migration.pipeline.diagnostics if d.severity == "error"] == []


def test_what_kale_tells_kubernetes_is_listed_with_what_to_do():
    migration = migrated(CHURN)
    assert left(migration) == [
        (5, "limit:nvidia.com/gpu:2"),
        (9, "annotation:a.b/c:d"),
        (12, "pipeline-metrics: f1"),
    ]
    limit = migration.left[0]
    assert "--resources gpu=2" in limit.remedy
    assert (9, "prev:note, which the code does not show", "--needs note") in carried(migration)
    assert (12, "pipeline-metrics: rows", "a parameter, which every run logs") in carried(migration)


CASES: tuple[tuple[str, Pairs, dict[int, tuple[str, ...]]], ...] = (
    (
        "a word decides alone",
        (("prev:a skip", "x = 1"), ("step:a", "y = 1"), ("imports step:b", "import os")),
        {0: ("skip",), 1: ("stage:a",), 2: ("setup",)},
    ),
    (
        "a step without a name is none",
        (("step:a", "x = 1"), ("block:", "y = 1")),
        {0: ("stage:a",), 1: ("stage:a",)},
    ),
    (
        "the first versions wrote block:imports and prev:a:b",
        (
            ("block:imports", "import os"),
            ("block:a", "x = 1"),
            ("block:b", "y = 1"),
            ("prev:a:b block:c", "z = 1"),
        ),
        {0: ("setup",), 1: ("stage:a",), 2: ("stage:b",), 3: ("stage:c",)},
    ),
    (
        "what Kale never runs runs here where it is needed",
        (("", "import os"), ("", "base = os.getcwd()"), ("", "!ls"), ("step:a", "x = base")),
        {2: ("skip",), 3: ("stage:a",)},
    ),
    (
        "a name that is no stage's is spelt so",
        ((("step:Größe 2!",), "x = 1"), (("step:b", "prev:Größe 2!"), "y = x")),
        {0: ("stage:gr_e_2",), 1: ("stage:b",)},
    ),
    (
        "tags of others stay",
        (("step:a hide-input", "x = 1"), ("nbval-skip pipeline-metrics", "print(x)")),
        {0: ("stage:a", "hide-input"), 1: ("nbval-skip",)},
    ),
    (
        "a stage that is there already goes on",
        (("stage:a", "x = 1"), ("", "y = x"), ("step:b", "z = y")),
        {0: ("stage:a",), 1: ("stage:a",), 2: ("stage:b",)},
    ),
    (
        "what somebody has migrated by hand already stays",
        (
            ("setup", "import os"),
            ("parameters", "a = 1"),
            ("", "# mlops: stage load\nx = a"),
            ("", "y = x"),
            ("step:b", "z = y"),
        ),
        {0: ("setup",), 1: ("parameters",), 3: ("stage:load",), 4: ("stage:b",)},
    ),
    ("imports alone are no sign of Kale", (("imports", "import os"),), {0: ("imports",)}),
)


@pytest.mark.parametrize(("cells", "tags"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_tags_mean_what_they_mean_in_kale(cells, tags):
    after = written(cells, migrated(cells))
    assert {c.index: c.tags for c in after if c.tags} == tags


LEFT: tuple[tuple[str, Pairs, list[tuple[int, str]]], ...] = (
    ("unknown", (("step:a prev:b", "x = 1"),), [(0, "prev:b")]),
    ("two names", (("step:a step:b", "x = 1"),), [(0, "step:b")]),
    ("no step", (("prev:a", "x = 1"), ("step:b", "y = 1")), [(0, "prev:a")]),
    (
        "later cells",
        (("step:a", "x = 1"), ("step:b prev:a", "y = 1"), ("step:a", "z = 1")),
        [(1, "prev:a")],
    ),
    (
        "two parameter cells",
        (("pipeline-parameters", "a = 1"), ("pipeline-parameters", "b = 1"), ("step:a", "c = a")),
        [(1, "pipeline-parameters")],
    ),
    (
        "a metric that is no name",
        (("step:a", "x = 1"), ("pipeline-metrics", "print(x + 1)\nprint('x')")),
        [(1, "pipeline-metrics: 2 lines that print no name")],
    ),
    (
        "an edge nobody told Kale of",
        (("step:a", "x = 1"), ("step:b", "y = x")),
        [(1, "prev: does not name 'a'")],
    ),
    (
        "image, secret and notebook",
        (("step:a image:python:3.11 secret:s:k:TOKEN cache:disabled report:enabled", "x = 1"),),
        [(0, "image:python:3.11"), (0, "secret:s:k:TOKEN"), (0, "cache:disabled")],
    ),
)


@pytest.mark.parametrize(("cells", "told"), [case[1:] for case in LEFT], ids=[c[0] for c in LEFT])
def test_what_has_no_place_is_listed_with_its_cell(cells, told):
    migration = migrated(cells)
    assert left(migration) == told
    assert all(x.remedy.endswith(".") for x in migration.left)


def test_the_notebooks_metadata_become_settings_or_are_listed():
    metadata = {
        "kubeflow_notebook": {
            "experiment_name": "churn",
            "docker_image": "img:1",
            "katib_run": True,
            "volumes": [{"mount_point": "/data", "type": "pvc"}],
            "steps_defaults": [],
        }
    }
    migration = migrated((("step:a", "x = 1"),), metadata=metadata)
    assert migration.metadata == {"settings": {"experiment": "churn"}}
    assert left(migration) == [
        (-1, "volume '/data'"),
        (-1, "docker_image 'img:1'"),
        (-1, "katib_run"),
    ]
    said = {**metadata, "mlops_nb": {"settings": {"experiment": "mine"}}}
    assert migrated((("step:a", "x = 1"),), metadata=said).metadata is None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_says_the_same(carrier: Carrier):
    migration = migrated(CHURN, carrier=carrier)
    pipeline = build_pipeline(
        written(CHURN, migration), name="a.ipynb", star_names=lambda module: None
    )
    assert graph(pipeline) == graph(migrated(CHURN).pipeline)
    options = [stage.options for stage in pipeline.stages]
    assert options == [stage.options for stage in migrated(CHURN).pipeline.stages]


KALE_WORDS = """
skip imports functions pipeline-parameters pipeline-metrics step:a step:b block:a block: prev:a
prev:b prev:a:b limit:cpu:500m label:x:y setup stage:c step:é
"""
KALE_TAGS = st.lists(st.sampled_from(KALE_WORDS.split()), max_size=3, unique=True)
SOURCES = st.sampled_from(
    ["x = 1", "y = x", "import os", "print(x)", "", "%%bash\nls", "def f(:", "x += 1", "# a"]
)


@given(cells=st.lists(st.tuples(KALE_TAGS, SOURCES), max_size=7))
def test_no_tags_are_too_much_and_a_second_time_changes_nothing(cells):
    migration = migrated(cells)
    after = written(cells, migration)
    assert [c.source for c in after] == [source for _, source in cells]
    for cell in after if migration.conventions else ():
        tags = parse_tags(cell.tags)
        assert (tags.role in (None, "skip"), tags.steps, tags.previous) == (True, (), ())
    again = migrate(after, metadata={}, name="a", star_names=lambda module: None)
    assert again.changes == ()
    assert graph(again.pipeline) == graph(migration.pipeline)


def test_tags_kale_itself_mistook_for_text_are_left():
    assert migrated((("limit:cpu:1", "x = 1"),)).conventions == ()
