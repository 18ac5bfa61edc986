"""What may stand behind the operator? A number, or the champion's value and how far from it."""

from __future__ import annotations

from mlops_nb.pipeline.gates.gate import Bound
from mlops_nb.pipeline.gates.quantity import Kind
from mlops_nb.pipeline.gates.reading import TokenReader
from mlops_nb.pipeline.gates.tokens import Token


def read_bound(reader: TokenReader, kind: Kind = "number") -> Bound:
    """Read a bound whose numbers are of `kind`.

    A percentage behind ``champion`` is refused: it could be percentage points or a share of the
    champion's value.
    """
    if not reader.token.is_word("champion"):
        if reader.token.kind == "word":
            hint = "Write a number, or champion."
            raise reader.expected("a number or 'champion'", hint, code="MNB702")
        start = reader.token
        number = reader.take_number(kind)
        if kind != "number" and number <= 0:
            fault = f"a {kind} is more than {number:g}."
            raise reader.error(fault, "Write a positive one.", code="MNB705", token=start)
        return Bound(offset=number)
    reader.take()
    factor, offset = 1.0, 0.0
    if reader.token.is_mark("*"):
        reader.take()
        token = reader.token
        factor = reader.take_number()
        if factor <= 0:
            fault = f"the champion's value times {factor:g} is no bound."
            raise reader.error(fault, "Write a positive factor.", code="MNB705", token=token)
    if reader.token.is_mark("+", "-"):
        offset = _read_offset(reader, kind)
    return Bound(offset=offset, factor=factor)


def require_upper(reader: TokenReader, name: str, token: Token) -> None:
    """Raise unless the operator `token` bounds from above: less of `name` is better."""
    if token.text.startswith(">"):
        turned = token.text.replace(">", "<")
        fault = f"less is better of {name!r}, and {token.text!r} asks for more."
        raise reader.error(fault, f"Write {turned}.", code="MNB703", token=token)


def _read_offset(reader: TokenReader, kind: Kind) -> float:
    sign = reader.take()
    token = reader.token
    number = reader.take_number(kind, is_signed=False)
    if kind == "number" and reader.text[token.start : reader.token.start].rstrip().endswith("%"):
        share = 1 - number if sign.text == "-" else 1 + number
        fault = f"'{token.text}%' of what is open: points, or a share of the champion's value."
        remedy = f"Write champion {sign.text} {number:g}, or champion * {share:g}."
        raise reader.error(fault, remedy, code="MNB705", token=token)
    return -number if sign.text == "-" else number
