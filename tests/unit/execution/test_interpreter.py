"""What the kernel's interpreter would load is asked once per run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlops_nb.execution.interpreter import Interpreter
from mlops_nb.kernels import watch_packages
from mlops_nb.kernels.watch_packages import distribution_version
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.pipeline.incremental.facts import Fact, FactKind


def test_a_package_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def look_up(name: str) -> str | None:
        asked.append(name)
        return distribution_version(name)

    monkeypatch.setattr(watch_packages, "distribution_version", look_up)
    interpreter = Interpreter(sys.executable, rules=PathRules(str(tmp_path)))
    facts = [Fact(FactKind.PACKAGE, name) for name in ("pytest", "python", "no-such-package")]
    first = [interpreter.look(fact) for fact in facts]
    assert first == [distribution_version(fact.key) for fact in facts]
    assert [interpreter.look(fact) for fact in facts] == first
    assert asked == ["pytest", "python", "no-such-package"]


def test_a_module_is_looked_up_each_time(tmp_path: Path) -> None:
    interpreter = Interpreter(sys.executable, rules=PathRules(str(tmp_path)))
    fact = Fact(FactKind.MODULE, "helper.py")
    assert interpreter.look(fact) is None
    (tmp_path / "helper.py").write_text("x = 1")
    assert interpreter.look(fact) is not None
