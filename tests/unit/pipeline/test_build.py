"""How cells become stages: kinds, inputs and outputs, upstream, and what is said of faults."""

from __future__ import annotations

import sys

import pytest

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.stages import Pipeline, Stage
from notebooks import pipeline_of


def stage(pipeline: Pipeline, name: str) -> Stage:
    found = pipeline.stage(name)
    assert found is not None
    return found


def codes(pipeline: Pipeline) -> list[tuple[str, str, int]]:
    return [(d.code, d.severity, d.cell) for d in pipeline.diagnostics]


CHURN = (
    "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression",
    "path = 'a.csv'",
    "def clean(t):\n    t['half'] = t['a'] / 2\n    return t",
    "%%mlops_stage load\ndf = pd.read_csv(path)",
    "df.head()",
    "%%mlops_stage features\ndf = clean(df)\nX, y = df[['half']], df['y']",
    "%%mlops_stage train\nmodel = LogisticRegression().fit(X, y)",
    "%%mlops_stage evaluate --metrics accuracy\naccuracy = model.score(X, y)",
    "print(accuracy)",
)


def test_stages_are_drawn_from_what_cells_read_and_bind():
    pipeline = pipeline_of(*CHURN, tags={1: ["parameters"]})
    drawn = [(s.name, s.cells, s.inputs, s.outputs, s.upstream) for s in pipeline.stages]
    assert drawn == [
        ("load", (3,), ("path",), ("df",), ()),
        ("features", (5,), ("df",), ("X", "y"), ("load",)),
        ("train", (6,), ("X", "y"), ("model",), ("features",)),
        ("evaluate", (7,), ("X", "model", "y"), ("accuracy",), ("features", "train")),
    ]
    assert pipeline.diagnostics == ()


def test_cells_have_the_kinds_of_the_design():
    pipeline = pipeline_of(*CHURN, "draft()", tags={1: ["parameters"], 4: ["setup"], 9: ["skip"]})
    kinds = [pipeline.kinds[i] for i in range(10)]
    assert kinds == [
        CellKind.SETUP,
        CellKind.PARAMETERS,
        CellKind.SETUP,
        CellKind.STAGE,
        CellKind.SETUP,
        CellKind.STAGE,
        CellKind.STAGE,
        CellKind.STAGE,
        CellKind.INLINE,
        CellKind.SKIP,
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import a\nfrom b import *",
        "%load_ext autoreload\n%autoreload 2\n%matplotlib inline",
        "def f(): pass\nclass A: pass",
        "N = -3\nNAMES = ['a', ('b', 1.5)]\nOPTIONS: dict = {'c': None}",
        "# only a comment",
        "'a note'",
    ],
)
def test_imports_definitions_literals_and_configuration_are_setup(source):
    assert pipeline_of(source).kinds[0] is CellKind.SETUP


@pytest.mark.parametrize(
    "source", ["x = f()", "print(1)", "!pip install a", "a.b = 1", "x = y", "x ="]
)
def test_anything_else_is_inline(source):
    assert pipeline_of(source).kinds[0] is CellKind.INLINE


def test_a_cell_needs_the_last_cell_that_bound_or_changed_what_it_reads():
    pipeline = pipeline_of("x = f()", "x = g()", "x['a'] = 1", "y = x")
    assert pipeline.needs == {0: (), 1: (), 2: (1,), 3: (2,)}


def test_order_is_kept_where_a_name_is_written_after_it_was_read_or_written():
    pipeline = pipeline_of("x = f()", "y = x", "x = g()", "x = h()")
    assert pipeline.needs == {0: (), 1: (0,), 2: (), 3: ()}
    assert pipeline.edges == {0: (), 1: (0,), 2: (0, 1), 3: (2,)}


def test_a_cell_that_finds_a_name_gone_needs_who_deleted_it():
    pipeline = pipeline_of("x = f()", "del x", "try: x\nexcept NameError: y = 1")
    assert pipeline.needs[2] == (1,)


@pytest.mark.parametrize("asks", ["y = _ + 1", "y = Out[1]", "def f():\n    return _2\ny = f()"])
def test_a_cell_that_asks_for_what_was_shown_needs_all_cells_above(asks):
    pipeline = pipeline_of("x = 1", "x + 1", "z = 3", asks, "print(z)")
    assert pipeline.needs[3] == (0, 1, 2)
    assert pipeline.needs[4] == (2,)


def test_an_underscore_that_the_notebook_binds_is_a_name_like_any_other():
    assert pipeline_of("x = 1", "_, y = 1, 2", "print(_)").needs[2] == (1,)


def test_a_conditional_binding_leaves_the_one_before_in_place():
    pipeline = pipeline_of("m = f()", "if m: m = g()", "print(m)")
    assert pipeline.needs[2] == (0, 1)


def test_the_same_import_again_is_no_new_source():
    pipeline = pipeline_of(
        "import numpy as np",
        "%%mlops_stage a\nimport numpy as np\nx = np.zeros(3)",
        "%%mlops_stage b\ny = np.ones(3)",
    )
    assert stage(pipeline, "b").upstream == ()
    assert pipeline.needs[2] == (0,)


def test_upstream_goes_through_the_cells_between_stages():
    pipeline = pipeline_of(
        "%%mlops_stage a\nx = 1", "y = x + 1", "z = y + 1", "%%mlops_stage b\nw = z"
    )
    assert stage(pipeline, "b").upstream == ("a",)
    assert stage(pipeline, "b").inputs == ("z",)
    assert stage(pipeline, "a").outputs == ("x",)


def test_options_add_what_analysis_cannot_see():
    pipeline = pipeline_of(
        "%%mlops_stage a --outputs hidden\nexecute_sql('...')",
        "%%mlops_stage b --inputs hidden\nreport()",
        "%%mlops_stage c --needs a\npass",
    )
    assert stage(pipeline, "a").outputs == ("hidden",)
    assert stage(pipeline, "b").inputs == ("hidden", "report")
    assert stage(pipeline, "b").upstream == ("a",)
    assert stage(pipeline, "c").upstream == ("a",)


def test_a_stage_needs_the_metrics_it_reports():
    pipeline = pipeline_of("%%mlops_stage a\nacc = 0.9", "%%mlops_stage b --metrics acc\npass")
    assert stage(pipeline, "b").upstream == ("a",)


def test_code_that_binds_out_of_sight_comes_before_what_follows_it():
    pipeline = pipeline_of("x = 1", "%run other.py", "y = x + z")
    assert pipeline.needs[2] == (0, 1)
    assert codes(pipeline) == []


# Findings

FAULTY = (
    (("%%mlops_stage a\ny = x",), [("MNB203", "error", 0)]),
    (("y = x",), [("MNB203", "warning", 0)]),
    (
        ("%%mlops_stage a\nif c(): y = x", "def c(): pass"),
        [("MNB203", "error", 0), ("MNB203", "warning", 0)],
    ),
    (("x = 1\ndel x", "%%mlops_stage a\ny = x"), [("MNB203", "error", 1)]),
    (("def f(): return late", "%%mlops_stage a\nf()", "late = 1"), [("MNB203", "error", 1)]),
    (("%%mlops_stage a-b\npass", "%%mlops_stage a_b\npass"), [("MNB202", "error", 1)]),
    (("%%mlops_stage a --needs bb\npass", "%%mlops_stage b\npass"), [("MNB204", "error", 0)]),
    (("%%mlops_stage a --needs b\npass", "%%mlops_stage b\npass"), [("MNB219", "error", 0)]),
    (("%%mlops_stage a --metrics acuracy\naccuracy = 1",), [("MNB206", "error", 0)]),
    (("%%mlops_stage a\nx = (",), [("MNB201", "error", 0)]),
    (("x = (",), [("MNB201", "warning", 0)]),
    (
        ("%%mlops_stage a\nx = 1", "%%mlops_stage b\ny = x", "%%mlops_stage a\nz = y"),
        [("MNB205", "error", 2)],
    ),
    (("%%mlops_stage a\nx = 1", "y = x", "%%mlops_stage a\nz = y"), [("MNB205", "error", 2)]),
)


@pytest.mark.parametrize(("sources", "expected"), FAULTY)
def test_faults_are_found(sources, expected):
    assert codes(pipeline_of(*sources)) == expected


SOUND = (
    ("%%mlops_stage a\nprint(display, get_ipython(), In, Out, _, __name__, len)",),
    ("from unknown import *", "%%mlops_stage a\ny = x"),
    ("%run helpers.py", "%%mlops_stage a\ny = x"),
    ("%pylab", "%%mlops_stage a\ny = plot"),
    ("exec(open('a').read())", "%%mlops_stage a\ny = x"),
    ("%%somebodys_magic\nx = 1", "%%mlops_stage a\ny = x"),
    ("c = 1\nif c: x = 1", "%%mlops_stage a\ny = x"),
    ("%%mlops_stage a\ntry:\n    spark\nexcept NameError:\n    spark = 1",),
    ("%%mlops_stage a\nif 'x' in globals(): print(x)",),
    ("%%mlops_stage a\n!echo ${HOME} {unknown}",),
    ("%%mlops_stage a\nfor row in [1]: t = row\nprint(t)",),
    ("def f(): return later", "later = 1", "%%mlops_stage a\nf()"),
    ("pwd",),
    ("%%mlops_stage a\nx = 1", "%%mlops_stage b\nprint(1)", "%%mlops_stage a\ny = x"),
    ("%%mlops_stage a\nfig = 1", "%%mlops_stage b\nfig = 2", "%%mlops_stage a\nfig = 3"),
)


@pytest.mark.parametrize("sources", SOUND)
def test_nothing_is_said_of_what_may_be_sound(sources):
    assert codes(pipeline_of(*sources)) == []


def test_the_words_for_a_missing_metric_are_values_not_modules_or_functions():
    sources = "import numpy as np\ndef fit(): pass", "%%mlops_stage a --metrics f1\nscore = 1"
    (found,) = pipeline_of(*sources).diagnostics
    assert found.code == "MNB206"
    assert found.remedy == "Valid words are 'score'."


def test_the_split_that_would_mend_a_stage_is_named():
    pipeline = pipeline_of(
        "%%mlops_stage a\nx = 1", "%%mlops_stage b\ny = x", "%%mlops_stage a\nz = y"
    )
    (finding,) = pipeline.diagnostics
    assert "'a_2'" in finding.remedy
    assert "cell 1" in finding.message


def test_a_name_that_only_a_skipped_cell_binds_is_missing():
    pipeline = pipeline_of("x = 1", "%%mlops_stage a\ny = x", tags={0: ["skip"]})
    (finding,) = pipeline.diagnostics
    assert (finding.code, finding.severity) == ("MNB203", "error")
    assert "only cell 0 binds" in finding.message


def test_tags_that_contradict_a_directive_are_said():
    pipeline = pipeline_of(
        "%%mlops_stage a\nx = 1", "%%mlops_stage b\ny = 1", tags={0: ["skip"], 1: ["parameters"]}
    )
    assert codes(pipeline) == [("MNB208", "warning", 0), ("MNB207", "error", 1)]
    assert pipeline.stages == ()


def test_a_finding_says_where_the_name_stands():
    pipeline = pipeline_of("%%mlops_stage a\n\ny = 1 + missing")
    (finding,) = pipeline.diagnostics
    assert (finding.line, finding.column) == (3, 8)


# What users of other tools ran into (facts: peers)


def test_siblings_that_write_one_name_keep_document_order():
    pipeline = pipeline_of(
        "%%mlops_stage zebra\nx = 1", "%%mlops_stage ant\nx = 2", "%%mlops_stage end\nprint(x)"
    )
    assert stage(pipeline, "end").upstream == ("ant",)
    assert pipeline.edges[1] == (0,)


def test_a_frame_changed_in_place_is_changed_for_all_later_stages():
    pipeline = pipeline_of(
        "%%mlops_stage load\nimport pandas as pd\ndf = pd.read_csv('a')",
        "%%mlops_stage enrich\ndf['b'] = 1",
        "%%mlops_stage use\nprint(df)",
    )
    assert stage(pipeline, "use").upstream == ("enrich",)
    assert stage(pipeline, "enrich").outputs == ("df",)


def test_a_reassigned_parameter_is_the_reassigned_one_downstream():
    pipeline = pipeline_of(
        "n = 3", "%%mlops_stage a\nn = n * 2", "%%mlops_stage b\nprint(n)", tags={0: ["parameters"]}
    )
    assert stage(pipeline, "b").upstream == ("a",)


@pytest.mark.parametrize(
    "middle",
    [
        "[x for x in rows]",
        "with open('f') as y: pass",
        "try: f()\nexcept E as x: pass",
        "if False: x = 1",
        "lambda x: x",
        "def g(x): x = 1",
    ],
)
def test_a_name_of_an_inner_scope_is_no_producer(middle):
    pipeline = pipeline_of(
        "rows, E, f = 1, 2, 3\nx = []",
        f"%%mlops_stage inner\n{middle}",
        "%%mlops_stage use\nprint(x)",
    )
    assert stage(pipeline, "use").upstream == ()


def test_lambdas_classes_and_async_functions_keep_what_they_close_over():
    pipeline = pipeline_of(
        "%%mlops_stage base\nz = [1]",
        "f = lambda x: x + z\nclass A:\n    k = z\n"
        "    def m(self): return z\nasync def h(): return z",
        "%%mlops_stage one\nf(1)",
        "%%mlops_stage two\nA().m()",
        "%%mlops_stage three\nawait h()",
    )
    for name in ("one", "two", "three"):
        assert stage(pipeline, name).upstream == ("base",)


@pytest.mark.parametrize(
    "definition",
    [
        "try:\n    def f(): pass\nexcept OSError:\n    pass",
        "try:\n    from tqdm import tqdm as f\nexcept ImportError:\n    def f(x): return x",
        "try:\n    import cupy as f\nexcept ImportError:\n    import numpy as f",
    ],
)
def test_what_is_a_function_or_a_module_on_every_path_is_no_input(definition):
    pipeline = pipeline_of(definition, "%%mlops_stage a\nf()")
    assert stage(pipeline, "a").inputs == ()


def test_magics_and_shell_lines_do_not_break_a_stage():
    pipeline = pipeline_of(
        "%%mlops_stage a\nfiles = !ls\n%matplotlib inline\nx = (10\n    % 3)\n!echo {x}",
        "%%mlops_stage b\nprint(files)",
    )
    assert stage(pipeline, "b").upstream == ("a",)
    assert codes(pipeline) == []


def test_foreign_tags_are_left_alone():
    pipeline = pipeline_of(
        "%%mlops_stage a\nx = 1", tags={0: ["nbval-skip", "hide-input", "raises-exception"]}
    )
    assert (pipeline.kinds[0], pipeline.diagnostics) == (CellKind.STAGE, ())


@pytest.mark.parametrize(
    ("sources", "column", "related"),
    [
        (("%%mlops_stage a --metrics f1 acuracy\naccuracy = 1\nf1 = 1",), 29, []),
        (("x = 1", "# mlops: stage a --needs bb\npass"), 25, []),
        (("%%mlops_stage b --needs a\npass", "%%mlops_stage a\npass"), 24, [1]),
        (("%%mlops_stage a-b\npass", "%%mlops_stage a_b\npass"), 14, [0]),
        (("%%mlops_stage a\nx = 1", "y = x", "%%mlops_stage a\nz = y"), 0, [1]),
    ],
)
def test_a_finding_points_at_the_word_and_at_the_other_cell(sources, column, related):
    (finding,) = pipeline_of(*sources).diagnostics
    assert (finding.column, [place.cell for place in finding.related]) == (column, related)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
@pytest.mark.parametrize(
    "line", ["type Hand = str", "def first[T](rows: list[T]): ...", "class A[T]:", "f'{d['a']}'"]
)
def test_a_line_of_a_newer_python_keeps_no_stage_from_running(line):
    (finding,) = pipeline_of(f"%%mlops_stage a\n{line}").diagnostics
    assert (finding.code, finding.severity, finding.line) == ("MNB201", "warning", 2)
    assert "Python 3.12" in finding.remedy


def test_a_metric_that_a_later_stage_binds_is_told_with_that_cell():
    pipeline = pipeline_of("%%mlops_stage a --metrics f1\nx = 1", "%%mlops_stage b\nf1 = 1")
    (finding,) = pipeline.diagnostics
    assert finding.message.endswith("binds 'f1'; cell 1 below does.")
    assert finding.remedy == "Move '--metrics f1' to the stage that binds it, or that cell up."
