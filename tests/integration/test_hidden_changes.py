"""What cells change in the process, and nobody observes, comes about by running them again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import copy_project, differences, write_files

# What a cell sets, with a number, and what another sees of it.
PAIRS = (
    ("math.law = {n}", "print(math.law)"),
    ("logging.getLogger('law').setLevel({n}0)", "print(logging.getLogger('law').level)"),
    ("log = logging.getLogger('of')\nlog.propagate = {n} > 1", "print(log.propagate)"),
    ("gc.set_threshold(7{n}0)", "print(gc.get_threshold())"),
    ("__version__ = '{n}'", "print(__version__)"),
    ("json.JSONEncoder.item_separator = '{n}'", "print(json.dumps([1, 2]))"),
    ("calendar.setfirstweekday({n})", "print(calendar.weekheader(1))"),
    ("kind = json.JSONDecoder\nkind.law = {n}", "print(json.JSONDecoder.law)"),
    (
        "def make(name):\n    log = logging.getLogger(name)\n    log.setLevel({n}0)\nmake('made')",
        "print(logging.getLogger('made').level)",
    ),
    (
        "class Setter:\n    def go(self):\n        math.two = {n}\nsetter = Setter()",
        "setter.go()\nprint(math.two)",
    ),
    ("os.environ['TZ'] = 'UTC+{n}'\ntime.tzset()", "print(time.localtime(0).tm_hour)"),
)


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("forks"))
    yield made
    made.close()


def _project(n: int, *, more: str) -> Project:
    cells = [LawCell(source="import calendar, gc, json, logging, math, os, time", kind="setup")]
    cells += [LawCell(source=write.format(n=n)) for write, _ in PAIRS]
    cells += [LawCell(source=read + more) for _, read in PAIRS]
    return Project(cells=tuple(cells))


# Notebooks whose last cell says nothing of the name `step` that it shows.
UNSAID = {
    "a level of a logger": (
        "import logging",
        "step = {n}",
        "logging.getLogger('law').setLevel(step)",
        "print(logging.getLogger('law').level)",
    ),
    "a method set on a module, before the name": (
        "import math",
        "math.law = lambda: step",
        "step = {n}",
        "print(math.law())",
    ),
    "a hook of IPython": (
        "def hook(*given):\n    print(step)",
        "step = {n}",
        "ip = get_ipython()\nip.events.register('post_run_cell', hook)",
        "print('x')",
    ),
    "what functions of a module share": (
        "from shared import get, put",
        "step = {n}",
        "before = put(step)",
        "print(get())",
    ),
    "what an object of a module keeps there": (
        "from shared import Registry\nmade = Registry()",
        "step = {n}",
        "made.add(step)",
        "import shared\nprint(shared.entries)",
    ),
    "what a cached function remembers, and how often it was asked": (
        "import functools\n@functools.cache\ndef half(x):\n    print('new', x)\n    return x / 2",
        "step = {n}",
        "half(1)\nhalf(step)",
        "print(half(1), half(2), half.cache_info())",
    ),
    "classes made from a module's": (
        "import shared",
        "step = {n}",
        "class Own(shared.Registry):\n    number = step",
        "print([one.number for one in shared.Registry.__subclasses__()])",
    ),
    "what is set on a member of an enumeration": (
        "import enum\nclass Level(enum.Enum):\n    LOW = 1",
        "step = {n}",
        "Level.LOW.more = step",
        "print(Level.LOW.more)",
    ),
    "a text from elsewhere": (
        "import pandas as pd\nt = pd.DataFrame({{'a': [1, 2]}})\ntext = 'a > @step'",
        "step = {n}",
        "print(t.query(text))",
    ),
    "a class that enters itself in a list": (
        "made = []\nclass Base:\n    def __init_subclass__(cls):\n        made.append(len(made))",
        "step = {n}",
        "kind = type(f'Kind{{step}}', (Base,), {{}})",
        "print(made)",
    ),
    "an import in vain": (
        "import os",
        "open(f'late{n}.py', 'w').close()",
        "step = {n}",
        "try:\n    import late2\nexcept ImportError:\n    print('not there')",
    ),
    "the time of a file": (
        "import os",
        "os.utime('shared.py', (5, {n}))",
        "step = {n}",
        "print(os.path.getmtime('shared.py'))",
    ),
    "a thread that no name leads to": (
        "import threading\nmade = []\ngo, done = threading.Event(), threading.Event()\n"
        "def work():\n    go.wait()\n    made.append(step)\n    done.set()\n"
        "threading.Thread(target=work).start()",
        "step = {n}",
        "go.set(); done.wait();",
        "print(made)",
    ),
    "an object that says when it goes": (
        "gone = []\nclass Going:\n    def __del__(self): gone.append(self.n)",
        "going = Going()\ngoing.n = {n}",
        "going = None",
        "print(gone)",
    ),
    "an object in a list, that somebody else tells of when it goes": (
        "import weakref\nclass Going:\n    pass",
        "held = [Going()]\nend = weakref.finalize(held[0], print, 'gone', {n})",
        "held = None",
        "print(end.alive)",
    ),
    "a file that a handler of logging has open": (
        "import logging\nlog = logging.getLogger('kept')\nlog.setLevel('INFO')",
        "log.addHandler(logging.FileHandler('kept.log', mode='w'))\nlog.info('{n}')",
        "log.info('more')",
        "print(open('kept.log').read())",
    ),
    "a function of a library before another took its place": (
        "import json\nstep = {n}",
        "before = json.dumps",
        "json.dumps = lambda value: before(value) + '{n}'",
        "print(json.dumps(step))",
    ),
    "what a class of classes counts": (
        "class Kinds(type):\n    made = []\n    def __new__(own, name, bases, space):\n"
        "        own.made.append(name)\n        return super().__new__(own, name, bases, space)",
        "class First(metaclass=Kinds):\n    pass",
        "class Second{n}(First):\n    pass",
        "print(Kinds.made)",
    ),
    "who observes an object": (
        "import traitlets\nclass Box(traitlets.HasTraits):\n    size = traitlets.Int(0)\n"
        "box, seen = Box(), []",
        "box.observe(lambda change: seen.append({n}), 'size')",
        "box.size = 5",
        "print(seen)",
    ),
    "memory that an array borrows": (
        "import numpy as np\nheld = bytearray(2)\nview = np.frombuffer(held, np.uint8)",
        "step = {n}",
        "held[0] = step",
        "print(view)",
    ),
    "which NaN it is": (
        "import numpy as np, pandas as pd",
        "step = {n}",
        "t = pd.Series(['a', np.nan, step], dtype=object)\nvalues = t.tolist()",
        "print(np.nan in values, t.map(lambda x: x is np.nan).tolist())  # {n}",
    ),
    "whether it is one and the same mark": (
        "missing = object()\ndef get(row, other=missing):\n    return row if row else other",
        "held = [missing]",
        "step = {n}",
        "print(held[0] is missing, get(0) is missing, step)",
    ),
    "what a function of a module sets in a library": (
        "import json\nfrom shared import separate",
        "step = {n}",
        "before = separate(step)",
        "print(json.dumps([1, 2]))",
    ),
    "a name that a function of a module finds by itself": (
        "from shared import find",
        "step = {n}",
        "x = 1",
        "print(find())",
    ),
    "a view of a dictionary": (
        "table = {{'a': 1}}\nkeys = table.keys()",
        "step = {n}",
        "table[step] = 2",
        "print(list(keys))",
    ),
    "whether two texts are one": (
        "text = 'so long a text'",
        "step = {n}",
        "same = text",
        "print(same is text, step)",
    ),
    "whether two texts are one, as a function asks": (
        "text = 'so long a text'",
        "step = {n}",
        "rows = [text]\ndef has(given):\n    return any(row is given for row in rows)",
        "print(has(text), step)",
    ),
    "a NaN of the notebook's in a list": (
        "nan = float('nan')",
        "step = {n}",
        "rows = [nan]",
        "print(nan in rows, step)",
    ),
    "a table that a library keeps, by a name of its own": (
        "import mimetypes\nkinds = mimetypes.types_map",
        "step = {n}",
        "kinds['.law'] = f'x/{{step}}'",
        "print(mimetypes.types_map['.law'])",
    ),
    "what is taken from a list that a library keeps": (
        "import encodings.aliases",
        "step = {n}",
        "done = encodings.aliases.aliases.update(law=f'cp125{{step}}')",
        "print('\\xe9'.encode('law', 'replace'))",
    ),
    "a test that stands in another cell": (
        "import doctest",
        "step = {n}",
        'def same(x):\n    """\n    >>> same(1) == step\n    True\n    """\n    return x',
        "print(doctest.testmod(report=False).failed)",
    ),
    "an option of pandas": (
        "import pandas as pd\nt = pd.Series(range(30))",
        "step = {n}",
        "pd.set_option('display.max_rows', 4 * step)",
        "print(t)",
    ),
}
SETS_DAY = "calendar.setfirstweekday(int(open('day.txt').read()))"
SHARED = """
import json
kept = 0
def separate(v):
    json.JSONEncoder.item_separator = f"{v} "
def find():
    import __main__
    return __main__.step
entries = []
def put(v):
    global kept
    kept = v
def get():
    return kept
class Registry:
    def add(self, v):
        entries.append(v)
"""


def test_what_reaches_a_cell_by_ways_that_it_does_not_say_is_never_old(
    tmp_path: Path, forks: Nursery
) -> None:
    run = partial(run_quick, forks)
    for place, sources in enumerate(UNSAID.values()):
        mine, scratch = tmp_path / f"mine{place}", tmp_path / f"scratch{place}"
        for n in (1, 2):
            cells = tuple(LawCell(source=source.format(n=n)) for source in sources)
            project = Project(cells=cells, files=(("shared.py", SHARED),))
            write_files(mine, project)
            copy_project(mine, scratch)
            clean = run(scratch, project, cache="off")
            assert differences(run(mine, project, cache="all"), clean) == {}


def test_a_cell_that_runs_finds_what_restored_cells_set(tmp_path: Path, forks: Nursery) -> None:
    run = partial(run_quick, forks)
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    write_files(mine, _project(1, more=""))
    for n, more in ((1, ""), (1, "\n0"), (2, "\n0"), (1, "\n0"), (1, "\n1")):
        project = _project(n, more=more)
        copy_project(mine, scratch)
        clean = run(scratch, project, cache="off")
        assert clean.status == "completed"
        assert differences(run(mine, project, cache="all"), clean) == {}


def test_one_more_import_beside_a_plain_magic_lets_later_cells_be_restored(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for imports in ("import math", "import math\nimport json"):
        cells = (f"%precision 3\n{imports}", "x = math.pi", "x")
        project = Project(cells=tuple(LawCell(source=source) for source in cells))
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 2]


def test_what_bringing_back_values_loads_does_not_change_what_a_cell_left_in_the_process(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for shown in ("made", "made, 1"):
        cells = (
            "def make(): return 3",
            "import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\nx = make()",
            "made = x + 1",
            f"print({shown})",
        )
        project = Project(cells=tuple(LawCell(source=source) for source in cells))
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 2]


def test_a_view_of_a_value_does_not_make_those_run_that_only_read_it(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for made in ("first = rows[0]", "both = [rows, 1]", "first = 1"):
        cells = ("rows = [[1], [2]]", made, "print(rows)", "n = len(rows)", "print(n)")
        project = Project(cells=tuple(LawCell(source=source) for source in cells))
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 4, 4]


MODULE = "settings = {'rate': 1}\nrows = [[1]]\ndef tell():\n    print(settings, rows)"


@pytest.mark.parametrize(
    ("taken", "changed"),
    [
        ("mine = local.settings", "mine['rate'] = {n}"),
        ("from local import settings\nx = 1", "settings['rate'] = {n}"),
        ("mine = {'a': local.settings}", "mine['a']['rate'] = {n}"),
        ("mine = local.rows[0]", "mine.append({n})"),
    ],
)
def test_what_a_module_beside_the_notebook_keeps_is_changed_by_any_name(
    tmp_path: Path, forks: Nursery, taken: str, changed: str
) -> None:
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    for n in (None, 2, 3):
        change = "pass" if n is None else changed.format(n=n)
        cells = ("import local", taken, change, "local.tell()")
        project = Project(
            cells=tuple(LawCell(source=source) for source in cells),
            files=(("local.py", MODULE),),
        )
        write_files(mine, project)
        copy_project(mine, scratch)
        clean = run_quick(forks, scratch, project, cache="off")
        assert differences(run_quick(forks, mine, project, cache="all"), clean) == {}


WARNING = "import warnings\ndef advise(word='careful'): warnings.warn(word)"


@pytest.mark.parametrize(
    "versions",
    [
        (("advise()", "print(1)\nadvise()"), ("advise()", "print(2)\nadvise()")),
        (("advise()", "print(1)\nadvise()"), ("pass", "print(1)\nadvise()")),
        (("pass", "print(1)\nadvise()"), ("advise()", "print(1)\nadvise()")),
        (("advise('a')", "print(1)\nadvise('b')"), ("advise('b')", "print(1)\nadvise('b')")),
        (
            ("warnings.simplefilter('once')\nadvise()", "print(1)\nadvise()"),
            ("warnings.simplefilter('once')\nadvise()", "print(2)\nadvise()"),
        ),
        (
            ("advise()", "warnings.simplefilter('default')", "advise()"),
            ("advise()", "warnings.simplefilter('default')", "advise()\nprint(2)"),
        ),
    ],
)
def test_a_warning_that_a_helper_showed_in_one_cell_is_shown_in_another_as_by_a_clean_run(
    tmp_path: Path, forks: Nursery, versions: tuple[tuple[str, ...], ...]
) -> None:
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    for cells in versions:
        cells = ("import warnings\nfrom local import advise", *cells)
        project = Project(
            cells=tuple(LawCell(source=source) for source in cells),
            files=(("local.py", WARNING),),
        )
        write_files(mine, project)
        copy_project(mine, scratch)
        clean = run_quick(forks, scratch, project, cache="off")
        run = run_quick(forks, mine, project, cache="all")
        told = [str(cell).replace(str(mine), str(scratch)) for cell in run.cells]
        assert told == [str(cell) for cell in clean.cells]


def test_a_cell_that_showed_a_warning_is_restored_though_a_later_one_runs(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for n in (1, 2):
        cells = ("from local import advise", "advise()", "k = 3", f"print({n})\nadvise()")
        project = Project(
            cells=tuple(LawCell(source=source) for source in cells),
            files=(("local.py", WARNING),),
        )
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 3]


def test_an_edit_of_what_a_cell_warns_of_makes_none_run_that_do_not_warn(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for word in ("'a'", "'b'"):
        cells = ("from local import advise", f"advise({word})", "k = 3", "print(k)")
        project = Project(
            cells=tuple(LawCell(source=source) for source in cells),
            files=(("local.py", WARNING),),
        )
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 2]  # the import is set-up


def test_an_object_made_before_its_module_was_loaded_again_is_of_the_class_of_then(
    tmp_path: Path, forks: Nursery
) -> None:
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    for n in (1, 2):
        cells = (
            "import shapes\nshape = shapes.Shape()",
            "import importlib\n_ = importlib.reload(shapes)",
            f"print(isinstance(shape, shapes.Shape), {n})",
        )
        project = Project(
            cells=tuple(LawCell(source=source) for source in cells),
            files=(("shapes.py", "class Shape: pass"),),
        )
        write_files(mine, project)
        copy_project(mine, scratch)
        clean = run_quick(forks, scratch, project, cache="off")
        assert differences(run_quick(forks, mine, project, cache="all"), clean) == {}


def test_an_edited_module_of_a_package_makes_its_users_run_and_not_those_of_another(
    tmp_path: Path, forks: Nursery
) -> None:
    imports = "from src.data import clean\nfrom src.plots import draw"
    runs = []
    for n in (1, 2):
        project = Project(
            cells=tuple(map(_cell, (imports, "rows = clean(2)", "print(draw())"))),
            files=(
                ("src/__init__.py", '"""Of the notebook."""'),
                ("src/data.py", "RATE = 3\ndef clean(x): return [x * RATE]"),
                ("src/plots.py", f"def draw(): return {n}"),
            ),
        )
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert [run.restored for run in runs] == [0, 1]


def test_what_two_modules_keep_in_a_third_is_told_between_their_users(
    tmp_path: Path, forks: Nursery
) -> None:
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    for n in (1, 2):
        cells = ("from one import put\nfrom two import get", f"put({n})", "k = 3", "print(get())")
        project = Project(
            cells=tuple(map(_cell, cells)),
            files=(
                ("shelf.py", "kept = {}"),
                ("one.py", "import shelf\ndef put(n): shelf.kept['n'] = n"),
                ("two.py", "import shelf\ndef get(): return shelf.kept['n']"),
            ),
        )
        write_files(mine, project)
        copy_project(mine, scratch)
        clean = run_quick(forks, scratch, project, cache="off")
        assert differences(run_quick(forks, mine, project, cache="all"), clean) == {}


def test_what_a_helper_sets_in_a_library_while_it_is_loaded_counts_for_later_cells(
    tmp_path: Path, forks: Nursery
) -> None:
    runs = []
    for day, rate, line in (("6", 2, ""), ("6", 3, ""), ("6", 3, "import json"), ("5", 3, "")):
        cells = (
            f"import calendar\nimport habits, prices\n{line}",
            "print(calendar.firstweekday())",
            "k = prices.RATE",
        )
        project = Project(
            cells=tuple(map(_cell, cells)),
            files=(
                ("day.txt", day),
                ("habits.py", f"import calendar\n{SETS_DAY}"),
                ("prices.py", f"RATE = {rate}"),
            ),
        )
        write_files(tmp_path, project)
        runs.append(run_quick(forks, tmp_path, project, cache="all"))
    assert ["6" in str(run.cells[1]) for run in runs] == [True, True, True, False]
    assert [run.restored for run in runs] == [0, 1, 2, 0]


def _cell(source: str) -> LawCell:
    return LawCell(source=source)
