"""What is built of the front end, and does the bundle beside it belong to these sources?

The bundle is committed: whoever installs the package needs neither Node nor a package registry. Two
builds of the same sources differ in bytes when they happen in two folders, so a digest of the
sources, kept beside the bundle, tells whether it is theirs. Standard library only: a build of the
package loads this file by its path.

``python mlops_nb/lab/frontend/build.py`` builds what is out of date; ``--force`` builds always,
``--check`` only tells, ``--install`` also puts the bundle where this Python's JupyterLab looks.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FRONT_END = Path(__file__).resolve().parent
DIGEST = "source.sha256"
INSTALLED = Path("share", "jupyter", "labextensions", "mlops-nb")
_FILES = (".yarnrc.yml", "install.json", "package.json", "tsconfig.json", "yarn.lock")
_FOLDERS = ("schema", "src", "style")
_TESTS = "src/tests/"
_REMEDY = "Install Node.js 20 or newer, and jupyter-builder from PyPI, and build again."


class BuildError(Exception):
    """The bundle could not be built; the message says what is missing or failed."""


def source_files(front_end: Path = FRONT_END) -> Iterator[Path]:
    """Yield every file the bundle is made of, in the order of their names; tests are not in it."""
    files = [front_end / name for name in _FILES]
    for folder in _FOLDERS:
        files += [path for path in (front_end / folder).rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda file: file.relative_to(front_end).as_posix()):
        if not path.relative_to(front_end).as_posix().startswith(_TESTS):
            yield path


def source_digest(front_end: Path = FRONT_END) -> str:
    """Return the SHA-256 of names and texts of the sources; ends of lines do not count."""
    total = hashlib.sha256()
    for path in source_files(front_end):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(front_end).as_posix()
        total.update(f"{name}\0{len(text)}\0".encode() + text)
    return total.hexdigest()


def bundled_digest(front_end: Path = FRONT_END) -> str | None:
    """Return the digest of the sources the bundle was built from, None where there is no bundle."""
    try:
        return (front_end / "dist" / DIGEST).read_text().strip()
    except FileNotFoundError:
        return None


def is_fresh(front_end: Path = FRONT_END) -> bool:
    """Return whether the bundle was built from the sources beside it."""
    return bundled_digest(front_end) == source_digest(front_end)


def build(front_end: Path = FRONT_END) -> None:
    """Install the locked packages, check types, and build the bundle.

    Raises
    ------
    BuildError
        If Node or jupyter-builder is missing, or a step fails; the bundle of before remains where
        types do not fit.
    """
    jlpm = _command("jlpm")
    _command("node")
    digest = source_digest(front_end)
    shutil.rmtree(front_end / "lib", ignore_errors=True)  # what has no source any more
    for step in (["install", "--immutable"], ["run", "compile"], ["run", "bundle"]):
        _run([jlpm, *step], folder=front_end)
    shutil.copy(front_end / "install.json", front_end / "dist" / "install.json")
    (front_end / "dist" / DIGEST).write_text(f"{digest}\n")


def install(prefix: Path, *, front_end: Path = FRONT_END) -> Path:
    """Copy the bundle to where the JupyterLab of `prefix` looks for it, and return that folder."""
    target = prefix / INSTALLED
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(front_end / "dist", target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is out of date; return 1 where the bundle does not belong to the sources."""
    parser = argparse.ArgumentParser(description="Build the front end of the JupyterLab extension.")
    parser.add_argument("--check", action="store_true", help="only tell whether it is out of date")
    parser.add_argument("--force", action="store_true", help="build also what is up to date")
    parser.add_argument("--install", action="store_true", help="copy it into this Python's folders")
    asked = parser.parse_args(arguments)
    if asked.force or not (asked.check or is_fresh()):
        try:
            build()
        except BuildError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"The bundle {'belongs' if is_fresh() else 'does not belong'} to its sources.")
    if asked.install:
        print(f"Installed in {install(Path(sys.prefix))}.")
    return 0 if is_fresh() else 1


def _command(name: str) -> str:
    found = shutil.which(name, path=_search_path())
    if found is None:
        raise BuildError(f"The front end cannot be built: there is no command {name!r}. {_REMEDY}")
    return found


def _search_path() -> str:
    """Return PATH with the commands of this Python first, activated or not."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _run(command: Sequence[str], *, folder: Path) -> None:
    environment = {**os.environ, "PATH": _search_path()}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        told = (ended.stdout + ended.stderr).strip()[-4000:]
        raise BuildError(f"{' '.join(['jlpm', *command[1:]])} failed:\n{told}")


if __name__ == "__main__":
    raise SystemExit(main())
