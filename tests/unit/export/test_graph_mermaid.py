from __future__ import annotations

from hand_made import QUICKSTART, Row, make_pipeline

from mlops_nb.export.graph import render_graph


def test_stages_are_nodes_and_names_label_the_edges() -> None:
    assert render_graph(QUICKSTART, "mermaid") == (
        "flowchart LR\n"
        '    s0["ingest<br/><small>cell 1</small>"]\n'
        '    s1["features<br/><small>cells 2, 3</small>"]\n'
        '    s2["train<br/><small>cell 4</small>"]\n'
        '    s3["evaluate<br/><small>cell 5</small>"]\n'
        '    s0 -->|"frame"| s1\n'
        '    s1 -->|"X_train, y_train"| s2\n'
        '    s1 -->|"X_test, y_test"| s3\n'
        '    s2 -->|"clf"| s3\n'
    )


def test_words_of_mermaid_may_be_names_of_stages() -> None:
    text = render_graph(
        make_pipeline([Row(stage="end", binds="x"), Row(stage="subgraph", reads="x")]), "mermaid"
    )

    assert 's0["end<br/>' in text
    assert 's0 -->|"x"| s1' in text


def test_quotes_and_brackets_in_a_name_are_written_as_codes() -> None:
    text = render_graph(make_pipeline([Row(stage='a"]<script>')]), "mermaid")

    assert "<script>" not in text
    assert "a#34;#93;#60;script#62;" in text


def test_an_edge_without_a_name_is_dotted() -> None:
    pipeline = make_pipeline([Row(stage="a"), Row(stage="b", needs="a")])

    assert "    s0 -.-> s1\n" in render_graph(pipeline, "mermaid")


def test_a_notebook_without_stages_is_still_a_flowchart() -> None:
    assert render_graph(make_pipeline([]), "mermaid") == (
        'flowchart LR\n    none["no stage is tagged"]\n'
    )
