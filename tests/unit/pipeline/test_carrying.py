"""Writing what a cell declares is the inverse of reading it, whichever carrier writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.carrying import CARRIERS, Carrier, carry, has_directive, to_stage_name
from mlops_nb.pipeline.cells import Cell, CellId, StageName
from mlops_nb.pipeline.directives import read_directive
from mlops_nb.pipeline.option_values import STAGE_NAME

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "metrics": st.just(("accuracy", "f1")),
        "needs": st.just(("load",)),
        "model": st.just("clf"),
        "timeout": st.sampled_from([90.0, 0.25]),
        "eval": st.just(("X", "y")),
    },
)
SOURCES = st.sampled_from(
    ["x = 1", "", "# note\nx = 1", "%%time\nx = 1", "# mlops: stage old --model m\nx = 1", "\n\nx"]
)


def cell(source: str, *tags: str, **metadata: object) -> Cell:
    return Cell(
        index=0,
        id=CellId("c"),
        type="code",
        source=source,
        tags=tags,
        metadata=metadata,
        code=transform_source(source),
    )


def changed(before: Cell, stage: str | None, options: object, carrier: Carrier) -> Cell:
    name = None if stage is None else StageName(stage)
    change = carry(before, name, options, carrier=carrier)  # type: ignore[arg-type]  # of hypothesis
    return replace(before, source=change.source, tags=change.tags, metadata=change.metadata)


@given(source=SOURCES, options=OPTIONS, carrier=st.sampled_from(CARRIERS))
def test_what_is_written_is_read_back(source, options, carrier):
    before = cell(source, "stage:old", "hide", stage="old", metrics=["a"], status="completed")
    after = changed(before, "train", options, carrier)
    directive, findings = read_directive(after)
    assert findings == []
    assert (directive.stage, directive.options) == ("train", options)
    assert after.metadata["status"] == "completed"
    assert "hide" in after.tags
    assert changed(after, "train", options, carrier) == after
    bare = changed(after, None, {}, carrier)
    assert read_directive(bare) == (None, [])
    assert not has_directive(bare)


def test_a_cell_magic_stays_the_first_line_of_its_cell():
    after = changed(cell("%%time\nx = 1"), "train", {}, "comment")
    assert (after.source, after.tags) == ("%%time\nx = 1", ("stage:train",))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Load data", "load_data"),
        ("3.1  The Größe", "the_gr_e"),
        ("2024", "stage"),
        ("", "stage"),
        ("3D plots", "stage_3d_plots"),
        ("x" * 99, "x" * 40),
        ("one " * 30, "one_one_one_one_one_one_one_one_one_one"),
    ],
)
def test_any_text_has_a_name(text, name):
    assert to_stage_name(text) == name


@given(st.text())
def test_a_name_is_always_one_a_stage_may_have(text):
    assert STAGE_NAME.fullmatch(to_stage_name(text))
