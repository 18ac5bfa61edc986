"""What does a code mean? A page for each diagnostic: what it is, why it bites, an example, the fix.

The pages are Markdown beside this module. Their examples are notebooks in percent format, and the
tests check that each shows its fault and that the mended one does not.
"""

from __future__ import annotations

from importlib.resources import files

from mlops_nb.errors import InputError, nearest
from mlops_nb.project.error_causes import error_causes

# Errors that are no finding in a notebook: the message says it all, the family says whose it is.
FAMILIES = {
    "1": "a notebook file that cannot be read or written as it stands",
    "2": "stages and data flow of a notebook",
    "3": "parameters and secrets given to a run",
    "4": "a cell or a kernel: how a run ended",
    "5": "tracking: MLflow's store or server",
    "6": "a model: packaging, logging or registering it",
    "7": "the registry: gates and promotion",
    "8": "settings and the command line",
    "9": "exports: graphs, workflows, reports",
}


def explained_codes() -> list[str]:
    """Return the codes that have a page, sorted."""
    names = (entry.name for entry in (files("mlops_nb.project") / "pages").iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def explain(code: str) -> str:
    """Return the page of `code` as Markdown; of an error that is no finding, what it is about.

    Raises
    ------
    InputError
        MNB819 if `code` is none of ours.
    """
    wanted = code.strip().upper()
    if wanted.isdigit():
        wanted = f"MNB{wanted}"
    if wanted in explained_codes():
        page = files("mlops_nb.project") / "pages" / f"{wanted}.md"
        return page.read_text(encoding="utf-8")
    digits = wanted.removeprefix("MNB")
    cause = error_causes().get(wanted)
    if cause is not None:
        return f"# {wanted}\n\nAn error about {FAMILIES[digits[0]]}.\n\n{cause}\n"
    if len(digits) == 3 and digits.isdigit() and digits[0] in FAMILIES and digits[0] != "2":
        return (
            f"# {wanted}\n\nAn error about {FAMILIES[digits[0]]}. It has no page: "
            "its message names the place and the fault, and its second line the remedy.\n"
        )
    raise InputError("MNB819", code, "is no code of mlops-nb.", nearest(wanted, explained_codes()))
