"""What is set, and where did each value come from?

One table of settings; four layers, an earlier one wins: command line (and the environment variable
MLflow users know), notebook metadata, ``[tool.mlops_nb]``, default (DESIGN 9). A word that is not
in the table is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.gates.declared import DeclaredGate, parse_gate_table, placed_error
from mlops_nb.pipeline.option_values import parse_duration, parse_size
from mlops_nb.project.check_settings import CheckSettings, parse_check_table
from mlops_nb.registry.promotion.rules import PromotionRules, parse_promotion_table

StageLine = Literal["stable", "full", "off"]
Cache = Literal["stages", "all", "off"]
Sanitize = Literal[True, False, "auto"]


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
# What protects readers from a notebook, and whom it may read from or write to.
_NOT_THE_NOTEBOOKS = {
    "sanitize_html": ", or say --sanitize-html",
    "shared_cache": "",
    "shared_cache_role": "",
    "promotion": "",
}
_BY_NAME = {setting.name: setting for setting in TABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value; `origins` says for each where it came from."""

    tracking_uri: str | None = None
    experiment: str | None = None
    register: str | None = None
    kernel: str | None = None
    timeout: float | None = None
    track: bool = True
    stage_line: StageLine = "stable"
    output_limit: int | None = 100_000_000
    sanitize_html: Sanitize = "auto"
    trusted_types: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    cache: Cache = "stages"
    cache_limit: int | None = None
    shared_cache: str | None = None
    shared_cache_role: Literal["read", "readwrite"] = "read"
    check: CheckSettings = field(default_factory=CheckSettings)
    gates: tuple[DeclaredGate, ...] = ()
    promotion: PromotionRules = field(default_factory=PromotionRules)
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Values from one place; `origin` is how that place is called in messages."""

    origin: str
    values: Mapping[str, Any]


def merge_layers(layers: list[Layer]) -> Settings:
    """Return the settings that `layers` say, an earlier layer before a later one.

    Raises
    ------
    InputError
        ``MNB801`` for a name that is no setting, ``MNB802`` for a value of the wrong kind.
    """
    values: dict[str, Any] = {setting.name: setting.default for setting in TABLE}
    origins = dict.fromkeys(values, "default")
    for layer in reversed(layers):
        for name, raw in layer.values.items():
            value, before = _parse(name, raw, layer.origin), values[name]
            is_more = _BY_NAME[name].adds_up and before
            values[name] = tuple(dict.fromkeys((*before, *value))) if is_more else value
            origins[name] = f"{origins[name]}, {layer.origin}" if is_more else layer.origin
    return Settings(**values, origins=origins)


def _parse(name: str, raw: Any, origin: str) -> Any:
    if name not in _BY_NAME:
        raise InputError("MNB801", origin, f"{name!r} is no setting.", nearest(name, _BY_NAME))
    try:
        return _BY_NAME[name].from_origin(_BY_NAME[name].parse(raw), origin)
    except InputError as error:  # a table says itself which of its values it is
        raise placed_error(error, f"{origin}, {error.place}") from error
    except ValueError as error:
        raise InputError(
            "MNB802", origin, f"{name} = {raw!r} is not of the right kind.", f"Give {error}."
        ) from error


def file_layer(root: Path) -> Layer:
    """Return what ``[tool.mlops_nb]`` of the project's ``pyproject.toml`` says; empty without one.

    Raises
    ------
    InputError
        ``MNB803`` if the file cannot be read.
    """
    path = root / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise InputError(
            "MNB803",
            str(path),
            f"The file cannot be read: {error}.",
            "Mend the file, or remove it.",
        ) from error
    table = content.get("tool", {}).get("mlops_nb", {})
    if not isinstance(table, dict):
        raise InputError(
            "MNB803",
            str(path),
            f"tool.mlops_nb is {table!r}, not a table.",
            "Write it as [tool.mlops_nb].",
        )
    return Layer(origin="pyproject.toml [tool.mlops_nb]", values=table)


def notebook_layer(metadata: Mapping[str, Any]) -> Layer:
    """Return what the notebook's own `metadata` sets, under ``mlops_nb.settings``.

    Raises
    ------
    InputError
        ``MNB802`` if that is no object, ``MNB810`` for what a notebook cannot decide.
    """
    ours = metadata.get("mlops_nb", {})
    values = ours.get("settings", {}) if isinstance(ours, Mapping) else {}
    if not isinstance(values, Mapping):
        raise InputError(
            "MNB802",
            "notebook metadata mlops_nb.settings",
            f"{values!r} is not an object.",
            "Write it as an object of settings, or remove it.",
        )
    for name, remedy in _NOT_THE_NOTEBOOKS.items():
        if name in values:
            raise InputError(
                "MNB810",
                "notebook metadata mlops_nb.settings",
                f"a notebook cannot decide about {name!r}.",
                f"Set it in [tool.mlops_nb] of pyproject.toml{remedy}.",
            )
    return Layer(origin="notebook metadata", values=cast("Mapping[str, Any]", values))


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """Return what environment variables set: ``MLFLOW_TRACKING_URI`` alone."""
    uri = environment.get("MLFLOW_TRACKING_URI")
    return Layer(
        origin="environment MLFLOW_TRACKING_URI", values={"tracking_uri": uri} if uri else {}
    )


def command_line_layer(values: Mapping[str, Any]) -> Layer:
    """Return what the command line says; None is "not said": a default never beats the notebook."""
    return Layer(
        origin="command line",
        values={name: value for name, value in values.items() if value is not None},
    )


def must_sanitize(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether pages of runs are to be safe to open whatever the notebook holds.

    Left to itself (``"auto"``) that is so in CI, which every common CI system says by ``CI``.
    """
    if settings.sanitize_html != "auto":
        return settings.sanitize_html
    return environment.get("CI", "").lower() not in ("", "0", "false")
