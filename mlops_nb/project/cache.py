"""Which store does a project keep results in, and what can a person ask of it?

``.mlops_nb/cache`` is disposable: removing it costs time, never results. Here the store gets what
its floor cannot know: the settings, the key of signatures, and how processes are stamped.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.artifacts.store import FORMAT_FOLDER, Store
from mlops_nb.artifacts.store_cap import Removal, default_cap, remove_surplus
from mlops_nb.artifacts.store_signature import read_key
from mlops_nb.artifacts.store_survey import CacheFault, CacheSurvey, survey_store, verify_store
from mlops_nb.errors import InfrastructureError
from mlops_nb.tracking.processes import has_vanished, read_stamp, stamp_process

if TYPE_CHECKING:
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.project.live_results import LiveResults
    from mlops_nb.project.project import Project
    from mlops_nb.project.roots import Layout
    from mlops_nb.project.settings import Settings

_KEY_FILE = "environment.key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheReport:
    """What ``cache ls`` tells.

    Attributes
    ----------
    folder : Path
    survey : CacheSurvey
    cap_bytes : int
    """

    folder: Path
    survey: CacheSurvey
    cap_bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return the record that ``--json`` prints."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "size_bytes": self.survey.size_bytes,
            "cap_bytes": self.cap_bytes,
            "unnamed_bytes": self.survey.unnamed_bytes,
            "other_formats": self.survey.other_formats,
            "results": [entry.to_json() for entry in self.survey.entries],
            "faults": [fault.to_json() for fault in self.survey.faults],
        }


def open_store(
    layout: Layout, settings: Settings, environment: Mapping[str, str] | None = None
) -> Store:
    """Return the store of a project, with the shared one if the settings name one.

    Nothing is made before something is stored; results are signed where ``MLOPS_NB_STORE_KEY`` is
    set.

    Raises
    ------
    InputError
        ``MNB840`` if that key is too short, ``MNB841`` if the shared store cannot be opened.
    """
    secret = read_key(os.environ if environment is None else environment)
    shared = None
    if settings.shared_cache is not None:
        from mlops_nb.artifacts.store_shared import SharedStore

        shared = SharedStore(settings.shared_cache, role=settings.shared_cache_role, secret=secret)
    return Store(
        layout.cache,
        stamp=str(stamp_process()),
        has_vanished=is_gone,
        cap_bytes=settings.cache_limit,
        shared=shared,
        secret=secret,
    )


def request_cache(
    project: Project, settings: Settings, *, notebook: str, force: frozenset[str] = frozenset()
) -> tuple[CacheRequest | None, list[str]]:
    """Return how a run is to use what is kept, and what a person should know where it cannot.

    Parameters
    ----------
    project : Project
    settings : Settings
    notebook : str
        Its path, for people.
    force : frozenset of str, optional
        Stages that run though they could be restored.

    Raises
    ------
    InputError
        As `open_store`.
    """
    if settings.cache == "off":
        return None, []
    from mlops_nb.execution.kept import KeptResults
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.kernels.cell_secrets import Secrets

    store = open_store(project.layout, settings)
    try:
        project.layout.create()
        key = environment_key(project.layout)
    except (InfrastructureError, OSError) as error:
        told = error.fault if isinstance(error, InfrastructureError) else str(error)
        return None, [f"Nothing is kept of this run: {told}"]
    if settings.secrets:
        store.blobs.refuse = Secrets(settings.secrets, key)
    return CacheRequest(
        kept=KeptResults(store, stamp=str(stamp_process())),
        mode=settings.cache,
        root=project.root,
        key=key,
        force=force,
        place={"notebook": notebook},
        secrets=settings.secrets,
    ), []


def open_results(
    shell: Any, documents: Any, settings: Settings, *, path: Path | None
) -> tuple[LiveResults | None, list[str]]:
    """Return what restores and keeps cells in a live kernel, and what a person should know.

    Parameters
    ----------
    shell : InteractiveShell
    documents : Documents
        Gives the notebook as it is now.
    settings : Settings
    path : Path or None
        Of the notebook, if it is known.
    """
    from mlops_nb.project.live_results import LiveResults
    from mlops_nb.project.project import Project

    name = "a live kernel" if path is None else str(path)
    cache, notes = request_cache(Project.find(path), settings, notebook=name)
    return (None if cache is None else LiveResults(shell, cache, documents)), notes


def environment_key(layout: Layout, environment: Mapping[str, str] | None = None) -> bytes:
    """Return the key for digests of environment variables: derived from ``MLOPS_NB_STORE_KEY``,
    else the project's own, made now if there is none.

    Raises
    ------
    OSError
        If it can be neither read nor made.
    """
    secret = read_key(os.environ if environment is None else environment)
    if secret is not None:
        return hmac.new(secret, b"environment", hashlib.sha256).digest()
    path = layout.cache / _KEY_FILE
    with contextlib.suppress(FileNotFoundError):
        found = _read_own_key(path)
        if found is not None:
            return found
        path.unlink()  # damaged: what was kept with it runs again
    layout.cache.mkdir(parents=True, exist_ok=True)
    made = secrets.token_bytes(_KEY_BYTES)
    draft = path.with_name(f"{_KEY_FILE}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_text(made.hex(), encoding="ascii")
    with contextlib.suppress(FileExistsError):  # another run was first
        os.link(draft, path)
    draft.unlink()
    return _read_own_key(path) or made


def _read_own_key(path: Path) -> bytes | None:
    """Return a project's own key; None where the file does not hold one.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        key = bytes.fromhex(path.read_bytes().decode("ascii").strip())
    except ValueError:
        return None
    return key if len(key) == _KEY_BYTES else None


def is_gone(stamp: str) -> bool:
    """Return whether the process with `stamp` is known to be gone; what is no stamp is gone."""
    process = read_stamp(stamp)
    return process is None or has_vanished(process)


def list_cache(layout: Layout, settings: Settings) -> CacheReport:
    """Return what is kept, how large it is and how large it may become."""
    root = layout.cache / FORMAT_FOLDER
    survey = survey_store(root)
    limit = settings.cache_limit
    cap = default_cap(root, survey.size_bytes) if limit is None else limit
    return CacheReport(folder=root, survey=survey, cap_bytes=cap)


def verify_cache(layout: Layout) -> tuple[CacheFault, ...]:
    """Read all that is kept and return what is damaged or incomplete."""
    return verify_store(layout.cache / FORMAT_FOLDER)


def repair_cache(faults: tuple[CacheFault, ...]) -> int:
    """Remove the files of `faults`; return how many could be removed."""
    removed = 0
    for fault in faults:
        try:
            fault.path.unlink(missing_ok=True)
        except OSError:
            continue
        removed += 1
    return removed


def tidy_cache(layout: Layout, settings: Settings, *, limit_bytes: int | None = None) -> Removal:
    """Remove what no result names and, those used longest ago first, what is beyond the limit."""
    limit = settings.cache_limit if limit_bytes is None else limit_bytes
    return remove_surplus(layout.cache / FORMAT_FOLDER, cap_bytes=limit, has_vanished=is_gone)
