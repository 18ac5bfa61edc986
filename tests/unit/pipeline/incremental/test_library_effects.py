"""What configures a library past what is watched of it is told from the call."""

from __future__ import annotations

import ast

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.hidden_state import HiddenStates
from mlops_nb.pipeline.incremental.library_effects import straight_path

IMPORTS = """
import calendar, csv, decimal, json, logging, os, random, reprlib, sys, warnings, yaml
import altair as alt, duckdb, joblib, matplotlib as mpl, matplotlib.pyplot as plt, networkx as nx
import numpy as np, pandas as pd, plotly.express as px, plotly.io as pio, polars as pl
import pyarrow as pa, seaborn as sns, sklearn, statsmodels.api as sm
from matplotlib import font_manager as fm
from unittest import mock
"""
UNHEARD = (
    "np.setbufsize(8192)",
    "np.seterrcall(print)",
    "new = px.colors.qualitative.Plotly.pop()",
    "done = [np.typecodes.update(a=n) for n in 'ab']",
    "from calendar import day_abbr\nday_abbr |= {'x'}",
    "model.Defaults.stop_words.add('x')",
    "model.Defaults.stop_words |= {'x'}",
    "pa.set_cpu_count(1)",
    "joblib.parallel_config(backend='threading')",
    "old = joblib.parallel_backend('threading')",
    "calendar.setfirstweekday(6)",
    "import asyncio\nasyncio.set_event_loop(loop)",
    "yaml.add_representer(complex, print)",
    "yaml.SafeLoader.add_constructor('!x', print)",
    "fm.fontManager.addfont('a.ttf')",
    "alt.renderers.enable('svg')",
    "alt.data_transformers.disable_max_rows()",
    "patch = mock.patch('os.path.exists', print)",
    "pio.templates.default = 'ggplot2'",
    "templates = pio.templates\ntemplates.default = 'ggplot2'",
    "defaults = px.defaults\ndefaults.width = 100",
    "maps = mpl.colormaps\nmaps.register(own, name='own')",
    "Encoder = json.JSONEncoder\nEncoder.default = print",
    "import weakref\nkept = weakref.WeakValueDictionary({'k': o})",
    "made = duckdb.execute('create table t as select 1 a')",
    "made = duckdb.sql(f'insert into t select * from {source}')",
    "made = duckdb.sql(text)",
    "duckdb.sql('with new as (select 1) insert into t from new')",
    "view = duckdb.from_df(df).create_view('v')",
    "ip = get_ipython()\nf = ip.display_formatter\nf.for_type(int, print)",
    "f = get_ipython().display_formatter.formatters['text/plain']\nf.for_type(int, print)",
    "ip = get_ipython()\nf = ip.display_formatter.formatters['x']\nf.for_type(int, print)",
    "palette = px.colors.qualitative.Plotly\npalette.append('red')",
    "def quiet():\n    px.defaults.width = 3\nquiet()",
    "def quiet():\n    d = px.defaults\n    d.width = 3\nquiet()",
    "def make(name):\n    log = logging.getLogger(name)\n    log.setLevel(10)\nmake('x')",
    "class K:\n    def go(self):\n        json.law = 1\nk = K()\nk.go()",
    "@pd.api.extensions.register_extension_dtype\nclass D(Base): pass",
    "def f():\n    g()\ndef g():\n    yaml.add_representer(int, print)\nf()",
    "def f():\n    later.add_representer(int, print)\nimport yaml as later\nf()",
    "def g():\n    yaml.add_representer(int, print)\nh = g\nh()",
    "def g():\n    yaml.add_representer(int, print)\nfs = {'a': [g]}\nfs['a'][0]()",
    "def g(i):\n    yaml.add_representer(int, print)\nx = pd.Series([1]).map(g)",
    "def g():\n    yaml.add_representer(int, print)\nx = run(lambda: g())",
    "class A:\n    def go(self):\n        json.law = 1\nclass B(A): pass\nb = B()\nb.go()",
    "def q(m):\n    m.law = 1\ndef r():\n    q(json)\nr()",
    "def r():\n    q(json)\ndef q(m):\n    m.law = 1\nr()",
)
HEARD = (
    "total = duckdb.sql('select sum(a) from df').df()",
    "rows = duckdb.sql(f\"from '{path}'\")",
    "np.set_printoptions(precision=3)",
    "names = np.char.add(first, last)",
    "x = np.ma.append(a, b)",
    "table.Age.fillna(0, inplace=True)",
    "table.Age += 1",
    "table.Sex[table.Sex == 'm'] = 1",
    "class Outer:\n    class Inner:\n        kept = []\nOuter.Inner.kept.append(1)",
    "np.random.seed(3)",
    "np.setdiff1d(a, b)",
    "pd.set_option('display.max_rows', 5)",
    "sns.set_theme(style='white')",
    "sns.set(font_scale=2)",
    "plt.style.use('ggplot')",
    "mpl.use('agg')",
    "plt.rcParams.update({'lines.linewidth': 2})",
    "plt.setp(labels, rotation=90)",
    "pl.Config.set_tbl_rows(5)",
    "sklearn.set_config(display='text')",
    "sys.path.append('x')",
    "os.environ.setdefault('A', 'b')",
    "warnings.resetwarnings()",
    "logging.basicConfig(level=10)",
    "decimal.getcontext().prec = 3",
    "X = sm.add_constant(X)",
    "nx.set_node_attributes(G, 1, 'w')",
    "with joblib.parallel_config(backend='threading'):\n    x = 1",
    "with mock.patch('os.path.exists', print):\n    x = 1",
    "print(sklearn.get_config())",
    "df = df.set_index('a')",
    "plt.gca().set_title('x')",
    "ax.set_xlabel('x')",
    "total = np.add(a, b)",
    "os.remove('a.txt')",
    "import asyncio\nasync def get(v):\n    await asyncio.sleep(0)\n    return v\n"
    "x = await asyncio.gather(get(1))",
    "np.sort(x)",
    "X = np.c_[a, b]\nX[0] = 1",
    "class D(json.JSONDecoder):\n    def __init__(self):\n"
    "        json.JSONDecoder.__init__(self)\nd = D()\nd.decode('1')",
    "def names():\n    json = []\n    json.append(1)\n    return json\nnames()",
    "rc = plt.rcParams\nrc['lines.linewidth'] = 3",
    "colors = px.colors.qualitative.Plotly\ncolors = []\ncolors.append('red')",
    "class K:\n    def go(self):\n        self.x = 1\nk = K()\nk.go()",
    "class Own(json.JSONDecodeError): pass",
    "class Own(dict): pass",
    "def g():\n    yaml.add_representer(int, print)\ndef f(g):\n    return g + 1\nf(2)",
    "def f():\n    return h()\ndef h():\n    return yaml.safe_load('1')\nx = f()",
)


def _is_left(source: str, *, asks_subclasses: bool = False) -> bool:
    cells = cells_of({"cells": [_code(IMPORTS), *map(_code, _lines_of(source))]})
    analyses = analyse_notebook(cells, star_names=lambda _: None)
    states = HiddenStates(asks_subclasses=asks_subclasses)
    found = [states.left_by(c.code, analyses[c.index]) for c in cells if c.code is not None]
    assert found[0] == "nothing"
    return found[-1] != "nothing"


def _lines_of(source: str) -> list[str]:
    """Return each statement as a cell of its own."""
    return [ast.unparse(statement) for statement in ast.parse(source).body]


def _code(source: str) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "source": source}


@pytest.mark.parametrize("source", UNHEARD)
def test_what_configures_a_library_unheard_comes_about_by_running_alone(source: str) -> None:
    assert _is_left(source)


@pytest.mark.parametrize("source", HEARD)
def test_what_is_heard_or_changes_values_does_not(source: str) -> None:
    assert not _is_left(source)


def test_a_class_is_left_at_the_one_it_is_made_from_where_somebody_asks_for_it() -> None:
    assert _is_left("class Own(json.JSONDecodeError): pass", asks_subclasses=True)
    assert not _is_left("class Own(dict): pass", asks_subclasses=True)


def test_a_straight_path_passes_through_no_call() -> None:
    for text, path in (("plt.cm", "matplotlib.pyplot.cm"), ("plt.gca().x", ""), ("own.x", "")):
        node = ast.parse(text, mode="eval").body
        assert straight_path(node, {"plt": "matplotlib.pyplot"}) == path
