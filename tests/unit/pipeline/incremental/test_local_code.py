"""What a call into a local module leaves in the process is read from the module's text."""

from __future__ import annotations

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.hidden_state import HiddenStates
from mlops_nb.pipeline.incremental.local_code import (
    LocalCode,
    LocalSource,
    is_as_loaded,
    looks_around,
)

HELPER = """
import logging
import yaml
import matplotlib.pyplot as plt
from near import near_by, tell as say
from round import *
log = logging.getLogger("helper")
shelf = object()
def decorate(**options):
    plt.gca().set(**options)
    plt.legend()
def set_style(value):
    return value + 1
def enter(kind):
    yaml.add_representer(kind, print)
def enter_by_import(kind):
    import dill
    dill.extend(kind)
def enter_twice(kind):
    return [enter(kind), 1]
def mark(what, value):
    what.mark = value
class Plain:
    def go(self):
        self.x = 1
class Tool:
    def go(self, kind):
        enter(kind)
tool = Tool()
def make():
    return Tool()
if log:
    def chosen(): pass
"""
AROUND = """
import yaml
def set_around(): yaml.add_constructor('!x', print)
def calm(): pass
"""
MODULES = {
    "helper": HELPER,
    "near": "from helper import enter as near_by\nfrom tidy import tell\n",
    "tidy": "def tell(): print('told')\n",
    "round": "from around import *\n",
    "around": AROUND,
    "pkg": "from .core import clean\nfrom . import core\n",
    "pkg.core": "def clean(v): return v\ndef stain(v):\n    import yaml\n    yaml.patch(v)",
    "broken": "def (",
}
LEFT = (
    "from helper import enter\nenter(int)",
    "from helper import enter\nx = enter(int)",
    "import helper\nx = helper.enter(int)",
    "import helper as h\nx = h.enter_twice(int)",
    "from helper import enter_by_import\nx = enter_by_import(int)",
    "from helper import enter\n@enter\nclass A: pass",
    "import helper\n@helper.enter\ndef f(): pass",
    "from helper import enter\ndef f(v): return enter(v)\nx = f(int)",
    "import helper\ndef f(v): return helper.enter(v)\nx = f(int)",
    "import helper\nx = list(map(helper.enter, [int]))",
    "import helper\ng = helper.enter\nx = g(int)",
    "from helper import Tool\nt = Tool()\nx = t.go(int)",
    "from helper import make\nt = make()\nx = t.go(int)",
    "from helper import tool\nx = tool.go(int)",
    "import helper\nx = helper.tool.go(int)",
    "from helper import near_by\nx = near_by(int)",
    "from helper import set_around\nx = set_around()",
    "from helper import *\nx = enter(int)",
    "from pkg.core import stain\nx = stain(1)",
    "import pkg\nx = pkg.core.stain(1)",
    "import numpy, helper\nhelper.mark(numpy, 1)",
    "from helper import log\nlog.setLevel(3)",
    # Of these nothing is known.
    "from helper import shelf\nshelf.add(1)",
    "from helper import nobody\nnobody()",
    "import broken\nbroken.go()",
    "import elsewhere\nelsewhere.go()",
    "def enter(f):\n    import yaml\n    yaml.add_representer(f, print)\n@enter\nclass A: pass",
)
NOT_LEFT = (
    "from helper import decorate\ndecorate(xlabel='x')",
    "import helper\nhelper.decorate(xlabel='x')",
    "from helper import *\ndecorate(xlabel='x')",
    "from helper import set_style\nset_style(3)",
    "import helper\nhelper.set_style(3)",
    "from helper import Plain\np = Plain()\np.go()",
    "from helper import Plain\nPlain().go()",
    "from helper import say\nsay()",
    "from helper import calm\ncalm()",
    "from helper import chosen\nchosen()",
    "from pkg import clean\nclean(3)",
    "import pkg\npkg.core.clean(3)",
    "import helper\nhelper.mark([], 1)",
    "from helper import log\nlog.info('x')",
    "def f(): import yaml; return yaml.safe_load('1')\nx = f()",
)


def _sources() -> list[LocalSource]:
    return [
        LocalSource(module=name, key=f"{name}.py", digest=name, text=text, is_package=name == "pkg")
        for name, text in MODULES.items()
    ]


def _left_by(source: str) -> str:
    cells = cells_of({"cells": [{"cell_type": "code", "metadata": {}, "source": source}]})
    analyses = analyse_notebook(cells, star_names=lambda _: None)
    states = HiddenStates(known=LocalCode(_sources()))
    (found,) = [states.left_by(c.code, analyses[c.index]) for c in cells if c.code is not None]
    return found


@pytest.mark.parametrize("source", LEFT)
def test_a_call_of_local_code_that_changes_a_library_leaves_a_hidden_state(source: str) -> None:
    assert _left_by(source) in ("code", "last call")


@pytest.mark.parametrize("source", NOT_LEFT)
def test_a_call_of_local_code_that_changes_nothing_unseen_leaves_none(source: str) -> None:
    assert _left_by(source) == "nothing"


@pytest.mark.parametrize(
    ("source", "leaver"),
    [
        ("from elsewhere import Pmf\nPmf.chance(3)", "last call"),
        ("import elsewhere\nx = 1\nawait elsewhere.ask(x)", "last call"),
        ("import elsewhere\nelsewhere.tell(1)\nelsewhere.ask(2)", "code"),
        ("import elsewhere\nelsewhere.ask(2)\nx = 1", "code"),
        ("import elsewhere\nelsewhere.set_seed(2)", "code"),
        ("from helper import enter\nenter(2)", "code"),
        ("import elsewhere, json\nelsewhere.ask(json.JSONEncoder.register(1))", "code"),
    ],
)
def test_a_last_call_into_a_library_may_be_made_for_its_value(source: str, leaver: str) -> None:
    assert _left_by(source) == leaver


def test_modules_that_lead_to_each_other_are_not_known() -> None:
    texts = {"one": "from two import f\n", "two": "from one import f\n"}
    code = LocalCode(
        [LocalSource(module=m, key=f"{m}.py", digest=m, text=t) for m, t in texts.items()]
    )
    assert not code.judge("one.f").is_known


def test_what_was_read_counts_where_it_is_what_was_loaded() -> None:
    sources = _sources()

    def loaded(key: str, digest: str) -> bool:
        return is_as_loaded({Fact(FactKind.MODULE, key): digest}, sources)

    assert loaded("helper.py", "helper")
    assert not loaded("helper.py", "another")
    assert not loaded("src/helper.py", "helper")
    assert not loaded("pkg/__init__.py", "pkg")
    assert loaded("elsewhere.py", "x")
    assert is_as_loaded({Fact(FactKind.FILE, "helper.py"): "x"}, sources)


def test_a_module_that_goes_to_the_notebooks_names_by_frames_is_noticed() -> None:
    def looks(text: str) -> bool:
        return looks_around([LocalSource(module="m", key="m.py", digest="", text=text)])

    assert looks("import sys\ndef f(): return sys._getframe(1).f_globals")
    assert looks("import __main__\n")
    assert not looks("if __name__ == '__main__':\n    main()\n")


@pytest.mark.parametrize(
    "text",
    [
        "import yaml\nyaml.add_constructor('!x', print)",
        "import pandas as pd\npd.Series.spread = lambda s: s.max() - s.min()",
        "import pandas as pd\n"
        "@pd.api.extensions.register_dataframe_accessor('tidy')\nclass Tidy: pass",
        "import matplotlib as mpl\nmpl.colormaps.register(object(), force=True)",
        "import logging\nlog = logging.getLogger('quiet')\nlog.setLevel(30)",
        "import calendar\ndef prepare(): calendar.setfirstweekday(6)\nprepare()",
        "from helper import enter\nenter(int)",
        "import yaml\nif __name__ == '__main__':\n    pass\nelse:\n    yaml.patch(int)",
    ],
)
def test_a_module_that_sets_something_in_a_library_while_it_is_loaded_is_noticed(text: str) -> None:
    assert _leaves_when_loaded(text)


@pytest.mark.parametrize(
    "text",
    [
        "import yaml\ndef enter(kind): yaml.add_representer(kind, print)",
        "import logging\nlog = logging.getLogger(__name__)\nREGISTRY = {}\nREGISTRY['a'] = len",
        "import pandas as pd\nimport warnings\npd.set_option('display.precision', 3)\n"
        "warnings.filterwarnings('ignore')",
        "import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 9\nplt.style.use('ggplot')",
        "import os, sys\nsys.path.append('lib')\nos.environ['MODE'] = 'fast'",
        "import yaml\nif __name__ == '__main__':\n    yaml.add_representer(int, print)",
    ],
)
def test_a_module_that_only_defines_or_sets_what_is_watched_is_not(text: str) -> None:
    assert not _leaves_when_loaded(text)


def _leaves_when_loaded(text: str) -> bool:
    return _left_when_loaded(text) is not None


def _left_when_loaded(text: str) -> tuple[str, frozenset[str]] | None:
    module = LocalSource(module="habits", key="habits.py", digest="", text=text)
    return LocalCode([*_sources(), module]).left_when_loaded("habits")


LOGS = """
import logging
import tidy
LEVEL = 30
RATE = 2
parts = []
if LEVEL:
    def prepare(log): log.setLevel(LEVEL + len(parts))
def fill(): parts.append(1)
def clean(v): log.info('clean'); return v * RATE
log = logging.getLogger('habits')
fill()
tidy.tell('loud')
logging.getLogger(tidy.name).addHandler(None)
prepare(log)
"""


@pytest.mark.parametrize(
    ("old", "new", "is_another"),
    [
        ("v * RATE", "v * RATE + 1", False),
        ("RATE = 2", "RATE = 3", False),
        ("import logging", "import logging, json", False),
        ("LEVEL = 30", "LEVEL = 20", True),
        ("LEVEL + ", "LEVEL - ", True),
        ("append(1)", "extend('ab')", True),
        ("fill()\ntidy", "tidy", True),
        ("'loud'", "'still'", True),
        ("'habits'", "'other'", True),
    ],
)
def test_what_a_module_leaves_is_decided_by_the_code_that_has_to_do_with_it(
    old: str, new: str, is_another: bool
) -> None:
    assert old in LOGS
    before, after = _left_when_loaded(LOGS), _left_when_loaded(LOGS.replace(old, new, 1))
    assert before is not None
    assert (before != after) == is_another


def test_what_a_module_uses_of_others_for_what_it_leaves_is_told() -> None:
    text = "import yaml\nfrom tidy import tell\nfrom pkg import core\nyaml.patch(core.clean)"
    for more in ("", "\nfrom helper import *"):
        found = _left_when_loaded(text + more)
        assert found is not None
        assert found[1] == {"yaml", "pkg.core", *(["helper"] if more else [])}
