"""Collections that libraries keep do not come back as copies where a cell may change them."""

from __future__ import annotations

import json

from mlops_nb.pipeline.cells import CellFlow, Code
from mlops_nb.pipeline.incremental.facts import name_fact
from mlops_nb.pipeline.incremental.library_parts import names_kept_by_libraries, without_copies
from mlops_nb.pipeline.incremental.traces import Group, Trace

IMPORTS = {"WORDS": "words.en.WORDS", "en": "words", "own": "helper.kept", "read": "words.en.read"}


def test_names_for_parts_of_libraries_count_where_a_cell_may_change_them() -> None:
    changing = (CellFlow(mutates=("WORDS", "own")), Code(python=""))
    calling = (CellFlow(), Code(python="def more(x):\n    read.add(x)"))
    other = (CellFlow(may_mutate=("en",)), Code(python="en.load()"))
    found = names_kept_by_libraries(IMPORTS, [changing, calling, other], beside={"helper"})
    assert found == {"WORDS", "read"}
    assert names_kept_by_libraries(IMPORTS, [other], beside=()) == frozenset()


def test_collections_count_as_not_stored_and_functions_as_ever() -> None:
    held = [{"names": ["WORDS"], "types": {"WORDS": "set"}}]
    code = [{"names": ["read"], "types": {"read": "function"}}]
    groups = (
        Group(names=("WORDS", "x"), content=json.dumps({"groups": held})),
        Group(names=("read",), content=json.dumps({"groups": code})),
    )
    writes = {name_fact(name): "1" for name in ("WORDS", "x", "read")}
    trace = Trace(id="i", key="k", reads={}, writes=writes, groups=groups)
    (seen,) = without_copies([trace], frozenset({"WORDS", "read"}))
    assert [group.content is None for group in seen.groups] == [True, False]
    assert seen.groups[0].obstacle.startswith("WORDS: ")
    assert list(without_copies([trace], frozenset())) == [trace]
