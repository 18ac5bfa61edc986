"""Does a call use the network, or start a process? By the function's name, or by an address it is
given.

Names that are bound once, to a text, stand for it: ``URL = "https://…"``. Functions that fetch only
what is not there yet count too: what they fetch is another thing next year.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from mlops_nb.pipeline.habits.calls import Call, ParsedCell
from mlops_nb.pipeline.trees import nodes_of

_ADDRESS = re.compile(
    r"(?:https?|ftps?|s3a?|gs|gcs|az|abfss?|adl|hdfs|postgres(?:ql)?|mysql|mariadb|mssql|oracle|"
    r"snowflake|redshift|bigquery|clickhouse|mongodb)(?:\+\w+)?://"
)
_NETWORK = (
    "requests.",
    "httpx.",
    "urllib.request.",
    "urllib3.",
    "aiohttp.",
    "boto3.",
    "ftplib.",
    "paramiko.",
    "smtplib.",
    "yfinance.",
    "kagglehub.",
    "gdown.",
    "openml.",
    "psycopg2.connect",
    "psycopg.connect",
    "pymysql.connect",
    "pymongo.MongoClient",
    "snowflake.connector.",
    "google.cloud.",
    "huggingface_hub.",
    "datasets.load_dataset",
    "tensorflow_datasets.load",
    "nltk.download",
    "seaborn.load_dataset",
    "transformers.pipeline",
    "statsmodels.api.datasets.get_rdataset",
    "sklearn.datasets.fetch_",
    "pandas.read_gbq",
)
_PROCESSES = ("subprocess.", "os.system", "os.popen", "os.spawn", "os.exec")
# Classes, constants and the like of those modules that fetch nothing.
_QUIET = re.compile(r"[A-Z]\w*(?:Error|Exception|Warning)|codes|PIPE|DEVNULL|STDOUT")
_READERS = (
    "pandas.read_",
    "polars.read_",
    "polars.scan_",
    "sqlalchemy.create_engine",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "fsspec.",
    "xarray.open_",
    "dask.dataframe.read_",
)


def named_texts(cells: Sequence[ParsedCell]) -> dict[str, str]:
    """Return the texts of names that the notebook binds once, to a text or what begins with one."""
    found: dict[str, str | None] = {}
    for _, tree in cells:
        for node in nodes_of(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = None if node.id in found else ""
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if found.get(name) == "":
                    found[name] = text_start(node.value, {})
    return {name: text for name, text in found.items() if text}


def text_start(node: ast.expr | None, texts: Mapping[str, str]) -> str:
    """Return what a text begins with, as far as it is written out.

    >>> text_start(ast.parse("URL + 'a.csv'", mode="eval").body, {"URL": "https://x.org/"})
    'https://x.org/'
    """
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        return text_start(first.value if isinstance(first, ast.FormattedValue) else first, texts)
    if isinstance(node, ast.BinOp):
        return text_start(node.left, texts)
    if isinstance(node, ast.Name):
        return texts.get(node.id, "")
    value = node.value if isinstance(node, ast.Constant) else ""
    return value if isinstance(value, str) else ""


def starts_process(call: Call) -> bool:
    """Return whether a call starts another program."""
    return call.name.startswith(_PROCESSES) and not _is_quiet(call)


def hidden_deed(call: Call, texts: Mapping[str, str]) -> str:
    """Return what a call does out of sight, in words; ``""`` if it does nothing of the kind."""
    if starts_process(call):
        return "starts a process"
    if call.name.startswith(_NETWORK) and not _is_quiet(call):
        return "uses the network"
    if _fetches_if_told(call):
        return "uses the network"
    given = [*call.node.args[:2], *(keyword.value for keyword in call.node.keywords)]
    is_reader = call.name.startswith(_READERS)
    has_address = any(_ADDRESS.match(text_start(part, texts)) for part in given)
    return "uses the network" if is_reader and has_address else ""


def _fetches_if_told(call: Call) -> bool:
    """Return whether a loader of data sets fetches: torchvision's on request, Keras's always."""
    if call.name.startswith(("torchvision.datasets.", "torchaudio.datasets.")):
        told = call.keyword("download")
        return isinstance(told, ast.Constant) and told.value is True
    return ".datasets." in call.name and call.name.endswith(".load_data") and "keras" in call.name


def _is_quiet(call: Call) -> bool:
    return _QUIET.fullmatch(call.name.rpartition(".")[2]) is not None
