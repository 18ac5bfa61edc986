"""The panel's desk in the process of a test, for tests of those who ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_nb.errors import MlopsNbError
from mlops_nb.widgets.desk import Desk
from mlops_nb.widgets.desk_process import answer


class NearDesk:
    """The desk's own answers, without its process."""

    def __init__(self, folder: Path, reference: str, *, to: str, gates: tuple[str, ...]) -> None:
        self._desk = Desk(folder=folder, reference=reference, to=to, gates=gates)

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        told = answer(self._desk, {"do": do, **words})
        if "error" in told:
            raise MlopsNbError(*told["error"]["args"])
        found: dict[str, Any] = told.get("view") or told["moved"]
        return found
