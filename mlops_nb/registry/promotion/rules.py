"""Which rules hold for promotions? The table ``[tool.mlops_nb.promotion]``, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.option_values import parse_duration, parse_size


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRules:
    """What a promotion needs, and what follows it.

    Attributes
    ----------
    approvals : int, default=0
        Persons who must approve.
    approvers : tuple of str
        Who may; empty: anybody.
    approve_own : bool, default=False
        Whether the approval of who made the model counts.
    require_gates : bool, default=True
        Whether a model that no gate judged is unfit.
    hook : str
        Command, or URL that gets a POST, after a move; empty: none.
    hook_timeout_s : float, default=30
    max_load_s : float, default=60
        What a model may take to load, when it is asked whether it serves.
    max_memory_bytes : int or None
        What its process may take then; None: as much as it wants.
    """

    approvals: int = 0
    approvers: tuple[str, ...] = ()
    approve_own: bool = False
    require_gates: bool = True
    hook: str = ""
    hook_timeout_s: float = 30.0
    max_load_s: float = 60.0
    max_memory_bytes: int | None = None

    def to_table(self) -> dict[str, Any]:
        """Return the table that says the same; a URL without what is secret in it."""
        table = {word: getattr(self, field) for word, (field, _) in _READ.items()}
        table["approvers"] = list(self.approvers)
        if "://" in self.hook:
            parts = urlsplit(self.hook)
            table["hook"] = f"{parts.scheme}://{parts.hostname}/…"
        return table


def parse_promotion_table(value: Any) -> PromotionRules:
    """Return the rules that a table of the settings says.

    Raises
    ------
    ValueError
        If it is no table.
    InputError
        MNB801 for a word that is no rule, MNB802 for a value of the wrong kind.
    """
    if not isinstance(value, Mapping):
        raise ValueError("a table, such as promotion = { approvals = 1 }")
    fields = {}
    for name, raw in value.items():
        if name not in _READ:
            raise InputError("MNB801", "promotion", f"{name!r} is no rule.", nearest(name, _READ))
        field, read = _READ[name]
        try:
            fields[field] = read(raw)
        except ValueError as error:
            raise InputError(
                "MNB802",
                "promotion",
                f"{name} = {raw!r} is not of the right kind.",
                f"Give {error}.",
            ) from error
    rules = PromotionRules(**fields)
    named = len(set(rules.approvers))
    if named and named < rules.approvals:
        raise InputError(
            "MNB802",
            "promotion",
            f"approvals = {rules.approvals}, and approvers names {named}.",
            "Name as many approvers as approvals are needed, or more.",
        )
    return rules


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(item, str) and item.strip() for item in value
    ):
        raise ValueError("a list of names")
    return tuple(item.strip() for item in value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a command or a URL")
    return value.strip()


def _size(value: Any) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return parse_size(str(value))
    except ValueError:
        raise ValueError("a size such as '2GB', or bytes") from None


def _seconds(value: Any) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        return float(parse_duration(str(value)))
    except ValueError:
        raise ValueError("a duration such as '30s', or seconds") from None


_READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "approvals": ("approvals", _number),
    "approvers": ("approvers", _names),
    "approve_own": ("approve_own", _truth),
    "require_gates": ("require_gates", _truth),
    "hook": ("hook", _text),
    "hook_timeout": ("hook_timeout_s", _seconds),
    "max_load": ("max_load_s", _seconds),
    "max_memory": ("max_memory_bytes", _size),
}
