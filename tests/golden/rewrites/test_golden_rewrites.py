"""What `migrate` and `tag --suggest` make of a notebook is as reviewed, every byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlops_nb.cli.migrate import migrate
from mlops_nb.cli.tag import tag
from mlops_nb.export.graph import render_graph
from mlops_nb.project import read_pipeline

COMMANDS = {
    "kale": (migrate, ()),
    "papermill": (migrate, ()),
    "sections": (tag, ("--suggest", "--yes")),
    "plain": (tag, ("--suggest", "--yes", "--carrier", "comment")),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_rewritten_notebook_is_as_reviewed(
    case: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(__file__).parent / case
    (tmp_path / "input.ipynb").write_bytes((folder / "input.ipynb").read_bytes())
    monkeypatch.chdir(tmp_path)
    command, words = COMMANDS[case]
    target = ["output.ipynb"] if command is migrate else ["-o", "output.ipynb"]

    result = CliRunner().invoke(command, ["input.ipynb", *words, *target])

    assert result.exception is None or isinstance(result.exception, SystemExit)
    pipeline = replace(read_pipeline("output.ipynb"), name="output.ipynb")
    made = {
        "output.ipynb": (tmp_path / "output.ipynb").read_text(encoding="utf-8"),
        "told.txt": result.stdout,
        "graph.txt": render_graph(pipeline, "text"),
    }
    assert [d for d in pipeline.diagnostics if d.severity == "error"] == []
    for name, text in made.items():
        if request.config.getoption("--rewrite-golden", default=False):
            (folder / name).write_text(text, encoding="utf-8")
        assert text == (folder / name).read_text(encoding="utf-8")
