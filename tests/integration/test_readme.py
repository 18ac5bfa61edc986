"""What the README shows works as it stands."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from mlops_nb.cli import cli
from mlops_nb.project import Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ").partition("  #")[0]
    for block in re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ mlops-nb ")
]


def test_the_ten_line_example_becomes_a_registered_model(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len([line for line in example.splitlines() if line]) <= 10
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(example.strip().split("\n\n"))
    ]
    notebook = tmp_path / "iris.ipynb"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    node = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(node), encoding="utf-8")

    record = Project.find(notebook).run(notebook, register="iris")

    assert record.status == "completed"
    assert set(record.metrics) == {"accuracy"}
    assert record.model is not None
    assert (record.model.name, record.model.version) == ("iris", 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_is_one_the_command_line_takes(command: str) -> None:
    name, *arguments = shlex.split(command)[1:]
    chosen = cli.get_command(click.Context(cli), name)
    assert chosen is not None

    while isinstance(chosen, click.Group):
        with chosen.make_context(name, list(arguments)) as context:
            _, chosen, arguments = chosen.resolve_command(context, arguments)
        assert chosen is not None
    chosen.make_context(name, list(arguments))


def test_every_file_linked_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert links
    for link in links:
        assert link.startswith("https://") or (ROOT / link).is_file(), link
