"""Options that all code sees are facts: who finds them, who sets them, and how they come back."""

from __future__ import annotations

import decimal
import locale
import logging
import os
import pickle
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn

from mlops_nb.kernels import watch_option_python
from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_option_pandas import PandasOptions
from mlops_nb.kernels.watch_option_python import PathOptions
from mlops_nb.kernels.watch_options import INITIAL
from mlops_nb.kernels.watch_paths import PathRules

Run = Callable[[str], dict[str, Any]]
HEAD = """
import numpy as np, pandas as pd, matplotlib, sklearn, polars as pl, warnings, logging, decimal
import locale, sys, os, socket, signal, io, atexit
matplotlib.use("agg")
import matplotlib.pyplot as plt
"""


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    exec(HEAD, {})
    made = Watch(str(tmp_path_factory.mktemp("project")), b"key")
    yield made
    made.close()


@pytest.fixture
def run(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    kept = (dict.copy(matplotlib.rcParams), np.get_printoptions(), np.geterr(), pl.Config.save())
    settings, levels = sklearn.get_config(), (logging.root.level, list(logging.root.handlers))
    place, context = locale.setlocale(locale.LC_ALL), decimal.getcontext().copy()
    limit, mask = sys.getrecursionlimit(), os.umask(0o22)
    colors, called = matplotlib.colors.get_named_colors_mapping(), np.geterrcall()
    first_colors = dict(colors)
    os.umask(mask)

    def run(source: str) -> dict[str, Any]:
        code = compile(source, "<cell>", "exec")
        space = {**vars(sys.modules[__name__]), "__name__": "__main__", "plt": matplotlib.pyplot}
        watch.start()
        try:
            exec(code, space)
        finally:
            seen = watch.stop()
        return seen

    with warnings.catch_warnings():
        yield run
    dict.update(matplotlib.rcParams, kept[0])
    np.set_printoptions(**kept[1])
    np.seterr(**kept[2])
    np.seterrcall(called)
    colors.update(first_colors)
    pl.Config.load(kept[3])
    for group in ("display", "compute", "mode.sim"):
        pd.reset_option(f"^{group}")
    sklearn.set_config(**settings)
    logging.root.setLevel(levels[0])
    logging.root.handlers[:] = levels[1]
    logging.disable(logging.NOTSET)
    locale.setlocale(locale.LC_ALL, place)
    decimal.setcontext(context)
    sys.setrecursionlimit(limit)
    os.umask(mask)
    socket.setdefaulttimeout(None)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    matplotlib.pyplot.close("all")
    for name in ("extra",):
        if hasattr(pd.DataFrame, name):
            delattr(pd.DataFrame, name)


def options(facts: dict[str, Any]) -> dict[str, Any]:
    return {f.partition(":")[2]: digest for f, digest in facts.items() if f.startswith("option:")}


SETS = {
    "pd.set_option('display.max_rows', 7)": "pandas.display",
    "pd.options.display.float_format = '{:.2f}'.format": "pandas.display",
    "pd.set_option('compute.use_numexpr', False)": "pandas.compute",
    "pd.set_option('mode.sim_interactive', True)": "pandas.mode",
    "np.set_printoptions(precision=3, suppress=True)": "numpy.printing",
    "np.seterr(all='ignore')": "numpy.errors",
    "plt.rcParams['figure.figsize'] = (9, 3)": "matplotlib",
    "plt.style.use('ggplot')": "matplotlib",
    "matplotlib.colors.get_named_colors_mapping()['b'] = (0.25, 0.5, 1)": "matplotlib.colors",
    "del matplotlib.colors.get_named_colors_mapping()['tab:blue']": "matplotlib.colors",
    "matplotlib.use('svg')": "matplotlib",
    "plt.switch_backend('svg')": "matplotlib",
    "plt.ion()": "matplotlib",
    "warnings.filterwarnings('ignore')": "warnings",
    "warnings.filterwarnings('error', message='x.*', category=FutureWarning)": "warnings",
    "warnings.simplefilter('ignore', pd.errors.PerformanceWarning)": "warnings",
    "warnings.resetwarnings(); warnings.simplefilter('always')": "warnings",
    "logging.basicConfig(level=logging.INFO, format='%(message)s', force=True)": "logging",
    "logging.disable(logging.WARNING)": "logging",
    "sklearn.set_config(transform_output='pandas', display='text')": "sklearn",
    "locale.setlocale(locale.LC_ALL, 'C')": "locale",
    "decimal.getcontext().prec = 7": "decimal",
    "decimal.getcontext().traps[decimal.Inexact] = True": "decimal",
    "sys.path.insert(0, os.path.abspath('src'))": "sys.path",
    "sys.path.append('../lib')": "sys.path",
    "sys.setrecursionlimit(5000)": "process",
    "socket.setdefaulttimeout(2.5)": "process",
    "os.umask(0o27)": "process",
    "pl.Config.set_tbl_rows(3)": "polars",
    "pl.Config.set_fmt_float('full')": "polars",
}


@pytest.mark.parametrize("source", SETS)
def test_what_a_cell_sets_is_seen_and_brought_back(run: Run, watch: Watch, source: str) -> None:
    if "setlocale" in source and locale.setlocale(locale.LC_ALL) == "C":
        pytest.skip("the locale is C already")
    name = SETS[source]
    before = watch.digests([f"option:{name}"])[f"option:{name}"]
    assert before == INITIAL
    seen = run(source)
    written = options(seen["writes"])
    assert list(written) == [name]
    assert written[name] != INITIAL
    assert options(seen["reads"])[name] == INITIAL, "it depends on what else was set"
    reset = {f"option:{name}": {"state": {}, "digest": INITIAL}}
    assert watch.restore(reset) == []
    assert watch.restore({f: e for f, e in seen["effects"].items() if f in seen["writes"]}) == []
    assert watch.digests(seen["writes"]) == seen["writes"]


READS = {
    "repr(pd.DataFrame({'a': [1.5]}))": "pandas.display",
    "repr(pd.Series([1.5]))": "pandas.display",
    "repr(pd.Index([1.5]))": "pandas.display",
    "pd.Series([1.5]).describe().to_string()": "pandas.display",
    "pd.DataFrame({'a': [1.5]}).info(buf=__import__('io').StringIO())": "pandas.display",
    "pd.DataFrame({'a': [1.5]}).style.to_html()": "pandas.styler",
    "pd.options.display.width": "pandas.display",
    "plt.figure()": "matplotlib",
    "plt.gcf()": "figures",
    "matplotlib.colors.to_rgb('b')": "matplotlib.colors",
    "plt.close('all')": "figures",
    "plt.plot([1])": "figures",
    "warnings.catch_warnings().__enter__(); warnings.warn('x')": "warnings",
    "logging.getLogger('any').debug('x')": "logging",
    "logging.getLogger('any').getEffectiveLevel()": "logging",
    "logging.getLogger('any').hasHandlers()": "logging",
    "logging.getLogger().level": "logging",
    "from logging import getLogger; len(getLogger('root').handlers)": "logging",
}


@pytest.mark.parametrize("source", READS)
def test_a_cell_depends_on_options_that_it_makes_somebody_ask_for(run: Run, source: str) -> None:
    if "warn" in source:
        warnings.simplefilter("ignore")
    name = READS[source]
    assert name in options(run(source)["reads"])
    assert name not in options(run("x = pd.DataFrame({'a': [1.5]}) + 1")["reads"])


def test_who_asks_for_a_logger_of_his_own_asks_nothing_of_the_root(run: Run) -> None:
    assert "logging" not in options(run("logging.getLogger('any').level")["reads"])


def test_a_warning_that_is_not_shown_is_a_reading_too(run: Run) -> None:
    warnings.simplefilter("ignore")
    run("pass")
    seen = run("warnings.warn('x')")
    assert seen["writes"] == {}
    assert "warnings" in options(seen["reads"])


def test_filters_that_a_library_adds_for_itself_are_nobodys_choice(
    run: Run, watch: Watch, tmp_path: Path
) -> None:
    own = watch._warnings
    own.importing(is_done=False)
    warnings.filterwarnings("ignore", message="numpy.dtype size changed")
    own.importing(is_done=True)
    assert options(run("pass")["writes"]) == {}
    assert watch.digests(["option:warnings"]) == {"option:warnings": INITIAL}


def test_the_ear_for_warnings_can_be_sent_to_another_process(watch: Watch) -> None:
    watch._warnings.begin()
    entry = warnings.filters[0]
    assert pickle.loads(pickle.dumps(entry))[1].match("anything") is None


def test_variables_that_polars_reads_itself_count_for_every_cell(run: Run) -> None:
    assert "environment:POLARS_*" in run("x = 1")["reads"]


def test_options_that_are_set_back_are_no_change(run: Run) -> None:
    seen = run(
        "os.umask(os.umask(0o27))\n"
        "with pd.option_context('display.max_rows', 3), plt.rc_context({}): pass"
    )
    assert options(seen["writes"]) == {}


def test_what_is_no_data_cannot_be_brought_back(run: Run) -> None:
    seen = run("pd.options.display.float_format = lambda x: f'{x:.2f}'")
    other = run("pd.options.display.float_format = lambda x: f'{x:.3f}'")
    assert "option:pandas.display" in seen["writes"]
    assert "option:pandas.display" not in seen["effects"]
    assert seen["writes"]["option:pandas.display"] != other["writes"]["option:pandas.display"]
    seen = run("logging.root.addHandler(logging.NullHandler())")
    assert set(seen["writes"]) == {"option:logging"}
    assert seen["effects"] == {}


@pytest.mark.parametrize(
    "source",
    [
        "np.set_printoptions(formatter={{'float': lambda x: 'F' * {n}}})",
        "times = {n}; np.set_printoptions(formatter={{'float': lambda x: 'F' * times}})",
        "np.seterrcall(lambda kind, flag: {n})",
        "pd.options.display.float_format = ('law' + '{n}').__add__",
        "h = logging.FileHandler('{n}.log', delay=True); logging.root.addHandler(h)",
        "h = logging.NullHandler(); logging.root.addHandler(h); "
        "h.setFormatter(logging.Formatter('%(message)s{n}'))",
    ],
)
def test_two_settings_that_are_no_data_are_told_apart(run: Run, source: str) -> None:
    def digests(n: int) -> dict[str, Any]:
        seen = run(source.format(n=n))
        logging.root.handlers[:] = []
        return options(seen["writes"])

    logging.root.handlers[:] = []
    assert digests(1) != digests(2)


def test_a_setting_that_is_no_data_is_known_again(run: Run) -> None:
    source = "k = 3; np.seterrcall(lambda kind, flag: k); np.seterr(all='call')"
    first = run(source)["writes"]
    np.seterrcall(None)
    assert run(source)["writes"] in (first, {})
    assert "option:numpy.errors" in first


def test_what_hangs_onto_frames_is_an_option_of_pandas(run: Run, watch: Watch) -> None:
    seen = run("pd.DataFrame.extra = lambda self: 1")
    assert list(options(seen["writes"])) == ["pandas.accessors"]
    assert seen["effects"] == {}
    assert "pandas.accessors" in options(run("pass")["reads"])


AMBIENT = (
    "signal.signal(signal.SIGUSR1, lambda *_: None)",
    "import builtins; builtins.nonsense = 1",
    "import atexit; atexit.register(print, end='')",
    "sys.excepthook = print",
)


@pytest.mark.parametrize("source", AMBIENT)
def test_what_nothing_can_bring_back_is_ambient(
    run: Run, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    seen = run(source)
    vars(builtins).pop("nonsense", None)
    assert set(seen["writes"]) == {"ambient:"}
    assert seen["effects"] == {}


def test_a_builtin_in_place_of_another_is_another_state(run: Run) -> None:
    import builtins

    told, space = [], vars(builtins)
    try:
        for name, other in (("one", "two"), ("two", "one"), ("one", "two")):
            space[other] = 1
            seen = run(f"import builtins; del builtins.{other}; builtins.{name} = 1")
            told.append(seen["writes"]["ambient:"])
            del space[name]
    finally:
        for name in ("one", "two"):
            space.pop(name, None)
    assert told[0] == told[2] != told[1]


def test_the_working_directory_is_read_by_all_and_brought_back(
    watch: Watch, run: Run, tmp_path: Path
) -> None:
    root = Path(watch._rules.path("."))
    (root / "sub").mkdir(exist_ok=True)
    os.chdir(root)
    assert run("pass")["reads"]["folder:"] == "."
    seen = run("os.chdir('sub')")
    assert seen["writes"]["folder:"] == "sub"
    os.chdir(root)
    assert watch.restore({"folder:": seen["effects"]["folder:"]}) == []
    assert Path.cwd() == root / "sub"


def test_a_cell_that_sets_nothing_writes_nothing(run: Run) -> None:
    assert run("x = 1")["writes"] == {}


def test_a_folder_on_the_path_that_is_relative_stays_so(run: Run, watch: Watch) -> None:
    seen = run("sys.path.insert(0, 'more')")
    assert watch.restore({"option:sys.path": {"state": {}, "digest": INITIAL}}) == []
    assert watch.restore({f: e for f, e in seen["effects"].items() if f in seen["writes"]}) == []
    assert sys.path[0] == "more"


def test_a_folder_that_is_put_on_the_path_again_changes_nothing(run: Run) -> None:
    first = run("sys.path.append('..')")
    again = run("sys.path.append('..')")
    assert "option:sys.path" in first["writes"]
    assert [*again["writes"]] == ["option:sys.path.repeated"]
    found = run("x = 1")["reads"]
    assert found["option:sys.path"] == first["writes"]["option:sys.path"]
    assert "option:sys.path.repeated" not in found


def test_who_takes_a_folder_away_depends_on_how_often_it_stood_there(
    run: Run, watch: Watch
) -> None:
    run("sys.path += ['..', '..']")
    seen = run("sys.path.remove('..')")
    assert "option:sys.path.repeated" in seen["reads"]
    assert seen["writes"] == {"option:sys.path.repeated": INITIAL}
    run("sys.path.append('..')")
    effects = run("sys.path.append('more')")["effects"]
    sys.path[:] = sys.path[:1]
    assert watch.restore({f: e for f, e in effects.items() if f.startswith("option:sys")}) == []
    assert sys.path[-3:] == ["..", "..", "more"]


def test_who_looks_at_the_list_of_folders_is_told_of_those_that_stand_there_again(
    watch: Watch, run: Run
) -> None:
    run("sys.path += ['..', '..']")
    watch.start(machine=["path"])
    assert "option:sys.path.repeated" in watch.stop()["reads"]


def test_folders_that_cells_put_on_the_path_before_the_watch_began_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    early, late = PathOptions(PathRules(str(tmp_path))), PathOptions(PathRules(str(tmp_path)))
    early.attach(None, lambda: True)
    sys.path += ["..", str(tmp_path / "src")]
    monkeypatch.setattr(watch_option_python, "_has_run_cells", lambda: True)
    late.attach(None, lambda: True)
    assert late.state() == early.state() != {}
    late.restore({})
    assert early.state() == {}


def test_what_pyplot_asks_after_each_cell_is_no_reading_of_its_options(run: Run) -> None:
    assert "option:matplotlib" not in run("plt._draw_all_if_interactive()")["reads"]
    assert "option:matplotlib" in run("plt.isinteractive()")["reads"]
    assert "option:matplotlib" in run("matplotlib.rcParams['interactive']")["reads"]
    matplotlib.pyplot.figure()
    assert "option:matplotlib" in run("plt._draw_all_if_interactive()")["reads"]


def test_an_option_that_pandas_adds_later_is_looked_at_too() -> None:
    domain = PandasOptions("display")
    config = SimpleNamespace(
        _global_config={"display": {"width": 80}, "styler": {"width": 1}},
        _registered_options={"display.width": SimpleNamespace(defval=80)},
    )
    domain._config = config
    assert domain.state() == {}
    config._registered_options["styler.width"] = SimpleNamespace(defval=0)
    config._registered_options["display.html.border"] = SimpleNamespace(defval=1)
    config._global_config["display"]["html"] = {"border": 2}
    assert domain.state() == {"display.html.border": 2}
    config._global_config["display"]["width"] = 60
    assert domain.state() == {"display.html.border": 2, "display.width": 60}
