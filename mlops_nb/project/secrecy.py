"""Which secrets does a run have, and what must not hold one? Names come from the command line and
from settings, values from the environment, before anything starts.

What names things (notebook, output, experiment) cannot be masked: it is used. Such a name is
refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError, nearest
from mlops_nb.pipeline.secrets import Masker, why_unmaskable


def read_secrets(names: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the secrets called `names`.

    Raises
    ------
    InputError
        MNB811 a name that is not set in `environment`, MNB812 a value that cannot be masked.
    """
    secrets = {}
    for name in dict.fromkeys(names):
        value = environment.get(name)
        if value is None:
            similar = nearest(name, environment)
            hint = similar if similar.startswith("The nearest") else ""
            raise InputError(
                "MNB811",
                f"secret {name!r}",
                "no such variable is set in the environment.",
                f"Set it (export {name}=…), or leave it out of --secret and the setting 'secrets'."
                + (f" {hint}" if hint else ""),
            )
        reason = why_unmaskable(value)
        if reason is not None:
            raise InputError(
                "MNB812",
                f"secret {name!r}",
                f"its value {reason}, so it cannot be masked: all other text would be too.",
                "Set a longer value, or pass it without naming it a secret.",
            )
        secrets[name] = value
    return secrets


def refuse_secret_names(masker: Masker, names: Mapping[str, str | None]) -> None:
    """Refuse what cannot be masked because it names something.

    Parameters
    ----------
    masker : Masker
    names : Mapping
        The name or path by what it is for.

    Raises
    ------
    InputError
        MNB813.
    """
    for what, name in names.items():
        if name is not None and masker.name(name) != name:
            raise InputError(
                "MNB813",
                what,
                f"{masker.name(name)!r} holds a secret, and would be read in many places.",
                "Choose another name.",
            )


@contextmanager
def told_without(masker: Masker) -> Iterator[None]:
    """Raise the errors of the block without secrets in them."""
    try:
        yield
    except MlopsNbError as error:
        masked = [masker.text(part) for part in error.args]
        if masked == list(error.args):
            raise
        raise type(error)(*masked) from None  # what caused it may hold the secret too
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        if masker.text(told) == told:
            raise
        raise InfrastructureError(
            "MNB420",
            "",
            f"the run broke off: {masker.text(told)}.",
            "Run it again; if it ends so again, report it with the notebook.",
        ) from None


def mask_what_can_be(names: Sequence[str], environment: Mapping[str, str]) -> Masker:
    """Return a masker of those of the secrets called `names` that are set and can be masked.

    For what is told where no run begins; a run refuses the others (`read_secrets`).
    """
    values = {name: environment.get(name, "") for name in names}
    return Masker({name: value for name, value in values.items() if why_unmaskable(value) is None})
