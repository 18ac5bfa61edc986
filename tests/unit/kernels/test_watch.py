"""One object tells all that a cell did beside binding names, in words of the incremental core."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.pipeline.incremental.facts import parse_fact

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODE", "fast")
    made = Watch(str(tmp_path), b"key")
    yield made
    made.close()


@pytest.fixture
def run(watch: Watch) -> Run:
    def run(source: str) -> dict[str, Any]:
        space: dict[str, Any] = {"__name__": "__main__"}
        watch.start()
        try:
            exec(compile(source, "<cell>", "exec"), space)
        finally:
            seen = watch.stop()
        return seen

    return run


def test_what_is_told_is_json_and_its_facts_are_those_of_the_core(run: Run) -> None:
    seen = run(
        "import os, pathlib; pathlib.Path('a').write_text(os.environ['MODE']);"
        "os.environ['MODE'] = 'slow'"
    )
    assert json.loads(json.dumps(seen)) == seen
    facts = {parse_fact(fact).kind.value for fact in {**seen["reads"], **seen["writes"]}}
    assert {"file", "environment"} <= facts
    assert seen["effects"].keys() <= seen["writes"].keys()


def test_what_a_cell_set_is_brought_back(run: Run, watch: Watch) -> None:
    seen = run("import os; os.environ['MODE'] = 'slow'")
    os.environ["MODE"] = "fast"
    assert watch.digests(seen["writes"]) != seen["writes"]
    assert watch.restore(seen["effects"]) == []
    assert watch.digests(seen["writes"]) == seen["writes"]


def test_files_are_told_for_the_store_to_bring_back(run: Run, watch: Watch, tmp_path: Path) -> None:
    seen = run("import pathlib; pathlib.Path('out.txt').write_text('x')")
    assert seen["effects"] == {"file:out.txt": {"path": str(tmp_path / "out.txt")}}
    assert watch.restore(seen["effects"]) == ["file:out.txt"]


def test_a_watch_that_was_closed_leaves_nothing_wrapped(tmp_path: Path) -> None:
    before = (os.stat, type(os.environ).__getitem__)
    made = Watch(str(tmp_path), b"key")
    assert os.stat is not before[0]
    made.close()
    assert (os.stat, type(os.environ).__getitem__) == before
