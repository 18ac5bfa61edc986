"""How are tokens taken one by one, and what is said when another was expected?"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from decimal import Decimal

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import Operator
from mlops_nb.pipeline.gates.quantity import UNITS, Kind, find_unit, to_float
from mlops_nb.pipeline.gates.tokens import GateError, Token, split_tokens

_OPERATORS: dict[str, Operator] = {">=": ">=", "<=": "<=", ">": ">", "<": "<"}
_MEANT = {"=>": ">=", "=<": "<=", ">>": ">", "<<": "<"}
_EXAMPLES: dict[Kind, str] = {"number": "0.9", "duration": "20 ms", "size": "50 MB"}


class TokenReader:
    """The tokens of one gate, and where reading has come to.

    Parameters
    ----------
    text : str
    place : str
        Where errors point to.
    """

    def __init__(self, text: str, *, place: str) -> None:
        self.text = text
        self.place = place
        self._tokens = split_tokens(text, place=place)
        self._at = 0

    @property
    def token(self) -> Token:
        """Return the token that is next."""
        return self._tokens[self._at]

    @property
    def following(self) -> Token:
        """Return the token behind the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.token
        if token.kind != "end":
            self._at += 1
        return token

    def error(
        self, fault: str, remedy: str, *, code: str = "MNB701", token: Token | None = None
    ) -> GateError:
        """Return an error that points to `token`, the next one if None."""
        where = token or self.token
        return GateError(code, self.place, fault, remedy, self.text, where.start, where.end)

    def expected(self, what: str, remedy: str, *, code: str = "MNB701") -> GateError:
        """Return the error that something else stands where `what` should."""
        found = "ends" if self.token.kind == "end" else f"has {self.token.text!r}"
        return self.error(f"the gate {found} where {what} is expected.", remedy, code=code)

    def take_name(self, what: str) -> Token:
        """Return a word or a quotation: the name of `what`."""
        if self.token.kind in ("word", "quoted") and self.token.text.strip():
            return self.take()
        raise self.expected(what, "Write a name; put it into quotes if it is no plain word.")

    def take_value(self, what: str) -> str:
        """Return a name or a whole number, as text."""
        minus = "-" if self.token.is_mark("-") and self.following.kind == "number" else ""
        if minus:
            self.take()
        if self.token.kind == "number":
            return minus + self.take().text
        return self.take_name(what).text

    def take_word(self, candidates: Iterable[str], what: str) -> str:
        """Return the next word, which must be one of `candidates`."""
        words = list(candidates)
        if self.token.kind == "word" and self.token.text in words:
            return self.take().text
        raise self.expected(what, nearest(self.token.text, words), code="MNB702")

    def take_operator(self) -> tuple[Operator, Token]:
        """Return a comparison and its token."""
        token = self.token
        if token.kind == "mark" and token.text in _OPERATORS:
            return _OPERATORS[token.text], self.take()
        what = "an operator (>=, <=, > or <)"
        if token.is_mark("=", "==", "!="):
            remedy = "A measured number is never exactly another: write a bound with >= or <=."
        elif token.kind == "mark" and token.text in _MEANT:
            remedy = f"Write {_MEANT[token.text]!r}."
        else:
            remedy = "Write it as in: accuracy >= 0.9"
        raise self.expected(what, remedy)

    def take_number(self, kind: Kind = "number", *, is_signed: bool = True) -> float:
        """Return a number with its unit, in ones, seconds or bytes."""
        sign = 1.0
        if is_signed and self.token.is_mark("-", "+"):
            sign = -1.0 if self.take().text == "-" else 1.0
        if self.token.kind != "number":
            raise self.expected("a number", f"Write one such as {_EXAMPLES[kind]}.")
        digits = self.take()
        if self.token.is_mark(",") and self.following.kind == "number" and kind == "number":
            fault = f"'{digits.text},{self.following.text}' is no number."
            raise self.error(fault, f"Write {digits.text}.{self.following.text}.", token=digits)
        number = sign * to_float(digits.text, self._take_worth(kind, digits))
        if not math.isfinite(number):
            raise self.error(f"{digits.text!r} is too large.", "Write less.", token=digits)
        return number + 0.0  # no negative zero

    def take_percentage(self, what: str) -> float:
        """Return a share between 0 and 1, both excluded: ``95%`` or ``0.95``."""
        token = self.token
        share = self.take_number(is_signed=False)
        if not 0 < share < 1:
            fault = f"{what} {token.text!r} does not lie between 0 and 1."
            percent = f"{token.text}%" if 1 <= share < 100 else "95%"
            raise self.error(fault, f"Write {percent}.", code="MNB705", token=token)
        return share

    def take_count(self) -> int:
        """Return a whole number from 1 of rows, with or without the word."""
        token = self.token
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) < 10**12:
            raise self.expected("a number of rows", "Write one such as 30 rows.")
        self.take()
        if self.token.is_word("rows", "row"):
            self.take()
        return int(token.text)

    def take_end(self) -> None:
        """Raise unless everything was read."""
        if self.token.kind != "end":
            fault = f"{self.token.text!r} stands behind the end of the gate."
            raise self.error(fault, self._remedy_for_rest())

    def _take_worth(self, kind: Kind, digits: Token) -> Decimal:
        token = self.token
        if kind == "number":
            if token.is_mark("%"):
                self.take()
                return UNITS["number"]["%"]
            return Decimal(1)
        worth = find_unit(token.text, kind) if token.kind == "word" else None
        if worth is not None:
            self.take()
            return worth
        units = [unit for unit in UNITS[kind] if unit != "µs"]
        if token.kind == "word":
            close = difflib.get_close_matches(token.text, units, n=1)
            hint = f"The nearest unit is {close[0]!r}." if close else f"Units: {', '.join(units)}."
            raise self.error(f"{token.text!r} is no unit of {kind}.", hint, code="MNB702")
        fault = f"{digits.text!r} has no unit."
        raise self.error(fault, f"Write {digits.text} {_EXAMPLES[kind].split()[1]}.", token=digits)

    def _remedy_for_rest(self) -> str:
        if self.token.is_word("and", "or") or self.token.is_mark(","):
            return "Write a gate of its own for each condition."
        if self.token.is_word("ci", "min", "positive", "scored", "sanity", "batch", "at"):
            return f"Options stand in parentheses: ({self.token.text} …)."
        if self.token.kind == "mark" and self.token.text in _OPERATORS:
            return "A gate has one comparison; write a second gate for a second one."
        return "Remove it, or put the name before it into quotes."
