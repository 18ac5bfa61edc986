"""The packages of a kernel are written as exact pins."""

from __future__ import annotations

import json
import sys

import pytest

from mlops_nb.tracking.environment import list_requirements, render_requirements


def test_the_running_environment_is_listed_with_exact_versions():
    import numpy

    lines = list_requirements().splitlines()

    assert lines[0].startswith("# Python 3.")
    assert f"numpy=={numpy.__version__}" in lines
    assert lines[1:] == sorted(lines[1:], key=name_of)


def name_of(line: str) -> str:
    word = line.removeprefix("# ").split("==")[0].split(" @")[0]
    return word.lower().replace("_", "-")


def test_another_interpreter_is_asked_for_its_own(tmp_path):
    link = tmp_path / "python"
    link.symlink_to(sys.executable)

    assert list_requirements(str(link)).startswith("# Python 3.")


def test_a_kernel_that_only_says_python_has_the_running_environment():
    assert list_requirements("python3") == list_requirements()


def test_an_interpreter_that_does_not_answer_is_said_to():
    found = list_requirements("/nonexistent/python")

    assert (
        found == "# The packages of '/nonexistent/python' could not be listed: FileNotFoundError.\n"
    )


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (
            {"url": "file:///w/a", "dir_info": {"editable": True}},
            "# a==1  (editable from a local folder)",
        ),
        ({"url": "file:///w/a", "dir_info": {}}, "# a==1  (installed from a local folder)"),
        (
            {"url": "https://me:x@h/a.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "a @ git+https://h/a.git@abc",
        ),
        ({"url": "https://h/a.whl", "archive_info": {}}, "a @ https://h/a.whl"),
        ({"url": "file:///w/a.whl", "archive_info": {}}, "a==1"),
        ("broken", "a==1"),
    ],
)
def test_a_package_tells_where_it_was_installed_from(origin, line):
    text = origin if isinstance(origin, str) else json.dumps(origin)

    found = render_requirements([("a", "1", text)], python_version="3.12")

    assert found == f"# Python 3.12\n{line}\n"
