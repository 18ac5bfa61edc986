"""What tools that clean notebooks delete, by their configuration, and which cells it concerns."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.pipeline.strippers import find_strippers
from mlops_nb.pipeline.stripping import stripping_findings
from notebooks import pipeline_of

FILTER = '[core]\n\tbare = false\n[filter "nb"]\n\tclean = {}\n\tsmudge = cat\n[user]\n\tname = x\n'
ATTRIBUTES = "*.ipynb filter=nb\n"
HOOK = "repos:\n- repo: https://example.org/x\n  hooks:\n  - id: black\n  - id: {}\n"
BOTH = ("mlops_nb", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`deletes` is None where nothing is deleted."""

    texts: dict[str, str]
    deletes: tuple[str, ...] | None = None
    tool: str = ""
    line: int = 0


def hook(text: str) -> dict[str, str]:
    return {".pre-commit-config.yaml": HOOK.format(text)}


def clean_filter(command: str) -> dict[str, str]:
    return {".git/config": FILTER.format(command), ".gitattributes": ATTRIBUTES}


CASES = {
    "nbstripout as it comes": Case(texts=hook("nbstripout")),
    "nbstripout told to delete tags": Case(
        texts=hook('nbstripout\n    args: ["--extra-keys", "cell.metadata.tags metadata.x"]'),
        tool="nbstripout",
        line=5,
        deletes=("tags",),
    ),
    "nbstripout told to delete both, over lines": Case(
        texts=hook(
            "nbstripout\n    args:\n      - --extra-keys=cell.metadata.tags cell.metadata.mlops_nb"
        ),
        tool="nbstripout",
        line=5,
        deletes=BOTH,
    ),
    "nbstripout told to delete other things": Case(
        texts=hook("nbstripout\n    args: [--extra-keys, cell.metadata.tagged metadata.tags]")
    ),
    "nbstripout told to keep again": Case(
        texts=hook(
            "nbstripout\n    args: [--extra-keys=cell.metadata.tags, "
            "--keep-metadata-keys=cell.metadata.tags]"
        )
    ),
    "nbstripout by a filter with extra keys": Case(
        texts={
            ".git/config": '[filter "nbstripout"]\n\tclean = nbstripout\n'
            "\textrakeys = metadata.celltoolbar cell.metadata.tags\n",
            ".git/info/attributes": "*.ipynb filter=nbstripout\n*.ipynb diff=ipynb\n",
        },
        tool="nbstripout",
        line=1,
        deletes=("tags",),
    ),
    "a filter that no file uses": Case(
        texts={".git/config": FILTER.format("nb-clean clean"), ".gitattributes": "*.png filter=nb"}
    ),
    "nb-clean as it comes": Case(texts=hook("nb-clean"), tool="nb-clean", line=5, deletes=BOTH),
    "nb-clean as a filter": Case(
        texts=clean_filter("nb-clean clean"), tool="nb-clean", line=3, deletes=BOTH
    ),
    "nb-clean that keeps all": Case(texts=clean_filter("nb-clean clean --preserve-cell-metadata")),
    "nb-clean that keeps all, briefly": Case(texts=hook("nb-clean\n    args: [-m]")),
    "nb-clean that keeps tags": Case(
        texts=hook("nb-clean\n    args: [--preserve-cell-metadata, tags, --]"),
        tool="nb-clean",
        line=5,
        deletes=("mlops_nb",),
    ),
    "nb-clean 5 that keeps both": Case(
        texts=hook(
            "nb-clean\n    args:\n    - --preserve-cell-metadata-field=tags\n"
            "    - --preserve-cell-metadata-field\n    - mlops_nb"
        )
    ),
    "nb-clean that only looks": Case(
        texts=hook("nb-check\n    entry: nb-clean check\n    language: system")
    ),
    "nbconvert that clears outputs": Case(
        texts=clean_filter("jupyter nbconvert --to notebook --clear-output --stdin --stdout")
    ),
    "nbconvert that clears metadata": Case(
        texts=clean_filter("jupyter nbconvert --ClearMetadataPreprocessor.enabled=True --stdin"),
        tool="nbconvert",
        line=3,
        deletes=BOTH,
    ),
    "nbconvert that keeps tags": Case(
        texts=clean_filter(
            "jupyter nbconvert --ClearMetadataPreprocessor.enabled=True "
            "--ClearMetadataPreprocessor.preserve_cell_metadata_mask=\"['tags']\""
        ),
        tool="nbconvert",
        line=3,
        deletes=("mlops_nb",),
    ),
    "jq that empties outputs": Case(
        texts=clean_filter("jq '.cells[].outputs = [] | .metadata = {}'")
    ),
    "jq that empties metadata": Case(
        texts=clean_filter("jq '.cells[].outputs = [] | .cells[].metadata = {}'"),
        tool="jq",
        line=3,
        deletes=BOTH,
    ),
    "nbdev as a hook": Case(texts=hook("nbdev_clean"), tool="nbdev", line=5, deletes=BOTH),
    "nbdev's project": Case(
        texts={"pyproject.toml": "[project]\nname = 'x'\n[tool.nbdev]\n"},
        tool="nbdev",
        line=3,
        deletes=BOTH,
    ),
    "nbdev that keeps both": Case(
        texts={
            **hook("nbdev-clean"),
            "settings.ini": "[DEFAULT]\nnbs_path = nbs\n"
            "allowed_cell_metadata_keys = tags mlops_nb\n",
        }
    ),
    "jupytext as it comes": Case(texts={"jupytext.toml": 'formats = "ipynb,py:percent"\n'}),
    "jupytext that leaves all out": Case(
        texts={"pyproject.toml": '[tool.jupytext]\ncell_metadata_filter = "-all"\n'},
        tool="jupytext",
        line=2,
        deletes=BOTH,
    ),
    "jupytext that keeps tags": Case(
        texts={"jupytext.toml": 'cell_metadata_filter = "tags,-all"\n'},
        tool="jupytext",
        line=1,
        deletes=("mlops_nb",),
    ),
    "files that do not parse": Case(
        texts={"pyproject.toml": "[[[", "settings.ini": "nothing", ".git/config": "]["}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_tool_deletes_is_read_from_its_configuration(case: Case) -> None:
    found = [(s.tool, s.line, tuple(sorted(s.deletes))) for s in find_strippers(case.texts)]
    assert found == ([] if case.deletes is None else [(case.tool, case.line, case.deletes)])


def test_a_notebook_hears_of_it_where_it_would_lose_something() -> None:
    strippers = find_strippers(hook("nb-clean"))
    tagged = pipeline_of("x = 1", "n = 1", "y = 2", tags={1: ["parameters"], 2: ["stage:a"]})
    (found,) = stripping_findings(tagged, strippers)
    assert (found.code, found.severity, found.cell) == ("MNB255", "warning", 1)
    assert found.message == (
        "nb-clean (.pre-commit-config.yaml, line 5) deletes the tag 'parameters' of this cell "
        "and 1 more cell."
    )
    assert [place.cell for place in found.related] == [2]


@pytest.mark.parametrize(
    ("source", "tags"), [("%%mlops_stage a\nx = 1", ()), ("x = 1", ("hide-input",))]
)
def test_a_notebook_that_loses_nothing_hears_nothing(source: str, tags: tuple[str, ...]) -> None:
    notebook = pipeline_of(source, tags={0: tags})
    assert list(stripping_findings(notebook, find_strippers(hook("nb-clean")))) == []
