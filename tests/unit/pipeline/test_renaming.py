"""A stage gets another name wherever it is said, and nothing else changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.renaming import rename_stage
from mlops_nb.pipeline.stages import Pipeline


@dataclass(frozen=True)
class Case:
    """A cell that says `train` somewhere, and what it says then."""

    source: str
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    renamed: str | None = None
    new_tags: tuple[str, ...] | None = None
    new_metadata: dict[str, Any] | None = None


CASES = {
    "magic": Case("%%mlops_stage train\nx = 1", renamed="%%mlops_stage fit-2\nx = 1"),
    "magic below comments": Case(
        "# about train\n\n%%mlops_stage   train  --timeout 5m\ntrain = 1",
        renamed="# about train\n\n%%mlops_stage   fit-2  --timeout 5m\ntrain = 1",
    ),
    "comment": Case("# mlops: stage train\ntrain = 1", renamed="# mlops: stage fit-2\ntrain = 1"),
    "tag": Case("x = 1", tags=("a", "stage:train"), new_tags=("a", "stage:fit-2")),
    "metadata": Case(
        "x = 1",
        metadata={"stage": "train", "metrics": ["x"]},
        new_metadata={"stage": "fit-2", "metrics": ["x"]},
    ),
    "two carriers": Case(
        "# mlops: stage train\nx = 1",
        tags=("stage:train",),
        renamed="# mlops: stage fit-2\nx = 1",
        new_tags=("stage:fit-2",),
    ),
    "needed by a magic": Case(
        "%%mlops_stage other --needs load train\ny = 1",
        renamed="%%mlops_stage other --needs load fit-2\ny = 1",
    ),
    "needed by metadata": Case(
        "y = 1",
        metadata={"stage": "other", "needs": ["train", "load"]},
        new_metadata={"stage": "other", "needs": ["fit-2", "load"]},
    ),
    "another stage": Case("# mlops: stage train_more\ntrain = 1"),
    "a text": Case("print('# mlops: stage train')", tags=("train",), metadata={"model": "train"}),
}


def _pipeline(*cells: tuple[str, tuple[str, ...], dict[str, Any]]) -> Pipeline:
    made = [
        Cell(
            index=index,
            id=CellId(f"c{index}"),
            type="code",
            source=source,
            tags=tags,
            metadata=metadata,
            code=transform_source(source),
        )
        for index, (source, tags, metadata) in enumerate(cells)
    ]
    return build_pipeline(made, name="nb.ipynb", star_names=lambda module: None)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_cell_says_the_new_name_where_it_said_the_old_one(case: Case) -> None:
    pipeline = _pipeline(
        ("# mlops: stage load\na = 1", (), {}),
        ("# mlops: stage train\nb = 1", (), {}),
        (case.source, case.tags, case.metadata),
    )
    changes = {change.cell: change for change in rename_stage(pipeline, "train", "fit-2")}
    change = changes.get(2)
    said = (None,) * 3 if change is None else (change.source, change.tags, change.metadata)
    assert said == (case.renamed, case.new_tags, case.new_metadata)
    assert set(changes) <= {1, 2}


def test_a_name_goes_over_to_its_other_spelling() -> None:
    pipeline = _pipeline(("# mlops: stage fit_it\na = 1", (), {}))
    [change] = rename_stage(pipeline, "fit_it", "fit-it")
    assert change.source == "# mlops: stage fit-it\na = 1"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("trian", "fit", "MNB835"),
        ("train", "load", "MNB836"),
        ("train", "lo-ad", "MNB836"),
        ("train", "1st", "MNB210"),
        ("train", "two words", "MNB210"),
        ("train", "", "MNB210"),
        ("train", "--needs", "MNB210"),
        ("train", "fit --no-cache", "MNB210"),
    ],
)
def test_a_name_that_cannot_be_is_refused(old: str, new: str, code: str) -> None:
    pipeline = _pipeline(
        ("# mlops: stage load\na = 1", (), {}),
        ("# mlops: stage lo_ad\na = 1", (), {}),
        ("# mlops: stage train\nb = 1", (), {}),
    )
    with pytest.raises(InputError) as caught:
        rename_stage(pipeline, old, new)
    assert caught.value.code == code
