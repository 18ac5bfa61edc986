"""Which values that go from stage to stage cannot be stored? MNB250.

Told where the statement that makes the value leaves no doubt: files, connections, locks, threads,
generators. Such a value is never restored: its stage runs again for every reader.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView
from mlops_nb.pipeline.import_names import path_of

_OPEN = "an open file"
_CONNECTION = "a connection"
_MADE_BY = {
    "builtins.open": _OPEN,
    "gzip.open": _OPEN,
    "bz2.open": _OPEN,
    "lzma.open": _OPEN,
    "io.open": _OPEN,
    "codecs.open": _OPEN,
    "zipfile.ZipFile": _OPEN,
    "tarfile.open": _OPEN,
    "h5py.File": _OPEN,
    "pandas.HDFStore": _OPEN,
    "pandas.ExcelWriter": _OPEN,
    "tempfile.TemporaryFile": _OPEN,
    "tempfile.NamedTemporaryFile": _OPEN,
    "csv.reader": "a reader of an open file",
    "csv.DictReader": "a reader of an open file",
    "csv.writer": "a writer to an open file",
    "csv.DictWriter": "a writer to an open file",
    "sqlite3.connect": _CONNECTION,
    "duckdb.connect": _CONNECTION,
    "psycopg2.connect": _CONNECTION,
    "psycopg.connect": _CONNECTION,
    "pymysql.connect": _CONNECTION,
    "pyodbc.connect": _CONNECTION,
    "socket.socket": _CONNECTION,
    "socket.create_connection": _CONNECTION,
    "smtplib.SMTP": _CONNECTION,
    "ftplib.FTP": _CONNECTION,
    "http.client.HTTPConnection": _CONNECTION,
    "http.client.HTTPSConnection": _CONNECTION,
    "paramiko.SSHClient": _CONNECTION,
    "redis.Redis": _CONNECTION,
    "pymongo.MongoClient": _CONNECTION,
    "boto3.client": _CONNECTION,
    "boto3.resource": _CONNECTION,
    "sqlalchemy.create_engine": _CONNECTION,
    "threading.Lock": "a lock",
    "threading.RLock": "a lock",
    "threading.Event": "a lock",
    "threading.Thread": "a thread",
    "threading.Timer": "a thread",
    "multiprocessing.Process": "a process",
    "multiprocessing.Pool": "a pool of processes",
    "subprocess.Popen": "a process",
    "concurrent.futures.ThreadPoolExecutor": "a pool of threads",
    "concurrent.futures.ProcessPoolExecutor": "a pool of processes",
}


def storage_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each value that another stage reads and no store can keep."""
    generators = _generators(view)
    for cell, stage in view.stage_of.items():
        if cell not in view.trees:
            continue
        last = {s.name: s for s in view.sites[cell]}
        for name, site in last.items():
            what = "" if site.value is None else _kind_of(site.value, view.modules, generators)
            users = [
                reader
                for reader in view.readers.get((name, cell), ())
                if view.stage_of.get(reader) not in (None, stage)
            ]
            if what and users:
                yield view.finding(
                    "MNB250",
                    cell,
                    site.node,
                    message=f"stage {stage!r} binds {name!r} to {what}, which cannot be stored, "
                    f"and {view.whose(users[0])} reads it: stage {stage!r} is never restored.",
                    remedy=_remedy(name, what),
                    related=[view.reading(name, users[0])],
                    severity="warning",
                )


def _kind_of(node: ast.expr, modules: Mapping[str, str], generators: frozenset[str]) -> str:
    """Return what cannot be stored about a value, in words; ``""`` if nothing is known."""
    if isinstance(node, ast.GeneratorExp):
        return "a generator"
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Name) and node.func.id in generators:
        return "a generator"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "getOrCreate":
        return "a session" if "SparkSession" in ast.unparse(node.func.value) else ""
    path = path_of(node.func, modules)
    if not path and isinstance(node.func, ast.Name) and node.func.id == "open":
        path = "builtins.open"
    return _MADE_BY.get(path, "")


def _remedy(name: str, what: str) -> str:
    if what == "a generator":
        return f"Bind {name!r} to a list of it, or make it where it is used."
    return f"Make {name!r} in the stage that uses it, or in a cell tagged 'setup'."


def _generators(view: FlowView) -> frozenset[str]:
    """Return the functions of the notebook that are generators."""
    return frozenset(
        node.name
        for tree in view.trees.values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and _yields(node)
    )


def _yields(node: ast.FunctionDef) -> bool:
    todo: list[ast.AST] = list(node.body)
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return not any(
                getattr(d, "attr", getattr(d, "id", "")) == "contextmanager"
                for d in node.decorator_list
            )
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo += ast.iter_child_nodes(part)
    return False
