"""Who else must know? A command or a webhook of the user's, once the alias has moved.

It gets what ``--json`` prints: a command on its standard input, a URL as the body of a POST. What
goes wrong is told, and the move stands: the registry has moved, and taking it back because a
message was not delivered would be a second move nobody asked for.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from mlops_nb.registry.promotion.promotion import Promotion

_TOLD = 300


def run_hook(hook: str, promotion: Promotion, *, folder: Path, timeout_s: float) -> str:
    """Return why the hook failed; empty if it did not.

    Parameters
    ----------
    hook : str
        A command, run without a shell in `folder`, or an ``http(s)://`` URL.
    promotion : Promotion
    folder : Path
    timeout_s : float
    """
    text = json.dumps(promotion.to_json())
    if urlsplit(hook).scheme in ("http", "https"):
        return _post(hook, text, timeout_s)
    return _execute(hook, text, promotion, folder, timeout_s)


def _post(url: str, text: str, timeout_s: float) -> str:
    request = urllib.request.Request(
        url, data=text.encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    host = urlsplit(url).hostname
    try:
        with urllib.request.urlopen(request, timeout=timeout_s):
            return ""
    except urllib.error.HTTPError as error:
        return f"{host} answered {error.code}"
    except (OSError, ValueError) as error:
        return f"{host} was not reached: {getattr(error, 'reason', None) or error}"


def _execute(hook: str, text: str, promotion: Promotion, folder: Path, timeout_s: float) -> str:
    variables = {
        "MLOPS_NB_KIND": promotion.kind,
        "MLOPS_NB_MODEL": promotion.name,
        "MLOPS_NB_VERSION": str(promotion.version),
        "MLOPS_NB_ALIAS": promotion.to,
    }
    try:
        done = subprocess.run(
            shlex.split(hook),
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            cwd=folder,
            env={**os.environ, **variables},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {timeout_s:g} s"
    except (OSError, ValueError) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"it ended with code {done.returncode}" + (f": {said[-1][:_TOLD]}" if said else "")
