"""What keeps working in a kernel whatever a cell does to it? This file is injected as text.

- A cell that replaces `json.dumps`, or whose output holds half of a surrogate pair, would silence
  the kernel: ipykernel looks `json` up anew for each message and drops those it cannot encode.
- A crash in native code leaves no traceback: it is written to the kernel's terminal, which the
  runner reads, with the line of the cell it happened in.
- A child that is alive when the kernel ends costs 14 seconds: ipykernel asks it to end and waits
  for a zombie that nobody collects, or for a resource tracker (joblib's, multiprocessing's) that
  ends after the kernel only. Children are asked for a second here; the runner ends the rest.
- On a busy machine the kernel's sockets can be gone before its own exit handlers are done with
  them. Python prints that, and it would be taken for what the last cell wrote.

Standard library only, Python 3.9.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import signal
import sys
from typing import Any

# The last is what `streams` is called where it is injected.
_KERNELS_OWN = frozenset({"ipykernel", "zmq", "_mlops_nb_streams"})


class BoundJson:
    """Encodes and decodes messages with what `json` was when the kernel started.

    Parameters
    ----------
    session : jupyter_client.session.Session
        Its own functions are kept for what JSON cannot say.
    """

    def __init__(self, session: Any) -> None:
        from jupyter_client.jsonutil import json_default

        self._theirs = session.pack
        self._is_orjson = session.packer == "orjson"
        self._dense = json.JSONEncoder(default=json_default, ensure_ascii=False, allow_nan=False)
        self._escaped = json.JSONEncoder(default=json_default, allow_nan=False)
        self._decoder = json.JSONDecoder()

    def pack(self, message: Any) -> bytes:
        """Return JSON; half a surrogate pair as the escape that JSON has for it."""
        packed: bytes
        if self._is_orjson:  # faster, and does not look `json` up unless it fails
            with contextlib.suppress(Exception):
                packed = self._theirs(message)
                return packed
        try:
            return self._dense.encode(message).encode("utf-8")
        except UnicodeEncodeError:
            return self._escaped.encode(message).encode("ascii")
        except (TypeError, ValueError):  # what is no JSON: Jupyter cleans it
            packed = self._theirs(message)
            return packed

    def unpack(self, raw: Any) -> Any:
        """Return what `raw` says."""
        return self._decoder.decode(raw if isinstance(raw, str) else bytes(raw).decode("utf-8"))


def install(shell: Any) -> None:
    """Make the kernel of `shell` hold out; what this kernel does not have is left as it is."""
    kernel: Any = getattr(shell, "kernel", None)
    session: Any = getattr(kernel, "session", None)
    if getattr(session, "packer", None) in ("json", "orjson") and not hasattr(session, "_bound"):
        session._bound = bound = BoundJson(session)
        session.pack, session.unpack = bound.pack, bound.unpack
    if hasattr(kernel, "_process_children") and hasattr(kernel, "_signal_children"):
        find = kernel._process_children
        kernel._process_children = lambda: [child for child in find() if _is_waited_for(child)]
        kernel._progressively_terminate_all_children = lambda: _end_children(kernel)
    # ipykernel has put a pipe over the descriptor, whose reader dies in a crash, and kept a copy.
    terminal = getattr(sys.stderr, "_original_stdstream_copy", None)
    with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
        faulthandler.enable(file=2 if terminal is None else terminal)
    if not hasattr(sys.unraisablehook, "_mlops_nb_told"):
        sys.unraisablehook = _leaving_out_own_end(sys.unraisablehook)


def _leaving_out_own_end(told: Any) -> Any:
    """Return a hook that says nothing of sockets which the kernel's own exit handlers found gone,
    and leaves all else to `told`."""

    def tell(unraisable: Any) -> None:
        if not _is_own_end(unraisable.exc_type, unraisable.object):
            told(unraisable)

    tell._mlops_nb_told = told  # type: ignore[attr-defined]
    return tell


def _is_own_end(kind: type, call: Any) -> bool:
    home = str(getattr(call, "__module__", "")).partition(".")[0]
    return home in _KERNELS_OWN and any(one.__name__ == "ZMQError" for one in kind.__mro__)


async def _end_children(kernel: Any) -> None:
    for pause_s in (0.01, 0.04, 0.15, 0.3, 0.5):
        if not kernel._process_children():
            return
        kernel._signal_children(signal.SIGTERM)
        await asyncio.sleep(pause_s)


def _is_waited_for(process: Any) -> bool:
    try:
        is_tracker = any("resource_tracker" in part for part in process.cmdline())
        return not is_tracker and process.status() != "zombie"
    except Exception:  # psutil's, which need not be there: it has ended
        return False
