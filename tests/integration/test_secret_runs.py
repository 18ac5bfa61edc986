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
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
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
    '!echo $TOKEN; echo "$KEY"; echo "$PASSWORD" | base64; env',
    "from IPython.display import HTML, JSON, Javascript, Latex, Markdown, display\n"
    "for v in values:\n"
    "    display(HTML(f'<b>{html.escape(v)}</b><a href=\"/?q={urllib.parse.quote(v)}\">x</a>'))\n"
    "    display(JSON({'token': [v], v: 1}), Markdown(v), Latex(v), Javascript(f'x={v!r}'))\n"
    "    display({'text/plain': v, 'application/x-' + 'mine+json': {'a': v}}, raw=True)\n"
    "    display('before', display_id=f'd{len(v)}').update(v)",
    "import pandas as pd\nframe = pd.DataFrame({'value': values, values[0]: [1, 2, 3]})\nframe",
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


def assert_all_clean(*folders: Path) -> None:
    """Fail if any file in `folders` holds a secret."""
    for folder in folders:
        for path, text in files_of(folder):
            assert_clean(text, str(path.relative_to(folder)))


def git(*words: str, cwd: Path) -> None:
    subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True)


def test_no_form_of_a_secret_is_left_by_a_run(tmp_path: Path) -> None:
    project = tmp_path / "project"
    out = project / "out"
    out.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[tool.mlops_nb]\nsecrets = ["KEY"]\n')
    notebook = write_notebook(project / "nasty.ipynb", CELLS)
    source = notebook.read_bytes()
    git("init", cwd=project)
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--allow-empty", "-mx", cwd=project)
    options = ["--secret", "TOKEN", "--secret", "PASSWORD", "-p", "secret", PASSWORD, "-v"]
    options += [
        "--follow",
        "--output-limit",
        "100kB",
        "--json",
        "--junit",
        str(out / "junit.xml"),
        "--html",
        str(out / "page.html"),
    ]
    command = [sys.executable, "-m", "mlops_nb", "run", str(notebook), str(out / "done.ipynb")]
    done = subprocess.run(
        [*command, *options],
        cwd=project,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
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
    kept = {path.name for path, _ in files_of(project / ".mlops_nb")}
    assert {"source.ipynb", "executed.html", "uncommitted.diff", "mlflow.db"} <= kept
    assert_all_clean(out, project / ".mlops_nb")


def test_half_a_secret_is_not_saved_while_its_cell_runs(tmp_path: Path) -> None:
    cell = "import os, time\nprint('begun', os.environ['TOKEN'][:11], end='', flush=True)"
    cells = [code("t = 'none'", "parameters"), cell + "\ntime.sleep(60)"]
    notebook, out = write_notebook(tmp_path / "nb.ipynb", cells), tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "mlops_nb", "run", str(notebook), str(out), "--no-track"]
    with subprocess.Popen(
        [*command, "-q", "--secret", "TOKEN", "-p", "t", TOKEN], env={**os.environ, **SECRETS}
    ) as process:
        until = time.monotonic() + 60
        while not out.is_file() or '"begun "' not in out.read_text():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        process.kill()
    _, injected, printed = json.loads(out.read_text())["cells"]
    assert injected["source"][-1] == "t = '***'"
    assert printed["outputs"][0]["text"] == ["begun "]
    assert_all_clean(tmp_path)


def test_what_waits_for_a_store_that_is_away_has_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:{TOKEN}@127.0.0.1:9")
    monkeypatch.setenv("TOKEN", TOKEN)
    notebook = write_notebook(
        tmp_path / "nb.ipynb",
        [code("t = 'none'", "parameters"), "# mlops: stage s\nimport os; print(t)\nos._exit(3)"],
    )
    record = mlops_nb.run(notebook, parameters={"t": TOKEN}, secrets=["TOKEN"])
    assert record.status == "died"
    assert record.parameters == {"t": "***"}
    assert "kept in" in record.notes[-1]
    assert_clean(repr(record), "record")
    assert_all_clean(tmp_path / ".mlops_nb")


def test_a_kernel_gets_the_secret_and_its_last_words_are_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", TOKEN)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    program = "import os, sys; sys.exit('refused ' + os.environ['TOKEN'])"
    spec = {
        "argv": [sys.executable, "-c", program],
        "display_name": "Broken",
        "language": "python",
        "env": {"TOKEN": "what the kernel specification says"},
    }
    (tmp_path / "kernels" / "broken").mkdir(parents=True)
    (tmp_path / "kernels" / "broken" / "kernel.json").write_text(json.dumps(spec))
    notebook = write_notebook(tmp_path / "nb.ipynb", ["1"], kernel="broken")
    record = mlops_nb.run(notebook, tmp_path / "out.ipynb", secrets=["TOKEN"], track=False)
    assert record.error is not None
    assert "it wrote: refused ***" in record.error.message


def test_papermill_masks_what_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import papermill

    monkeypatch.setenv("TOKEN", TOKEN)
    (tmp_path / "pyproject.toml").write_text('[tool.mlops_nb]\nsecrets = ["TOKEN"]\n')
    cells = [code("t = 'none'", "parameters"), "import os\nprint(t, t == os.environ['TOKEN'])"]
    notebook, out = write_notebook(tmp_path / "nb.ipynb", cells), tmp_path / "out.ipynb"
    papermill.execute_notebook(
        notebook, out, {"t": TOKEN}, engine_name="mlops_nb", progress_bar=False
    )
    assert "*** True" in out.read_text()
    assert_clean(out.read_text(), "out.ipynb")


@dataclass(frozen=True)
class Refusal:
    """What was asked for, and the beginning of the error that comes before anything starts."""

    told: str
    secrets: tuple[str, ...] = ("TOKEN",)
    output: str = "out.ipynb"
    parameters: Mapping[str, Any] = field(default_factory=dict)


REFUSALS = [
    Refusal("MNB811 secret 'TOKN': no such variable is set", secrets=("TOKEN", "TOKN")),
    Refusal("MNB812 secret 'EMPTY': its value is empty", secrets=("EMPTY",)),
    Refusal("MNB812 secret 'SHORT': its value has fewer than 4 characters", secrets=("SHORT",)),
    Refusal("MNB813 the output's path: 'runs/***.ipynb' holds", output=f"runs/{TOKEN}.ipynb"),
    Refusal("MNB302", parameters={"rate": TOKEN}),
    Refusal("MNB301", parameters={TOKEN: 1}),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.told[:20])
def test_what_cannot_be_masked_is_refused_and_told_without_secrets(
    refusal: Refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TOKEN": TOKEN, "EMPTY": "", "SHORT": "abc"}.items():
        monkeypatch.setenv(name, value)
    notebook = write_notebook(tmp_path / "nb.ipynb", [code("rate = 1.0", "parameters")])
    with pytest.raises(InputError) as refused:
        mlops_nb.run(
            notebook, refusal.output, parameters=refusal.parameters, secrets=refusal.secrets
        )
    assert str(refused.value).startswith(refusal.told)
    assert refused.value.remedy
    assert_clean("".join(traceback.format_exception(refused.value)), "traceback")
