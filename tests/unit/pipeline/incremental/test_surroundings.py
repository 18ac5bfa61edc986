"""What a cell asks of its surroundings by words that no watch hears is told from its text."""

from __future__ import annotations

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.surroundings import Asked, Surroundings

IMPORTS = (
    "import sys, os, time, datetime\nimport numpy as np, pandas as pd\nfrom sys import version"
)
MACHINE = {
    "print(sys.version)": "interpreter",
    "print(version)": "interpreter",
    "if sys.version_info > (3, 9):\n    x = 1": "interpreter",
    "sys.executable": "executable",
    "os.name": "platform",
    "print(time.tzname)": "zone",
    "datetime.datetime.fromtimestamp(0)": "zone",
    "def f(t):\n    return t.timestamp()\nf(x)": "zone",
    "print(os.path.join('a', 'b'), x.version)": "",
}
VOLATILE = {
    "print(sys.argv[1:])": "command line",
    "print(id(x))": "where an object lies",
    "bucket = hash(name) % 10": "a hash",
    "def bucket(name):\n    return hash(name) % 10\nx = [bucket(n) for n in names]": "a hash",
    "f = lambda v: id(v)\nf(1)": "where an object lies",
    "np.datetime64('now')": "clock",
    "pd.to_datetime('today').normalize()": "clock",
    "pd.to_datetime(['now'])": "clock",
    "base.execute('select random()')": "SQL",
    "files.open('memory://a.txt', 'w')": "memory of its process",
    "base.execute(\"ATTACH 'other.db' AS other\")": "SQL attaches",
    "base.execute(f\"attach database '{name}' as other\")": "SQL attaches",
    "base.execute(\"SELECT strftime('%Y', 'now')\")": "SQL",
    "import threading\nprint(threading.enumerate())": "which threads run",
    "from threading import active_count\nprint(active_count())": "which threads run",
    "import pyarrow as pa\npa.OSFile('x.bin').read()": "opens files in native code",
    "from netCDF4 import Dataset\nd = Dataset('x.nc')": "opens files in native code",
    "local.open_input_stream('x.bin').read()": "opens files in native code",
    "print(sys._getframe().f_lineno)": "the number of a line",
    "def where(error):\n    return error.__traceback__.tb_lineno\nwhere(x)": "the number of a line",
}
STEADY = (
    "def bucket(name):\n    return hash(name)",
    "assert id(a) == id(b)",
    "seen[id(x)] = 1",
    "class K:\n    def __hash__(self):\n        return hash(self.v)\nk = K()",
    "np.datetime64('2020-01-01')",
    "print('now')",
    "print('attach your files')",
    "df.id(3, 4)",
    "base.execute('select a from t where b = 1')",
)


@pytest.mark.parametrize("source", MACHINE)
def test_facts_of_the_machine_are_told(source: str) -> None:
    assert _asked(source).machine == set(MACHINE[source].split())
    assert _asked(source).volatile == ""


@pytest.mark.parametrize("source", VOLATILE)
def test_what_is_another_in_every_process_is_told(source: str) -> None:
    assert VOLATILE[source] in _asked(source).volatile


@pytest.mark.parametrize("source", STEADY)
def test_what_each_process_answers_alike_is_not(source: str) -> None:
    assert _asked(source) == Asked()


def _asked(source: str) -> Asked:
    sources = [IMPORTS, source]
    plain = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    cells = cells_of({"cells": plain})
    analyses = analyse_notebook(cells, star_names=lambda _: None)
    surroundings = Surroundings()
    found = [surroundings.asked_by(c.code, analyses[c.index]) for c in cells if c.code is not None]
    assert found[0].volatile == ""
    return found[1]
