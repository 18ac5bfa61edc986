"""What does MLflow say that we say better? Dropped here, for this thread only.

It warns of every pickle without a reason, and of every signature it cannot infer; our notes tell
both with the cause. It says that it waits for a version that is there at once. Errors pass.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = (
    "sklearn",
    "lightgbm",
    "pytorch",
    "pyfunc",
    "models.signature",
    "store.model_registry.abstract_store",
)


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Drop MLflow's warnings about models that are logged by this thread meanwhile."""
    thread = threading.get_ident()
    loggers = [logging.getLogger(f"mlflow.{name}") for name in _LOGGERS]

    def is_ours(record: logging.LogRecord) -> bool:
        return record.thread != thread or record.levelno >= logging.ERROR

    for logger in loggers:
        logger.addFilter(is_ours)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_ours)
