"""Cells, helper modules and edits of notebooks that do what most notebooks do.

A table is read, tidied by helpers in a package beside the notebook, given to a model and told of.
Everything that a cell needs is bound above all of them, so that few cells fail in any order.
"""

from __future__ import annotations

import random
from pathlib import Path

OPENING = """import os, random, sys, json, math, functools, collections, contextlib, itertools
import shutil
import numpy as np, pandas as pd
from pathlib import Path
from dataclasses import dataclass, field
k, m, flag, n_calls = 1, 0, True, 0
calls, log, REGISTRY, found, cache, parts = [], [], {}, {}, {}, {}"""
NAMES = """import steps
from steps import clean, files, settings
from steps.model import Mean
a, b, c, d = [1], [2], [3], {'a': [0]}
raw = pd.read_csv('table.csv')
df = clean.tidy(raw)
est = Mean()"""
STATE = """rng = np.random.default_rng(1)
rs = np.random.RandomState(1)
part, col, arr, again = df, df['a'], np.arange(4.0), None
bs, tick, h, obj, pipe, mm = iter([1, 2]), (lambda: 0), (lambda v: v), None, None, None
cfg, text, gr, fig, axes, base = {'rate': 1}, '', None, None, None, None"""
HELPERS = """def f(v):
    return v
def g(v):
    return v
def logged(fn):
    @functools.wraps(fn)
    def inner(*given):
        calls.append(fn.__name__)
        return fn(*given)
    return inner
def register(fn):
    REGISTRY[fn.__name__] = fn
    return fn
@contextlib.contextmanager
def rated(rate):
    old = settings.RATE
    settings.RATE = rate
    try:
        yield
    finally:
        settings.RATE = old
class Base:
    size = 1
    def __init__(self, v):
        self.v = v
    def total(self):
        return self.size + self.v
class Child(Base):
    def total(self):
        return super().total() * 2"""

WORK = (
    # helpers in modules
    "df = clean.tidy(raw)",
    "df = clean.tidy(raw, factor={n})",
    "clean.spoil(df, {n})",
    "df = df.pipe(clean.tidy).assign(q=steps.top())",
    "m = steps.top()",
    "settings.RATE = {n}",
    "m = settings.RATE",
    "settings.OPTIONS['drop'] = {n}",
    "settings.OPTIONS.update(more={n})",
    "m = dict(settings.OPTIONS)",
    "settings.COLUMNS.append('c{n}')",
    "print(settings.COLUMNS, settings.RATE)",
    "with rated({n}):\n    df = clean.tidy(raw)",
    "m = files.config()['rate']",
    "files.config.cache_clear()",
    "m = files.mode(), files.AT_IMPORT",
    "files.remember({n})\nm = files.known()",
    "m = files.known()",
    "from steps.settings import *\nm = RATE",
    "from steps.clean import tidy as f2\ndf = f2(raw)",
    "import importlib\nsettings = importlib.reload(settings)",
    "import importlib\nclean = importlib.import_module('steps.clean')",
    "import steps.late\nm = steps.late.VALUE + {n}",
    "import lawlib\nm = lawlib.scale(k)",
    "from lawlib import scale\nm = scale({n})",
    "def f(v):\n    import lawlib\n    return lawlib.scale(v)",
    "def f(v):\n    from steps.late import VALUE\n    return v + VALUE",
    "%load_ext autoreload\n%autoreload 2",
    "%run script.py\nm = made_by_script",
    "exec(Path('script.py').read_text())\nm = made_by_script",
    # models
    "est = Mean(rate={n})\nest.fit(df['a'])",
    "est.fit(df['a'])",
    "est.fit(raw['a']).rate = {n}",
    "m = est.predict({n})",
    "m = est.predict({n}), est.n_fits, Mean.made",
    "Mean.made = {n}",
    "found['est'] = est",
    "import pickle\nPath('est.pkl').write_bytes(pickle.dumps(est))",
    "import pickle\nif Path('est.pkl').exists():\n"
    "    est = pickle.loads(Path('est.pkl').read_bytes())",
    "import joblib\njoblib.dump(df, 'df.joblib')",
    "import joblib\nif Path('df.joblib').exists():\n    df = joblib.load('df.joblib')",
    # tables
    "df['n'] = df['a'] * {n}",
    "df = df.assign(r=settings.RATE)",
    "df['f'] = df['a'].map(f)",
    "df['f'] = df['a'].apply(lambda v: v + {n} + k)",
    "df2 = df\ndf2['z'] = {n}",
    "part = df[df['a'] > k]",
    "part = df[df['a'] > k].copy()\npart['p'] = {n}",
    "part = part.iloc[::-1]",
    "part.loc[:, 'p'] = {n}",
    "col = df['a']",
    "col = col * {n}",
    "col.iloc[0] = {n}",
    "arr = df['a'].to_numpy()",
    "arr = df['a'].to_numpy().copy()",
    "arr = arr + {n}",
    "if arr.flags.writeable:\n    arr[0] = {n}",
    "df.iloc[0, 0] = {n}",
    "df.drop(columns='n', errors='ignore', inplace=True)",
    "df = df.reset_index(drop=True).sort_values('a', ascending=bool({n} % 2))",
    "for key, rows in df.groupby('b'):\n    parts[key] = rows",
    "m = {{key: len(rows) for key, rows in parts.items()}}",
    "gr = df.groupby('b')",
    "if gr is not None:\n    m = gr['a'].sum().to_dict()",
    "df.columns = [str(name).lower() for name in df.columns]",
    "df = pd.concat([df, raw.head({n})], ignore_index=True)",
    "df = df.merge(raw[['b']].drop_duplicates(), on='b', how='left')",
    "df['b'] = df['b'].astype('category')",
    "df.attrs['rate'] = {n}",
    "df",
    "df.head({n})",
    "print(df.shape, part.shape)",
    "print(df.to_string(), m)",
    "print(col.sum(), arr.sum(), len(part))",
    "with pd.option_context('display.max_rows', {n} + 1):\n    print(df)",
    "df.describe()",
    "df.query('a > @k')",
    # files
    "with open('config.json') as fh:\n    cfg = json.load(fh)",
    "cfg['rate'] = {n}",
    "Path('made.json').write_text(json.dumps(cfg, default=str))",
    "cfg = json.loads(Path('made.json').read_text()) if Path('made.json').exists() else cfg",
    "df.to_csv('clean.csv', index=False)",
    "again = pd.read_csv('clean.csv') if Path('clean.csv').exists() else None",
    "again = pd.read_csv('table.csv', usecols=['a'])",
    "with open('results.log', 'a') as fh:\n    fh.write(f'{{m}}\\n')",
    "text = Path('results.log').read_text() if Path('results.log').exists() else ''",
    "Path('results.log').unlink(missing_ok=True)",
    "text = Path('in.txt').read_text()",
    "text = text.upper() + '{n}'",
    "print(text)",
    "for path in sorted(Path('.').glob('*.csv')):\n    found[path.name] = len(pd.read_csv(path))",
    "print(sorted(found))",
    "Path('out').mkdir(exist_ok=True)\nPath('out/part{n}.txt').write_text(text)",
    "m = sorted(p.name for p in Path('out').glob('*')) if Path('out').exists() else []",
    "shutil.copy('table.csv', 'copy.csv')\nagain = pd.read_csv('copy.csv')",
    "np.savez('arr.npz', arr=arr, n={n})",
    "arr = np.load('arr.npz')['arr'] if Path('arr.npz').exists() else arr",
    "mm = np.memmap('mm.dat', dtype='int64', mode='w+', shape=4)\nmm[:] = {n}\nmm.flush()",
    "if mm is not None:\n    mm[0] = {n}\n    mm.flush()",
    "m = int(np.fromfile('mm.dat', dtype='int64').sum()) if Path('mm.dat').exists() else 0",
    "import sqlite3\nbase = sqlite3.connect(':memory:')\ndf.to_sql('t', base, index=False)",
    "if base is not None:\n    m = pd.read_sql('select count(*) as n from t', base).iloc[0, 0]",
    "import sqlite3\nwith contextlib.closing(sqlite3.connect('work.db')) as db:\n"
    "    raw.to_sql('raw', db, index=False, if_exists='replace')",
    "import sqlite3\nwith contextlib.closing(sqlite3.connect('work.db')) as db:\n"
    "    m = db.execute('select count(*) from sqlite_master').fetchone()[0]",
    "import zipfile\nwith zipfile.ZipFile('z.zip', 'w') as z:\n"
    "    z.writestr(zipfile.ZipInfo('t.txt'), text)",
    "import gzip\nwith gzip.open('t.gz', 'wt') as fh:\n    fh.write(text)\nPath('t.gz').unlink()",
    "lines = !cat in.txt\nm = list(lines)",
    "!cp in.txt shell.txt",
    "text = Path('shell.txt').read_text() if Path('shell.txt').exists() else text",
    "%%writefile written.py\nW = {n}",
    "if Path('written.py').exists():\n    import written\n    m = written.W",
    # control flow, exceptions
    "try:\n    m = int(text)\nexcept ValueError as err:\n    m = str(err)",
    "try:\n    {x}.append({n})\nfinally:\n    b = b + [k]",
    "try:\n    m = f(None) + 1\nexcept TypeError:\n    log.append('type{n}')\nelse:\n"
    "    log.append('fine')",
    "for attempt in range({n} + 1):\n    try:\n        m = 6 / attempt\n        break\n"
    "    except ZeroDivisionError:\n        log.append(attempt)",
    "m = len(log), len(calls)",
    "log.clear()",
    "while len({x}) < {n}:\n    {x}.append(len({x}))",
    "if flag and k > {n}:\n    df = df.head(2)\nelif len(log) > 2:\n    df = df.tail(2)",
    "m = {{**found}} if flag else None",
    "if 'late' not in globals():\n    late = {n}\nelse:\n    late += 1",
    "cache.setdefault({n}, f({n}))",
    "if k not in cache:\n    cache[k] = (f(k), settings.RATE)\nm = cache[k]",
    "print(cache)",
    "n_calls += 1",
    "assert len(df) >= 0, 'no rows'\nassert isinstance(m, object)",
    # functions, closures, classes
    "def f(v):\n    return v + {n}",
    "def f(v):\n    return g(v) + k",
    "def g(v):\n    return v * settings.RATE",
    "def g(v, kept=cache):\n    kept[v] = v\n    return len(kept)",
    "def g(v):\n    global n_calls\n    n_calls += 1\n    return v + {n}",
    "f = functools.partial(max, {n})",
    "f = functools.lru_cache(lambda v: v + k)",
    "m = f(k)",
    "m = f(g({n}))",
    "@logged\ndef h(v):\n    return v + {n}",
    "m = h(k)",
    "h = logged(f)",
    "print(calls)",
    "@register\ndef step{n}(v):\n    return v * {n}",
    "m = [fn(k) for fn in REGISTRY.values()]",
    "def counter():\n    n = {n}\n    def step():\n        nonlocal n\n        n += 1\n"
    "        return n\n    return step\ntick = counter()",
    "m = tick()",
    "tock = tick\nm = tock() + tick()",
    "def batches(v):\n    for i in v:\n        yield i + k\nbs = batches([1, 2, {n}])",
    "m = next(bs, 9)",
    "m = list(itertools.islice(bs, 1))",
    "obj = Child({n})",
    "obj = Base({x})\nobj.v.append({n})",
    "Base.size = {n}",
    "class Base:\n    size = {n}\n    def __init__(self, v):\n        self.v = v\n"
    "    def total(self):\n        return self.size + self.v",
    "class Child(Base):\n    def total(self):\n        return super().total() + {n}",
    "m = obj.total() if obj is not None and not isinstance(obj.v, list) else repr(type(obj))",
    "m = isinstance(obj, Base), Child.__mro__[1] is Base",
    "if obj is not None:\n    obj.extra = {n}",
    "@dataclass\nclass Row:\n    v: int = {n}\n    rest: list = field(default_factory=list)\n"
    "rows = [Row(), Row({n})]",
    "if 'rows' in globals():\n    rows[0].rest.append(k)\n    print(rows)",
    "point = collections.namedtuple('point', 'x y')({n}, k)\nm = point.x",
    "compose = lambda *fs: functools.reduce(lambda p, q: lambda v: q(p(v)), fs)\nh = compose(f, g)",
    "sys.modules['steps.settings'].RATE += 1",
    "clean.tidy = lambda t, factor=1: t.assign(patched={n})",
    # random numbers
    "rng = np.random.default_rng({n})",
    "m = float(rng.normal())",
    "sample = rng.choice(4, size=2)",
    "def noisy(v):\n    return v + int(rng.integers(99))\nm = noisy({n})",
    "kids = rng.spawn(2)\nm = float(kids[1].random())",
    "rng2 = rng\nm = rng2.random()",
    "np.random.seed({n})",
    "m = np.random.rand()",
    "df['noise'] = rng.normal(size=len(df))",
    "part = df.sample(frac=1, random_state=rs)",
    "part = df.sample(n=1, random_state={n})",
    "rs = np.random.RandomState({n})",
    "random.seed({n})\nm = random.random()",
    "random.shuffle({x})",
    "m = random.choice([1, 2, 3])",
    "state = rng.bit_generator.state\nm = rng.random()\nrng.bit_generator.state = state",
    # the process
    "os.environ['LAW_MODE'] = 'm{n}'",
    "os.environ.setdefault('LAW_MODE', 'd{n}')",
    "m = os.getenv('LAW_MODE')",
    "m = os.environ.get('LAW_COLOUR', 'none') + os.environ.get('LAW_MODE', '')",
    "%env LAW_MODE=env{n}",
    "os.makedirs('sub', exist_ok=True)\nos.chdir('sub')",
    "if os.path.basename(os.getcwd()) == 'sub':\n    os.chdir('..')",
    "here = os.getcwd()\nos.makedirs('sub', exist_ok=True)\nos.chdir('sub')\n"
    "Path('x.txt').write_text('{n}')\nos.chdir(here)\ndel here",
    "with contextlib.chdir('steps'):\n    m = sorted(os.listdir())[:2]",
    "pd.set_option('display.precision', {n} + 1)",
    "pd.options.display.max_columns = {n} + 2",
    "np.set_printoptions(precision={n} + 1, suppress=True)",
    "print(np.array([1 / 3]), pd.Series([1 / 3]))",
    "import warnings\nwarnings.filterwarnings('ignore', category=UserWarning)",
    "import warnings\nwith warnings.catch_warnings(record=True) as caught:\n"
    "    warnings.simplefilter('always')\n    warnings.warn('w{n}')\n"
    "m = len(caught)\ndel caught",
    "import logging\nlogger = logging.getLogger('law')\nlogger.setLevel({n}0)",
    "import logging\nlogging.getLogger('law').warning('told {n}')",
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n"
    "    m = list(pool.map(f, [1, {n}]))\ndel pool",
    "from joblib import Parallel, delayed\nm = Parallel(n_jobs=1)(delayed(f)(v) for v in [1, {n}])",
    "%%time\nm = f({n})\nNone",
    "sys.path.insert(0, 'steps')\nimport late\nm = late.VALUE",
    # what is shown
    "m\n",
    "k, m",
    "from IPython.display import display, Markdown\ndisplay(Markdown('**{n}**'), m)",
    "for name in ('k', 'm'):\n    print(name, globals()[name])",
    "print(f'{{m}} rate={{settings.RATE}} {{k:>3}}')",
    "print(sorted(v for v in dir(settings) if not v.startswith('_')))",
    # as in the first cells
    "{x} = [{n}]",
    "{x} = {y}",
    "{x}.append({n})",
    "{x} += [m]",
    "a, b = b, a",
    "d['a'] = {x}",
    "d['a'].append(k)",
    "d = {{**d, 'n': {n}}}",
    "del {x}\n{x} = []",
)
SETUP = (
    "import steps\nfrom steps import clean, files, settings",
    "from steps.model import Mean",
    "def f(v):\n    return v * {n}",
    "def g(v):\n    return f(v) + {n}",
    "N = {n}\ndef f(v):\n    return v + N",
    "sys.path.append('more{n}')",
    "%matplotlib inline",
    "pd.set_option('display.width', 8{n})",
    "np.random.seed({n})",
    "RATE = {n}",
)
LEARNT = (
    "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
    "from sklearn.linear_model import LinearRegression\n"
    "pipe = make_pipeline(StandardScaler(), LinearRegression())",
    "if pipe is not None:\n    pipe.fit(df[['a']], df['a'] * {n})",
    "if pipe is not None and hasattr(pipe[-1], 'coef_'):\n"
    "    m = round(float(pipe.predict(df[['a']]).sum()), 6)",
    "if pipe is not None:\n    pipe.set_params(linearregression__fit_intercept=bool({n} % 2))",
    "scale = pipe[0] if pipe is not None else None",
    "from sklearn.base import clone\npipe = clone(pipe) if pipe is not None else None",
    "from sklearn.model_selection import train_test_split\n"
    "X, X_test = train_test_split(df[['a']], random_state={n})",
    "from sklearn.model_selection import train_test_split\n"
    "X, X_test = train_test_split(df[['a']], random_state=rs)",
    "if 'X' in globals():\n    print(len(X), X.index.tolist())",
    "from sklearn.ensemble import RandomForestRegressor\n"
    "forest = RandomForestRegressor(n_estimators=2, random_state={n}).fit(df[['a']], df['a'])\n"
    "m = float(forest.predict(df[['a']])[0])",
    "from sklearn.cluster import KMeans\nkm = KMeans(2, n_init=1).fit(df[['a']])\n"
    "m = float(km.inertia_)",
    "from sklearn.utils import shuffle\npart = shuffle(df, random_state={n})",
)
DRAWN = (
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots(1, 2)",
    "if axes is not None:\n    axes[0].plot(df['a'])",
    "if axes is not None:\n    axes[1].bar(['x', 'y'], [{n}, k])",
    "if axes is not None:\n    axes[0].set_title(f'{{m}} {n}')\n    m = axes[0].get_title()",
    "if fig is not None:\n    fig.savefig('fig.png', metadata={{'Software': None}})",
    "if fig is not None:\n    fig.suptitle('{n}')\n    m = len(fig.axes)",
    "import matplotlib.pyplot as plt\nplt.plot([k, {n}])\n"
    "m = len(plt.gcf().axes)\nplt.close('all')",
    "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = {n} + 50",
    "import matplotlib.pyplot as plt\nplt.style.use('ggplot' if {n} % 2 else 'default')",
    "import matplotlib.pyplot as plt\ndf['a'].plot(ax=plt.gca())\nplt.savefig('p.png', "
    "metadata={{'Software': None}})\nplt.close('all')",
    "import matplotlib as mpl\nwith mpl.rc_context({{'lines.linewidth': {n} + 1}}):\n"
    "    m = mpl.rcParams['lines.linewidth']",
    "fig",
)

FILES = {
    "steps/__init__.py": "from . import settings\n\ndef top():\n    return settings.RATE + {n}\n",
    "steps/settings.py": "RATE = {n}\nCOLUMNS = ['a', 'b']\nOPTIONS = {{'drop': {n}}}\n",
    "steps/clean.py": "from . import settings\n\n"
    "def tidy(t, factor=settings.RATE):\n"
    "    t = t[[c for c in settings.COLUMNS if c in t]].copy()\n"
    "    t['s'] = t['a'] * factor + settings.RATE + {n}\n    return t\n\n"
    "def spoil(t, v):\n    t['spoilt'] = v + {n}\n",
    "steps/model.py": "from .settings import RATE\n\nclass Learner:\n    made = 0\n\n"
    "    def fit(self, values):\n        self.mean = float(sum(values)) + {n}\n"
    "        self.n_fits = getattr(self, 'n_fits', 0) + 1\n        return self\n\n"
    "class Mean(Learner):\n    mean, n_fits = 0.0, 0\n\n    def __init__(self, rate=RATE):\n"
    "        self.rate = rate\n        Learner.made += 1\n\n"
    "    def predict(self, v):\n        return self.mean * self.rate + v + {n}\n",
    "steps/files.py": "import functools, json, os\nfrom pathlib import Path\n\n"
    "AT_IMPORT = Path('in.txt').read_text()[:9]\n_known = []\n\n"
    "@functools.lru_cache\ndef config():\n"
    "    return json.loads(Path('config.json').read_text())\n\n"
    "def mode():\n    return os.environ.get('LAW_COLOUR', 'plain{n}')\n\n"
    "def remember(v):\n    _known.append(v)\n\ndef known():\n    return list(_known) + [{n}]\n",
    "steps/late.py": "import os\nVALUE = {n}\nIS_IN_SUB = os.path.basename(os.getcwd()) == 'sub'\n",
    "script.py": "made_by_script = {n}\n",
    "config.json": '{{"rate": {n}, "names": ["a"]}}',
    "in.txt": "number {n}",
    "table.csv": "a,b\n{n},x\n2,y\n3,x\n5,z\n",
}
# A library that is installed beside the notebook, and what its metadata say.
LIBRARY_NAME = "lawlib"
LIBRARY = {
    "packages/lawlib/__init__.py": "def scale(v):\n    return v * {n}\n",
    "packages/lawlib-1.0.dist-info/METADATA": "Name: lawlib\nVersion: 1.{n}\n",
}
ALL_FILES = {**FILES, **LIBRARY}
IS_OF_WORK = "steps/clean.py"
# What a person deletes or edits between two runs although cells made it.
PRODUCTS = (
    "clean.csv", "made.json", "results.log", "est.pkl", "df.joblib", "arr.npz", "copy.csv",
    "shell.txt", "written.py", "work.db", "mm.dat", "fig.png", "out/part1.txt",
)  # fmt: skip


def change_file(draw: random.Random, files: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return files of which one has another number, or a library another version."""
    number = draw.randint(0, 9)
    name = draw.choice([*FILES, LIBRARY_NAME])
    changed = LIBRARY if name == LIBRARY_NAME else {name: FILES[name]}
    new = {name: text.format(n=number) for name, text in changed.items()}
    return tuple({**files, **new}.items())


def spoil_product(draw: random.Random, folder: Path) -> str:
    """Delete, touch or change a file that a cell made; return what was done."""
    made = [folder / name for name in PRODUCTS if (folder / name).exists()]
    if not made or draw.random() < 0.7:
        return ""
    path = draw.choice(made)
    how = draw.choice(["deleted", "touched", "added to"])
    if how == "deleted":
        path.unlink()
    elif how == "touched":
        path.touch()
    elif path.suffix in (".csv", ".log", ".txt"):
        path.write_text(f"{path.read_text()}9,x\n")
    return f"{path.name} is {how}"
