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
