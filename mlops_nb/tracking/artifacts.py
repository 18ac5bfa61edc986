"""Which files does a run keep, and how do they come to be?

``source.ipynb`` as it was when the run began, ``executed.ipynb`` and ``executed.html``,
``run.json`` (the run record), ``requirements.txt``, ``uncommitted.diff`` and, if the run
failed, ``failure.txt``. Each is made for itself: one that cannot be made is named in a note and
holds up none of the others.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

from mlops_nb.pipeline.records import RunRecord
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.tracking.environment import list_requirements
from mlops_nb.tracking.gitinfo import GitState
from mlops_nb.tracking.html import render_html
from mlops_nb.tracking.summary import headline

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class RunFiles:
    """The files of one run, in a temporary folder until they are logged.

    Parameters
    ----------
    masker : Masker, optional
        Of the run's secrets; what the run hands in is without them already, the rest is masked
        here: the source notebook, the diff, the list of packages.
    sanitize_html : bool, default=False
        Whether ``executed.html`` is safe to open whatever the notebook holds.
    """

    def __init__(self, *, masker: Masker | None = None, sanitize_html: bool = False) -> None:
        self._masker = masker or Masker()
        self._sanitize_html = sanitize_html
        self._folder = tempfile.TemporaryDirectory(prefix="mlops_nb-", ignore_cleanup_errors=True)
        self._files: dict[str, Path] = {}
        self.notes: list[str] = []

    def keep_source(self, notebook: Path, *, raw: bytes | None = None) -> None:
        """Copy the notebook as it is now, or as `raw` has it; it may be edited while it runs."""
        with self._attempt("source.ipynb") as path:
            if not self._masker and raw is None:
                copyfile(notebook, path)
                return
            raw = notebook.read_bytes() if raw is None else raw
            node = json.loads(raw)
            masked = self._masker.value(node)
            path.write_bytes(raw if masked is node else _encode(masked))

    def write(
        self,
        record: RunRecord,
        *,
        git: GitState,
        kernel_python: str | None,
        executed: bytes | None,
    ) -> Mapping[str, Path]:
        """Make the files that tell how `record` went, and return all by their artifact name.

        `executed` is the executed notebook, which may not be in its place yet.
        """
        texts: dict[str, Callable[[], str]] = {
            "run.json": lambda: json.dumps(record.to_json(), indent=2, default=str) + "\n",
            "requirements.txt": lambda: self._masker.text(list_requirements(kernel_python)),
        }
        if git.diff:
            texts["uncommitted.diff"] = lambda: self._masker.text(git.diff)
        if record.error is not None:
            texts["failure.txt"] = lambda: render_failure(record)
        for name, make in texts.items():
            with self._attempt(name) as path:
                path.write_text(make(), encoding="utf-8")
        if executed is not None:
            self._write_executed(executed, record)
        return dict(self._files)

    def discard(self) -> None:
        """Remove the temporary folder."""
        self._folder.cleanup()

    def _write_executed(self, executed: bytes, record: RunRecord) -> None:
        with self._attempt("executed.ipynb") as path:
            path.write_bytes(executed)
        with self._attempt("executed.html") as path:
            node: dict[str, Any] = json.loads(executed)
            title = Path(record.notebook).stem
            page = render_html(node, record, title=title, sanitize=self._sanitize_html)
            path.write_text(page, encoding="utf-8", errors="replace")

    @contextlib.contextmanager
    def _attempt(self, name: str) -> Iterator[Path]:
        path = Path(self._folder.name) / name
        try:
            yield path
        except Exception as error:  # a file less is better than a run less
            self.notes.append(f"{name} is missing from the tracked run: {error}.")
        else:
            self._files[name] = path


def _encode(node: Any) -> bytes:
    return (json.dumps(node, indent=1) + "\n").encode()


def render_failure(record: RunRecord) -> str:
    """Return how a run failed as plain text: what, where, and the traceback without colours."""
    if record.error is None:
        return ""
    traceback = _ANSI.sub("", record.error.traceback)
    parts = [headline(record), f"{record.error.code} {record.error.message}", traceback]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"
