"""How does an error look that came through a wrapped function? As if nothing had been wrapped.

Our frames are taken out of the traceback just before IPython shows it, also out of those of the
errors behind it. Nobody else's frame is touched.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .watch_wrapping import Undo, is_disguised, wrap_function


def hide_own_frames(error: Any) -> None:
    """Take our frames out of the traceback of an error, its causes and its parts, in place."""
    todo, seen = [error], set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        todo += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
        last = one.__traceback__
        while last is not None and last.tb_next is not None:
            code = last.tb_next.tb_frame.f_code
            if is_disguised(code) or code.co_filename.startswith(_OURS):
                last.tb_next = last.tb_next.tb_next
            else:
                last = last.tb_next


def wrap_tracebacks(module: Any) -> Undo:
    """Have IPython, whose `interactiveshell` this is, show errors without our frames."""

    def around(original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        found = original(*given, **options)
        hide_own_frames(found[1])
        return found

    return wrap_function(module.InteractiveShell, "_get_exc_info", around)


_FILE = hide_own_frames.__code__.co_filename
_OURS = os.path.join(os.path.dirname(_FILE), "watch")  # noqa: PTH118, PTH120 - perhaps no path
