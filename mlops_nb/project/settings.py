"""What is set, and where did each value come from?

Four layers, an earlier one wins: command line (and the environment variable
MLflow users know), notebook metadata, ``[tool.mlops_nb]``, default (DESIGN 9). A word that is not
in the table of settings is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.gates.declared import DeclaredGate, placed_error
from mlops_nb.project.check_settings import CheckSettings
from mlops_nb.project.setting_table import TABLE
from mlops_nb.registry.promotion.rules import PromotionRules

StageLine = Literal["stable", "full", "off"]
Cache = Literal["stages", "all", "off"]
Sanitize = Literal[True, False, "auto"]
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
