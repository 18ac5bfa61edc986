"""What does ``[tool.mlops_nb.check]`` say? Which findings are told, how severe, and where not.

Codes are checked against those there are: a misspelt one would let through what somebody meant to
stop, or the reverse.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.check_rules import CheckRules
from mlops_nb.pipeline.diagnostics import SEVERITIES, Severity
from mlops_nb.project.explain import explained_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """The table of the settings, validated; codes may be beginnings such as ``MNB23``.

    Attributes
    ----------
    select, ignore : tuple of str
    severity : Mapping of str to Severity
    per_file_ignores : Mapping of str to tuple of str
        Codes by glob of paths under the project's root; a glob without ``/`` is one of names.
    hints : bool
        Whether a stage cell in a live kernel says that a finding about it is an error.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hints: bool = True

    def rules_for(
        self,
        notebook: str,
        *,
        root: Path,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> CheckRules:
        """Return the rules for one notebook.

        Parameters
        ----------
        notebook : str
            Its path.
        root : Path
            The project's folder.
        select, ignore : sequence of str
            Of the command line: `select` stands in for that of the settings, `ignore` adds to it.
        """
        path = Path(notebook).absolute()
        inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        more = [
            code
            for pattern, codes in self.per_file_ignores.items()
            if fnmatch.fnmatchcase(inside if "/" in pattern else path.name, pattern)
            for code in codes
        ]
        return CheckRules(
            select=tuple(select) or self.select,
            ignore=(*self.ignore, *ignore, *more),
            severity=self.severity,
        )

    def to_table(self) -> dict[str, Any]:
        """Return what is set otherwise than by default, in the words of the settings."""
        default = CheckSettings()
        return {
            key: getattr(self, key.replace("-", "_"))
            for key in _KEYS
            if getattr(self, key.replace("-", "_")) != getattr(default, key.replace("-", "_"))
        }


def parse_codes(value: Any, place: str) -> tuple[str, ...]:
    """Return the codes, or beginnings of codes, in `value`.

    Parameters
    ----------
    value : object
        A list of texts; a text may hold several with commas.
    place : str
        How it is called in messages.

    Raises
    ------
    InputError
        MNB814 if one is not, and begins no, code of a finding; MNB802 if it is no list of texts.
    """
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InputError("MNB802", place, f"{value!r} is no list of codes.", "Write ['MNB236'].")
    words = [word.strip().upper() for item in value for word in item.split(",") if word.strip()]
    known = explained_codes()
    for word in words:
        if not word.startswith("MNB") or not any(code.startswith(word) for code in known):
            raise InputError(
                "MNB814", place, f"{word!r} is no code of a finding.", nearest(word, known)
            )
    return tuple(dict.fromkeys(words))


def parse_check_table(value: Any) -> CheckSettings:
    """Return the settings that the table `value` says.

    Raises
    ------
    InputError
        MNB801 an unknown key, MNB802 a value of the wrong kind, MNB814 an unknown code.
    """
    if isinstance(value, CheckSettings):
        return value
    table = _table(value, "check")
    said: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in _KEYS:
            raise InputError(
                "MNB801", "check", f"{key!r} is no setting of 'check'.", nearest(key, _KEYS)
            )
        said[key.replace("-", "_")] = _KEYS[key](raw)
    return CheckSettings(**said)


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError("MNB802", place, f"{value!r} is no table.", "Write it as a table.")
    return cast("Mapping[str, Any]", value)


def _severity(value: Any) -> Mapping[str, Severity]:
    found: dict[str, Severity] = {}
    for code, severity in _table(value, "check.severity").items():
        if severity not in SEVERITIES:
            raise InputError(
                "MNB802",
                "check.severity",
                f"{code} = {severity!r} is no severity.",
                nearest(str(severity), SEVERITIES) + " To leave a code out, name it in 'ignore'.",
            )
        whole = parse_codes([code], "check.severity")
        for known in explained_codes():
            if known.startswith(whole):
                found[known] = cast("Severity", severity)
    return found


def _per_file(value: Any) -> Mapping[str, tuple[str, ...]]:
    table = _table(value, "check.per-file-ignores")
    return {
        pattern: parse_codes(codes, f"check.per-file-ignores {pattern!r}")
        for pattern, codes in table.items()
    }


def _hints(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError("MNB802", "check.hints", f"{value!r} is no truth.", "Give true or false.")
    return value


_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "select": lambda value: parse_codes(value, "check.select"),
    "ignore": lambda value: parse_codes(value, "check.ignore"),
    "severity": _severity,
    "per-file-ignores": _per_file,
    "hints": _hints,
}
