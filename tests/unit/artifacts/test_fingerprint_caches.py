"""What a function with `lru_cache` remembers is part of it; how often it was called, if asked."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlops_nb.artifacts import fingerprint_caches
from mlops_nb.artifacts.fingerprint import fingerprint
from mlops_nb.artifacts.memory_sharing import sharing

CACHES: dict[str, Callable[..., Any]] = {
    "bounded": functools.lru_cache,
    "unbounded": functools.lru_cache(maxsize=None),
    "of two, by type": functools.lru_cache(maxsize=2, typed=True),
}


@pytest.fixture(params=CACHES)
def cached(request: pytest.FixtureRequest) -> Any:
    @CACHES[request.param]
    def cached(x: Any, **more: Any) -> Any:
        return {"x": [x], **more}

    return cached


def digest(value: Any) -> str:
    found = fingerprint(value)
    assert found.digest is not None, found.obstacle
    return found.digest


def test_a_call_that_was_not_known_changes_a_cached_function(cached: Any) -> None:
    cold = digest(cached)
    cached(1)
    warm = digest(cached)
    cached(1)
    assert digest(cached) == warm != cold
    cached(2, more=3)
    assert digest(cached) not in {cold, warm}
    cached.cache_clear()
    assert digest(cached) == cold


def test_what_was_remembered_counts_by_its_content(cached: Any) -> None:
    found = cached(1)
    before = digest(cached)
    found["x"].append(2)
    assert digest(cached) != before
    assert sharing({"cached": cached, "found": found}) == (("cached", "found"),)


def test_two_cached_functions_share_nothing() -> None:
    first, second = (functools.lru_cache(lambda x, n=n: x + n) for n in (1, 2))
    first(3)
    second(x=3)
    assert sharing({"first": first, "second": second}) == ()


def test_a_cache_of_nothing_is_as_it_was() -> None:
    function = functools.lru_cache(maxsize=0)(lambda x: x)
    before = digest(function)
    function(1)
    assert digest(function) == before


def test_what_a_cached_function_of_a_library_remembers_is_the_librarys() -> None:
    compiled = re._compile if hasattr(re, "_compile") else re.compile
    template: Any = getattr(re, "_compile_template", None) or functools.lru_cache(len)
    before = digest(template), digest(compiled)
    re.sub("a", r"\g<0>b", "a")
    assert (digest(template), digest(compiled)) == before


@pytest.fixture
def counted() -> Iterator[None]:
    fingerprint_caches.count_calls()
    yield
    fingerprint_caches._counts_calls.clear()


@pytest.mark.usefixtures("counted")
def test_calls_count_where_somebody_asks_how_many_there_were(cached: Any) -> None:
    cached(1)
    before = digest(cached)
    cached(1)
    assert digest(cached) != before
