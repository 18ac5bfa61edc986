"""What nobody needs is hidden for as long as it was asked, and only where it helps."""

from __future__ import annotations

import importlib
import sys

import pytest

from mlops_nb.execution import imports
from mlops_nb.notebook.light_import import without_grammar, without_storages


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


def test_libraries_of_storages_are_absent_inside_and_as_before_outside(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", sys)
    for name in ("papermill.iorw", "gcsfs", "pyarrow.fs"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with without_storages():
        assert sys.modules["boto3"] is sys
        for name in ("gcsfs", "pyarrow.fs"):
            with pytest.raises(ImportError):
                importlib.import_module(name)
    assert "gcsfs" not in sys.modules
    assert "pyarrow.fs" not in sys.modules


def test_nothing_is_hidden_where_papermill_has_looked_for_storages(monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill.iorw", sys)
    monkeypatch.delitem(sys.modules, "gcsfs", raising=False)
    with without_storages():
        assert "gcsfs" not in sys.modules


def test_nothing_is_hidden_from_a_run_with_an_address_in_a_storage(monkeypatch):
    def refuse() -> None:
        raise AssertionError

    monkeypatch.setattr(imports, "without_storages", refuse)
    imports.import_lightly(has_address=True)
    with pytest.raises(AssertionError):
        imports.import_lightly(has_address=False)
