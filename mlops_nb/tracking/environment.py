"""Which packages did the kernel have?

Every installed distribution of the kernel's environment with its exact version, read from
package metadata in milliseconds; no resolver and no import of the packages. A package installed
from a folder or a repository is written with where it came from, as pip understands it.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata

from mlops_nb.artifacts.installed import read_pin
from mlops_nb.tracking.gitinfo import strip_credentials

TIMEOUT_S = 30.0
# Jupyter starts a kernel specification that says only "python" with the running interpreter.
_OWN_NAME = re.compile(r"python(3(\.\d+)?)?")
_PROBE = """\
import json, platform, sys
from importlib import metadata
rows = []
for d in metadata.distributions():
    told = d.metadata  # parsed with each look
    if told["Name"]:
        rows.append([told["Name"], told["Version"], d.read_text("direct_url.json") or ""])
sys.stdout.write(json.dumps({"python": platform.python_version(), "rows": rows}))
"""


def list_requirements(python: str | None = None) -> str:
    """Return the pins of an environment as a requirements file.

    Parameters
    ----------
    python : str, optional
        Interpreter of the kernel; the running one by default.

    Returns
    -------
    str
        One line per distribution, sorted; a comment with the Python version first. If the
        interpreter does not answer, only a comment that says so.
    """
    if python is None or python == sys.executable or _OWN_NAME.fullmatch(python):
        rows = [
            (*read_pin(one), one.read_text("direct_url.json") or "")
            for one in metadata.distributions()
        ]
        named = [row for row in rows if row[0]]
        return render_requirements(named, python_version=platform.python_version())
    try:
        done = subprocess.run(
            [python, "-c", _PROBE], capture_output=True, timeout=TIMEOUT_S, check=True
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return f"# The packages of {python!r} could not be listed: {type(error).__name__}.\n"
    return render_requirements(
        [(str(n), str(v), str(u)) for n, v, u in answer["rows"]],
        python_version=str(answer["python"]),
    )


def render_requirements(rows: list[tuple[str, str, str]], *, python_version: str) -> str:
    """Return a requirements file of (name, version, direct_url.json) rows; a first row wins.

    >>> rows = [("b", "2", ""), ("a", "1", "")]
    >>> print(render_requirements(rows, python_version="3.12.1"), end="")
    # Python 3.12.1
    a==1
    b==2
    """
    lines: dict[str, str] = {}
    for name, version, direct_url in rows:
        lines.setdefault(name.lower().replace("_", "-"), _requirement(name, version, direct_url))
    return "\n".join([f"# Python {python_version}", *(lines[key] for key in sorted(lines))]) + "\n"


def _requirement(name: str, version: str, direct_url: str) -> str:
    origin = _read_origin(direct_url)
    url = strip_credentials(str(origin.get("url", "")))
    vcs = origin.get("vcs_info")
    if isinstance(vcs, dict) and url:
        return f"{name} @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}"
    folder = origin.get("dir_info")
    if isinstance(folder, dict) and url.startswith("file:"):
        how = "editable" if folder.get("editable") else "installed"
        return f"# {name}=={version}  ({how} from a local folder)"
    if url and not url.startswith("file:"):
        return f"{name} @ {url}"
    return f"{name}=={version}"


def _read_origin(direct_url: str) -> Mapping[str, object]:
    try:
        origin = json.loads(direct_url) if direct_url else {}
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}
