"""What does a stage leave under its cell? One quiet line, as HTML with a plain-text twin.

What is saved by default is the same from run to run: time as a coarse bucket, metrics at four
significant digits, no ids (``detail="stable"``). Executed copies show exact times (``"full"``).
Inline styles only: sanitizers drop style sheets. Colours come from JupyterLab's variables, with a
fallback that reads on light and dark ground, so a saved or exported line keeps its looks.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_BUCKETS = ((1, "< 1 s"), (10, "< 10 s"), (60, "< 1 min"), (600, "< 10 min"), (3600, "< 1 h"))
_MOST_NAMES = 6
_MOST_METRICS = 8
_DIM = "color:var(--jp-ui-font-color2,#757575)"
_OPEN = (
    '<div style="display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;margin:3px 0;'
    "padding:1px 0 1px 9px;border-left:3px solid {edge};"
    'font:12px/1.6 var(--jp-ui-font-family,system-ui,sans-serif)">'
)
_LINK_TITLE = "the run in MLflow; serve it by: mlops-nb ui"
_EDGES = {"ok": "#2e9d6a", "note": "#b7791f"}


def describe_duration(seconds: float, *, detail: str) -> str:
    """Return `seconds` for a person: a bucket if `detail` is ``"stable"``, else some digits.

    >>> describe_duration(3.21, detail="stable"), describe_duration(3.21, detail="full")
    ('< 10 s', '3.2 s')
    """
    if detail == "stable":
        return next((name for limit, name in _BUCKETS if seconds < limit), "> 1 h")
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def format_metric(value: float) -> str:
    """Return `value` at four significant digits.

    >>> format_metric(0.93456), format_metric(12), format_metric(float("nan"))
    ('0.9346', '12', 'nan')
    """
    if math.isfinite(value) and value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def render_line(
    report: Mapping[str, Any],
    *,
    detail: str,
    namespace: Mapping[str, Any],
    link: str | None = None,
) -> dict[str, str]:
    """Return the line of one stage cell as a MIME bundle.

    Parameters
    ----------
    report : Mapping
        As the session makes it.
    detail : {"stable", "full"}
    namespace : Mapping
        Imported modules, classes and functions are left out of the names shown.
    link : str or None
        Address of the run; shown only if `detail` is ``"full"``.
    """
    bound = [name for name in report["bound"] if not _is_imported(namespace.get(name))]
    metrics = [(key, format_metric(value)) for key, value in report["metrics"].items()]
    metrics += [
        (key, f"{format_metric(values[-1])} after {len(values)} steps")
        for key, values in report["series"].items()
    ]
    model = report["model"]["name"] if report.get("model") else None
    notes = [f"{p['message']} {p['remedy']}" for p in report["problems"]]
    notes += report.get("costs", ())
    time = describe_duration(report["seconds"], detail=detail)
    if report.get("restored"):
        origin, although, what = str(report["restored"]).partition(", although")
        if detail == "full":
            time = f"restored from {origin}, {time} there"
        # A stable line is the same from run to run, whether the cell ran or was restored.
        time += although + what
    run = link if detail == "full" else None
    return {
        "text/plain": _text(report["stage"], time, bound, metrics, model, notes),
        "text/html": _html(report["stage"], time, bound, metrics, model, notes, run),
    }


def is_stage_line(output: Mapping[str, Any]) -> bool:
    """Return whether an output of a notebook is the line of a stage cell."""
    shown = output.get("data", {}).get("text/html", "")
    text = shown if isinstance(shown, str) else "".join(shown)
    return text.startswith(_OPEN.partition("{")[0])


def _is_imported(value: Any) -> bool:
    """Return whether `value` is a module, or a class or function of one."""
    if isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        return getattr(value, "__module__", None) != "__main__"
    return isinstance(value, ModuleType)


def _text(
    stage: str,
    time: str,
    bound: Sequence[str],
    metrics: Sequence[tuple[str, str]],
    model: str | None,
    notes: Sequence[str],
) -> str:
    parts = [f"stage {stage}", time]
    if bound:
        parts.append("binds " + ", ".join(_shorten(bound, _MOST_NAMES)))
    if metrics:
        parts.append(", ".join(_shorten([f"{k} {v}" for k, v in metrics], _MOST_METRICS)))
    if model:
        parts.append(f"model {model}")
    return " · ".join(parts) + "".join(f"\n  {note}" for note in notes)


def _html(
    stage: str,
    time: str,
    bound: Sequence[str],
    metrics: Sequence[tuple[str, str]],
    model: str | None,
    notes: Sequence[str],
    link: str | None,
) -> str:
    parts = [f"<b>{html.escape(stage)}</b>", _dim(time)]
    if bound:
        names = " ".join(f"<code>{html.escape(n)}</code>" for n in bound[:_MOST_NAMES])
        rest = f" and {len(bound) - _MOST_NAMES} more" if len(bound) > _MOST_NAMES else ""
        parts.append(f"<span>{_dim('binds')} {names}{rest}</span>")
    for key, value in metrics[:_MOST_METRICS]:
        number, _, rest = value.partition(" ")
        parts.append(f"<span>{_dim(key)} <b>{html.escape(number)}</b> {_dim(rest)}</span>")
    if len(metrics) > _MOST_METRICS:
        parts.append(_dim(f"and {len(metrics) - _MOST_METRICS} more metrics"))
    if model:
        parts.append(f"<span>{_dim('model')} <code>{html.escape(model)}</code></span>")
    if link:
        parts.append(f'<a href="{html.escape(link)}" target="_blank" title="{_LINK_TITLE}">run</a>')
    parts += [
        f'<span style="flex-basis:100%;color:{_EDGES["note"]}">{html.escape(note)}</span>'
        for note in notes
    ]
    edge = _EDGES["note" if notes else "ok"]
    return _OPEN.format(edge=edge) + "".join(parts) + "</div>"


def _dim(text: str) -> str:
    return f'<span style="{_DIM}">{html.escape(text)}</span>'


def _shorten(items: Sequence[str], most: int) -> list[str]:
    shown = list(items[:most])
    return [*shown, f"and {len(items) - most} more"] if len(items) > most else shown


class PendingClear:
    """Tells whether the last thing a cell displayed was ``clear_output(wait=True)``.

    Such a clear waits for the next output. A stage line printed then would wipe the figure that a
    plain cell keeps, so the session leaves it out.
    """

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self._restore: list[Callable[[], Any]] = []
        self.is_pending = False
        if hasattr(publisher, "register_hook"):
            publisher.register_hook(self._watch)

    def close(self) -> None:
        """Stop watching."""
        self._unwrap()
        if hasattr(self._publisher, "unregister_hook"):
            self._publisher.unregister_hook(self._watch)

    def _watch(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = message.get("msg_type") or message.get("header", {}).get("msg_type")
        if kind == "clear_output" and message.get("content", {}).get("wait"):
            self.is_pending = True
            self._wrap()
        elif kind in ("clear_output", "display_data"):
            self._settle()
        return message

    def _settle(self) -> None:
        self.is_pending = False
        self._unwrap()

    def _wrap(self) -> None:
        """Watch the streams until their first write."""
        if self._restore:
            return
        for stream in (sys.stdout, sys.stderr):
            attributes = getattr(stream, "__dict__", None)
            if attributes is not None:
                attributes["write"] = self._noticing(stream.write)
                self._restore.append(partial(attributes.pop, "write", None))

    def _noticing(self, write: Callable[[str], int]) -> Callable[[str], int]:
        def noticing(text: str) -> int:
            self._settle()
            return write(text)

        return noticing

    def _unwrap(self) -> None:
        while self._restore:
            self._restore.pop()()
