"""Which options can a stage have? One table says it for every carrier, for help and for completion.

An option that is parsed but has no effect yet is refused (it has no ``field``): nothing a person
writes is ignored. The issue that brings the effect fills it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.pipeline import option_values as kinds
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.option_values import ValueType
from mlops_nb.pipeline.stages import Directive, StageOptions


class DirectiveError(InputError):
    """A directive that cannot be read; carries the option and the nearest valid word, or ``""``."""

    def __init__(
        self, code: str, place: str, fault: str, remedy: str, option: str = "", word: str = ""
    ) -> None:
        super().__init__(code, place, fault, remedy)
        self.args = (code, place, fault, remedy, option, word)

    @property
    def option(self) -> str:
        return str(self.args[4])

    @property
    def nearest(self) -> str:
        return str(self.args[5])


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of the table.

    Attributes
    ----------
    name : str
        Metadata key; the magic spelling is ``--`` and the same with hyphens.
    type : ValueType
    help : str
    field : str
        Attribute of `StageOptions`; empty while the option is not supported.
    """

    name: str
    type: ValueType
    help: str
    field: str = ""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def is_supported(self) -> bool:
        return bool(self.field)


_TABLE = (
    Option(
        name="inputs",
        type=kinds.NAMES,
        field="inputs",
        help="names the stage reads that analysis cannot see",
    ),
    Option(
        name="outputs",
        type=kinds.NAMES,
        field="outputs",
        help="names it binds or changes that analysis cannot see",
    ),
    Option(
        name="needs", type=kinds.STAGES, field="needs", help="stages that must run before this one"
    ),
    Option(
        name="metrics",
        type=kinds.NAMES,
        field="metrics",
        help="variables logged as metrics: numbers, dicts of numbers, series of numbers",
    ),
    Option(
        name="model", type=kinds.NAME, field="model", help="variable packaged as the run's model"
    ),
    Option(
        name="example",
        type=kinds.NAME,
        field="example",
        help="variable kept as the model's input example",
    ),
    Option(
        name="eval",
        type=kinds.EVAL,
        field="eval",
        help="evaluation data kept with the model, optionally with slices",
    ),
    Option(
        name="timeout",
        type=kinds.DURATION,
        field="timeout_s",
        help="longest time for the stage: 90s, 10m, 1h30m",
    ),
    Option(
        name="deps",
        type=kinds.PATHS,
        field="deps",
        help="files it reads where nobody can see it (patterns too): it runs again if one changes",
    ),
    Option(
        name="produces",
        type=kinds.PATHS,
        field="produces",
        help="files it writes where nobody can see it: kept and restored, and it fails without",
    ),
    Option(
        name="env",
        type=kinds.ENVIRONMENT,
        field="env",
        help="environment variables it depends on where nobody can see it",
    ),
    Option(
        name="retries",
        type=kinds.COUNT,
        field="retries",
        help="how often it is tried again from its inputs as they were, if it fails (headless)",
    ),
    Option(name="resources", type=kinds.RESOURCES, help="what it needs of a machine"),
    Option(
        name="cache",
        type=kinds.FLAG,
        field="cache",
        help="restore it although it used what nobody can observe; --no-cache: run it every time",
    ),
    Option(
        name="fresh",
        type=kinds.DURATION,
        field="fresh_s",
        help="run it again when what it left is older: 12h, 7d",
    ),
    Option(
        name="version_of",
        type=kinds.EXPRESSION,
        field="version_of",
        help="run it again when this value changes, such as 'latest(db)' (headless)",
    ),
)
OPTIONS: Mapping[str, Option] = {option.name: option for option in _TABLE}
BY_FLAG: Mapping[str, Option] = {option.flag: option for option in _TABLE}
NO_CACHE = "--no-cache"


def flags(*, supported: bool = True) -> tuple[str, ...]:
    """Return the spellings in the magic line, in table order; all of them if not `supported`."""
    if supported:
        return (*(option.flag for option in _TABLE if option.is_supported), NO_CACHE)
    return (*BY_FLAG, NO_CACHE)


def merge_options(directives: Mapping[int, Directive]) -> tuple[StageOptions, list[Diagnostic]]:
    """Return the options of one stage, merged over its cells, and what contradicts.

    Parameters
    ----------
    directives : Mapping of int to Directive
        By cell index; all of one stage.

    Returns
    -------
    StageOptions
        Lists are united in order of first mention; of contradicting values the first holds.
    list of Diagnostic
        MNB215 for each contradiction; MNB218 for ``--example`` or ``--eval`` without ``--model``.
    """
    merged: dict[str, Any] = {}
    first: dict[str, int] = {}
    findings: list[Diagnostic] = []
    for cell in sorted(directives):
        directive = directives[cell]
        for name, value in directive.options.items():
            if name not in merged:
                merged[name], first[name] = value, cell
            elif OPTIONS[name].type.is_list:
                merged[name] = tuple(dict.fromkeys((*merged[name], *value)))
            elif merged[name] != value:
                findings.append(_contradiction(name, directive, cell, merged[name], first[name]))
    for name in ("example", "eval"):
        if name in merged and "model" not in merged:
            cell = first[name]
            findings.append(
                Diagnostic(
                    code="MNB218",
                    severity="error",
                    cell=cell,
                    line=directives[cell].line,
                    message=f"stage {directives[cell].stage!r} says '--{name}' without '--model'.",
                    remedy=f"Move '--{name}' to the stage that says '--model', or add '--model'.",
                )
            )
    fields = {OPTIONS[n].field: v for n, v in merged.items() if OPTIONS[n].is_supported}
    return StageOptions(**fields), findings


def _contradiction(
    name: str, directive: Directive, cell: int, value: Any, first: int
) -> Diagnostic:
    option = OPTIONS[name]
    here = " ".join(option.type.to_words(directive.options[name]))
    there = " ".join(option.type.to_words(value))
    return Diagnostic(
        code="MNB215",
        severity="error",
        cell=cell,
        line=directive.line,
        message=f"stage {directive.stage!r} says '{option.flag} {here}' here "
        f"and '{option.flag} {there}' in cell {first}.",
        remedy="Say it once.",
    )
