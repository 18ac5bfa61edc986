"""A row of the data-flow tables: what the last cell of a notebook does to names."""

from __future__ import annotations

from dataclasses import dataclass

from notebooks import flows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Names are separated by spaces; `before` are cells before the one that is looked at."""

    name: str
    cell: str
    before: tuple[str, ...] = ()
    reads: str = ""
    binds: str = ""
    mutates: str = ""
    may_mutate: str = ""
    deletes: str = ""
    conditional: str = ""
    opaque: str = ""


def check(case: Case) -> None:
    """Assert that the flow of the case's cell is the expected one, and nothing more."""
    flow = flows_of(*case.before, case.cell)[-1]
    seen = {
        field: " ".join(getattr(flow, field))
        for field in ("reads", "binds", "mutates", "may_mutate", "deletes", "conditional", "opaque")
    }
    assert seen == {field: " ".join(sorted(getattr(case, field).split())) for field in seen}
