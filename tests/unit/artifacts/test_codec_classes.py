"""A class of the notebook comes back with all that its body made, as it was made."""

from __future__ import annotations

import abc
import copyreg
import enum
import functools
import sys
import types
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mlops_nb.artifacts import codec_classes
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import fingerprint
from mlops_nb.artifacts.slot_names import leaving_no_slot_names


def ordered() -> type:
    class Ordered:
        zeta = 1

        def method(self) -> int:
            return 1

        alpha: int = 2

    Ordered.late = 3  # type: ignore[attr-defined]
    return Ordered


def slotted() -> type:
    class Slotted:
        __slots__ = ("__hidden", "seen")

    return Slotted


def frozen() -> type:
    @dataclass(frozen=True, slots=True)
    class Frozen:
        z: int
        a: int = 1

    return Frozen


def abstract() -> type:
    class Abstract(abc.ABC):
        @abc.abstractmethod
        def zeta(self) -> int: ...

        @property
        @abc.abstractmethod
        def alpha(self) -> int: ...

    return Abstract


def inheriting() -> type:
    class Base:
        kind = 1

    class Inheriting(Base):
        kind = 1

    return Inheriting


def tupled() -> type:
    class Tupled(NamedTuple):
        z: int
        a: str = "a"

    return Tupled


def counted() -> type:
    class Counted(enum.Enum):
        Z = 1
        A = 2

    return Counted


def caching() -> type:
    class Caching:
        @functools.cached_property
        def rows(self) -> list[int]:
            """Return a list."""
            return [1, 2]

    return Caching


def classifying() -> type:
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Constant(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return self

        def predict(self, X: Any) -> Any:
            return [1 for _ in X]

    return Constant


def regressing() -> type:
    from sklearn.linear_model import Ridge

    class Doubled(Ridge):  # type: ignore[misc]
        def predict(self, X: Any) -> Any:
            return super().predict(X) * 2

    return Doubled


MAKERS = (
    *(ordered, slotted, frozen, abstract, inheriting, tupled, counted, caching),
    lambda: namedtuple("Point", "z a"),
)
# What Python derives, and keeps where it likes.
DERIVED = {"_abc_impl", "__static_attributes__", "__firstlineno__", "__annotate_func__"}


def body_of(kind: type) -> list[str]:
    is_list = issubclass(kind, enum.Enum)
    return [n for n in vars(kind) if n not in DERIVED and not (is_list and n.startswith("_"))]


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classes here count as the notebook's."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", None, raising=False)


@pytest.mark.usefixtures("main")
@pytest.mark.parametrize("make", MAKERS)
def test_a_class_comes_back_with_its_body_in_order(make: Any, tmp_path: Path) -> None:
    kind = make()
    kind.__module__ = "__main__"
    blobs = BlobFolder(tmp_path)
    stored = encode({"kind": kind}, blobs=blobs)
    assert not stored.obstacles, stored.obstacles
    found: Any = decode(stored.manifest, blobs=blobs).values["kind"]
    assert found is not kind
    assert body_of(found) == body_of(kind)
    assert found.__qualname__ == kind.__qualname__
    assert [base.__name__ for base in found.__mro__] == [base.__name__ for base in kind.__mro__]
    assert fingerprint(found).digest == fingerprint(kind).digest


@pytest.mark.usefixtures("main")
@pytest.mark.parametrize("make", [classifying, regressing])
def test_a_class_that_a_base_adds_to_comes_back_as_itself(make: Any, tmp_path: Path) -> None:
    kind = make()
    kind.__module__ = "__main__"
    blobs = BlobFolder(tmp_path)
    stored = encode({"kind": kind, "made": kind()}, blobs=blobs, sharing=[("kind", "made")])
    assert not stored.obstacles, stored.obstacles
    values: Any = decode(stored.manifest, blobs=blobs).values
    found = values["kind"]
    assert type(values["made"]) is found is not kind
    names = [name for name in body_of(kind) if not name.startswith("__")]
    assert [name for name in body_of(found) if not name.startswith("__")] == names
    assert fingerprint(found).digest == fingerprint(kind).digest


@pytest.mark.usefixtures("main")
def test_a_cached_property_is_computed_once_and_not_again(tmp_path: Path) -> None:
    kind = caching()
    kind.__module__ = "__main__"
    asked, waiting = kind(), kind()
    asked.rows.append(3)
    blobs, given = BlobFolder(tmp_path), {"kind": kind, "asked": asked, "waiting": waiting}
    stored = encode(given, blobs=blobs, sharing=[tuple(given)])
    assert not stored.obstacles, stored.obstacles
    values: Any = decode(stored.manifest, blobs=blobs).values
    assert values["asked"].rows == [1, 2, 3]
    assert vars(values["waiting"]) == {}
    assert values["waiting"].rows is values["waiting"].rows
    assert vars(values["kind"])["rows"].__doc__ == "Return a list."


@pytest.mark.usefixtures("main")
@pytest.mark.parametrize("make", [slotted, frozen, tupled])
def test_an_instance_takes_no_attribute_that_its_class_has_no_slot_for(
    make: Any, tmp_path: Path
) -> None:
    kind = make()
    kind.__module__ = "__main__"
    blobs = BlobFolder(tmp_path)
    found: Any = decode(encode({"kind": kind}, blobs=blobs).manifest, blobs=blobs).values["kind"]
    one = found(1) if make is not slotted else found()
    assert not hasattr(one, "__dict__")


def test_reading_instances_leaves_nothing_on_their_class() -> None:
    class Plain:
        pass

    before = copyreg._slotnames  # type: ignore[attr-defined]
    with leaving_no_slot_names():
        assert fingerprint(Plain()).digest is not None
        Plain().__reduce_ex__(4)
    assert "__slotnames__" not in vars(Plain)
    assert copyreg._slotnames is before  # type: ignore[attr-defined]
    Plain().__reduce_ex__(4)
    with leaving_no_slot_names():
        Plain().__reduce_ex__(4)
    assert "__slotnames__" in vars(Plain), "it was the notebook that asked"


def test_a_class_is_not_made_twice_where_somebody_asks_for_the_classes_of_its_base(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class OwnError(ValueError):
        pass

    OwnError.__module__ = "__main__"
    blobs = BlobFolder(tmp_path)
    assert not encode({"OwnError": OwnError}, blobs=blobs).obstacles
    monkeypatch.setattr(codec_classes, "_asked_for", [])
    codec_classes.ask_for_subclasses()
    (obstacle,) = encode({"OwnError": OwnError}, blobs=blobs).obstacles
    assert "two classes OwnError" in obstacle.reason


@pytest.mark.parametrize("kind", [dict, OrderedDict])
@pytest.mark.parametrize("show", [types.MappingProxyType, "keys", "values", "items"])
def test_a_view_of_a_dict_comes_back_over_the_dict_that_comes_back(
    kind: type, show: Any, tmp_path: Path
) -> None:
    blobs, shown = BlobFolder(tmp_path, fsync=False), kind(a=1)
    view = getattr(shown, show)() if isinstance(show, str) else show(shown)
    manifest = encode({"s": shown, "v": view}, blobs=blobs, sharing=[("s", "v")]).manifest
    back = decode(manifest, blobs=blobs).values
    back["s"]["b"] = shown["b"] = 2
    assert list(back["v"]) == list(view)
    assert len(view) == 2
    assert type(back["v"]) is type(view)


def test_what_shows_the_attributes_of_a_class_is_not_stored(tmp_path: Path) -> None:
    assert encode({"view": vars(Path)}, blobs=BlobFolder(tmp_path, fsync=False)).obstacles
