"""Which settings are there, how is a value of each read, and what holds if nobody says?

One table; a word that is not in it is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from mlops_nb.pipeline.gates.declared import parse_gate_table
from mlops_nb.pipeline.option_values import parse_duration, parse_size
from mlops_nb.project.check_settings import CheckSettings, parse_check_table
from mlops_nb.registry.promotion.rules import PromotionRules, parse_promotion_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table: its name, how a value is read, its default, a line of help.

    Where `adds_up`, no layer wins: what every layer says is taken together. `from_origin` tells
    values where they were said.
    """

    name: str
    parse: Callable[[Any], Any]
    default: Any
    help: str
    adds_up: bool = False
    from_origin: Callable[[Any, str], Any] = lambda value, origin: value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a duration such as '10m', or seconds")
    try:
        seconds = float(parse_duration(str(value)))
    except ValueError:
        raise ValueError("a duration such as '10m', or seconds") from None
    return seconds


def _size(value: Any) -> int | None:
    """Return bytes; None for "off"."""
    if value == "off":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return parse_size(str(value))
    except ValueError:
        raise ValueError("a size such as '20MB', bytes, or 'off'") from None


def _limit(value: Any) -> int | None:
    """Return bytes; None for "auto"."""
    if value == "auto":
        return None
    try:
        return _size(value if value != "off" else "")
    except ValueError:
        raise ValueError("a size such as '5GB', bytes, or 'auto'") from None


def _cache(value: Any) -> str:
    if value not in ("stages", "all", "off"):
        raise ValueError("'stages', 'all' or 'off'")
    return str(value)


def _role(value: Any) -> str:
    if value not in ("read", "readwrite"):
        raise ValueError("'read' or 'readwrite'")
    return str(value)


def _stage_line(value: Any) -> str:
    if value not in ("stable", "full", "off"):
        raise ValueError("'stable', 'full' or 'off'")
    return str(value)


def _sanitize(value: Any) -> bool | str:
    if not isinstance(value, bool) and value != "auto":
        raise ValueError("true, false or 'auto'")
    return cast("bool | str", value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts")
    return tuple(value)


TABLE: tuple[Setting, ...] = (
    Setting(
        name="tracking_uri",
        parse=_text,
        default=None,
        help="MLflow server or store; the embedded store in .mlops_nb/record if not set",
    ),
    Setting(
        name="experiment",
        parse=_text,
        default=None,
        help="MLflow experiment; project folder and notebook path if not set",
    ),
    Setting(
        name="register", parse=_text, default=None, help="registered model a run adds a version to"
    ),
    Setting(
        name="kernel",
        parse=_text,
        default=None,
        help="kernel to run with; the notebook's own if not set",
    ),
    Setting(name="timeout", parse=_seconds, default=None, help="time limit of a run, such as '2h'"),
    Setting(name="track", parse=_truth, default=True, help="whether runs are written to MLflow"),
    Setting(
        name="stage_line",
        parse=_stage_line,
        default="stable",
        help="line under a stage in JupyterLab: 'stable' saves the same text each run, "
        "'full' adds exact time and run, 'off' shows none",
    ),
    Setting(
        name="output_limit",
        parse=_size,
        default=100_000_000,
        help="bytes that an executed notebook keeps of a cell's outputs, such as '20MB', or 'off'; "
        "what goes beyond is left in a text file beside it",
    ),
    Setting(
        name="sanitize_html",
        parse=_sanitize,
        default="auto",
        help="whether a run's page leaves out the notebook's scripts, frames and style sheets; "
        "'auto' does in CI",
    ),
    Setting(
        name="trusted_types",
        parse=_texts,
        default=(),
        help="types of your own that scikit-learn models may hold when stored by skops",
    ),
    Setting(
        name="secrets",
        parse=_texts,
        default=(),
        help="environment variables whose values are masked in all that a run writes",
        adds_up=True,
    ),
    Setting(
        name="gates",
        parse=parse_gate_table,
        default=(),
        help="gates of registered models: a list, or a table of lists by model's name ('*': any)",
        adds_up=True,
        from_origin=lambda gates, origin: tuple(gate.said_in(origin) for gate in gates),
    ),
    Setting(
        name="cache",
        parse=_cache,
        default="stages",
        help="what a run restores when nothing it depends on changed: 'stages', 'all' cells, or "
        "'off', which keeps nothing either",
    ),
    Setting(
        name="cache_limit",
        parse=_limit,
        default=None,
        help="how much room kept results may take, such as '5GB'; 'auto' is 10 GB or a tenth of "
        "the free disk, whichever is less",
    ),
    Setting(
        name="shared_cache",
        parse=_text,
        default=None,
        help="URL of a store of results that a team shares, such as 's3://bucket/cache'",
    ),
    Setting(
        name="shared_cache_role",
        parse=_role,
        default="read",
        help="'read', or 'readwrite' to add results to the shared store",
    ),
    Setting(
        name="check",
        parse=parse_check_table,
        default=CheckSettings(),
        help="table of what 'mlops-nb check' tells: select, ignore, severity, per-file-ignores, "
        "hints",
    ),
    Setting(
        name="promotion",
        parse=parse_promotion_table,
        default=PromotionRules(),
        help="table of what a promotion needs and what follows it: approvals, approvers, "
        "approve_own, require_gates, hook, hook_timeout, max_load, max_memory",
    ),
)
