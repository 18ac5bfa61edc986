"""Parameters cells that do not do what people think, and tags that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits import habit_diagnostics
from mlops_nb.pipeline.habits.foreign_tags import kale_tag_meant
from mlops_nb.pipeline.habits.tags import meant_tag
from notebooks import pipeline_of

P = ("parameters",)


def found(*sources: str, tags: dict[int, tuple[str, ...]]) -> list[Diagnostic]:
    return habit_diagnostics(pipeline_of(*sources, tags=tags), counts={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    sources: tuple[str, ...]
    tags: dict[int, tuple[str, ...]] = field(default_factory=lambda: {0: P})
    codes: tuple[str, ...] = ()


CASES = {
    "does: a condition": Case(sources=("n = 1\nif n:\n    m = 2",), codes=("MNB252",)),
    "does: prints": Case(sources=("n = 1\nprint(n)",), codes=("MNB252",)),
    "does: adds": Case(sources=("n = 1\nn += 1",), codes=("MNB252",)),
    "does: only sets": Case(sources=("'''Sizes.'''\nn = 1\nm: int = 2\nk: str",)),
    "does: imports for its annotations": Case(
        sources=("from typing import List\nn: List[int] = [1]",)
    ),
    "does: a magic": Case(sources=("%matplotlib inline\nn = 1",)),
    "does: below": Case(sources=("n = 1", "if n:\n    print(n)")),
    "second: other names": Case(sources=("n = 1", "m = 2"), tags={0: P, 1: P}, codes=("MNB253",)),
    "second: the same name": Case(sources=("n = 1", "n = 2"), tags={0: P, 1: P}, codes=("MNB253",)),
    "second: empty": Case(sources=("n = 1", "# none"), tags={0: P, 1: P}, codes=("MNB253",)),
    "second: an injected one": Case(
        sources=("n = 1", "n = 2"), tags={0: P, 1: ("injected-parameters",)}
    ),
    "second: skipped": Case(sources=("n = 1", "m = 2"), tags={0: P, 1: (*P, "skip")}),
    "second: only one": Case(sources=("import os", "n = 2"), tags={1: P}),
    "above: a value": Case(
        sources=("n = 9", "half = n / 2", "n = 1"), tags={2: P}, codes=("MNB254",)
    ),
    "above: through a function": Case(
        sources=("n = 9\ndef f():\n    return n", "half = f()", "n = 1"),
        tags={2: P},
        codes=("MNB254",),
    ),
    "above: in a condition": Case(
        sources=("n = 9", "if n:\n    print(1)", "n = 1"), tags={2: P}, codes=("MNB254",)
    ),
    "above: imports and definitions": Case(
        sources=("import os\ndef f():\n    return n", "n = 1", "f()"), tags={1: P}
    ),
    "above: other names": Case(sources=("m = 9", "half = m / 2", "n = 1"), tags={2: P}),
    "above: only bound": Case(sources=("n = 9", "n = 1"), tags={1: P}),
    "computed: of a parameter": Case(
        sources=("root = 'a'\npath = root + '/b'",), codes=("MNB238",)
    ),
    "tag: another case": Case(sources=("n = 1",), tags={0: ("Parameters",)}, codes=("MNB251",)),
    "tag: another word": Case(sources=("n = 1",), tags={0: ("params",)}, codes=("MNB251",)),
    "tag: a stage": Case(sources=("n = 1",), tags={0: ("stage-train",)}, codes=("MNB251",)),
    "tag: besides the right one": Case(sources=("n = 1",), tags={0: ("parameter", *P)}),
    "tag: of others": Case(
        sources=("n = 1",), tags={0: ("hide-input", "nbval-skip", "skip-execution", "imports")}
    ),
    "tag: right": Case(sources=("n = f()",), tags={0: ("stage:a", "raises-exception")}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_found_where_it_is_and_only_there(case: Case) -> None:
    codes = sorted(d.code for d in found(*case.sources, tags=case.tags) if d.severity != "info")
    assert tuple(codes) == case.codes


def test_a_default_that_reads_no_parameter_is_an_info() -> None:
    (diagnostic,) = found("n = 2 * 3", tags={0: P})
    assert (diagnostic.code, diagnostic.severity) == ("MNB238", "info")


def test_what_a_second_parameters_cell_does_is_said() -> None:
    (again,) = found("n = 1", "n = 2", tags={0: P, 1: P})
    (other,) = found("n = 1", "m = 2", tags={0: P, 1: P})
    assert "it binds 'n' again, whatever '-p n' gives" in again.message
    assert "'m' is no parameter, and '-p m' is refused" in other.message


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("parameters", ""),
        ("PARAMETERS", "parameters"),
        ("parameters ", "parameters"),
        ("parameterz", "parameters"),
        ("injected-parameters", ""),
        ("pipeline-parameters", ""),
        ("set_up", "setup"),
        ("Setup", "setup"),
        ("step", ""),
        ("Skip", "skip"),
        ("ship", ""),
        ("raises_exception", "raises-exception"),
        ("raise-exceptions", "raises-exception"),
        ("stage_load_data", "stage:load_data"),
        ("stage 2", ""),
        ("staging", ""),
        ("backstage", ""),
        ("hide_input", ""),
    ],
)
def test_the_tag_that_was_meant_is_told_from_a_tag_of_others(tag: str, meant: str) -> None:
    assert meant_tag(tag) == meant


@pytest.mark.parametrize("tag", ["stage: train", "Stage:train", "stage = train", "STAGE:train "])
def test_a_tag_that_is_nearly_a_stage_is_told_with_its_name(tag: str) -> None:
    (diagnostic,) = pipeline_of("n = f()", tags={0: (tag,)}).diagnostics[:1]
    assert (diagnostic.severity, diagnostic.remedy) == ("error", "Write the tag as stage:train.")


KALE = {
    "one for all": ({0: ("block:load",), 1: ("block:train", "prev:load")}, [0]),
    "the words alone": ({0: ("pipeline-parameters",), 1: ("pipeline-metrics",)}, [0]),
    "words of anybody": ({0: ("imports",), 1: ("functions", "limit:2")}, []),
    "with a stage of ours": ({0: ("step:load", "stage:load"), 1: ("prev:load", "skip")}, []),
    "a slip": ({0: ("blocks:load",), 1: ("step:train",)}, [0, 1]),
    "a cell that only waits": ({0: ("step:load",), 1: ("prev:load",)}, [0, 1]),
}


@pytest.mark.parametrize(("tags", "cells"), KALE.values(), ids=KALE)
def test_tags_of_kale_are_told_with_the_command_that_turns_them_into_stages(tags, cells) -> None:
    diagnostics = [d for d in found("n = 1", "m = 2", tags=tags) if d.code == "MNB257"]
    assert sorted(d.cell for d in diagnostics) == cells
    assert all("mlops-nb migrate" in d.remedy for d in diagnostics)


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("blocks:load", "block:load"),
        ("Step: load", "step:load"),
        ("setp:load", "step:load"),
        ("previ:load", "prev:load"),
        ("pipeline_parameters", "pipeline-parameters"),
        ("Pipeline Metric", "pipeline-metrics"),
        ("step:load", ""),
        ("stop:load", ""),
        ("pre:load", ""),
        ("step-by-step", ""),
        ("steps:", ""),
        ("pipeline", ""),
    ],
)
def test_a_slip_in_a_tag_of_kale_is_told_from_a_tag_of_others(tag: str, meant: str) -> None:
    assert kale_tag_meant(tag) == meant
