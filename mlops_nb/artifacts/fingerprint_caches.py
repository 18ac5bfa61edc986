"""What does a function with `functools.lru_cache` remember?

Who calls it next gets what was made then, from files that were read then, and its code does not
run. So a call that it did not know changes the function, and what it remembers is read as Python's
garbage collector sees it: arguments and results, by the time of their last use.

How often it was called shows in ``cache_info()`` alone. Counted, each call would change it, and
cells that only look something up could not be restored; so it counts where a notebook or a module
beside it says so (`count_calls`).

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_node import Node, Visit
from .fingerprint_origin import is_library

Remembering = type(lru_cache(lambda: None))
ASKING = "cache_info"
_FRAME = ("__wrapped__", "cache_parameters")
_counts_calls: list[bool] = []


def count_calls() -> None:
    """Let calls count from now on: some code asks how many there were."""
    if not _counts_calls:
        _counts_calls.append(True)


def read_lru_cache(wrapper: Any, visit: Visit) -> Node | bytes:
    """Read a functools.lru_cache wrapper: the function and, unless it is a library's, what it
    remembers."""
    is_foreign = is_library(wrapper.__module__)
    hits, misses, *limits = wrapper.cache_info()
    size = limits.pop() if limits else 0
    if hasattr(wrapper, "cache_parameters"):
        limits.append(wrapper.cache_parameters()["typed"])
    if not is_foreign:
        limits += [size, hits, misses] if _counts_calls else [size]
    attributes = {name: one for name, one in vars(wrapper).items() if name not in _FRAME}
    places = (".__wrapped__", *(f".{name}" for name in attributes))
    remembered = [] if is_foreign else list(_remembered(wrapper))
    return Node(
        b"lru cache",
        [encode_text(repr((limits, list(attributes))))],
        [wrapper.__wrapped__, *attributes.values(), *remembered],
        label=lambda at: places[at] if at < len(places) else "",
    )


def _remembered(wrapper: Any) -> Iterator[Any]:
    """Yield arguments and results."""
    is_bounded = wrapper.cache_info().maxsize is not None
    for one in gc.get_referents(wrapper):
        if one is wrapper.__wrapped__ or one is vars(wrapper):
            continue
        if isinstance(one, type) and one.__module__ == "functools":
            continue
        if type(one) is object:  # what stands between arguments and those given by name
            continue
        if type(one) is dict and is_bounded and all(map(_is_link, one.values())):
            continue
        if type(one) is dict and not is_bounded:
            yield from chain.from_iterable(one.items())
        else:
            yield one


def _is_link(one: Any) -> bool:
    """Return whether this leads from arguments to where they and their result are kept."""
    return type(one).__name__ == "_lru_list_elem"
