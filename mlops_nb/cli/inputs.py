"""What do commands that run, plan or verify a notebook take? Written once, for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mlops_nb.errors import InputError

_Decorator = Callable[[Callable[..., int]], Callable[..., int]]
_OPTIONS: tuple[_Decorator, ...] = (
    click.argument("notebook"),
    click.option(
        "-p",
        "--parameter",
        "pairs",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="A parameter, read as the notebook's parameters cell declares it.",
    ),
    click.option(
        "-f",
        "--parameters-file",
        "files",
        multiple=True,
        metavar="FILE",
        help="Parameters as YAML or JSON; -p wins over them, a later file over an earlier one.",
    ),
    click.option(
        "--cwd",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Working directory of the kernel.",
    ),
    click.option("--kernel", metavar="NAME", help="This kernel instead of the notebook's."),
    click.option(
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME",
        help="An environment variable whose value is masked in all that is written.",
    ),
)
selection: tuple[_Decorator, ...] = (
    click.option(
        "--stage", "stages", multiple=True, metavar="STAGE", help="This stage and what it needs."
    ),
    click.option("--until", metavar="STAGE", help="Everything up to this stage."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The notebook, and what it is given.

    Attributes
    ----------
    notebook : str
    pairs : sequence of (str, str)
        Names and texts of parameters.
    files : sequence of str
        Files of parameters.
    cwd : Path or None
    kernel : str or None
    secrets : sequence of str
        Names of environment variables.
    """

    notebook: str
    pairs: Sequence[tuple[str, str]]
    files: Sequence[str]
    cwd: Path | None
    kernel: str | None
    secrets: Sequence[str]

    def options(self) -> dict[str, Any]:
        """Return them as a project takes them, the parameters' files read."""
        return {
            "parameters": self._read_parameters(),
            "cwd": self.cwd,
            "kernel": self.kernel,
            "secrets": self.secrets,
        }

    def _read_parameters(self) -> Mapping[str, Any]:
        """Return the parameters that ``-p`` and ``-f`` give; secrets in files are told masked."""
        from mlops_nb.notebook.parameter_files import read_parameter_file
        from mlops_nb.pipeline.parameters import Text
        from mlops_nb.project.secrecy import mask_what_can_be, told_without

        values: dict[str, Any] = {}
        for path in self.files:
            # An error shows a line of the file.
            with told_without(mask_what_can_be(self.secrets, os.environ)):
                values.update(read_parameter_file(path))
        values.update({name: Text(value) for name, value in self.pairs})
        return values


def takes_inputs(
    *more: _Decorator,
) -> _Decorator:
    """Give a command the notebook and what goes with it, as its first argument.

    Parameters
    ----------
    *more : callable
        Options that its help shows after ``-p`` and ``-f``.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def called(**given: Any) -> int:
            inputs = Inputs(**{name: given.pop(name) for name in Inputs.__dataclass_fields__})
            return command(inputs, **given)

        decorated: Callable[..., int] = called
        for option in reversed((*_OPTIONS[:3], *more, *_OPTIONS[3:])):
            decorated = option(decorated)
        return decorated

    return decorate


def read_duration(text: str | None) -> float | None:
    """Return the seconds that ``--timeout`` gives. Raises InputError MNB804."""
    from mlops_nb.pipeline.option_values import parse_duration

    if text is None:
        return None
    try:
        return float(parse_duration(text))
    except ValueError as error:
        raise InputError(
            "MNB804", "--timeout", f"{text!r} is no duration.", "Write it as 90s, 10m or 2h."
        ) from error
