"""Notebooks made by chance from cells as people write them, and edits of them and their world."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import law_work

Kind = Literal["stage", "setup", "inline", "parameters"]

START = """import os, random, sys, json, math, functools, collections
k, m, flag = 1, 0, True
z = h = p = q = s = e = it = P = None
rng = holder = clf = model = fig = ax = x = y = t = w = u = v = None"""
MORE = """import io
remember = count = reset = ref = lambda *given: 0
class Counter:
    n = 0
class Row:
    v = 0
file, rnd, row = io.StringIO(), random.Random(0), Row()
held = thread = shown = state = t0 = Kind = caught = lst = None
_hidden = [0]"""
NAMES = "random.seed(1)\na, b, c, d = [1], [2], [3], {'a': [0]}"
HELPERS = "def f(v):\n    return v\ndef g(v):\n    return v"

DEFINITIONS = (
    "k = {n}",
    "z = [{n}]",
    "def f(v):\n    return v + {n}",
    "def f(v):\n    return v + k",
    "def f(v, w=k):\n    return v + w",
    "def f(v):\n    return g(v) + {n}",
    "def g(v):\n    return len({x}) + v",
    "def g(v, kept=[]):\n    kept.append(v)\n    return len(kept)",
    "def g(v):\n    {x}.append(v)\n    return len({x})",
    "def f(v):\n    global m\n    m = v + {n}\n    return m",
    "def f(v):\n    import near\n    return near.scale(v)",
    "def g(v):\n    return random.random() + v",
    "f = lambda v: v * {n}",
    "@functools.lru_cache\ndef f(v):\n    return v + {n}",
    "class P:\n    def __init__(self, v):\n        self.v = v\n"
    "    def up(self):\n        return self.v + {n}",
    "class P:\n    seen = []\n    def __init__(self, v):\n        self.v = v\n"
    "        P.seen.append(v)\n    def up(self):\n        return len(P.seen)",
    "import near",
    "from near import scale as f",
)
NASTY = (
    "import near\n{x} = near.__dict__.setdefault('kept', [])\n{x}.append({n})",
    "import near\nm = len(getattr(near, 'kept', []))",
    "import near, importlib\nimportlib.reload(near)\nm = near.scale({n})",
    "import near\nold = near.scale\nnear.scale = lambda v: old(v) + {n}",
    "def remember(v, kept={{}}):\n    kept[v] = len(kept)\n    return dict(kept)\nremember({n})",
    "m = remember({n})",
    "f.calls = getattr(f, 'calls', 0) + {n}",
    "m = getattr(f, 'calls', -1)",
    "class Counter:\n    n = 0\n    def __call__(self):\n        Counter.n += 1\n"
    "        return Counter.n\ncount = Counter()",
    "m = count() + {n}",
    "Counter.n = {n}",
    "globals()['{x}'] = [{n}]",
    "globals().update(k={n})",
    "vars()['m'] = k",
    "for name in ['a', 'b']:\n    exec(f'{{name}}.append({n})')",
    "import gc\nm = sum(1 for o in gc.get_objects() if o is {x})",
    "import weakref\nclass Held:\n    pass\nheld = Held()\nref = weakref.ref(held)",
    "m = ref() is held",
    "import threading\nthread = threading.Thread(target={x}.append, args=({n},))\n"
    "thread.start()\nthread.join()",
    "def gen():\n    global m\n    m = {n}\n    yield m\n    m += 1\n    yield m\nit = gen()",
    "next(it)",
    "import contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
    "    print({x})\n"
    "m = out.getvalue()",
    "file = open('open.txt', 'w')\nfile.write('{n}')",
    "file.write('more')\nfile.flush()",
    "file.close()\nm = open('open.txt').read()",
    "with open('both.txt', 'a+') as file:\n    file.write('{n}')\n"
    "    file.seek(0)\n    m = file.read()",
    "os.replace('out.txt', 'moved.txt') if os.path.exists('out.txt') else None",
    "import shutil\nshutil.copy('in.txt', 'copied.txt')\nm = open('copied.txt').read()",
    "import shutil\nshutil.rmtree('made', ignore_errors=True)",
    "from pathlib import Path\n"
    "m = sorted(p.name for p in Path('.').iterdir() if p.suffix == '.txt')",
    "from pathlib import Path\nm = Path('in.txt').stat().st_size",
    "from pathlib import Path\nPath('made').mkdir(exist_ok=True)\nPath('made/x{n}').touch()",
    "import tempfile\nwith tempfile.TemporaryDirectory() as folder:\n"
    "    open(os.path.join(folder, 't'), 'w').write('{n}')\n    m = os.listdir(folder)\ndel folder",
    "import subprocess\nm = subprocess.run(['cat', 'in.txt'], capture_output=True).stdout",
    "import json\njson.dump({{'v': k}}, open('k.json', 'w'))",
    "m = json.load(open('k.json')) if os.path.exists('k.json') else None",
    "%cd -q .\nm = os.path.basename(os.getcwd()) == 'sub'",
    "%env LAW_COLOUR=magic{n}",
    "%%capture shown\nprint(k)",
    "print(shown.stdout)",
    "%%writefile -a notes.txt\nline {n}",
    "m = open('notes.txt').read()",
    "state = random.getstate()\n{x}.append(random.random())\nrandom.setstate(state)",
    "import random as r2\nr2.seed({n})",
    "rnd = random.Random({n})",
    "m = rnd.random()",
    "import time\nt0 = time.time()",
    "import datetime\nm = datetime.date(2020, 1, {n} + 1)",
    "import uuid\nm = str(uuid.uuid5(uuid.NAMESPACE_DNS, '{n}'))",
    "import enum\nclass Kind(enum.Enum):\n    ONE = {n}\nm = Kind.ONE",
    "m = [Kind.ONE, Kind(Kind.ONE.value)]",
    "from dataclasses import dataclass\n@dataclass\nclass Row:\n    v: int = {n}\nrow = Row()",
    "row.v += {n}\nm = Row()",
    "import copy\n{x} = copy.deepcopy(d)\n{x} = [{x}]",
    "a, b = [k], None\nb = a\nb.append({n})",
    "print(*sys.path_hooks and ['hooks'])\nlen([*map(str, {x})])",
    "assert k != {n}, 'k is {n}'",
    "_ = {n}\n_hidden = [{n}]",
    "m = _hidden",
    "del k\nk = {n}",
    "k: int = {n}",
    "(m := {n})",
    "match k:\n    case 0:\n        m = 'zero'\n    case other:\n        m = other",
    "while k < {n}:\n    k += 1",
    "async def co():\n    return {n}\nm = await co()",
    "lst = [lambda: i for i in range({n} + 1)]\nm = lst[0]()",
    "{x}.sort(key=repr)",
    "{x}, *{y} = [[1], [{n}], [2]]",
    "import functools\nreset = functools.partial({x}.append, {n})\nreset()",
    "reset()",
    "try:\n    {x}.append({n})\n    1 / 0\n"
    "except ZeroDivisionError as error:\n    caught = str(error)",
    "import sys as system\nsystem.modules['ghost'] = type(sys)('ghost')\n"
    "import ghost\nghost.v = {n}",
    "import ghost\nm = ghost.v",
    "import os as o\no.environ.pop('LAW_COLOUR', None)",
)
PLAIN = (
    "{x} = [{n}]",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = list({y})",
    "{x}.append({n})",
    "{x} += [k]",
    "{x} = {x} + [m]",
    "{x}[0] = {n}",
    "{x}.append({y})",
    "a, b = b, a",
    "{x} = [v for v in {y} if v != {n}]",
    "for i in range({n}):\n    {x}.append(i)",
    "if k > {n}:\n    {x} = [{n}]",
    "if flag:\n    {x} = [k]\nelse:\n    {y} = [k]",
    "d = {{'a': {x}, 'b': {y}}}",
    "d['a'].append({n})",
    "k = f({n})",
    "m = g({n})",
    "m = f(g(k))",
    "print(len({x}), k)",
    "print({x}, m)",
    "{x}",
    "len({x}) + k",
    "len({x});",
    "random.seed({n})",
    "k = random.randint(0, 9)",
    "random.seed({n})\nm = random.random()\nprint(m)",
    "{x}.append(random.randint(0, 9))",
    "with open('out.txt', 'w') as file:\n    file.write(repr({x}))",
    "with open('log.txt', 'a') as file:\n    print(len({x}), file=file)",
    "with open('in.txt') as file:\n    {x} = [file.read()]",
    "{x} = [open('out.txt').read()] if os.path.exists('out.txt') else [0]",
    "os.makedirs('made', exist_ok=True)\nopen('made/{n}.txt', 'w').write(str(k))",
    "{x} = sorted(os.listdir('made')) if os.path.isdir('made') else []",
    "{x} = [os.environ.get('LAW_COLOUR', 'none')]",
    "os.environ['LAW_COLOUR'] = 'set{n}'",
    "print(os.environ.get('LAW_COLOUR'))",
    "import near\nm = near.scale(k)",
    "import near\nprint(near.NAME, near.scale({n}))",
    "import near\nnear.NAME = 'changed{n}'",
    "def closure(v):\n    kept = [v]\n"
    "    def inside(w):\n        kept.append(w)\n        return len(kept)\n"
    "    return inside\nh = closure({n})",
    "m = h({n}) if h else 0",
    "p = P({n}) if P else None",
    "q = functools.partial(max, k, {n})",
    "m = q() if q else 7",
    "m = p.up() if p else 6",
    "s = set({x} and [repr(v) for v in {x}])\nprint(sorted(s))",
    "e = collections.defaultdict(list)\ne[{n}].append({x})",
    "try:\n    {x} = nowhere\nexcept NameError:\n    {x} = [0]",
    "try:\n    f(None)\nexcept Exception as error:\n    print(type(error).__name__)",
    "exec('{x} = [{n}]')",
    "print(sorted(n for n in globals() if len(n) == 1 and n != '_'))",
    "del {x}\n{x} = [{n}]",
    "z = {x}",
    "if k > 3:\n    raise ValueError(k)",
    "{x} = (v for v in [1, 2, {n}])\n{x} = list({x})",
    "it = iter([{n}, 2, 3])",
    "m = next(it, 9) if it else 8",
    "print('one')\nprint('two', file=sys.stderr)\nk",
    "from IPython.display import display, HTML\ndisplay(HTML('<b>{n}</b>'))\nk",
    "import logging\nlogging.getLogger('law').setLevel({n}0)",
    "import logging\nm = logging.getLogger('law').level",
    "import decimal\ndecimal.getcontext().prec = {n} + 3",
    "import decimal\nm = str(decimal.Decimal(1) / decimal.Decimal(7))",
    "import warnings\nwarnings.simplefilter('ignore')",
    "import warnings\nwarnings.warn('law {n}')",
    "sys.setrecursionlimit(2{n}00)",
    "m = sys.getrecursionlimit()",
    "os.makedirs('sub', exist_ok=True)\nos.chdir('sub')",
    "m = os.path.basename(os.getcwd()) == 'sub'",
    "import builtins\nbuiltins.law = {n}",
    "m = getattr(__import__('builtins'), 'law', -1)",
    "math.law = {n}",
    "m = getattr(math, 'law', -1)",
    "sys.path.insert(0, 'more{n}')",
    "import farther\nm = farther.VALUE",
    "!echo {n} > shell.txt",
    "m = int(open('shell.txt').read()) if os.path.exists('shell.txt') else 7",
    "import pickle\nwith open('kept.pkl', 'wb') as file:\n    pickle.dump({x}, file)",
    "import pickle\nif os.path.exists('kept.pkl'):\n    {x} = pickle.load(open('kept.pkl', 'rb'))",
    "import sqlite3\nbase = sqlite3.connect('base.db')\n"
    "base.execute('create table if not exists t (v)')\n"
    "base.execute('insert into t values ({n})')\nbase.commit()\nbase.close()",
    "import sqlite3\nwith sqlite3.connect('base.db') as base:\n"
    "    base.execute('create table if not exists t (v)')\n"
    "    m = base.execute('select count(*), sum(v) from t').fetchall()\n"
    "print(m)\nbase.close()\ndel base",
    "import pathlib\nif pathlib.Path('out.txt').exists():\n    pathlib.Path('out.txt').unlink()",
    "import glob\n{x} = sorted(glob.glob('*.txt'))",
)
ARRAYS = (
    "import numpy as np\nx = np.arange(6.0).reshape(2, 3)\ny = x",
    "import numpy as np\nx = np.arange({n}, {n} + 6.0).reshape(2, 3)",
    "y = x[0]",
    "y = x.T",
    "y = x.copy()",
    "x[0, 1] = {n}",
    "x *= {n} + 1",
    "y += {n}",
    "print(x.sum(), y.mean())",
    "np.random.seed({n})",
    "y = np.random.rand(3)",
    "x = np.random.permutation(6).reshape(2, 3) * 1.0",
    "rng = np.random.default_rng({n})",
    "m = float(rng.random()) if rng else 0",
    "np.save('x.npy', x)",
    "x = np.load('x.npy') if os.path.exists('x.npy') else x",
    "np.set_printoptions(precision={n})",
    "print(x / 3)",
    "a = [x, x]",
    "class Holder:\n    def __init__(self):\n        self.x = x\nholder = Holder()",
    "if holder:\n    holder.x[0] = {n}",
    "w = np.broadcast_to(y.ravel()[:1], (2,))",
    "u = memoryview(x)",
    "x = np.asfortranarray(x)",
    "np.seterr(all='ignore')",
    "m = repr(np.float64(1) / np.float64(0))",
)
FRAMES = (
    "import pandas as pd\nt = pd.read_csv('table.csv')",
    "t['c'] = t['a'] * {n}",
    "t = t.assign(e=k)",
    "t.drop(columns=[n for n in ['c'] if n in t], inplace=True)",
    "v = t['a']",
    "t.loc[0, 'a'] = {n}",
    "t",
    "t.describe()",
    "t.groupby('b').a.sum()",
    "t.to_csv('made.csv', index=False)",
    "t = pd.read_csv('made.csv') if os.path.exists('made.csv') else t",
    "t.to_parquet('made.parquet')",
    "t = pd.read_parquet('made.parquet') if os.path.exists('made.parquet') else t",
    "pd.set_option('display.max_rows', {n} + 2)",
    "pd.options.display.precision = {n}",
    "t = t.sample(frac=1)",
    "t = t.sample(frac=1, random_state={n})",
    "t.attrs['note'] = {n}",
    "t.index.name = 'row{n}'",
    "t.query('a > @k')",
    "from sklearn.linear_model import LinearRegression\n"
    "model = LinearRegression().fit(t[['a']], t['a'] * {n})",
    "m = round(float(model.predict(t[['a']])[0]), 6) if model else 0",
    "from sklearn.tree import DecisionTreeClassifier\n"
    "clf = DecisionTreeClassifier(max_depth={n} + 1).fit(t[['a']], t['b'])",
    "if clf:\n    clf.set_params(max_depth={n} + 1)",
    "print(clf.predict(t[['a']])) if clf else None",
    "from sklearn import set_config\nset_config(transform_output='pandas')",
    "from sklearn.preprocessing import StandardScaler\nStandardScaler().fit_transform(t[['a']])",
)
PLOTS = (
    "import matplotlib.pyplot as plt\nplt.plot([1, {n}])\nplt.show()",
    "import matplotlib.pyplot as plt\nplt.rcParams['lines.linewidth'] = {n} + 1",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()",
    "if ax:\n    ax.plot([1, {n}, k])",
    "fig",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 2))\nplt.title('{n}');",
    "import matplotlib.pyplot as plt\nplt.plot([k, 2])\n"
    "plt.savefig('plot.svg', metadata={{'Date': None}})",
)
BASES = {
    "plain": (START, MORE, NAMES, HELPERS),
    "arrays": (f"{START}\nimport numpy as np", NAMES, HELPERS, ARRAYS[0]),
    "frames": (f"{START}\nimport pandas as pd", NAMES, HELPERS, FRAMES[0]),
    "plots": (f"{START}\n%matplotlib inline", NAMES, HELPERS),
    "work": (law_work.OPENING, law_work.NAMES, law_work.STATE, law_work.HELPERS),
}
BASES["learnt"] = BASES["work"]
BASES["drawn"] = (f"%matplotlib inline\n{law_work.OPENING}", *BASES["work"][1:])
SOURCES = {
    "plain": (*PLAIN, *NASTY),
    "arrays": (*ARRAYS, *ARRAYS, *PLAIN),
    "frames": (*FRAMES, *FRAMES, *PLAIN),
    "plots": (*PLOTS, *PLOTS, *PLAIN),
    "work": law_work.WORK,
    "learnt": (*law_work.LEARNT * 6, *law_work.WORK),
    "drawn": (*law_work.DRAWN * 6, *law_work.WORK),
}
WORKING = ("work", "learnt", "work", "drawn")


@dataclass(frozen=True, kw_only=True)
class LawCell:
    """A code cell: of a stage of its own, or not."""

    source: str
    kind: Kind = "inline"
    stage: str = ""
    options: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Project:
    """A notebook and all that a run of it can depend on."""

    cells: tuple[LawCell, ...]
    files: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, int], ...] = ()


Change = Callable[[random.Random, Project], Project]


def make_project(draw: random.Random, theme: str) -> Project:
    """Return a notebook of a few cells on `theme`."""
    base = BASES[theme]
    parameters = LawCell(source="k = 1\nflag = True", kind="parameters", tags=("parameters",))
    cells = [LawCell(source=base[0], kind="setup"), parameters]
    cells += [_kinded(draw, source) for source in base[1:]]
    n_cells = draw.randint(10, 16) if theme in WORKING else draw.randint(4, 9)
    cells += [make_cell(draw, theme) for _ in range(n_cells)]
    files = (
        ("in.txt", "first"),
        ("table.csv", "a,b\n1,x\n2,y\n3,x\n"),
        ("near.py", "NAME = 'near'\n\ndef scale(v):\n    return v * 2\n"),
        ("farther.py", "import near\nVALUE = near.scale(5)\n"),
    )
    if theme in WORKING:
        cells = _with_mates(draw, cells)
        files = tuple((name, text.format(n=1)) for name, text in law_work.ALL_FILES.items())
    return Project(cells=tuple(cells), files=files)


def _with_mates(draw: random.Random, cells: list[LawCell]) -> list[LawCell]:
    """Return cells of which some belong to the stage of the one above."""
    made = cells[:1]
    for cell in cells[1:]:
        is_mate = cell.kind == made[-1].kind == "stage" and draw.random() < 0.2
        made.append(replace(cell, stage=made[-1].stage, options="") if is_mate else cell)
    return made


def make_cell(draw: random.Random, theme: str) -> LawCell:
    """Return a cell made by chance."""
    definitions = law_work.SETUP if theme in WORKING else DEFINITIONS
    if draw.random() < 0.12:
        return LawCell(source=_fill(draw, draw.choice(definitions)), kind="setup")
    source = _fill(draw, draw.choice(definitions if draw.random() < 0.12 else SOURCES[theme]))
    return _kinded(draw, source)


def _kinded(draw: random.Random, source: str) -> LawCell:
    if draw.random() < 0.35:
        return LawCell(source=source)
    options = "--metrics k" if draw.random() < 0.1 else ""
    return LawCell(source=source, kind="stage", stage=f"s{draw.randrange(10**6)}", options=options)


def _fill(draw: random.Random, template: str) -> str:
    names = ("a", "b", "c")
    return template.format(x=draw.choice(names), y=draw.choice(names), n=draw.randint(0, 4))


def change_literal(draw: random.Random, project: Project) -> Project:
    """Another digit in a cell."""
    at = [i for i, c in enumerate(project.cells) if re.search(r"(?<![\w.])\d(?![\w.])", c.source)]
    if not at:
        return project
    index = draw.choice(at)
    cell = project.cells[index]
    places = list(re.finditer(r"(?<![\w.])\d(?![\w.])", cell.source))
    place = draw.choice(places)
    digit = str((int(place.group()) + 1) % 5)
    source = cell.source[: place.start()] + digit + cell.source[place.end() :]
    return _with(project, index, replace(cell, source=source))


def replace_cell(draw: random.Random, project: Project, theme: str) -> Project:
    return _with(project, _pick(draw, project), make_cell(draw, theme))


def insert_cell(draw: random.Random, project: Project, theme: str) -> Project:
    cells = list(project.cells)
    cells.insert(_pick(draw, project), make_cell(draw, theme))
    return replace(project, cells=tuple(cells))


def delete_cell(draw: random.Random, project: Project) -> Project:
    if len(project.cells) < 5:
        return project
    at = _pick(draw, project)
    return replace(project, cells=project.cells[:at] + project.cells[at + 1 :])


def move_cell(draw: random.Random, project: Project) -> Project:
    cells = list(project.cells)
    cell = cells.pop(_pick(draw, project))
    cells.insert(draw.randint(2, len(cells)), cell)
    return replace(project, cells=tuple(cells))


def retag_cell(draw: random.Random, project: Project) -> Project:
    """A stage becomes an inline cell, or the other way round, or has another name."""
    at = _pick(draw, project)
    cell = project.cells[at]
    if cell.kind == "stage" and draw.random() < 0.5:
        return _with(project, at, replace(cell, kind="inline", stage=""))
    return _with(project, at, replace(cell, kind="stage", stage=f"r{draw.randrange(10**6)}"))


def comment_cell(draw: random.Random, project: Project) -> Project:
    at = _pick(draw, project)
    cell = project.cells[at]
    if cell.source.startswith(("!", "%")):
        return project
    return _with(project, at, replace(cell, source=f"{cell.source}  # {draw.randrange(99)}"))


def split_cell(draw: random.Random, project: Project) -> Project:
    """Two cells of one, between two of its statements; of the same stage."""
    at = _pick(draw, project)
    cell = project.cells[at]
    lines = cell.source.splitlines()
    ends = [i for i in range(1, len(lines)) if lines[i][:1].isalpha() and lines[i - 1][:1] != "@"]
    ends = [i for i in ends if not lines[i].startswith(("else", "elif", "except", "finally"))]
    if not ends or "%" in cell.source[:2]:
        return project
    end = draw.choice(ends)
    halves = (replace(cell, source="\n".join(part)) for part in (lines[:end], lines[end:]))
    return replace(project, cells=(*project.cells[:at], *halves, *project.cells[at + 1 :]))


def merge_cells(draw: random.Random, project: Project) -> Project:
    """One cell of two that follow each other."""
    at = _pick(draw, project)
    pair = project.cells[at : at + 2]
    if len(pair) < 2 or any(c.source.startswith("%%") for c in pair) or pair[0].stage == "":
        return project
    one = replace(pair[0], source="\n".join(c.source for c in pair))
    return replace(project, cells=(*project.cells[:at], one, *project.cells[at + 2 :]))


def copy_cell(draw: random.Random, project: Project) -> Project:
    """The same source once more, somewhere else."""
    cell = project.cells[_pick(draw, project)]
    if cell.kind == "stage":
        cell = replace(cell, stage=f"r{draw.randrange(10**6)}")
    at = _pick(draw, project)
    return replace(project, cells=(*project.cells[:at], cell, *project.cells[at:]))


def rename_name(draw: random.Random, project: Project) -> Project:
    """Another word for one name, wherever it stands."""
    name = draw.choice(["df", "est", "part", "f", "tick", "log", "cfg"])
    word = re.compile(rf"(?<![\w.'/{{]){name}(?!\w|')")
    cells = tuple(replace(c, source=word.sub(f"{name}_", c.source)) for c in project.cells)
    return replace(project, cells=cells)


def change_file(draw: random.Random, project: Project) -> Project:
    files = dict(project.files)
    number = draw.randint(0, 9)
    if law_work.IS_OF_WORK in files:
        return replace(project, files=law_work.change_file(draw, files))
    name = draw.choice(sorted(files))
    files[name] = {
        "in.txt": f"number {number}",
        "table.csv": f"a,b\n{number},x\n2,y\n3,{'xy'[number % 2]}\n",
        "near.py": f"NAME = 'near{number % 3}'\n\ndef scale(v):\n    return v * {number}\n",
        "farther.py": f"import near\nVALUE = near.scale({number})\n",
    }[name]
    return replace(project, files=tuple(sorted(files.items())))


def change_environment(draw: random.Random, project: Project) -> Project:
    colour = draw.choice(["", "red", "blue"])
    return replace(project, environment=(("LAW_COLOUR", colour),) if colour else ())


def change_parameter(draw: random.Random, project: Project) -> Project:
    chosen = [(), (("k", draw.randint(0, 4)),), (("flag", draw.randint(0, 1)),)]
    return replace(project, parameters=draw.choice(chosen))


def make_edit(draw: random.Random, project: Project, theme: str) -> tuple[str, Project]:
    """Return what is changed, and the project after it."""
    themed: tuple[Callable[[random.Random, Project, str], Project], ...] = (
        replace_cell,
        insert_cell,
    )
    changes: tuple[Change, ...] = (
        change_literal,
        change_literal,
        delete_cell,
        move_cell,
        retag_cell,
        comment_cell,
        change_file,
        change_environment,
        change_parameter,
    )
    if theme in WORKING:
        changes = (*changes, change_file, split_cell, merge_cells, rename_name, copy_cell)
    at = draw.randrange(len(themed) + len(changes))
    if at < len(themed):
        return themed[at].__name__, themed[at](draw, project, theme)
    change = changes[at - len(themed)]
    return change.__name__, change(draw, project)


def _pick(draw: random.Random, project: Project) -> int:
    """Return a cell that is neither the first, which imports, nor the parameters."""
    return draw.randint(2, len(project.cells) - 1)


def _with(project: Project, at: int, cell: LawCell) -> Project:
    return replace(project, cells=(*project.cells[:at], cell, *project.cells[at + 1 :]))
