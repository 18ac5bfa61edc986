"""Trees that are shared: found once, the same for all, and not kept for ever."""

from __future__ import annotations

import ast

import pytest

from mlops_nb.pipeline import trees
from mlops_nb.pipeline.trees import nodes_of, parse_python

TEXT = """\
import os as o
@d
def f(a, *b, c: int = 1, **e) -> str:
    global g
    return {**a, 'k': [x for x in b if x]} | (lambda y: y)(c)
match o:
    case {'a': 1, **rest} | [_, *others]: pass
async def h():
    async with w as (p, q): yield f'{p!r:>{q}}'
try: del o.x[1:2]
except* (E, F) as z: raise z from None
"""


def test_a_text_has_one_tree():
    assert parse_python(TEXT) is parse_python(TEXT)


def test_nodes_come_as_from_a_walk_without_contexts():
    tree = ast.parse(TEXT)
    expected = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    assert list(nodes_of(tree)) == expected


def test_what_is_no_python_is_told_each_time():
    for _ in range(2):
        with pytest.raises(SyntaxError):
            parse_python("x = (")


def test_an_odd_escape_is_not_warned_of():
    assert parse_python(r"x = '\d'").body


def test_trees_that_nobody_asks_for_go_first(monkeypatch):
    monkeypatch.setattr(trees, "_MOST_CHARACTERS", 30)
    kept = trees._Trees()
    texts = [f"x{number} = 1  # ten" for number in range(3)]
    made = [kept.keep(text, ast.parse(text)) for text in texts[:2]]
    assert kept.find(texts[0]) is made[0]
    kept.keep(texts[2], ast.parse(texts[2]))
    assert [kept.find(text) is None for text in texts] == [False, True, False]
    assert kept.keep(texts[2], ast.parse(texts[2])) is kept.find(texts[2])
