"""What a kernel will be like is known before it is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_nb.kernels.launch import KernelLaunch


def test_the_variables_of_a_specification_are_the_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "law",
        "language": "python",
        "env": {"LAW_PLACE": "${LAW_BASE}/data", "LAW_OWN": "spec"},
    }
    folder = tmp_path / "kernels" / "law"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    launch = KernelLaunch("law", cwd=tmp_path, environment={"LAW_BASE": "/b", "LAW_OWN": "run"})
    found = launch.find_environment()
    launch.discard()
    assert (found["LAW_PLACE"], found["LAW_OWN"]) == ("/b/data", "run")
    other = KernelLaunch("none of that name", cwd=tmp_path, environment={"LAW_BASE": "/b"})
    assert other.find_environment()["LAW_BASE"] == "/b"
    other.discard()
