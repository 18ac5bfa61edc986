"""Every diagnostic has a page, and the page's examples are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import mlops_nb
from mlops_nb.errors import InputError
from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits import habit_diagnostics
from mlops_nb.pipeline.ignores import apply_ignores
from mlops_nb.pipeline.secret_findings import secret_diagnostics
from mlops_nb.pipeline.strippers import PRE_COMMIT, find_strippers
from mlops_nb.pipeline.stripping import stripping_findings
from mlops_nb.project.error_causes import error_causes
from mlops_nb.project.explain import explain, explained_codes

_PIPELINE = Path(mlops_nb.__file__).parent / "pipeline"
EMITTED = sorted(
    {
        code
        for module in _PIPELINE.rglob("*.py")
        for code in re.findall(r'"(MNB2\d\d)"', module.read_text(encoding="utf-8"))
    }
)

CODES_IN_SOURCE = {
    code
    for module in Path(mlops_nb.__file__).parent.rglob("*.py")
    if module.name != "error_causes.py"
    for code in re.findall(r"MNB[1-9]\d\d", module.read_text(encoding="utf-8"))
}


def read_percent(text: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook in percent format, with ``tags`` and our ``metadata``."""
    cells = []
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        metadata: dict[str, Any] = {}
        if found := re.search(r"tags=(\[.*?\])", head):
            metadata["tags"] = json.loads(found[1])
        if found := re.search(r"metadata=(\{.*\})", head):
            metadata["mlops_nb"] = json.loads(found[1])
        count = re.search(r"execution_count=(\d+)", head)
        cells.append(
            {
                "cell_type": "code",
                "metadata": metadata,
                "source": source.rstrip(),
                "execution_count": None if count is None else int(count[1]),
            }
        )
    return cells


def diagnostics_of(part: str) -> list[Diagnostic]:
    """Return the findings in the notebook of a page's `part`, beside the hooks it sets up."""
    hooks = re.findall(r"```yaml\n(.*?)```", part, flags=re.DOTALL)
    (notebook,) = re.findall(r"```python\n(.*?)```", part, flags=re.DOTALL)
    plain = read_percent(notebook)
    cells = cells_of({"cells": plain})
    counts = {index: cell["execution_count"] for index, cell in enumerate(plain)}
    pipeline = build_pipeline(cells, name="example", star_names=lambda _: None)
    habits = habit_diagnostics(pipeline, counts=counts)
    lost = stripping_findings(pipeline, find_strippers({PRE_COMMIT: "".join(hooks)}))
    found = [*pipeline.diagnostics, *habits, *secret_diagnostics(cells, outputs={}), *lost]
    return apply_ignores(found, cells, known=set(explained_codes()))[0]


@pytest.mark.parametrize("code", EMITTED)
def test_a_page_shows_its_fault_and_how_to_mend_it(code: str) -> None:
    page = explain(code)
    assert page.startswith(f"# {code}: ")
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Why it bites",
        "## Example",
        "## Mended",
    ]
    faulty, mended = page.split("## Mended\n")
    assert code in {found.code for found in diagnostics_of(faulty)}
    assert [found.message for found in diagnostics_of(mended)] == []


def test_no_page_explains_what_is_never_said() -> None:
    assert set(explained_codes()) == set(EMITTED)


@pytest.mark.parametrize("said", ["MNB203", "mnb203", "203"])
def test_a_code_is_understood_as_it_is_typed(said: str) -> None:
    assert explain(said) == explain("MNB203")


def test_an_error_is_explained_by_its_cause_and_an_unknown_one_by_its_family() -> None:
    assert "debug opens the kernel" in explain("MNB410")
    assert "a cell or a kernel" in explain("MNB499")


def test_every_error_that_is_raised_is_explained_and_no_other() -> None:
    raised = {code for code in CODES_IN_SOURCE if code[3] not in "27"}
    assert set(error_causes()) == raised


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(InputError, match="MNB819"):
        explain("MNB999x")
