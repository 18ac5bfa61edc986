"""Where are runs tracked, and what must a kernel know to find the place?

The embedded store is a SQLite file and a folder under ``.mlops_nb/record/``; a tracking URI
replaces it. A store is opened without importing MLflow (1.5-3 s), because a run opens it before
its kernel starts. A store that cannot be opened does not stop a run: it carries its problem,
and the recorder keeps the records on disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.tracking.database import insert_experiment, prepare_database
from mlops_nb.tracking.schema import database_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_FILE_VARIABLE = "MLOPS_NB_RUN_FILE"
DATABASE = "mlflow.db"
EMBEDDED_INTERFACE = "http://127.0.0.1:5000"
# Where shared memory and locks are known to work, as WAL needs; any other file system goes
# without WAL.
LOCAL_FILE_SYSTEMS = frozenset(
    {"apfs", "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "jfs", "ntfs", "overlay"}
    | {"reiserfs", "tmpfs", "ufs", "xfs", "zfs"}
)
FOREIGN_VARIABLES = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")
# Of a server MLflow prints the address of each run that ends, to stdout: among what --json prints.
_NO_ADDRESSES = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"
# MLflow phones home by default, and draws progress bars over ours.
QUIET_ENVIRONMENT: Mapping[str, str] = {
    _NO_ADDRESSES: "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingStore:
    """An MLflow store, opened or known to be unusable.

    Attributes
    ----------
    tracking_uri : str
        Absolute; what MLflow's clients take.
    artifact_root : str or None
        URI of the folder for artifacts of the embedded store; None where the server decides.
    record_dir : Path
        ``.mlops_nb/record`` of the project; pending records and run files live here.
    is_embedded : bool
    problem : str or None
        Why it cannot be used, as an error message with its remedy.
    """

    tracking_uri: str
    artifact_root: str | None
    record_dir: Path
    is_embedded: bool
    problem: MlopsNbError | None = None

    def kernel_environment(
        self, experiment: str, *, run_file: Path | None = None
    ) -> dict[str, str]:
        """Return the variables that make a kernel's own MLflow calls land here.

        Parameters
        ----------
        experiment : str
        run_file : Path, optional
            Where the recorder will write the run's id for the kernel's run-context provider.

        Notes
        -----
        Never MLFLOW_RUN_ID: a kernel that sees it resumes the run, and then ends it. One that this
        process has from elsewhere is emptied, as is an experiment's id, which would contradict
        the name.
        """
        variables = {
            **QUIET_ENVIRONMENT,
            **{name: "" for name in FOREIGN_VARIABLES if os.environ.get(name)},
            "MLFLOW_TRACKING_URI": self.tracking_uri,
            "MLFLOW_EXPERIMENT_NAME": experiment,
        }
        if run_file is not None:
            variables[RUN_FILE_VARIABLE] = str(run_file)
        return variables

    def activate(self, experiment: str | None = None) -> None:
        """Point this process's fluent MLflow calls at the store; imports MLflow.

        Raises
        ------
        MlopsNbError
            If the store has a problem.
        """
        self.require()
        quiet_mlflow()
        import mlflow

        mlflow.set_tracking_uri(self.tracking_uri)
        if self.is_embedded:
            mlflow.set_registry_uri(self.tracking_uri)
        if experiment is not None:
            os.environ["MLFLOW_EXPERIMENT_NAME"] = experiment

    def client(self) -> MlflowClient:
        """Return a client of the store; imports MLflow.

        Raises
        ------
        MlopsNbError
            If the store has a problem.
        """
        self.require()
        quiet_mlflow()
        from mlflow import MlflowClient

        registry = self.tracking_uri if self.is_embedded else None
        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=registry)

    def artifact_location(self, experiment: str) -> str | None:
        """Return where an experiment keeps its artifacts; None where the server decides."""
        if self.artifact_root is None:
            return None
        return f"{self.artifact_root}/{folder_name(experiment)}"

    def prepare_experiment(self, experiment: str) -> None:
        """Make the experiment in the embedded store before user code can name it; costs 2 ms."""
        location = self.artifact_location(experiment)
        if location is not None and self.problem is None:
            # Where it fails, the recorder's MLflow makes it: later, that is all.
            with contextlib.suppress(sqlite3.Error):
                insert_experiment(
                    self.record_dir / DATABASE, experiment, artifact_location=location
                )

    def run_address(self, run_id: str) -> str:
        """Return where MLflow's interface shows a run; the embedded store's is ``mlops-nb ui``."""
        is_served = self.tracking_uri.startswith(("http://", "https://"))
        base = self.tracking_uri.rstrip("/") if is_served else EMBEDDED_INTERFACE
        return f"{base}/#/runs/{run_id}"

    def require(self) -> None:
        """Raise the store's problem, if it has one."""
        if self.problem is not None:
            raise self.problem


def open_store(record_dir: Path, *, tracking_uri: str | None = None) -> TrackingStore:
    """Return the store of a project, ready for use; makes the embedded one on first use.

    Parameters
    ----------
    record_dir : Path
        ``.mlops_nb/record`` of the project.
    tracking_uri : str, optional
        A setting; by default MLFLOW_TRACKING_URI, else the embedded store.

    Returns
    -------
    TrackingStore
        With `problem` set where the embedded store cannot be made; never raises for that.
    """
    return prepare_store(locate_store(record_dir, tracking_uri=tracking_uri))


def locate_store(record_dir: Path, *, tracking_uri: str | None = None) -> TrackingStore:
    """Return the store of a project without touching the disk; see `open_store`."""
    record = record_dir.absolute()
    uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    embedded = database_uri(record / DATABASE)
    is_embedded = not uri or make_absolute(str(uri)) == embedded
    return TrackingStore(
        tracking_uri=embedded if is_embedded else make_absolute(str(uri)),
        artifact_root=(record / "artifacts").as_uri() if is_embedded else None,
        record_dir=record,
        is_embedded=is_embedded,
    )


def prepare_store(store: TrackingStore) -> TrackingStore:
    """Return `store` ready for use, with its `problem` if it is not to be had."""
    if store.artifact_root is None:
        return store
    record = store.record_dir
    try:
        if "?" in str(record):
            raise InputError(
                "MNB506",
                str(record),
                "a path with '?' cannot be written as an SQLite address.",
                "Rename the folder, or set MLFLOW_TRACKING_URI to another store.",
            )
        _ignore_in_git(record)
        wal = is_local(record)
        prepare_database(record / DATABASE, artifact_root=store.artifact_root, wal=wal)
    except MlopsNbError as error:
        return replace(store, problem=error)
    return store


def _ignore_in_git(record: Path) -> None:
    """Make ``.mlops_nb`` ignore itself in git, wherever it is made."""
    ignore = record.parent / ".gitignore"
    if record.parent.name == ".mlops_nb" and not ignore.exists():
        with contextlib.suppress(OSError):  # the store itself tells what is wrong with the folder
            record.mkdir(parents=True, exist_ok=True)
            ignore.write_text("*\n", encoding="utf-8")


def make_absolute(uri: str) -> str:
    """Return `uri` with a relative file or folder made absolute, since kernels run elsewhere.

    >>> make_absolute("https://example.org")
    'https://example.org'
    >>> make_absolute("sqlite:////data/runs.db")
    'sqlite:////data/runs.db'
    """
    if uri.startswith("sqlite:///"):
        return database_uri(Path(uri.removeprefix("sqlite:///")))
    if ":" not in uri:
        return Path(uri).absolute().as_uri()
    return uri


def is_local(path: Path) -> bool:
    """Return whether `path` is known to be on a disk of this machine; False if in doubt."""
    import psutil

    target = str(path.absolute())
    best, kind = "", ""
    for part in psutil.disk_partitions(all=True):
        mount = part.mountpoint.rstrip("/\\") or part.mountpoint
        inside = target == mount or target.startswith(mount.rstrip("/\\") + os.sep)
        if inside and len(mount) >= len(best):
            best, kind = mount, part.fstype
    return kind.lower() in LOCAL_FILE_SYSTEMS


def folder_name(experiment: str) -> str:
    """Return a folder name for an experiment that is safe in a URI and on any file system.

    >>> folder_name("shop/nb/çhurn 1")
    'shop-nb-_hurn-1-602fdf23'
    """
    plain = "".join(
        c if c.isascii() and c.isalnum() else "-" if c in "/ -" else "_" for c in experiment
    )
    return f"{plain[:60]}-{hashlib.sha256(experiment.encode()).hexdigest()[:8]}"


def quiet_mlflow() -> None:
    """Set what keeps MLflow from phoning home, drawing and printing, unless the user has said
    otherwise."""
    os.environ.setdefault(_NO_ADDRESSES, "true")  # read whenever a run ends
    if "mlflow" not in sys.modules:
        for name, value in QUIET_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
