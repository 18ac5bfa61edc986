"""Settings: four layers, an earlier one wins, and each value says where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.project.roots import Layout, find_kept, find_root
from mlops_nb.project.setting_table import TABLE
from mlops_nb.project.settings import (
    Layer,
    Settings,
    command_line_layer,
    environment_layer,
    file_layer,
    merge_layers,
    must_sanitize,
    notebook_layer,
)


def _file(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_every_row_of_the_table_is_a_field_with_its_default() -> None:
    assert {row.name: row.default for row in TABLE} == {
        name: getattr(Settings(), name) for name in Settings.__slots__ if name != "origins"
    }


def test_command_line_beats_notebook_beats_file_beats_default(tmp_path: Path) -> None:
    root = _file(tmp_path, '[tool.mlops_nb]\nexperiment = "file"\nkernel = "file"\ntrack = false\n')
    settings = merge_layers(
        [
            command_line_layer({"experiment": "line", "kernel": None}),
            notebook_layer({"mlops_nb": {"settings": {"experiment": "nb", "kernel": "nb"}}}),
            file_layer(root),
        ]
    )
    assert (settings.experiment, settings.kernel, settings.track) == ("line", "nb", False)
    assert settings.origins["experiment"] == "command line"
    assert settings.origins["kernel"] == "notebook metadata"
    assert settings.origins["track"] == "pyproject.toml [tool.mlops_nb]"
    assert settings.origins["timeout"] == "default"


def test_a_command_line_default_never_beats_the_notebook() -> None:
    notebook = notebook_layer({"mlops_nb": {"settings": {"timeout": "10m"}}})
    assert merge_layers([command_line_layer({"timeout": None}), notebook]).timeout == 600


def test_the_environment_variable_of_mlflow_is_heard() -> None:
    layer = environment_layer({"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"})
    assert merge_layers([layer]).tracking_uri == "http://127.0.0.1:5000"
    assert merge_layers([environment_layer({})]).tracking_uri is None


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"experimnt": "x"}, "MNB801", "'experiment'"),
        ({"track": "yes"}, "MNB802", "true or false"),
        ({"timeout": "soon"}, "MNB802", "duration"),
        ({"timeout": True}, "MNB802", "duration"),
        ({"stage_line": "loud"}, "MNB802", "'stable'"),
        ({"experiment": ""}, "MNB802", "text"),
        ({"output_limit": "much"}, "MNB802", "'20MB'"),
        ({"output_limit": True}, "MNB802", "'off'"),
        ({"output_limit": 0}, "MNB802", "'off'"),
        ({"trusted_types": "a.B"}, "MNB802", "list"),
    ],
)
def test_a_wrong_setting_is_an_error_with_its_remedy(
    values: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        merge_layers([notebook_layer({"mlops_nb": {"settings": values}})])
    assert caught.value.code == code
    assert words in caught.value.remedy


def test_a_broken_pyproject_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB803"):
        file_layer(_file(tmp_path, "[tool.mlops_nb\n"))


def test_the_root_is_the_nearest_marked_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").touch()
    assert find_root(inner / "x.ipynb") == tmp_path / "a"


def test_the_state_folder_ignores_itself_in_git(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    layout.create()
    assert (tmp_path / ".mlops_nb" / ".gitignore").read_text() == "*\n"
    assert layout.runs.is_dir()


def test_secrets_of_every_layer_are_taken_together() -> None:
    layers = [
        command_line_layer({"secrets": ("A", "B")}),
        Layer(origin="file", values={"secrets": ["B", "C"]}),
    ]
    merged = merge_layers(layers)
    assert merged.secrets == ("B", "C", "A")
    assert merged.origins["secrets"] == "file, command line"


@pytest.mark.parametrize(
    ("value", "limit"), [("20MB", 20_000_000), ("1 KiB", 1024), (500, 500), ("off", None)]
)
def test_an_output_limit_is_a_size_or_off(value: Any, limit: int | None) -> None:
    layer = notebook_layer({"mlops_nb": {"settings": {"output_limit": value}}})
    assert merge_layers([layer]).output_limit == limit


@pytest.mark.parametrize(
    ("said", "environment", "must"),
    [
        ("auto", {}, False),
        ("auto", {"CI": "true"}, True),
        ("auto", {"CI": "1"}, True),
        ("auto", {"CI": "false"}, False),
        ("auto", {"CI": ""}, False),
        (False, {"CI": "true"}, False),
        (True, {}, True),
    ],
)
def test_pages_are_sanitised_in_ci_unless_told_otherwise(said, environment, must):
    settings = merge_layers([command_line_layer({"sanitize_html": said})])
    assert must_sanitize(settings, environment) is must


def test_a_notebook_cannot_decide_that_its_page_is_not_sanitised():
    with pytest.raises(InputError, match="MNB810"):
        notebook_layer({"mlops_nb": {"settings": {"sanitize_html": False}}})


def test_runs_are_those_of_the_project_else_of_the_nearest_folder_that_has_any(
    tmp_path: Path,
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_kept(below).root == below  # no mark, no runs: nothing was found, nothing is made
    (tmp_path / ".mlops_nb").mkdir()
    assert find_kept(below).root == tmp_path
    (tmp_path / "a" / "pyproject.toml").touch()
    assert find_kept(below).root == tmp_path
    (tmp_path / "a" / ".mlops_nb").mkdir()
    assert find_kept(below).root == tmp_path / "a"
