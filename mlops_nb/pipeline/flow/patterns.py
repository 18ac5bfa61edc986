"""Which names does a ``match`` pattern bind?"""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.targets import bind_name
from mlops_nb.pipeline.flow.values import Value


def bind_pattern(m: Machine, frame: Frame, pattern: ast.pattern, subject: Value) -> None:
    """Bind what `pattern` captures of `subject`, and read what it compares with."""
    inner = m.heap.inside(subject)
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None:
            bind_pattern(m, frame, pattern.pattern, subject)
        if pattern.name is not None:
            bind_name(m, frame, pattern.name, subject)
        return
    if isinstance(pattern, ast.MatchValue):
        m.evaluate(m, frame, pattern.value)
    elif isinstance(pattern, ast.MatchStar):
        if pattern.name is not None:
            bind_name(m, frame, pattern.name, inner)
    elif isinstance(pattern, ast.MatchMapping):
        for key in pattern.keys:
            m.evaluate(m, frame, key)
        if pattern.rest is not None:
            bind_name(m, frame, pattern.rest, inner)
    elif isinstance(pattern, ast.MatchClass):
        m.evaluate(m, frame, pattern.cls)
    for child in ast.iter_child_nodes(pattern):
        if isinstance(child, ast.pattern):
            is_choice = isinstance(pattern, ast.MatchOr)
            bind_pattern(m, frame, child, subject if is_choice else inner)


def is_catch_all(pattern: ast.pattern) -> bool:
    """Return True if `pattern` matches everything."""
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or is_catch_all(pattern.pattern)
    return isinstance(pattern, ast.MatchOr) and any(is_catch_all(p) for p in pattern.patterns)
