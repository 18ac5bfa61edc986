"""A notebook that says its secrets in every way it can, run as a person runs it: tracked, with
parameters, models and reports. Whatever it leaves is searched byte by byte."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from running import code, write_notebook

import mlops_nb
from mlops_nb.errors import InputError
from mlops_nb.pipeline.secret_forms import forms_of

TOKEN = "tok_48Zq7Lm2Xw8Rt6Y1kP0s"
PASSWORD = "p@ss \"w'rd\\é/+&<1>=%9"
KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"
    "AgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2\n"
    "-----END PRIVATE KEY-----\n"
)
SECRETS = {"TOKEN": TOKEN, "PASSWORD": PASSWORD, "KEY": KEY}

CELLS = [
    code("secret = 'none'\nrate = 1.0", "parameters"),
    "import base64, html, json, logging, os, sys, time, urllib.parse, warnings\n"
    "names = ('TOKEN', 'PASSWORD', 'KEY')\n"
    "values = [os.environ[name] for name in names]\n"
    "assert secret == values[1]",
    "for v in values:\n"
    "    print(v, repr(v), [v], {v: v}, ascii(v), v.encode())\n"
    "    print(json.dumps(v), json.dumps({'x': json.dumps(v)}), html.escape(v))\n"
    "    print(urllib.parse.quote(v), urllib.parse.quote_plus(v), v.encode().hex())\n"
    "    for before in ('', 'a', 'user:', 'ab'):\n"
    "        whole = (before + v + ' and').encode()\n"
    "        print(base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode())\n"
    "        print(base64.encodebytes(whole).decode())",
    "for v in values:\n"
    "    for at in range(1, len(v), 5):\n"
    "        sys.stdout.write(v[:at]); sys.stdout.flush(); time.sleep(0.12)\n"
    "        sys.stdout.write(v[at:] + '\\n'); sys.stdout.flush()\n"
    "        if at > 12: break",
    "for v in values:\n"
    "    print(v, file=sys.stderr); warnings.warn(v); logging.warning('login with %s', v)\n"
    "os.write(1, values[0].encode() + b'\\n'); os.write(2, values[0].encode() + b'\\n')",
    "!echo $TOKEN; echo \"$KEY\"; echo \"$PASSWORD\" | base64; env",
    "from IPython.display import HTML, JSON, Javascript, Latex, Markdown, SVG, display\n"
    "for v in values:\n"
    "    display(HTML(f'<b>{html.escape(v)}</b><a href=\"/?q={urllib.parse.quote(v)}\">x</a>'))\n"
    "    display(JSON({'token': [v], v: 1}), Markdown(v), Latex(v), Javascript(f'x={v!r}'))\n"
    "    display({'text/plain': v, 'application/x-' + 'mine+json': {'a': v}}, raw=True)\n"
    "    display('before', display_id=f'd{len(v)}').update(v)",
    "import pandas as pd\n"
    "frame = pd.DataFrame({'value': values, values[0]: [1, 2, 3]})\nframe",
    "import ipywidgets\n"
    "box = ipywidgets.VBox([ipywidgets.Text(value=v, description=v[:20]) for v in values])\nbox",
    f"literal = {TOKEN!r}  # {PASSWORD}\nliteral",
    "# mlops: stage measure --metrics scores\n"
    "scores = {values[0]: 1.0, 'accuracy': 0.5}\n"
    "import threading\n"
    "threading.Timer(0.3, lambda: print('late', values[0][:9], end='', flush=True)).start()",
    "# mlops: stage model --model clf --example X\n"
    "from sklearn.linear_model import LinearRegression\n"
    "X = pd.DataFrame({'x': [1.0, 2.0]})\nclf = LinearRegression().fit(X, [1.0, 2.0])\n"
    "print(values[0], 'from a stage')",
    code("raise KeyError(values[1])", "raises-exception"),
    "class Refused(Exception): pass\n"
    "def login(token):\n    raise Refused(f'{token} was refused ({values[2]!r})')\n"
    "login(values[0])",
]


def forms_in(text: str) -> list[str]:
    """Return the forms of secrets, whole ones and beginnings that say much, that `text` holds."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    joined = re.sub(r'\s+|\\n|",\s*"', "", plain)
    found = []
    for name, secret in SECRETS.items():
        for form in forms_of(secret):
            core = form.core[:16]
            if core in text or core in plain or core in joined:
                found.append(f"{name}: {core}")
        encoded = base64.b64encode(secret.encode()).decode()
        if encoded[4:16] in text or quote(secret)[:12] in text or html.escape(secret)[:12] in text:
            found.append(name)
    return found


def assert_clean(text: str, place: str) -> None:
    """Fail if `text` holds a secret; say where and what stands around it."""
    found = forms_in(text)
    if found:
        core = found[0].partition(": ")[2]
        at = text.find(core)
        pytest.fail(f"{place}: {found[:3]} in {text[max(0, at - 200) : at + 60]!r}")


def files_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file below `folder` with its bytes as text; of a database, its dump too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".db":
            with sqlite3.connect(path) as connection:
                yield path, "\n".join(connection.iterdump())


def test_no_form_of_a_secret_is_left_by_a_run(tmp_path: Path) -> None:
    project = tmp_path / "project"
    out = project / "out"
    out.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[tool.mlops_nb]\nsecrets = ["KEY"]\n')
    notebook = write_notebook(project / "nasty.ipynb", CELLS)
    source = notebook.read_bytes()
    for command in (
        ["git", "init", "-q"],
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(command, cwd=project, check=True)
    command = [sys.executable, "-m", "mlops_nb", "run", str(notebook), str(out / "done.ipynb")]
    command += ["--secret", "TOKEN", "--secret", "PASSWORD", "-p", "secret", PASSWORD, "-v", "--json"]
    command += ["--junit", str(out / "junit.xml"), "--html", str(out / "page.html")]
    done = subprocess.run(
        command, cwd=project, env={**os.environ, **SECRETS}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)
    assert record["error"]["message"].startswith("Refused: *** was refused")
    assert record["parameters"]["secret"] == "***"
    assert record["metrics"] == {"scores.***": 1.0, "scores.accuracy": 0.5}
    assert record["run_id"] is not None
    assert record["model"]["uri"].startswith("models:/")
    assert notebook.read_bytes() == source
    node = json.loads((out / "done.ipynb").read_text())
    assert "secret = '***'" in "".join(node["cells"][1]["source"])
    assert "late" in json.dumps(node)
    assert_clean(done.stdout, "stdout")
    assert_clean(done.stderr, "stderr")
    artifacts = {path.name for path, _ in files_of(project / ".mlops_nb")}
    assert {"source.ipynb", "executed.html", "run.json", "uncommitted.diff", "mlflow.db"} <= artifacts
    for folder in (out, project / ".mlops_nb"):
        for path, text in files_of(folder):
            assert_clean(text, str(path.relative_to(project)))
