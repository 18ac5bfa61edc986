"""What ``--fix`` changes: each fix mends its finding and nothing else, and a second one nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checked_notebooks import notebook_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.notebook.files import parse_notebook
from mlops_nb.pipeline.fixes.proposals import FIXERS
from mlops_nb.project import Project
from mlops_nb.project.checking import CheckOptions, fix_notebook, look_through
from mlops_nb.project.explain import explain, explained_codes
from mlops_nb.project.fixing import FixedNotebook

OPTIONS = CheckOptions()
PROJECT = Project.find(Path("/nowhere/at/all"))
NP = "import numpy as np\nimport random\n"
SK = "from sklearn.model_selection import train_test_split as split\n"


def fixed(raw: bytes) -> FixedNotebook:
    return fix_notebook(PROJECT, "nb.ipynb", raw=raw, options=OPTIONS)


def sources_of(raw: bytes) -> list[str]:
    return [str(cell["source"]) for cell in parse_notebook(raw, name="nb.ipynb").node["cells"]]


def codes_of(raw: bytes) -> Counter[str]:
    return Counter(f.code for f in look_through(PROJECT, raw, "nb.ipynb", options=OPTIONS).every)


@dataclass(frozen=True, kw_only=True)
class Case:
    """The sources of a notebook, and those after the fix; None: nothing is changed."""

    before: Sequence[str]
    after: Sequence[str] | None = None
    tags: dict[int, list[str]] = field(default_factory=dict)


CASES = {
    # directives
    "a comment without colon": Case(
        before=["# mlops stage train\nx = 1"], after=["# mlops: stage train\nx = 1"]
    ),
    "a misspelt magic": Case(
        before=["%%mlops_stge train\nx = 1"], after=["%%mlops_stage train\nx = 1"]
    ),
    "a directive below code": Case(
        before=["x = 1\n# mlops: stage train\ny = 2"],
        after=["# mlops: stage train\nx = 1\ny = 2"],
    ),
    "a directive at the end": Case(
        before=["x = 1\n# mlops: stage train"], after=["# mlops: stage train\nx = 1"]
    ),
    "a directive below a magic": Case(
        before=["%%time\n%%mlops_stage train\nx = 1"],
        after=["%%mlops_stage train\n%%time\nx = 1"],
    ),
    "two directives": Case(before=["# mlops: stage a\nx = 1\n# mlops: stage b"]),
    "prose": Case(before=["# MLOps stage one is about data\nx = 1"]),
    "a misspelt option": Case(
        before=["%%mlops_stage t --metircs a\na = 1"], after=["%%mlops_stage t --metrics a\na = 1"]
    ),
    "an option that is no typo": Case(before=["%%mlops_stage t --colour a\na = 1"]),
    "a misspelt metric": Case(
        before=["# mlops: stage t --metrics acuracy\naccuracy = 1"],
        after=["# mlops: stage t --metrics accuracy\naccuracy = 1"],
    ),
    "a metric that may be either": Case(
        before=["# mlops: stage t --metrics lossx\nlossa = lossb = 1"]
    ),
    "a misspelt stage": Case(
        before=["%%mlops_stage train\nx = 1", "%%mlops_stage judge --needs trian\ny = 1"],
        after=["%%mlops_stage train\nx = 1", "%%mlops_stage judge --needs train\ny = 1"],
    ),
    # seeds
    "a split": Case(
        before=[SK + "a, b = split([1, 2])"], after=[SK + "a, b = split([1, 2], random_state=0)"]
    ),
    "a split with a trailing comma": Case(
        before=[SK + "a, b = split(\n    [1, 2],  # rows\n)"],
        after=[SK + "a, b = split(\n    [1, 2], random_state=0,  # rows\n)"],
    ),
    "a split told None": Case(
        before=[SK + "a, b = split([1, 2], random_state=None)"],
        after=[SK + "a, b = split([1, 2], random_state=0)"],
    ),
    "an argument in brackets": Case(before=[SK + "a, b = split(([1, 2]))"]),
    "two splits in one cell": Case(
        before=[SK + "a, b = split([1, 2])\nc, d = split([3, 4])"],
        after=[SK + "a, b = split([1, 2], random_state=0)\nc, d = split([3, 4], random_state=0)"],
    ),
    "a split in a loop": Case(before=[SK + "for i in range(9):\n    a, b = split([1, 2])"]),
    "a split in a function": Case(before=[SK + "def f(x):\n    return split(x)\nf([1, 2])"]),
    "a split in a comprehension": Case(before=[SK + "p = [split([1, 2]) for i in range(3)]"]),
    "one of two splits in a loop": Case(
        before=[SK + "a, b = split([1, 2])\nfor i in range(9):\n    split([3])"]
    ),
    "a named seed": Case(
        before=["seed = 7", SK + "a, b = split([1, 2])"],
        after=["seed = 7", SK + "a, b = split([1, 2], random_state=seed)"],
    ),
    "a seed that is bound twice": Case(
        before=["seed = 7", "seed = len('ab')", SK + "a, b = split([1, 2])"],
        after=["seed = 7", "seed = len('ab')", SK + "a, b = split([1, 2], random_state=0)"],
    ),
    "a global generator": Case(
        before=[NP + "x = np.random.rand(3)", "y = np.random.rand(3)"],
        after=[NP + "np.random.seed(0)\nx = np.random.rand(3)", "y = np.random.rand(3)"],
    ),
    "a global generator in a loop": Case(
        before=[NP, "for i in range(3):\n    x = random.random()"],
        after=[NP, "random.seed(0)\nfor i in range(3):\n    x = random.random()"],
    ),
    "a global generator in a function": Case(
        before=[NP, "def f():\n    return random.random()\nf()"]
    ),
    "a statement that begins in a string": Case(
        before=[NP, 'a = """\n"""; x = random.random()'],
        after=[NP, 'random.seed(0)\na = """\n"""; x = random.random()'],
    ),
    "generators of one's own": Case(
        before=[NP, "a = np.random.default_rng()", "b = np.random.default_rng()"],
        after=[NP, "a = np.random.default_rng(0)", "b = np.random.default_rng(1)"],
    ),
    "a generator beside a seeded one": Case(
        before=[NP, "a = np.random.default_rng(0)", "b = np.random.default_rng()"],
        after=[NP, "a = np.random.default_rng(0)", "b = np.random.default_rng(1)"],
    ),
    # imports
    "a star import": Case(
        before=["from math import *", "x = sqrt(pi)"],
        after=["from math import pi, sqrt", "x = sqrt(pi)"],
    ),
    "a star import used in a magic": Case(
        before=["from math import *", "%timeit sqrt(2)"],
        after=["from math import sqrt", "%timeit sqrt(2)"],
    ),
    "a star import of nothing used": Case(before=["from math import *"]),
    "a star import and exec": Case(before=["from math import *", "x = sqrt(2)\nexec(input())"]),
    "a star import of what is not here": Case(before=["from no_such import *", "x = a"]),
    # parameters
    "a product": Case(
        before=["n = 24 * 60"], after=["n = 1440  # 24 * 60"], tags={0: ["parameters"]}
    ),
    "an empty list": Case(before=["n = list()"], after=["n = []"], tags={0: ["parameters"]}),
    "a huge power": Case(before=["n = 9 ** 9 ** 9"], tags={0: ["parameters"]}),
    "a call": Case(before=["n = max(1, 2)"], tags={0: ["parameters"]}),
    # comments
    "an idle comment": Case(before=["x = 1  # mlops: ignore[MNB236]"], after=["x = 1"]),
    "an idle comment beside another": Case(
        before=["x = 1  # mlops: ignore[MNB236]  # noqa"], after=["x = 1  # noqa"]
    ),
    "an idle comment of its own": Case(before=["# mlops: ignore[MNB236]\nx = 1"], after=["x = 1"]),
    "a comment that is idle in part": Case(
        before=["print(a)  # mlops: ignore[MNB203, MNB236]"],
        after=["print(a)  # mlops: ignore[MNB203]"],
    ),
    "a comment without brackets": Case(
        before=["print(a)  # mlops: ignore MNB203"], after=["print(a)  # mlops: ignore[MNB203]"]
    ),
    "a comment without codes": Case(
        before=["print(a)  # mlops: ignore"], after=["print(a)  # mlops: ignore[MNB203]"]
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_surely_meant_is_mended_and_nothing_else(case: Case) -> None:
    raw = notebook_bytes(*case.before, tags=case.tags)
    outcome = fixed(raw)
    assert sources_of(outcome.raw) == list(case.before if case.after is None else case.after)
    assert (outcome.raw == raw) == (case.after is None)


@pytest.mark.parametrize(
    ("tag", "mended"),
    [
        ("stage=load", "stage:load"),
        ("Stage: load", "stage:load"),
        ("stage: load", "stage:load"),
        ("stage:load data", None),
        ("stages", None),
        ("Parameters", "parameters"),
        ("params", None),
        ("parameter", "parameters"),
        ("stage-load", "stage:load"),
        ("papermill", None),
        ("raises-error", None),
    ],
)
def test_a_tag_that_is_nearly_one_is_mended(tag: str, mended: str | None) -> None:
    raw = notebook_bytes("x = 1", tags={0: ["keep", tag]})
    cells = json.loads(fixed(raw).raw)["cells"]
    assert cells[0]["metadata"]["tags"] == ["keep", tag if mended is None else mended]


def test_an_import_in_a_stage_moves_to_the_imports_above() -> None:
    raw = notebook_bytes(
        "import os", "%%mlops_stage a\nimport math\nx = math.pi", "%%mlops_stage b\ny = math.e + x"
    )
    assert sources_of(fixed(raw).raw) == [
        "import os\nimport math",
        "%%mlops_stage a\nx = math.pi",
        "%%mlops_stage b\ny = math.e + x",
    ]


def test_an_import_in_a_stage_gets_a_cell_where_there_is_none() -> None:
    raw = notebook_bytes(
        "%%mlops_stage a\nimport math\nx = math.pi", "%%mlops_stage b\ny = math.e + x"
    )
    after = fixed(raw).raw
    assert sources_of(after)[0] == "import math"
    assert sources_of(after)[1] == "%%mlops_stage a\nx = math.pi"
    assert not json.loads(after)["cells"][0]["id"].startswith("id")
    assert fixed(after).changes == ()


def test_line_ends_of_a_source_stay_what_they_are() -> None:
    raw = notebook_bytes("import random\r\nx = random.random()\r\n# mlops: stage a")
    (source,) = sources_of(fixed(raw).raw)
    lines = ["# mlops: stage a", "import random", "random.seed(0)", "x = random.random()"]
    assert source == "\r\n".join(lines)


@pytest.mark.parametrize("indent", [1, 4, None])
def test_the_file_keeps_its_layout_and_all_other_lines(indent: int | None) -> None:
    raw = notebook_bytes("x = 'é'", "# mlops stage a\ny = 1", "z = 1", indent=indent)
    after = fixed(raw).raw
    assert after == raw.replace(b"# mlops stage a", b"# mlops: stage a")


def examples() -> list[tuple[str, str]]:
    """Return the faulty and the mended notebook of each page, in percent format."""
    found = []
    for code in explained_codes():
        parts = re.findall(r"```python\n(.*?)```", explain(code), flags=re.DOTALL)
        found += [(code, part) for part in parts]
    return found


def from_percent(text: str) -> bytes:
    parts = re.split(r"^# %%.*\n", text, flags=re.MULTILINE)[1:]
    heads = re.findall(r"^# %%(.*)$", text, flags=re.MULTILINE)
    tags = {
        index: json.loads(found[1])
        for index, head in enumerate(heads)
        if (found := re.search(r"tags=(\[.*?\])", head))
    }
    return notebook_bytes(*(part.rstrip() for part in parts), tags=tags)


def assert_sound(raw: bytes) -> None:
    """Assert what holds of every fix: findings go and none comes, and it is done once."""
    outcome = fixed(raw)
    before, after = codes_of(raw), codes_of(outcome.raw)
    assert not after - before
    assert bool(outcome.changes) == (outcome.raw != raw)
    if outcome.changes:
        mended = Counter({code for code, _, _ in outcome.titles})
        assert not mended - (before - after)
    assert fixed(outcome.raw).changes == ()


@pytest.mark.parametrize("code", sorted({code for code, _ in examples()}))
def test_the_examples_of_the_pages_are_mended_soundly(code: str) -> None:
    for _, text in [example for example in examples() if example[0] == code]:
        assert_sound(from_percent(text))


def test_every_fix_mends_the_example_of_its_page() -> None:
    # The examples of these are for a person: which of several things is meant, only one knows.
    for code in sorted(set(FIXERS) - {"MNB204", "MNB210", "MNB238"}):
        faulty = next(text for known, text in examples() if known == code)
        titles = fixed(from_percent(faulty)).titles
        assert code in {done for done, _, _ in titles}, code


LINES = (
    "# mlops stage a",
    "# mlops: stage b --metrics scor",
    "%%mlops_stage c --timout 5m",
    "import numpy as np, random",
    "from math import *",
    "score = sqrt(4)",
    "x = np.random.rand(3)",
    "rng = np.random.default_rng()",
    "for i in range(2): random.random()",
    "y = 1  # mlops: ignore[MNB236]",
    "print(nothing)  # mlops: ignore",
    "s = '''# mlops: ignore'''",
    "!ls  # mlops: ignore[MNB234]",
    "exec('z = 1')",
    "broken =",
    "",
)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(LINES), max_size=4).map("\n".join), min_size=1, max_size=5)
)
def test_fixes_of_any_notebook_are_sound(sources: list[str]) -> None:
    assert_sound(notebook_bytes(*sources))
