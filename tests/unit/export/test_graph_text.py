from __future__ import annotations

from hand_made import QUICKSTART, Row, make_pipeline
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.export.graph import render_graph
from mlops_nb.export.rails import draw_rails

UPSTREAM = st.lists(st.sets(st.integers(0, 40), max_size=4), max_size=25).map(
    lambda rows: [sorted(n for n in row if n < place) for place, row in enumerate(rows)]
)


def test_stages_are_listed_in_order_with_their_edges_in_the_margin() -> None:
    assert render_graph(QUICKSTART, "text") == (
        "quickstart.ipynb: 4 stages, 6 code cells\n"
        "\n"
        "○      ingest    cell 1\n"
        "│        → frame\n"
        "●      features  cells 2, 3  after ingest\n"
        "│        frame → X_test, X_train, y_test, y_train\n"
        "├─●    train     cell 4  after features\n"
        "│ │      X_train, y_train → clf\n"
        "│ │      model clf\n"
        "╰─┴─●  evaluate  cell 5  after features, train\n"
        "         X_test, clf, y_test →\n"
        "         metrics accuracy\n"
        "\n"
        "Outside stages: inline: cell 0\n"
    )


def test_a_notebook_without_stages_says_how_to_make_one_and_lists_its_cells() -> None:
    text = render_graph(make_pipeline([Row(binds="x"), Row(reads="x", binds="y")]), "text")

    assert "0 stages, 2 code cells" in text
    assert "%%mlops_stage NAME" in text
    assert text.endswith("cell 0    inline      → x\ncell 1    inline      x → y\n")


def test_a_notebook_without_any_cell_has_a_graph_too() -> None:
    assert "0 stages, 0 code cells" in render_graph(make_pipeline([]), "text")


def test_many_parallel_stages_are_listed_without_a_margin() -> None:
    rows = [Row(stage=f"load{n}", binds=f"x{n}") for n in range(40)]
    rows.append(Row(stage="join", reads=" ".join(f"x{n}" for n in range(40))))

    lines = render_graph(make_pipeline(rows), "text").splitlines()

    assert "●  load0   cell 0" in lines
    assert any("after load0, load1" in line for line in lines)


def test_long_lists_of_names_wrap_beside_the_margin() -> None:
    names = " ".join(f"a_rather_long_name_{n}" for n in range(12))

    text = render_graph(
        make_pipeline([Row(stage="a", binds=names), Row(stage="b", reads=names)]), "text"
    )

    assert max(map(len, text.splitlines())) <= 100
    assert text.count("a_rather_long_name_11") == 2


def test_control_characters_in_a_path_do_not_reach_the_terminal() -> None:
    text = render_graph(make_pipeline([], name="evil\x1b[2J\n.ipynb"), "text")

    assert text.splitlines()[0] == "evil\\x1b[2J\\n.ipynb: 0 stages, 0 code cells"


@given(UPSTREAM)
def test_every_node_has_one_mark_and_meets_exactly_the_lanes_of_its_sources(
    upstream: list[list[int]],
) -> None:
    rails = draw_rails(upstream)

    marks = [
        rail.node.index("●" if sources else "○")
        for rail, sources in zip(rails, upstream, strict=True)
    ]
    for place, (rail, sources) in enumerate(zip(rails, upstream, strict=True)):
        assert sum(rail.node.count(mark) for mark in "○●") == 1
        joints = {column for column, mark in enumerate(rail.node) if mark in "├┤┼╰╯┴"}
        lanes = {marks[source] for source in sources}
        assert joints == lanes - {marks[place]}


@given(UPSTREAM)
def test_a_lane_is_open_below_a_node_until_its_last_reader(upstream: list[list[int]]) -> None:
    rails = draw_rails(upstream)

    for place, rail in enumerate(rails):
        waiting = {source for later in upstream[place + 1 :] for source in later if source <= place}
        assert rail.below.count("│") == len(waiting)
