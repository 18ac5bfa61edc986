"""Objects are not changed by being asked what they pickle."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mlops_nb.artifacts import codec_pickle, codec_rules
from mlops_nb.artifacts.fingerprint import fingerprint
from mlops_nb.artifacts.undisturbed import reduce_undisturbed


class Tidy:
    """Loses its callback and what it had counted when it is pickled, as results of statsmodels."""

    def __init__(self) -> None:
        self.settings = {"method": "newton", "callback": print}
        self.rows, self.count = {"a": [1]}, 3

    def __getstate__(self) -> dict[str, Any]:
        self.settings["callback"] = None
        self.__dict__.pop("count", None)
        return self.__dict__


class TidyCopy(Tidy):
    def __getstate__(self) -> dict[str, Any]:
        self.settings["callback"] = None
        return {"settings": self.settings, "rows": self.rows}


class Refusing:
    __module__ = "patsy.design_info"

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __getstate__(self) -> None:
        raise NotImplementedError


def test_designs_of_patsy_that_refuse_to_be_pickled_are_their_attributes() -> None:
    one, other = Refusing(["a"]), Refusing(["b"])
    assert fingerprint(one).digest != fingerprint(other).digest is not None
    function, arguments, state = reduce_undisturbed(one, 5)
    assert (function(*arguments).__class__, state) == (Refusing, {"names": ["a"]})


@pytest.mark.parametrize("kind", [Tidy, TidyCopy])
def test_what_is_pickled_is_tidied_and_not_the_object(kind: type[Tidy]) -> None:
    thing = kind()
    settings, rows = thing.settings, thing.rows
    _, _, state, *_ = reduce_undisturbed(thing, 4)
    assert state["settings"] == {"method": "newton", "callback": None}
    assert state["rows"] is rows
    assert "count" not in state
    assert thing.settings is settings
    assert vars(thing) == {
        "settings": {"method": "newton", "callback": print}, "rows": {"a": [1]}, "count": 3
    }  # fmt: skip


def test_what_tidies_nothing_is_asked_as_ever() -> None:
    for thing in ({1, 2}, ValueError("x"), 3):
        assert reduce_undisturbed(thing, 4) == thing.__reduce_ex__(4)


def test_a_fingerprint_changes_no_object() -> None:
    thing = Tidy()
    assert fingerprint(thing).digest == fingerprint(thing).digest
    assert thing.settings["callback"] is print


def test_an_image_that_has_its_file_open_is_left_as_it_is(tmp_path: Path) -> None:
    Image.new("L", (2, 2), 7).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert fingerprint(image).digest is None
        assert fingerprint({"images": [image]}).digest is None
        image.load()
        assert fingerprint(image).digest is not None
        assert image.getpixel((1, 1)) == 7


def test_keeping_an_object_of_a_library_that_tidies_changes_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codec_rules, "_TIDYING", {__name__.partition(".")[0]})
    thing = Tidy()
    _, stream, _, _ = codec_pickle._pickle({"thing": thing}, {})
    assert thing.settings["callback"] is print
    assert pickle.loads(stream)["thing"].settings["callback"] is None
