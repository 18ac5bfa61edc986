"""Habits that will bite: found where they are, and only there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits import habit_diagnostics


def found(
    *sources: str, tags: tuple[str, ...] = (), counts: tuple[int | None, ...] = ()
) -> list[Diagnostic]:
    """Return the habits of a notebook; `tags` are the first cell's."""
    plain = [
        {"cell_type": "code", "metadata": {"tags": list(tags)} if not i else {}, "source": source}
        for i, source in enumerate(sources)
    ]
    pipeline = build_pipeline(cells_of({"cells": plain}), name="n", star_names=lambda _: None)
    return habit_diagnostics(pipeline, counts=dict(enumerate(counts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    sources: tuple[str, ...]
    codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    counts: tuple[int | None, ...] = ()


CASES = {
    "order: a cell executed again": Case(
        sources=("a = 1", "b = 2", "c = 3"), counts=(5, 2, 3), codes=("MNB230",)
    ),
    "order: never executed": Case(sources=("a = 1", "b = 2"), counts=(None, None)),
    "order: gaps": Case(sources=("a = 1", "b = 2"), counts=(3, 9)),
    "order: a comment needs no execution": Case(sources=("# note", "b = 2"), counts=(None, 1)),
    "order: not executed above": Case(
        sources=("a = 1", "b = 2"), counts=(None, 1), codes=("MNB231",)
    ),
    "order: not executed yet": Case(sources=("a = 1", "b = 2"), counts=(1, None)),
    "paths: of a home": Case(sources=("p = '/Users/ada/x.csv'",), codes=("MNB233",)),
    "paths: of Windows": Case(sources=(r"p = 'C:\\Users\\ada\\x.csv'",), codes=("MNB233",)),
    "paths: of a disk": Case(
        sources=("p = '/data/raw/x.csv'\nq = r'D:\\work\\x.csv'",), codes=("MNB233", "MNB233")
    ),
    "paths: of whoever runs it": Case(
        sources=("from pathlib import Path\np = Path.home() / 'x'",), codes=("MNB233",)
    ),
    "paths: routes and ratios": Case(
        sources=("p = ['/data', '/api/v1/x.json', 'a:/b?c', 'data/x.csv', '/data/ is: big']",)
    ),
    "paths: a prose text": Case(sources=("p = '/home is where the heart is'",)),
    "paths: of an address": Case(sources=("p = 'https://x.org/home/a'",)),
    "pip: with a version": Case(sources=("!pip3 -q install a==1",), codes=("MNB234",)),
    "pip: of this interpreter": Case(
        sources=("import sys\n!{sys.executable} -m pip install a",), codes=("MNB234",)
    ),
    "pip: only asked": Case(sources=("!pip list", "text = 'pip install a'")),
    "pip: by a process": Case(
        sources=(
            "import subprocess, sys",
            "%%mlops_stage a\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])",
        ),
        codes=("MNB234",),
    ),
    "pip: in a shell cell": Case(sources=("%%bash\ncd a\npip install -U x",), codes=("MNB234",)),
    "shell: fetches": Case(
        sources=("%%mlops_stage a\n!wget -q http://x.org/a.zip\n!unzip a.zip",), codes=("MNB235",)
    ),
    "shell: keeps what comes": Case(
        sources=("%%mlops_stage a\nn = !wc -l a.csv",), codes=("MNB235",)
    ),
    "shell: a cell": Case(
        sources=("# mlops: stage a\n%%bash\n# all of it\ncurl -O http://x",), codes=("MNB235",)
    ),
    "shell: outside a stage": Case(sources=("!wget http://x.org/a.zip",)),
    "shell: nothing comes back": Case(
        sources=(
            "%%mlops_stage a\n!mkdir -p out\n!pip list\n!ls -l\n!head a.csv\ntext = '!wget http://x'",
        )
    ),
    "network: in a stage that says how long it holds": Case(
        sources=("import requests", "%%mlops_stage a --fresh 12h\nrequests.get('http://x')"),
    ),
    "shell: in a stage that says when it holds": Case(
        sources=("%%mlops_stage a --version-of tag\n!git clone http://x\ntag = 1",)
    ),
    "shell: in a stage that names what is read": Case(
        sources=(
            "import subprocess",
            "%%mlops_stage a --deps a.csv\n!wc a.csv\nsubprocess.run('b')",
        ),
    ),
    "clock: in a stage that runs every time": Case(
        sources=("from datetime import datetime", "%%mlops_stage a --no-cache\nt = datetime.now()")
    ),
    "chance: scikit-learn draws from NumPy's generator": Case(
        sources=(
            "import numpy as np\nnp.random.seed(0)",
            "from sklearn.model_selection import train_test_split\ntrain_test_split([1, 2])",
        ),
    ),
    "parameters: computed from an import": Case(
        sources=("import os\na = os.path.join('b', 'c')",),
        tags=("parameters",),
        codes=("MNB238",),
    ),
    "network: an address by its name": Case(
        sources=(
            "import pandas as pd\nURL = 'https://x.org/'",
            "%%mlops_stage a\nprint(pd.read_csv(URL + 'a.csv'))",
            "%%mlops_stage b\nprint(pd.read_csv(f'{URL}b.csv'))",
        ),
        codes=("MNB235", "MNB235"),
    ),
    "network: a path by its name": Case(
        sources=(
            "import pandas as pd\nURL = 'a.csv'\nURL2 = 'http://x'\nURL2 = 'b.csv'",
            "%%mlops_stage a\nt = pd.read_csv(URL)\nu = pd.read_csv(URL2)",
        ),
    ),
    "network: data sets that are fetched": Case(
        sources=(
            "import torchvision\nfrom tensorflow import keras",
            "%%mlops_stage a\nd = torchvision.datasets.MNIST('.', download=True)",
            "%%mlops_stage b\nd = torchvision.datasets.MNIST('.')",
            "%%mlops_stage c\nd = keras.datasets.mnist.load_data()",
        ),
        codes=("MNB235", "MNB235"),
    ),
    "network: what only names an error": Case(
        sources=("import requests", "%%mlops_stage a\ne = requests.HTTPError('x')"),
    ),
    "network: outside a stage": Case(sources=("import requests\nrequests.get('http://x')",)),
    "network: in a stage": Case(
        sources=("import requests", "%%mlops_stage a\nrequests.get('http://x')"),
        codes=("MNB235",),
    ),
    "chance: once per cell": Case(
        sources=("import numpy as np", "a = np.random.rand()\nb = np.random.rand()"),
        codes=("MNB236",),
    ),
    "chance: seeded above": Case(
        sources=("import numpy as np\nnp.random.seed(0)", "a = np.random.rand()")
    ),
    "chance: seeded below": Case(
        sources=("import numpy as np\na = np.random.rand()", "np.random.seed(0)"),
        codes=("MNB236",),
    ),
    "chance: a function defined above the seed": Case(
        sources=("import random\ndef f():\n    return random.random()", "random.seed(1)\nf()")
    ),
    "chance: a seed of another generator": Case(
        sources=("import numpy as np, random\nrandom.seed(1)", "a = np.random.rand()"),
        codes=("MNB236",),
    ),
    "chance: default_rng": Case(
        sources=("from numpy.random import default_rng", "default_rng(3)\ndefault_rng()"),
        codes=("MNB236",),
    ),
    "chance: a forest": Case(
        sources=(
            "from sklearn.ensemble import RandomForestClassifier as Forest",
            "Forest(n_estimators=3)",
            "Forest(random_state=0)",
            "Forest(**settings)",
            "Forest(random_state=None)",
        ),
        codes=("MNB236", "MNB236"),
    ),
    "chance: a split that does not shuffle": Case(
        sources=("from sklearn.model_selection import *", "train_test_split([1], shuffle=False)"),
        codes=("MNB232",),
    ),
    "chance: a name of one's own": Case(sources=("def shuffle(x):\n    return x\nshuffle([1])",)),
    "chance: rows of a frame": Case(
        sources=("import pandas as pd\nt = pd.read_csv('a')", "u = t.sample(frac=0.1)"),
        codes=("MNB236",),
    ),
    "chance: rows of a frame, with a seed": Case(
        sources=(
            "import pandas as pd\nt = pd.read_csv('a')",
            "u = t.sample(5, random_state=1)\nv = t.sample(n=5, seed=1)",
        ),
    ),
    "chance: rows of a frame, looked at": Case(
        sources=("import pandas as pd\nt = pd.read_csv('a')", "t.sample(5)")
    ),
    "chance: folds that shuffle": Case(
        sources=(
            "from sklearn.model_selection import KFold\nKFold(5)\nKFold(5, shuffle=True)",
            "from sklearn.model_selection import KFold\nKFold(5, shuffle=True, random_state=0)",
        ),
        codes=("MNB236",),
    ),
    "chance: weights and loaders of torch": Case(
        sources=(
            "import torch\nfrom torch.utils.data import DataLoader",
            "net = torch.nn.Linear(2, 1)",
            "rows = DataLoader([1], shuffle=True)",
            "rows = DataLoader([1], shuffle=True, generator=g)\nDataLoader([1])",
            "torch.manual_seed(0)\nnet = torch.nn.Linear(2, 1)",
        ),
        codes=("MNB236", "MNB236"),
    ),
    "chance: TensorFlow": Case(
        sources=(
            "import tensorflow as tf\ntf.random.normal((2,))",
            "tf.random.set_seed(1)\ntf.random.normal((2,))\ntf.random.shuffle([1])",
        ),
        codes=("MNB236",),
    ),
    "chance: of SciPy": Case(
        sources=(
            "from scipy import stats\nx = stats.norm.rvs(size=3)",
            "y = stats.norm.rvs(size=3, random_state=1)",
        ),
        codes=("MNB236",),
    ),
    "clock: in a text": Case(
        sources=(
            "import pandas as pd",
            "%%mlops_stage a\nn = pd.Timestamp('now')\nm = pd.Timestamp('2026-01-01')",
        ),
        codes=("MNB237",),
    ),
    "clock: written out": Case(
        sources=(
            "import time",
            "%%mlops_stage a\nn = time.strftime('%Y')\nm = time.strftime('%Y', t)",
        ),
        codes=("MNB237",),
    ),
    "clock: in a stage": Case(
        sources=("from datetime import datetime", "%%mlops_stage a\nnow = datetime.now()"),
        codes=("MNB237",),
    ),
    "clock: for timing": Case(sources=("import time", "%%mlops_stage a\nt = time.time()")),
    "parameters: plain": Case(
        sources=("a = 1\nb: list = [1, -2]\nc = None", "d = a"), tags=("parameters",)
    ),
    "parameters: computed": Case(sources=("a = 2 * 3",), tags=("parameters",), codes=("MNB238",)),
    "parameters: bound again": Case(
        sources=("a = 1", "a = a + 1"), tags=("parameters",), codes=("MNB239",)
    ),
    "a skipped cell": Case(sources=("p = '/home/ada/x'",), tags=("skip",)),
    "a cell that does not parse": Case(sources=("a = (", "b = 1")),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_habit_is_found_where_it_is_and_only_there(case: Case) -> None:
    diagnostics = found(*case.sources, tags=case.tags, counts=case.counts)
    assert tuple(sorted(diagnostic.code for diagnostic in diagnostics)) == case.codes


def test_a_draw_in_a_stage_is_a_warning_and_elsewhere_an_info() -> None:
    draw = "import random\nx = random.random()"
    (inline,) = found(draw)
    (stage,) = found(f"%%mlops_stage a\n{draw}")
    assert (inline.severity, stage.severity) == ("info", "warning")
    assert (stage.line, stage.column) == (3, 4)


def test_columns_count_characters_and_not_bytes() -> None:
    (draw,) = found("import random\nl\u00e4nge = random.random()")
    assert (draw.line, draw.column) == (2, len("l\u00e4nge = "))


def test_only_parameters_are_said_not_to_reach_a_default():
    (finding,) = found("import os\na = os.path.join('b')", tags=("parameters",))
    assert "-p" not in finding.message
