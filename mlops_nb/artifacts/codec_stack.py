"""How deep may a value be nested? As deep as Python's own limit says, and never beyond the stack.

Pickle recurses in C. Where a notebook raised the recursion limit, a deep value would overflow the
stack and end the kernel before that limit is met; so such a value is pickled on a stack that is
large enough for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from .blob_faults import NotStorableError

# What 8 MB, the usual stack, was measured to hold (40,000), halved.
_LEVELS_OF_A_USUAL_STACK = 20_000
_LEVELS_AT_MOST = 1_000_000
_BYTES_PER_LEVEL = 1024


def call_with_room(function: Callable[[], Any]) -> Any:
    """Return what `function` returns, called where it may recurse up to Python's limit.

    Raises
    ------
    NotStorableError
        If there is no room for such a stack.
    BaseException
        What `function` raises.
    """
    limit = sys.getrecursionlimit()
    if limit <= _LEVELS_OF_A_USUAL_STACK:
        return function()
    if limit > _LEVELS_AT_MOST:
        raise NotStorableError(
            f"With a recursion limit of {limit} it could overflow the stack while it is pickled.",
            f"Set sys.setrecursionlimit to at most {_LEVELS_AT_MOST}.",
        )
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append((True, function()))
        except BaseException as error:  # raised again in the caller's thread
            outcome.append((False, error))

    before = threading.stack_size(limit * _BYTES_PER_LEVEL)
    try:
        thread = threading.Thread(target=work, name="mlops_nb pickle")
        thread.start()
    except RuntimeError as error:
        raise NotStorableError("There is no room for the stack that it needs.") from error
    finally:
        threading.stack_size(before)
    thread.join()
    succeeded, found = outcome[0]
    if not succeeded:
        raise found
    return found
