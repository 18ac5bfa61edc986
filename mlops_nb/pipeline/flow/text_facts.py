"""What is known of the text of a function, without the order in which it runs? Facts about symbols.

Symbols are names, and numbers for what expressions give. Of two symbols it is noted that one may
be what the other is, or be in it; of one, that it may be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Symbol = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One argument of a call: its place or keyword ("*" for any), and what it is.

    Attributes
    ----------
    name : str
        The name it is, if it is just a name; that of a lambda, if it is one.
    """

    place: int | str
    symbol: Symbol
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact:
    """A call.

    Attributes
    ----------
    path : tuple of str
        The dotted callee, if it starts at a name.
    method : str
        Its last attribute, if it has one; `receiver` is what it is an attribute of.
    """

    path: tuple[str, ...]
    method: str
    receiver: Symbol
    given: tuple[Given, ...]
    result: int
    is_unused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A function or lambda in the text of another: its parameters, and what it gives."""

    parameters: tuple[str, ...]
    returned: tuple[Symbol, ...]


@dataclass(slots=True)
class TextFacts:
    """What was found.

    Attributes
    ----------
    given : list of (Symbol, Symbol)
        Of each pair, the first may be what the second is.
    stored : list of (Symbol, Symbol)
        Of each pair, the second is put into the first.
    taken : list of (Symbol, Symbol)
        Of each pair, the second is anything that is in the first.
    changed : set of Symbol
    operands : list of tuple of Symbol
        What meets in an operator, its result included; only methods of classes make more of it.
    modules : dict
        Dotted paths by the names that imports in the text bind.
    values : set of str
        Names and attributes that are used other than by calling them.
    unknown : set of str
        Names that may stand for code: neither made here nor given by a call.
    is_clear : bool
        False if there is something in the text that is not understood.
    """

    given: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    stored: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    taken: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    changed: set[Symbol] = field(default_factory=set)
    operands: list[tuple[Symbol, ...]] = field(default_factory=list)
    calls: list[CallFact] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    inner: dict[str, Inner] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    returned: tuple[Symbol, ...] = ()
    is_clear: bool = True
