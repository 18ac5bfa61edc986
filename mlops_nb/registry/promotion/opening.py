"""Which history belongs to a registry? A file beside the embedded store, a run on a server."""

from __future__ import annotations

import os
from pathlib import Path

from mlops_nb.artifacts.store_signature import read_key
from mlops_nb.registry.promotion.ledger import Ledger
from mlops_nb.registry.promotion.log_file import FileLog
from mlops_nb.registry.promotion.log_run import RunLog
from mlops_nb.registry.promotion.registry import Registry


def open_ledger(registry: Registry, model: str, *, home: Path | None = None) -> Ledger:
    """Return the history of a registered model.

    Parameters
    ----------
    registry : Registry
    model : str
    home : Path, optional
        Where the files of the embedded store's history are, if not with the store.

    Raises
    ------
    InputError
        MNB840 if the key of the environment is too short.
    InfrastructureError
        MNB714 if the folder of histories cannot be made.
    """
    key = read_key(os.environ)
    store = registry.store
    if store.is_embedded:
        log = FileLog(home or store.record_dir, model)
        return Ledger(registry=registry, model=model, log=log, lock_file=log.lock_file, key=key)
    run_log = RunLog(store.client(), store, model)
    return Ledger(registry=registry, model=model, log=run_log, key=key)
