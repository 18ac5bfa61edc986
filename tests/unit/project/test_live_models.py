"""Which models of a live kernel are told as wrong? Those that no later cell of their stage fits."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mlops_nb.errors import InputError
from mlops_nb.project.live_models import LiveModels
from mlops_nb.tracking.live_messages import LeftModel


@pytest.mark.parametrize(
    ("code", "is_early"), [("MNB602", True), ("MNB602", False), ("MNB601", True)]
)
def test_a_model_that_a_later_cell_of_its_stage_may_fit_is_not_told_as_unfitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, is_early: bool
) -> None:
    def refuse(models: LiveModels, model: LeftModel) -> Any:
        raise InputError(code, "stage 't'", "is refused.", "Mend it.")

    monkeypatch.setattr(LiveModels, "_build", refuse)
    told: list[str] = []
    models = LiveModels(cast(Any, SimpleNamespace()), packages=tmp_path, tell=told.append)
    model = LeftModel(
        stage="t",
        folder=tmp_path / "left",
        handover=tmp_path / "left",
        cwd=tmp_path,
        metrics={},
        trusted=(),
        is_early=is_early,
    )
    is_over = threading.Event()
    models.take(model, then=is_over.set)
    assert is_over.wait(60)
    assert bool(told) == (code != "MNB602" or not is_early)
    models.abandon()
