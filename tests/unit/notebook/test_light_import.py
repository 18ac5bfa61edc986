"""The grammar that nobody needs is hidden for as long as it was asked, and only where it helps."""

from __future__ import annotations

import importlib
import sys

import pytest

from mlops_nb.notebook.light_import import without_grammar


def test_the_grammar_is_absent_inside_and_as_before_outside(monkeypatch):
    for name in ("jsonschema", "rfc3987_syntax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with without_grammar(), pytest.raises(ImportError):
        importlib.import_module("rfc3987_syntax")
    assert "rfc3987_syntax" not in sys.modules


def test_what_somebody_has_loaded_stays(monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", sys)
    with without_grammar():
        assert sys.modules["rfc3987_syntax"] is sys
    assert sys.modules["rfc3987_syntax"] is sys
