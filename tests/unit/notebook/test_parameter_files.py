"""Parameter files: values as the notebook declares them, not as YAML guesses them."""

from pathlib import Path

import pytest

from mlops_nb.errors import InputError
from mlops_nb.notebook.parameter_files import read_parameter_file
from mlops_nb.pipeline.parameters import Text


def test_bare_words_are_text_and_the_rest_is_what_yaml_says(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("a: 007\nb: '007'\nc: [1, no]\nd: {x: 1.5}\ne: null\nf: 2026-01-31\n")
    assert read_parameter_file(path) == {
        "a": Text("007"),
        "b": "007",
        "c": [1, False],
        "d": {"x": 1.5},
        "e": None,
        "f": Text("2026-01-31"),
    }


def test_tags_merges_and_aliases_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("<<: {a: 1, b: 2}\nb: 3\nc: !!str 007\nd: !!binary aGk=\ne: &e [1]\nf: *e\n")
    assert read_parameter_file(path) == {
        "a": Text("1"),
        "b": Text("3"),
        "c": "007",
        "d": b"hi",
        "e": [1],
        "f": [1],
    }


@pytest.mark.parametrize("text", ["", "---\n", "null", "# nothing\n"])
def test_an_empty_file_gives_no_values(text: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text)
    assert read_parameter_file(tmp_path / "params.yaml") == {}


def test_json_values_are_what_json_says(tmp_path: Path) -> None:
    path = tmp_path / "params.json"
    path.write_text('{"a": 1, "b": "x", "c": null}')
    assert read_parameter_file(path) == {"a": 1, "b": "x", "c": None}


FAULTY = {
    "list.yaml": ("- 1", "no object"),
    "twice.yaml": ("a: 1\na: 2", "'a' stands there twice"),
    "twice.json": ('{"a": 1, "a": 2}', "'a' stands there twice"),
    "broken.yaml": ("a: [1", "not YAML"),
    "code.yaml": ("a: !!python/object/apply:os.getcwd []", "not YAML"),
    "tagged.yaml": ("a: !secret x", "!secret"),
    "twice within.yaml": ("a: {b: 1, b: 2}", "'b' stands there twice"),
    "twice within.json": ('{"a": {"b": 1, "b": 2}}', "'b' stands there twice"),
    "a list as name.yaml": ("? [1, 2]\n: 3", "is a list or an object"),
    "itself.yaml": ("a: &a [*a]", "recursive"),
    "deep.yaml": ("a: " + "[" * 3000, "nested too deeply"),
    "deep.json": ('{"a": ' + "[" * 100_000, "nested too deeply"),
    "digits.json": ('{"a": ' + "9" * 5000 + "}", "cannot be read"),
    "two.yaml": ("a: 1\n---\nb: 2", "not YAML"),
    "broken.json": ("{", "not JSON"),
    "list.json": ("[]", "list"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_file_that_gives_no_values_says_why(name: str, tmp_path: Path) -> None:
    text, says = FAULTY[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        read_parameter_file(tmp_path / name)
    assert caught.value.code == "MNB307"
    assert says in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_parameter_file(tmp_path / "none.yaml")
