"""Files that libraries open in native code are seen by the paths their functions were given."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_native import NativeWatch

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    made = Watch(str(tmp_path_factory.mktemp("project")), b"key")
    yield made
    made.close()


@pytest.fixture
def run(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Run:
    root = Path(watch._rules.path("."))
    monkeypatch.chdir(root)
    frame = pd.DataFrame({"a": [1, 2]})
    if not Path("x.parquet").exists():
        frame.to_parquet("x.parquet")
        frame.to_feather("x.feather")
        frame.to_csv("x.csv", index=False)
        frame.to_orc("x.orc")
        Path("x.json").write_text('{"a": 1}\n{"a": 2}\n')
        Path("parts").mkdir()
        frame.to_parquet("parts/one.parquet")
        frame.to_parquet("parts/two.parquet")

    def run(source: str, **names: Any) -> dict[str, Any]:
        space = {"pd": pd, "pl": pl, "pa": pa, "pq": pq, "frame": frame, "Path": Path, **names}
        watch.start([])
        try:
            exec(compile(source, "<cell>", "exec"), space)
        finally:
            seen = watch.stop([])
        return seen

    run.watch = watch  # type: ignore[attr-defined]
    return run


def files(facts: dict[str, Any]) -> set[str]:
    found = {fact.partition(":")[2] for fact in facts if fact.startswith("file:")}
    return {name for name in found if not name.endswith("?")}


PARTS = {"parts/", "parts/one.parquet", "parts/two.parquet"}
READS: dict[str, set[str]] = {
    "pd.read_parquet('x.parquet')": {"x.parquet"},
    "pd.read_parquet(Path('x.parquet').resolve())": {"x.parquet", "x.parquet?link"},
    "pd.read_parquet('parts')": PARTS,
    "pd.read_feather('x.feather')": {"x.feather"},
    "pd.read_orc('x.orc')": {"x.orc"},
    "pd.read_csv('x.csv', engine='pyarrow')": {"x.csv"},
    "pq.read_table('x.parquet')": {"x.parquet"},
    "pq.ParquetFile('x.parquet').close()": {"x.parquet"},
    "pq.read_schema('x.parquet')": {"x.parquet"},
    "pa.dataset.dataset('parts').to_table()": PARTS,
    "pa.dataset.dataset(['x.parquet', 'parts/one.parquet'])": {"x.parquet", "parts/one.parquet"},
    "pa.csv.read_csv('x.csv')": {"x.csv"},
    "pa.feather.read_table('x.feather')": {"x.feather"},
    "pa.memory_map('x.feather').close()": {"x.feather"},
    "pa.ipc.open_file('x.feather').read_all()": {"x.feather"},
    "pl.read_csv('x.csv')": {"x.csv"},
    "pl.read_parquet('x.parquet')": {"x.parquet"},
    "pl.read_parquet('parts/*.parquet')": PARTS,
    "pl.scan_parquet('parts/').collect()": PARTS,
    "pl.read_ipc('x.feather')": {"x.feather"},
    "pl.scan_csv('x.csv').select('a').collect()": {"x.csv"},
    "pl.read_ndjson('x.json')": {"x.json"},
    "pd.read_json('x.json', lines=True)": {"x.json"},
    "pl.DataFrame({'a': [1]}).lazy().collect()": set(),
}


@pytest.mark.parametrize("source", READS)
def test_what_native_readers_open_is_read(run: Run, source: str) -> None:
    seen = run(source)
    assert files(seen["reads"]) == READS[source]
    assert files(seen["writes"]) == set()


WRITES: dict[str, set[str]] = {
    "frame.to_parquet('out1.parquet')": {"out1.parquet"},
    "pq.write_table(pa.table({'a': [1]}), 'out2.parquet')": {"out2.parquet"},
    "pa.feather.write_feather(frame, 'out3.feather')": {"out3.feather"},
    "pa.ipc.new_file('out7.arrow', pa.schema([('a', 'int64')])).close()": {"out7.arrow"},
    "pl.DataFrame({'a': [1]}).write_parquet('out4.parquet')": {"out4.parquet"},
    "pl.DataFrame({'a': [1]}).write_csv('out5.csv')": {"out5.csv"},
    "pl.scan_csv('x.csv').sink_parquet('out6.parquet')": {"out6.parquet"},
}


@pytest.mark.parametrize("source", WRITES)
def test_what_native_writers_make_is_written(run: Run, source: str) -> None:
    seen = run(source)
    assert files(seen["writes"]) == WRITES[source]
    assert files(seen["reads"]) <= {"x.csv"}


def test_a_file_that_is_read_and_replaced_natively_counts_as_it_was(run: Run) -> None:
    before = run("pl.read_parquet('x.parquet')")["reads"]["file:x.parquet"]
    seen = run("pl.read_parquet('x.parquet').write_parquet('x.parquet', compression='gzip')")
    assert seen["reads"]["file:x.parquet"] == before
    assert seen["writes"]["file:x.parquet"] != before


def test_a_lazy_frame_reads_its_file_where_it_is_collected(run: Run) -> None:
    lazy = pl.scan_csv("x.csv")
    assert files(run("lazy.collect()", lazy=lazy)["reads"]) == {"x.csv"}
    assert files(run("pl.collect_all([lazy])", lazy=lazy)["reads"]) == {"x.csv"}


def test_a_file_that_is_not_there_is_a_dependency(run: Run) -> None:
    seen = run("try: pq.read_table('none.parquet')\nexcept OSError: pass")
    assert seen["reads"]["file:none.parquet"] is None


def test_an_address_is_the_network(run: Run) -> None:
    seen = run("try: pl.scan_parquet('s3://bucket/x.parquet')\nexcept Exception: pass")
    assert [blocker[0] for blocker in seen["blockers"]] == ["network"]


def test_models_of_boosting_libraries_are_files(run: Run) -> None:
    pytest.importorskip("xgboost")
    source = (
        "import numpy as np, xgboost\n"
        "data = xgboost.DMatrix(np.arange(9.0).reshape(9, 1), label=np.arange(9.0))\n"
        "xgboost.train({}, data, 1).save_model('model.json')"
    )
    assert files(run(source)["writes"]) == {"model.json"}
    seen = run("import xgboost; xgboost.Booster(model_file='model.json')")
    assert files(seen["reads"]) == {"model.json"}


DUCKDB = """
class DuckDBPyConnection:
    def sql(self, query, **options): pass
    def execute(self, query, parameters=None): pass
    def read_csv(self, path): pass
class DuckDBPyRelation:
    def write_csv(self, path): pass
def sql(query): pass
def connect(database=':memory:', read_only=False): pass
"""


@pytest.fixture
def libraries(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """Return stand-ins of libraries that are not installed here, as they are loaded."""
    made = {}
    sources = {
        "h5py": "class File:\n    def __init__(self, name, mode='r', **options): pass",
        "cv2": "def imread(name, flags=1): pass\ndef imwrite(name, image): pass",
        "duckdb": DUCKDB,
        "lightgbm": "class Dataset:\n    def __init__(self, data): self.data = data\n"
        "    def construct(self): pass",
    }
    for name, source in sources.items():
        module = types.ModuleType(name)
        exec(source, vars(module))
        monkeypatch.setitem(sys.modules, name, module)
        for found in watch._imports._after[name]:
            found(module)
        made[name] = module
    return types.SimpleNamespace(**made)


OTHERS: dict[str, tuple[set[str], set[str]]] = {
    "h5py.File('x.csv')": ({"x.csv"}, set()),
    "h5py.File('x.csv', 'r')": ({"x.csv"}, set()),
    "h5py.File('new.h5', mode='w'); Path('new.h5').write_text('')": (set(), {"new.h5"}),
    "cv2.imread('x.csv')": ({"x.csv"}, set()),
    "cv2.imwrite('image.png', [])\nPath('image.png').write_text('')": (set(), {"image.png"}),
    "duckdb.sql(\"select * from 'parts/*.parquet'\")": (PARTS, set()),
    "duckdb.sql(\"select 'no file' from read_csv('x.csv')\")": ({"x.csv"}, set()),
    "duckdb.sql(\"copy t to 'copy.csv'\")\nPath('copy.csv').write_text('')": (set(), {"copy.csv"}),
    "duckdb.connect()": (set(), set()),
    "duckdb.sql('select * from \"x.csv\"')": ({"x.csv"}, set()),
    "duckdb.sql('from x.csv join t on t.a = none.b')": ({"x.csv"}, set()),
    "duckdb.DuckDBPyConnection().read_csv('x.csv')": ({"x.csv"}, set()),
    "duckdb.DuckDBPyConnection().execute('from read_csv(?)', ['x.csv'])": ({"x.csv"}, set()),
    "duckdb.DuckDBPyConnection().sql('from read_csv($f)', params={'f': 'x.csv'})": (
        {"x.csv"},
        set(),
    ),
    "duckdb.DuckDBPyRelation().write_csv('made.csv')\nPath('made.csv').write_text('')": (
        set(),
        {"made.csv"},
    ),
    "lightgbm.Dataset('none.csv').construct()": ({"none.csv"}, set()),
}


@pytest.mark.parametrize("source", OTHERS)
def test_other_native_readers_are_known_by_name(
    run: Run, libraries: types.SimpleNamespace, source: str
) -> None:
    seen = run(source, **vars(libraries))
    assert (files(seen["reads"]), files(seen["writes"])) == OTHERS[source]


def test_a_dataset_that_reads_its_file_later_reads_it_there(
    run: Run, libraries: types.SimpleNamespace
) -> None:
    data = libraries.lightgbm.Dataset("x.csv")
    seen = run("data.construct()", data=data)
    assert files(seen["reads"]) == {"x.csv"}


def test_a_shelf_is_a_file_whatever_keeps_it(run: Run) -> None:
    seen = run("import shelve\nwith shelve.open('shelf') as s: s['a'] = 1")
    assert any(name.startswith("shelf") for name in files(seen["writes"]))
    seen = run("import shelve\nwith shelve.open('shelf', 'r') as s: s['a']")
    assert any(name.startswith("shelf") for name in files(seen["reads"]))
    assert files(seen["writes"]) == set()


def test_wrapped_functions_keep_their_names(watch: Watch) -> None:
    assert pq.read_table.__module__ == "pyarrow.parquet.core"
    assert pq.read_table.__name__ == "read_table"
    assert pl.DataFrame.write_csv.__qualname__ == "DataFrame.write_csv"


def test_a_warning_is_of_the_line_that_called_the_library(
    run: Run, libraries: types.SimpleNamespace
) -> None:
    source = "import warnings\ndef imread(name):\n    warnings.warn('old', stacklevel=2)"
    exec(compile(source, "cv2.py", "exec"), vars(libraries.cv2))
    NativeWatch._wrap_module(
        run.watch._native,
        {"read": ("imread",)},
        libraries.cv2,  # type: ignore[attr-defined]
    )
    with pytest.warns(UserWarning, match="old") as told:
        run("\n\ncv2.imread('x.csv')", cv2=libraries.cv2)
    assert (told[0].filename, told[0].lineno) == ("<cell>", 3)


LOOKS_UP = """
import sys
def sql(query):
    return _found(query)
def _found(name):
    frame = sys._getframe(1)
    while frame.f_globals['__name__'] == 'duckdb':
        frame = frame.f_back
    return frame.f_locals.get(name, frame.f_globals.get(name))
class Connection:
    def sql(self, query):
        return sql(query)
"""


@pytest.mark.parametrize(
    "call",
    ["duckdb.sql('sales')", "duckdb.Connection().sql('sales')"],
)
def test_names_that_stand_in_sql_are_those_of_the_caller(
    run: Run, libraries: types.SimpleNamespace, call: str
) -> None:
    exec(LOOKS_UP, vars(libraries.duckdb))
    NativeWatch._wrap_module(
        run.watch._native,  # type: ignore[attr-defined]
        {"sql": ("sql", "Connection.sql")},
        libraries.duckdb,
    )
    found: dict[str, object] = {"duckdb": libraries.duckdb, "found": [], "__name__": "__main__"}
    run(f"sales = 3\nfound.append({call})", **found)
    run(f"def ask(sales):\n    return {call}\nfound.append(ask(5))", **found)
    assert found["found"] == [3, 5]


def test_a_dataset_reads_its_files_whenever_a_cell_may_ask_it(run: Run) -> None:
    run("0")
    made, watch = pa.dataset.dataset("parts"), run.watch  # type: ignore[attr-defined]
    watch.start([])
    watch.note_lazy([made, None, 1])
    seen = watch.stop([])
    assert {"file:parts/one.parquet", "file:parts/two.parquet"} <= seen["reads"].keys()
