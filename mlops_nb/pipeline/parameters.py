"""What may be passed to this notebook, what was passed, and how does it reach the kernel as data?

The cell tagged ``parameters`` declares: each name it assigns once at its top level, typed by
annotation or else by its default, described by the comment on its line. Values are checked against
that before a kernel starts, and written as Python literals, so that a value can never become code.
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.literals import to_builtin, to_literal
from mlops_nb.pipeline.parameter_types import ValueType, infer_type, parse_annotation

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"
# What a message shows of a value.
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One name that the parameters cell declares.

    Attributes
    ----------
    name : str
    type : ValueType
        What values it takes.
    default : str
        Source of the value in the cell; empty for a bare annotation (then a value must be passed).
    description : str
        Comment on its line, else that on the lines above it.
    """

    name: str
    type: ValueType
    default: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A value given as bare text (``-p NAME VALUE``), to be read as the declared type says."""

    text: str


def find_parameters_cell(cells: Sequence[Cell]) -> Cell | None:
    """Return the first code cell tagged ``parameters``, or None."""
    return next((c for c in cells if c.type == "code" and PARAMETERS_TAG in c.tags), None)


def declared_parameters(cells: Sequence[Cell]) -> tuple[Parameter, ...]:
    """Return what the parameters cell declares, in its order; nothing if there is no such cell.

    A cell that does not parse declares nothing: its syntax error is a diagnostic, not this one's.
    """
    cell = find_parameters_cell(cells)
    if cell is None:
        return ()
    source = cell.code.python if cell.code is not None else cell.source
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    comments = _comments_by_line(source)
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        for name, annotation, value in _assignments(statement):
            known = found.get(name)
            declared = parse_annotation(annotation) if annotation is not None else None
            if declared is None:
                declared = known.type if known is not None else infer_type(value)
            found[name] = Parameter(
                name=name,
                type=declared,
                default="" if value is None else ast.unparse(value),
                description=_describe(statement, comments, source),
            )
    return tuple(found.values())


def resolve_parameters(
    cells: Sequence[Cell], values: Mapping[str, Any], *, notebook: str
) -> dict[str, Any]:
    """Return `values` as the notebook's parameters: every name declared, every value of its type.

    Parameters
    ----------
    cells : sequence of Cell
    values : Mapping
        By name; a `Text` is read as the declared type says, any other value must be of it.
    notebook : str
        For messages.

    Raises
    ------
    InputError
        MNB301 a name that is not declared, MNB302 a value of another type, MNB303 a name that is no
        identifier, MNB304 no parameters cell, MNB305 a value that has no literal, MNB306 a
        parameter without default that was not passed.
    """
    declared = {parameter.name: parameter for parameter in declared_parameters(cells)}
    has_cell = find_parameters_cell(cells) is not None
    resolved: dict[str, Any] = {}
    for given, value in values.items():
        # Python reads ``µ`` (micro) and ``μ`` (mu) as one name.
        name = unicodedata.normalize("NFKC", given) if isinstance(given, str) else given
        _check_name(name, declared, has_cell=has_cell, place=notebook)
        if name in resolved:
            raise InputError(
                "MNB301", notebook, f"parameter {name!r} was passed twice.", "Pass it once."
            )
        resolved[name] = _read_value(value, declared[name], place=notebook)
        _encode(resolved[name], place=f"{notebook}, parameter {name!r}")
    missing = [p.name for p in declared.values() if not p.default and p.name not in resolved]
    if missing:
        raise InputError(
            "MNB306",
            notebook,
            f"parameter {missing[0]!r} has no default and no value was passed.",
            f"Pass it with -p {missing[0]} VALUE.",
        )
    return resolved


def encode_parameters(values: Mapping[str, Any]) -> str:
    """Return the source of the ``injected-parameters`` cell: one assignment of a literal per line.

    Raises
    ------
    InputError
        MNB303 a name that is no identifier, MNB305 a value that has no literal.

    Examples
    --------
    >>> print(encode_parameters({"rate": float("nan"), "name": '"); import os'}))
    # Parameters of this run
    rate = float('nan')
    name = '"); import os'
    """
    lines = ["# Parameters of this run"]
    for name, value in values.items():
        _check_identifier(name, place="parameters")
        lines.append(f"{name} = {_encode(value, place=f'parameter {name!r}')}")
    return "\n".join(lines)


def _assignments(
    statement: ast.stmt,
) -> list[tuple[str, ast.expr | None, ast.expr | None]]:
    """Return (name, annotation, value) for what `statement` declares."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [(statement.target.id, statement.annotation, statement.value)]
    if not isinstance(statement, ast.Assign):
        return []
    found: list[tuple[str, ast.expr | None, ast.expr | None]] = []
    for target in statement.targets:
        if isinstance(target, ast.Name):
            found.append((target.id, None, statement.value))
        elif isinstance(target, ast.Tuple | ast.List):
            found += _unpacked(target, statement.value)
    return found


def _unpacked(
    target: ast.Tuple | ast.List, value: ast.expr
) -> list[tuple[str, ast.expr | None, ast.expr | None]]:
    """Return what ``a, b = 1, 2`` declares; the values only where both sides have the same
    length."""
    values: Sequence[ast.expr | None] = [ast.Name(id="...", ctx=ast.Load())] * len(target.elts)
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
        values = value.elts
    return [
        (name.id, None, part)
        for name, part in zip(target.elts, values, strict=True)
        if isinstance(name, ast.Name)
    ]


def _comments_by_line(source: str) -> dict[int, str]:
    """Return the text of each comment, by line from 1."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _describe(statement: ast.stmt, comments: Mapping[int, str], source: str) -> str:
    """Return the comment behind a statement, else the block of comment lines right above it."""
    behind = comments.get(statement.end_lineno or statement.lineno)
    if behind:
        return behind
    lines, above, number = source.splitlines(), [], statement.lineno - 1
    while number in comments and lines[number - 1].lstrip().startswith("#"):
        above.append(comments[number])
        number -= 1
    return " ".join(reversed(above))


def _check_name(
    name: Any, declared: Mapping[str, Parameter], *, has_cell: bool, place: str
) -> None:
    _check_identifier(name, place=place)
    if not has_cell:
        raise InputError(
            "MNB304",
            place,
            f"parameter {name!r} was passed, but no code cell has the tag 'parameters'.",
            "Put the defaults into one cell and give it that tag.",
        )
    if name not in declared:
        raise InputError(
            "MNB301",
            place,
            f"the parameters cell declares no {name!r}.",
            nearest(name, declared) or "It declares nothing.",
        )


def _check_identifier(name: Any, *, place: str) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(
            "MNB303",
            place,
            f"parameter name {name!r} is not a Python identifier.",
            "Pass names that the parameters cell assigns.",
        )


def _read_value(value: Any, parameter: Parameter, *, place: str) -> Any:
    """Return the value that `value` stands for, of the declared type."""
    try:
        if isinstance(value, Text):
            return parameter.type.read(value.text)
        return parameter.type.check(to_builtin(value))
    except (TypeError, ValueError, OverflowError) as error:
        given = value.text if isinstance(value, Text) else value
        default = f", as its default {parameter.default} is" if parameter.type.inferred else ""
        raise InputError(
            "MNB302",
            place,
            f"parameter {parameter.name!r} takes {parameter.type}{default}; got {_short(given)}"
            f"{f' ({error})' if str(error) else ''}.",
            f"Pass {parameter.type}, or declare another type in the parameters cell "
            f"({parameter.name}: TYPE = …).",
        ) from error


def _short(value: Any) -> str:
    """Return the value for a message; long ones cut, whose own `repr` fails told by their type."""
    try:
        text = repr(value)
    except Exception:  # somebody's code, or an integer beyond Python's limit
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"


def _encode(value: Any, *, place: str) -> str:
    try:
        return to_literal(value)
    except TypeError as error:
        raise InputError(
            "MNB305",
            place,
            f"{error}.",
            "Pass numbers, texts, dates, lists, dictionaries or None.",
        ) from error
