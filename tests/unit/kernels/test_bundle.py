"""What is injected: complete, without a foreign import, readable by an old Python."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterator

import pytest

from mlops_nb.kernels import session
from mlops_nb.kernels.bundle import PACKAGE, module_sources, session_source

ALLOWED = {"IPython", "comm", "ipykernel", "cloudpickle"}
SOURCES = {name: text for name, text in module_sources(watches=True).items() if text}


@pytest.mark.parametrize("name", SOURCES)
def test_an_injected_module_imports_the_standard_library_ipython_and_its_own_only(
    name: str,
) -> None:
    tree = ast.parse(SOURCES[name], feature_version=(3, 9))
    home = name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            foreign = {str(node.module).partition(".")[0]}
        elif isinstance(node, ast.ImportFrom):
            base = home if node.level == 1 else PACKAGE
            assert f"{base}.{node.module}" in SOURCES
            continue
        else:
            continue
        assert foreign <= ALLOWED | set(sys.stdlib_module_names)


def test_a_kernel_that_is_not_watched_gets_no_more_than_it_needs() -> None:
    few = {name for name, text in module_sources(watches=False).items() if text}
    assert few < set(SOURCES)
    assert f"{PACKAGE}.kernels.cell_watch" in set(SOURCES) - few


@pytest.fixture
def no_session() -> Iterator[None]:
    before = {name: module for name, module in sys.modules.items() if PACKAGE in name}
    finders = list(sys.meta_path)
    for name in before:
        del sys.modules[name]
    yield
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if PACKAGE in name]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("is_installed", [True, False])
def test_the_text_makes_the_package_and_binds_nothing(
    is_installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "0")
    namespace: dict[str, object] = {}
    exec(session_source(), namespace)
    namespace.pop("__builtins__")
    assert namespace == {}
    package = sys.modules[PACKAGE]
    assert package.current is None  # type: ignore[attr-defined]
    assert package.session.MODULE == session.MODULE  # type: ignore[attr-defined]
    assert (package.session is session) == is_installed  # type: ignore[attr-defined]
    exec(session_source(), {})
    assert sys.modules[PACKAGE] is package


@pytest.mark.usefixtures("no_session")
def test_without_sources_the_text_leaves_a_kernel_that_needs_them_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0")
    exec(session_source(has_sources=False), {})
    assert not [name for name in sys.modules if PACKAGE in name]
    monkeypatch.undo()
    exec(session_source(has_sources=False), {})
    assert sys.modules[PACKAGE].session is session  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_session")
def test_what_was_sent_has_its_source_for_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    import linecache

    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0")
    exec(session_source(), {})
    sent = sys.modules[f"{PACKAGE}.kernels.session"]
    place = str(sent.__file__)
    assert linecache.getlines(place, vars(sent))[0].startswith('"""How does a stage cell run')
