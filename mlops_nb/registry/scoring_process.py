"""What does a packaged model answer, how fast, and with how much memory? Asked in `trial_process`.

Answers go to a file of plain arrays, everything else is plain JSON. Models answer by their own
methods, as a server calls them; MLflow's ``predict`` is asked the stored example.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ANSWERS_FILE = "answers.npz"
_WARM_UP_CALLS = 10
_CALLS = 200
_SECONDS_OF_CALLS = 5.0


def try_package(order: Mapping[str, Any], note: Callable[[dict[str, Any]], None]) -> None:
    """Find out what an order asks about a package, and note what is known, twice.

    Parameters
    ----------
    order : Mapping
        ``package``, ``out``, ``rows`` (how to read them, and where) or None, ``batches``,
        ``stored`` (whether to ask it what is stored with it).
    note : callable
        Gets ``fault``, ``problems``, ``load_seconds``, ``peak_memory_bytes`` once the package was
        loaded; then also ``rows_fault`` and ``latencies``, if there are rows. A model that dies of
        them was loaded all the same.
    """
    from mlops_nb.packaging.metadata import read_metadata
    from mlops_nb.packaging.verification import loaded
    from mlops_nb.registry.recorded_report import told_libraries

    directory = Path(order["package"])
    found: dict[str, Any] = {"fault": "", "problems": [], "libraries": told_libraries(directory)}
    try:
        before = time.perf_counter()
        with loaded(directory, flavour=read_metadata(directory)["flavour"]) as (model, answers):
            found["load_seconds"] = time.perf_counter() - before
            if order["stored"]:
                found["problems"] += _ask_stored(directory, model, answers)
            found["peak_memory_bytes"] = _peak_memory()
            note(found)
            if order["rows"] is not None:
                note(found | _ask_rows(order, model, answers))
    except Exception as error:
        note(found | {"fault": f"{type(error).__name__}: {_first_line(error)}"})


def _ask_stored(directory: Path, model: Any, answers: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each stored request that is not answered as it was."""
    from mlflow.models import Model

    from mlops_nb.packaging.golden import compare_golden, has_golden

    problems = []
    description = Model.load(str(directory / "MLmodel"))
    example = description.load_input_example(str(directory))
    if example is not None:
        try:
            model.predict(example)
        except Exception as error:
            problems.append(f"It does not answer its example: {_first_line(error)}.")
    if has_golden(directory):
        differing = compare_golden(directory, answers=answers)
        for method, rows in sorted(differing.items()):
            n, first = len(rows), rows[0]
            problems.append(f"{method} answers {n} golden rows otherwise, first row {first}.")
    return problems


def _ask_rows(
    order: Mapping[str, Any], model: Any, answers: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    """Return the times of calls, or why the rows are not answered."""
    try:
        return {"rows_fault": "", "latencies": _answer_rows(order, model, answers)}
    except Exception as error:
        return {"rows_fault": f"{type(error).__name__}: {_first_line(error)}", "latencies": {}}


def _answer_rows(
    order: Mapping[str, Any], model: Any, answers: Mapping[str, Callable[[Any], Any]]
) -> dict[int, list[float]]:
    """Write the answers to all rows, and return the seconds of calls by their rows."""
    import numpy as np

    from mlops_nb.packaging.rows import read_rows

    rows = read_rows(Path(order["rows"]["directory"]), order["rows"]["stored"])
    rows = _formed(rows, model.get_raw_model(), answers["predict"])
    given: dict[str, Any] = {}
    if order["out"]:
        for name, answer in answers.items():
            found = _plain(answer(rows)) if name == "predict" else _plain_or_none(answer, rows)
            if found is not None:
                given[name] = found
        classes = _plain_or_none(lambda raw: raw.classes_, model.get_raw_model())
        if classes is not None and classes.ndim == 1:
            given["classes_"] = classes
        np.savez(Path(order["out"]) / ANSWERS_FILE, **given)
    return {n: _time_calls(answers["predict"], rows, n) for n in order["batches"]}


def _formed(rows: Any, raw: Any, predict: Callable[[Any], Any]) -> Any:
    """Return rows in the form the model was packaged with: MLflow's, or as they were."""
    from mlops_nb.packaging.examples import as_model_input
    from mlops_nb.packaging.rows import take_rows

    formed = as_model_input(rows, model=raw)
    try:
        predict(take_rows(formed, 1))
    except Exception:
        predict(take_rows(rows, 1))
        return rows
    return formed


def _plain_or_none(answer: Callable[[Any], Any], rows: Any) -> Any:
    try:
        return _plain(answer(rows))
    except Exception:  # a method that this model only seems to have
        return None


def _plain(answer: Any) -> Any:
    """Return an array that can be kept without pickle.

    Raises
    ------
    TypeError
        If it holds what is neither number nor text.
    """
    import numpy as np

    array = answer.to_numpy() if hasattr(answer, "to_numpy") else np.asarray(answer)
    if array.dtype == object:
        array = np.asarray(array.tolist())
    if array.dtype.kind not in "biufUM":
        raise TypeError(f"answers of type {array.dtype} cannot be scored")
    return array


def _time_calls(predict: Callable[[Any], Any], rows: Any, batch: int) -> list[float]:
    """Return the seconds of up to 200 calls, after ten that do not count; at most five seconds."""
    from mlops_nb.packaging.rows import n_rows

    n = n_rows(rows)
    if batch > n:
        return []
    starts = [at % (n - batch + 1) for at in range(0, _CALLS * batch, batch)]
    requests = [_take(rows, at, batch) for at in starts]
    for request in requests[:_WARM_UP_CALLS]:
        predict(request)
    seconds = []
    until = time.perf_counter() + _SECONDS_OF_CALLS
    gc.collect()
    gc.disable()
    try:
        for request in requests:
            begin = time.perf_counter()
            predict(request)
            end = time.perf_counter()
            seconds.append(end - begin)
            if end > until and len(seconds) >= _WARM_UP_CALLS:
                break
    finally:
        gc.enable()
    return seconds


def _take(rows: Any, at: int, n: int) -> Any:
    if hasattr(rows, "iloc"):
        return rows.iloc[at : at + n]
    return rows[at : at + n]


def _peak_memory() -> int | None:
    """Return the most memory this process had, in bytes; None where nobody knows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].removesuffix(".")
