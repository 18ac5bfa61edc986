"""Models that killed runs left behind do not pile up."""

import subprocess
import sys
from pathlib import Path

from mlops_nb.project.handovers import open_handover

_OPEN = "import sys, pathlib; from mlops_nb.project.handovers import open_handover; "


def test_the_folder_of_a_vanished_run_is_removed_and_no_other(tmp_path: Path) -> None:
    place = tmp_path / "handover"
    code = _OPEN + f"open_handover(pathlib.Path({str(place / 'gone')!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)
    open_handover(place / "living")
    (place / "unknown").mkdir()
    open_handover(place / "mine")
    assert sorted(entry.name for entry in place.iterdir()) == ["living", "mine", "unknown"]
