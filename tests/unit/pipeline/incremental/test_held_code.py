"""What cells set in the process for good, and the names that its code looks up there, is told."""

from __future__ import annotations

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.held_code import asks_names_unseen
from mlops_nb.pipeline.incremental.hidden_state import HiddenStates

IMPORTS = (
    "import atexit, json, math, signal, threading, weakref, logging, unknown\nimport pandas as pd"
)
# What a cell says, and the names that later cells may read by it.
HOLDS = {
    "math.law = lambda: step": "step",
    "def handler(*given):\n    print(step)\nsignal.signal(signal.SIGUSR1, handler)": "handler",
    "class Own:\n    pass\nown = Own()\nlogging.getLogger('q').addHandler(own)": "own",
    "pd.DataFrame.tell = lambda frame: frame.head(step)": "step",
    "def hook(told):\n    pass\nthreading.excepthook = hook": "hook",
    "ip = get_ipython()\nip.events.register('post_run_cell', lambda *a: print(step))": "print step",
    "k = []\nr = weakref.ref(k, lambda _: print(step))": "print step",
    "@pd.api.extensions.register_series_accessor('law')\nclass Law:\n    v = 1": "Law",
    "def other():\n    pass\nalias = other\nunknown.call(alias)": "alias",
    "def conf(module, value):\n    module.law = value\nconf(math, 1)": "conf",
    "setattr(math, 'law', 1)": "",
    "vars(math)['law'] = 1": "",
    "math.__dict__['law'] = 1": "",
    "old = unknown.set_option('a', 1)": "",
    "frame = 1\nunknown.draw(frame)": "",
    "class A:\n    pass\nA.register(int)": "A",
    "logging.getLogger('q').setLevel(level)": "",
    "%pprint": "",
}
LEAVES_NOTHING = (
    "x = unknown.transform(1)",
    "def f(v):\n    return v\nx = f(1)",
    "def f(ax):\n    ax.title = 1\nf(x)",
    "vars(thing)['a'] = 1",
    "frame.register(1)",
    "ip = get_ipython()",
    "%load_ext mlops_nb",
    "files = !ls",
    "%time x = 1",
)


@pytest.mark.parametrize("source", HOLDS)
def test_later_cells_read_what_code_looks_up_that_the_process_holds(source: str) -> None:
    states, is_left = _follow(source)
    assert is_left
    assert states.held == set(HOLDS[source].split())


@pytest.mark.parametrize("source", LEAVES_NOTHING)
def test_what_changes_values_alone_leaves_nothing(source: str) -> None:
    states, is_left = _follow(source)
    assert not is_left
    assert states.held == set()


UNSEEN = (
    "frame.query(text)",
    "pd.eval(text + '1')",
    "inspect.currentframe().f_globals['x']",
    "f.__globals__['x']",
    "duckdb.sql(text)",
    "smf.ols(formula, frame).fit()",
    "smf.logit(formula='y ~ ' + terms, data=frame)",
    "dmatrices(text, frame)",
    "numexpr.evaluate(text)",
    "model_matrix(text, frame)",
    "unittest.main(argv=[''], exit=False)",
    "doctest.testmod()",
    "unittest.defaultTestLoader.loadTestsFromModule(module)",
    "inspect.getmembers(sys.modules['__main__'])",
    "timeit.timeit('f()', 'from __main__ import f')",
    "cProfile.run('z = f()')",
    "pl.SQLContext(register_globals=True)",
)
SEEN = (
    "sm.OLS(y, X)",
    "smf.ols('y ~ tr(x)', data=frame)",
    "frame.query('a > @x')",
    "frame.query(f'a > {x}')",
    "model.eval()",
    "frame.eval(expr='a')",
    "numexpr.evaluate('a + b')",
    "model.evaluate(X, y)",
    "subprocess.run(words)",
    "if __name__ == '__main__':\n    main()",
)


def test_names_in_texts_from_elsewhere_are_any_names() -> None:
    assert [s for s in UNSEEN if not asks_names_unseen(Code(python=s))] == []
    assert [s for s in SEEN if asks_names_unseen(Code(python=s))] == []


def _follow(source: str) -> tuple[HiddenStates, bool]:
    cells = cells_of({"cells": [_code(IMPORTS), _code(source)]})
    analyses = analyse_notebook(cells, star_names=lambda _: None)
    states = HiddenStates()
    found = [states.left_by(c.code, analyses[c.index]) for c in cells if c.code is not None]
    assert found[0] == "nothing"
    return states, found[1] != "nothing"


def _code(source: str) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "source": source}
