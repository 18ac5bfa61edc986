from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hand_made import Row, make_pipeline
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.errors import InputError
from mlops_nb.export.github import write_workflow
from mlops_nb.export.github_workflow import (
    GithubJob,
    quote_literal,
    quote_yaml,
    render_workflow,
    workflow_path,
)
from mlops_nb.export.requirements import InstallPlan
from mlops_nb.pipeline.cells import Cell, CellId, Code
from mlops_nb.pipeline.parameter_types import ValueType
from mlops_nb.pipeline.parameters import Parameter

HOSTILE = 'a b/ünï\'s "x" $HOME `id` ${{ secrets.T }}.ipynb'
TREES = Parameter(
    name="trees", type=ValueType(names=("int",)), default="200", description="how many: trees"
)
JOB = GithubJob(
    notebook=PurePosixPath("notebooks/churn.ipynb"),
    project=PurePosixPath("."),
    parameters=(TREES,),
    install=InstallPlan(arguments=("-r", "requirements.txt"), sources=("requirements.txt",)),
    register="churn",
    python_version="3.12",
)


def _parse(job: GithubJob) -> dict[Any, Any]:
    parsed: dict[Any, Any] = yaml.safe_load(render_workflow(job))
    return parsed


def _scripts(workflow: dict[Any, Any]) -> str:
    return "\n".join(step.get("run", "") for step in workflow["jobs"]["run"]["steps"])


def test_each_parameter_is_an_input_that_reaches_the_notebook() -> None:
    workflow = _parse(JOB)

    inputs = workflow[True]["workflow_dispatch"]["inputs"]  # YAML 1.1 reads "on" as true
    assert inputs == {
        "trees": {
            "description": "how many: trees (notebook: 200)",
            "type": "string",
            "required": False,
        }
    }
    run = next(step for step in workflow["jobs"]["run"]["steps"] if "mlops-nb run" in str(step))
    assert run["env"] == {"PARAMETER_1": "${{ inputs.trees }}"}
    assert '-p trees "$PARAMETER_1"' in run["run"]


def test_the_page_that_is_kept_is_sanitised_and_made_however_the_run_ends() -> None:
    scripts = _scripts(_parse(JOB))
    assert '--junit "$report/junit.xml" --html "$report/executed.html" --sanitize-html' in scripts
    assert "nbconvert" not in scripts


def test_gates_and_the_promotion_are_options_of_the_run_and_no_part_of_its_script() -> None:
    gates = ("auc >= champion - 0.005 (ci 95%)", HOSTILE)
    workflow = _parse(replace(JOB, gates=gates, promote_if_passed=True))

    variables = workflow["jobs"]["run"]["env"]
    assert variables["GATE_1"] == gates[0]
    assert variables["GATE_2"] == HOSTILE.replace("${{", "${{ '${{' }}")
    scripts = _scripts(workflow)
    assert 'options+=(--gate "$GATE_1")' in scripts
    assert 'options+=(--gate "$GATE_2")' in scripts
    assert "options+=(--promote-if-passed)" in scripts
    assert "--promote" not in _scripts(_parse(JOB))


def test_a_value_given_when_the_job_is_written_is_its_default_also_on_a_push() -> None:
    workflow = _parse(replace(JOB, values={"trees": "it's 3"}))

    assert workflow[True]["workflow_dispatch"]["inputs"]["trees"]["default"] == "it's 3"
    assert "${{ inputs.trees || 'it''s 3' }}" in str(workflow["jobs"]["run"]["steps"])


def test_a_parameter_whose_name_github_does_not_take_gets_another_input() -> None:
    greek = replace(TREES, name="größe", description="")

    inputs = _parse(replace(JOB, parameters=(greek,)))[True]["workflow_dispatch"]["inputs"]

    assert list(inputs) == ["parameter_1"]
    assert inputs["parameter_1"]["description"].startswith("größe:")


def test_what_a_person_chose_never_stands_in_a_script() -> None:
    job = replace(
        JOB,
        notebook=PurePosixPath(HOSTILE),
        register="m; $(id)",
        values={"trees": "$(id)"},
    )

    workflow = _parse(job)

    for part in ("secrets.T", "id`", "$(id)", "m;"):
        assert part not in _scripts(workflow)
    assert "${{" not in _scripts(workflow)
    environment = workflow["jobs"]["run"]["env"]
    assert environment["NOTEBOOK"] == HOSTILE.replace("${{", "${{ '${{' }}")
    assert environment["MODEL_NAME"] == "m; $(id)"


def test_every_script_is_one_that_bash_can_parse() -> None:
    for step in _parse(JOB)["jobs"]["run"]["steps"]:
        if "run" in step:
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


def test_the_job_may_only_read_and_its_actions_are_pinned() -> None:
    workflow = _parse(JOB)

    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    used = [step["uses"] for step in workflow["jobs"]["run"]["steps"] if "uses" in step]
    assert used
    assert all(action.partition("@")[2].startswith("v") for action in used)


def test_without_a_model_name_nothing_is_registered_or_kept_as_a_model() -> None:
    text = render_workflow(replace(JOB, register=None))

    assert "--register" not in text
    assert "name: model" not in text


def test_more_inputs_than_github_takes_are_left_at_their_default() -> None:
    many = tuple(replace(TREES, name=f"p{n}") for n in range(14))

    assert len(_parse(replace(JOB, parameters=many))[True]["workflow_dispatch"]["inputs"]) == 10


@pytest.mark.parametrize(
    ("notebook", "file"),
    [
        ("notebooks/churn.ipynb", "notebooks-churn.yml"),
        ("A b.ipynb", "a-b.yml"),
    ],
)
def test_the_file_is_called_after_the_notebook(notebook: str, file: str) -> None:
    job = replace(JOB, notebook=PurePosixPath(notebook))

    assert workflow_path(job) == PurePosixPath(".github/workflows", file)


def test_notebooks_whose_names_differ_in_letters_a_file_name_loses_have_two_files() -> None:
    names = [replace(JOB, notebook=PurePosixPath(name)) for name in ("ü.ipynb", "ö.ipynb")]

    assert len({workflow_path(job) for job in names}) == 2


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_quoted_text_is_read_back_by_yaml_as_it_was(text: str) -> None:
    assert yaml.safe_load(quote_yaml(text)) == text


@given(st.text(alphabet="${} 'a"))
def test_no_text_opens_an_expression_of_its_own(text: str) -> None:
    assert quote_literal(text).replace("${{ '${{' }}", "…").count("${{") == 0


def _project(folder: Path, source: str) -> Any:
    (folder / ".git").mkdir()
    (folder / "nb").mkdir()
    pipeline = make_pipeline([Row(source=source)], name=str(folder / "nb" / "x.ipynb"))
    parameters = Cell(
        index=1,
        id=CellId("p"),
        type="code",
        source="rate = 0.5",
        tags=("parameters",),
        code=Code(python="rate = 0.5"),
    )
    return replace(pipeline, cells=(*pipeline.cells, parameters), kinds={0: "inline", 1: "x"})


def test_the_workflow_is_written_into_the_repository_of_the_notebook(tmp_path: Path) -> None:
    pipeline = _project(tmp_path, "import yaml, json, nowhere_to_be_found, pandas as pd")

    path, notes = write_workflow(pipeline, root=tmp_path, values={"rate": "0.25"}, register="model")

    assert path == tmp_path / ".github" / "workflows" / "nb-x.yml"
    text = path.read_text(encoding="utf-8")
    install = next(line for line in text.splitlines() if "pip install" in line)
    assert "PyYAML==" in install
    assert "pandas==" in install
    assert "mlops-nb" in install
    assert "json" not in install
    assert "'nowhere_to_be_found', which is not installed here" in notes[0]


def test_writing_it_again_replaces_it(tmp_path: Path) -> None:
    pipeline = _project(tmp_path, "")
    first, _ = write_workflow(pipeline, root=tmp_path, values={}, register=None)
    write_workflow(pipeline, root=tmp_path, values={}, register="m")

    assert 'MODEL_NAME: "m"' in first.read_text(encoding="utf-8")


def test_a_workflow_somebody_else_wrote_is_kept(tmp_path: Path) -> None:
    pipeline = _project(tmp_path, "")
    foreign = tmp_path / ".github" / "workflows" / "nb-x.yml"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("name: mine\n", encoding="utf-8")

    with pytest.raises(InputError, match="MNB902"):
        write_workflow(pipeline, root=tmp_path, values={}, register=None)

    assert foreign.read_text(encoding="utf-8") == "name: mine\n"


def test_a_value_of_another_type_is_refused_when_the_job_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB302"):
        write_workflow(_project(tmp_path, ""), root=tmp_path, values={"rate": "x"}, register=None)


def test_a_notebook_outside_the_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    with pytest.raises(InputError, match="MNB904"):
        write_workflow(
            _project(tmp_path / "a", ""),
            root=tmp_path / "a",
            repository=tmp_path / "b",
            values={},
            register=None,
        )


def test_a_project_below_the_root_of_the_repository_is_entered_first(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = tmp_path / "sub"
    root.mkdir()
    (root / "requirements.txt").write_text("PyYAML\nmlops_nb>=0.1\n", encoding="utf-8")
    pipeline = make_pipeline([Row(source="import yaml")], name=str(root / "x.ipynb"))

    path, _ = write_workflow(pipeline, root=root, values={}, register=None)

    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    job = workflow["jobs"]["run"]
    assert path.parent == tmp_path / ".github" / "workflows"
    assert job["defaults"]["run"]["working-directory"] == "sub"
    assert job["env"]["NOTEBOOK"] == "x.ipynb"
    assert workflow[True]["push"]["paths"] == ["sub/x.ipynb"]
    assert "pip install -r requirements.txt\n" in _scripts(workflow)


def test_a_secret_of_the_settings_is_one_of_the_repository(tmp_path: Path) -> None:
    path, _ = write_workflow(
        _project(tmp_path, ""),
        root=tmp_path,
        values={},
        register=None,
        secrets=("DB_PASSWORD",),
    )
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    run = next(step for step in workflow["jobs"]["run"]["steps"] if "mlops-nb run" in str(step))
    assert run["env"]["DB_PASSWORD"] == "${{ secrets.DB_PASSWORD }}"


@pytest.mark.parametrize("name", ["GITHUB_X", "1ST", "A B", "X }} ${{ y"])
def test_a_secret_that_github_cannot_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB908"):
        write_workflow(
            _project(tmp_path, ""), root=tmp_path, values={}, register=None, secrets=(name,)
        )


def test_what_a_job_keeps_is_there_for_the_next_also_if_it_fails() -> None:
    workflow = _parse(replace(JOB, project=PurePosixPath("ml")))
    steps = workflow["jobs"]["run"]["steps"]
    restore, save = (step for step in steps if "actions/cache/" in step.get("uses", ""))
    assert restore["with"]["path"] == save["with"]["path"] == "ml/.mlops_nb/cache"
    assert restore["with"]["key"] == save["with"]["key"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert "github.run_id" in save["with"]["key"]
    assert save["if"] == "always()"
    names = [step["name"] for step in steps]
    assert names.index("Run the notebook") - names.index("Bring back kept results") == 1
