"""How is the body of a live cell left out? As its tree goes to IPython, which runs the rest."""

from __future__ import annotations

import ast
from typing import Protocol


class Verdict(Protocol):
    """What was decided of the cell at hand."""

    @property
    def is_restored(self) -> bool: ...

    @property
    def fault(self) -> Exception | None: ...


class BodyTaker(ast.NodeTransformer):
    """Takes the body from a cell that is restored; lets one fail that must not run."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module) and self._verdict.is_restored:
            node.body = []
        elif isinstance(node, ast.Module) and self._verdict.fault is not None:
            node.body = ast.parse(f"raise RuntimeError({str(self._verdict.fault)!r})").body
        return node
