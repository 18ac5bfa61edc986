"""Is this package whole, does it load, and does it answer as it did? Digests before decoding, in
that order.

Loading goes through MLflow's own API, because that is what everyone else will use. The types that
``MLmodel`` asks skops to trust are compared with our list first: MLflow believes whatever stands
there. A package that is a pickle runs its code when it is loaded; the digest (kept with the
registered version) is what says whose code that is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlops_nb.garbage import collect_seldom
from mlops_nb.packaging.encoding import answers_of
from mlops_nb.packaging.golden import compare_golden, has_golden
from mlops_nb.packaging.manifest import check_manifest
from mlops_nb.packaging.metadata import read_metadata
from mlops_nb.packaging.trust import untrusted

PYFUNC = "pyfunc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found in a package.

    Attributes
    ----------
    digest : str
        Of its manifest.
    problems : tuple of str
        Full sentences; empty if all holds.
    differing : Mapping of str to tuple of int
        Golden rows that are answered otherwise, by method; ``"pyfunc"`` is ``predict`` through
        MLflow.
    golden : bool
        False if the package has no golden predictions, so that none could be compared.
    """

    digest: str
    problems: tuple[str, ...] = ()
    differing: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    golden: bool = True

    @property
    def ok(self) -> bool:
        """True if nothing is wrong."""
        return not self.problems


def verify_package(
    directory: Path,
    *,
    digest: str = "",
    allow: tuple[str, ...] = (),
    fresh_process: bool = False,
    timeout_s: float = 300.0,
) -> Verification:
    """Return what is wrong with the package in `directory`, if anything.

    Parameters
    ----------
    directory : Path
    digest : str
        What the manifest's digest should be; empty asks nothing.
    allow : tuple of str
        Types the project trusts besides ours, as in `PackageRequest`.
    fresh_process : bool
        Load it in a new Python process in an empty directory, so that nothing helps it that is not
        in the package or installed. Takes as long as importing MLflow and the model's library does.
    timeout_s : float
        For the fresh process.

    Raises
    ------
    InputError
        MNB613 if it is no complete package.
    """
    directory = Path(directory).resolve()
    files = verify_files(directory, digest=digest, allow=allow)
    if not files.ok:
        return files
    if fresh_process:
        return _verify_in_process(directory, digest=files.digest, timeout_s=timeout_s)
    return _load_check(directory, digest=files.digest)


def verify_files(directory: Path, *, digest: str = "", allow: tuple[str, ...] = ()) -> Verification:
    """Return what is wrong with the package as far as that shows before it is loaded.

    Parameters
    ----------
    directory, digest, allow
        As in `verify_package`.

    Raises
    ------
    InputError
        MNB613 if it is no complete package.
    """
    found, problems = check_manifest(directory)
    if digest and found != digest:
        problems = (*problems, f"The manifest is {found}, not {digest}.")
    problems += _untrusted_problems(directory, allow=allow) if not problems else ()
    return Verification(digest=found, problems=problems, golden=False)


def reproduce(directory: Path, *, flavour: str) -> dict[str, tuple[int, ...]]:
    """Load the package and return the golden rows it answers otherwise, by method.

    Raises whatever loading raises.
    """
    with loaded(directory, flavour=flavour) as (model, answers):
        if not has_golden(directory):
            return {}
        differing = compare_golden(directory, answers=answers)
        through = compare_golden(directory, answers={"predict": model.predict}, method="predict")
        if through:
            differing[PYFUNC] = through["predict"]
        return differing


@contextmanager
def loaded(
    directory: Path, *, flavour: str
) -> Iterator[tuple[Any, Mapping[str, Callable[[Any], Any]]]]:
    """Yield the model as `mlflow.pyfunc` loads it, and its own prediction methods by name.

    MLflow leaves the package's code directory on ``sys.path`` for good; here it goes again. Cached
    bytecode of shipped modules goes before and after.
    """
    import mlflow.pyfunc

    path = list(sys.path)
    _drop_caches(directory)
    try:
        model = mlflow.pyfunc.load_model(str(directory))
        yield model, answers_of(model.get_raw_model(), flavour)
    finally:
        sys.path[:] = path
        sys.modules.pop("mlops_nb_pickled_model", None)
        _drop_caches(directory)


def _drop_caches(directory: Path) -> None:
    """Remove ``__pycache__`` below `directory`: the manifest does not answer for it."""
    for cache in list(directory.rglob("__pycache__")):
        shutil.rmtree(cache, ignore_errors=True)


def _load_check(directory: Path, *, digest: str) -> Verification:
    try:
        differing = reproduce(directory, flavour=read_metadata(directory)["flavour"])
    except Exception as error:
        problem = f"It does not load: {type(error).__name__}: {error}"
        return Verification(digest=digest, problems=(problem,), golden=False)
    problems = tuple(
        f"{method} answers otherwise in golden rows {_list_rows(rows)}."
        for method, rows in sorted(differing.items())
    )
    return Verification(
        digest=digest, problems=problems, differing=differing, golden=has_golden(directory)
    )


def _untrusted_problems(directory: Path, *, allow: tuple[str, ...]) -> tuple[str, ...]:
    """Return a sentence if ``MLmodel`` trusts types that neither we nor the project do."""
    import yaml

    description = yaml.safe_load((directory / "MLmodel").read_text(encoding="utf-8"))
    flavours = description.get("flavors", {})
    named = {
        name for flavour in flavours.values() for name in (flavour.get("skops_trusted_types") or ())
    }
    foreign = untrusted(named, allow=allow)
    if not foreign:
        return ()
    return (f"MLmodel trusts types that are not on the list: {', '.join(foreign)}.",)


def _verify_in_process(directory: Path, *, digest: str, timeout_s: float) -> Verification:
    """Run `main` in a new interpreter, in an empty directory."""
    with tempfile.TemporaryDirectory() as empty:
        command = [
            sys.executable,
            "-B",
            "-c",
            "from mlops_nb.packaging.verification import main; main()",
            str(directory),
            digest,
        ]
        try:
            done = subprocess.run(
                command,
                cwd=empty,
                env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            problem = f"It did not load within {timeout_s:g} s."
            return Verification(digest=digest, problems=(problem,), golden=False)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        problem = f"Loading ended its process with code {done.returncode}: {last}"
        return Verification(digest=digest, problems=(problem,), golden=False)
    answer = json.loads(lines[-1])
    return Verification(
        digest=digest,
        problems=tuple(answer["problems"]),
        differing={name: tuple(rows) for name, rows in answer["differing"].items()},
        golden=answer["golden"],
    )


def main() -> None:
    """Check the package named on the command line and print the finding: the fresh process."""
    collect_seldom()
    verification = _load_check(Path(sys.argv[1]), digest=sys.argv[2])
    print(json.dumps({**asdict(verification), "differing": dict(verification.differing)}))


def _list_rows(rows: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    return shown if len(rows) <= 10 else f"{shown} and {len(rows) - 10} more"
