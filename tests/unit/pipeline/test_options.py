"""Options: one table, read from a line and from JSON, written back, merged over cells."""

from __future__ import annotations

import keyword
import pickle
import string
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.option_values import parse_duration, render_duration
from mlops_nb.pipeline.option_words import (
    parse_options,
    read_metadata_options,
    refuse_unsupported,
    render_options,
    split_words,
    to_metadata,
)
from mlops_nb.pipeline.options import OPTIONS, DirectiveError, flags, merge_options
from mlops_nb.pipeline.stages import Directive, StageOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    text: str
    options: dict[str, Any]
    metadata: dict[str, Any]


ACCEPTED = [
    Accepted(text="--inputs A B", options={"inputs": ("A", "B")}, metadata={"inputs": ["A", "B"]}),
    Accepted(
        text="--outputs A,B , C",
        options={"outputs": ("A", "B", "C")},
        metadata={"outputs": ["A", "B", "C"]},
    ),
    Accepted(
        text="--needs load-data x",
        options={"needs": ("load-data", "x")},
        metadata={"needs": ["load-data", "x"]},
    ),
    Accepted(
        text="--metrics auc --metrics f1 auc",
        options={"metrics": ("auc", "f1")},
        metadata={"metrics": ["auc", "f1", "auc"]},
    ),
    Accepted(text="--model=clf", options={"model": "clf"}, metadata={"model": "clf"}),
    Accepted(text="--example X", options={"example": "X"}, metadata={"example": "X"}),
    Accepted(
        text="--eval X_test, y_test",
        options={"eval": ("X_test", "y_test")},
        metadata={"eval": ["X_test", "y_test"]},
    ),
    Accepted(
        text="--eval X,y,slices",
        options={"eval": ("X", "y", "slices")},
        metadata={"eval": ["X", "y", "slices"]},
    ),
    Accepted(text="--timeout 10m", options={"timeout": 600.0}, metadata={"timeout": "10m"}),
    Accepted(text="--timeout 90", options={"timeout": 90.0}, metadata={"timeout": "90s"}),
    Accepted(
        text="--deps 'my data.csv' --deps=-odd- *.parquet C:\\raw",
        options={"deps": ("my data.csv", "-odd-", "*.parquet", "C:\\raw")},
        metadata={"deps": ["my data.csv", "-odd-", "*.parquet", "C:\\raw"]},
    ),
    Accepted(
        text="--produces out.csv",
        options={"produces": ("out.csv",)},
        metadata={"produces": ["out.csv"]},
    ),
    Accepted(text="--env HOME", options={"env": ("HOME",)}, metadata={"env": ["HOME"]}),
    Accepted(text="--retries 2", options={"retries": 2}, metadata={"retries": 2}),
    Accepted(
        text="--resources gpu=1,memory=8GB,cpu=0.5",
        options={"resources": {"cpu": 0.5, "gpu": 1, "memory": "8GB"}},
        metadata={"resources": {"gpu": 1, "memory": "8GB", "cpu": 0.5}},
    ),
    Accepted(text="--cache", options={"cache": True}, metadata={"cache": True}),
    Accepted(text="--no-cache", options={"cache": False}, metadata={"cache": False}),
    Accepted(text="--fresh 12h", options={"fresh": 43200.0}, metadata={"fresh": "12h"}),
    Accepted(
        text='--version-of "max(df.updated_at)"',
        options={"version_of": "max(df.updated_at)"},
        metadata={"version_of": "max(df.updated_at)"},
    ),
    Accepted(text="# noqa", options={}, metadata={"model": None}),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.text)
def test_a_line_and_metadata_say_the_same(case: Accepted) -> None:
    assert parse_options(split_words(case.text)) == case.options
    assert read_metadata_options(case.metadata) == case.options


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    text: str
    code: str
    option: str
    nearest: str = ""


REFUSED = [
    Refused(text="--metircs a", code="MNB211", option="--metircs", nearest="--metrics"),
    Refused(text="--Metrics a", code="MNB211", option="--Metrics", nearest="--metrics"),
    Refused(text="--metric a", code="MNB211", option="--metric", nearest="--metrics"),
    Refused(text="--no_cache", code="MNB211", option="--no_cache", nearest="--no-cache"),
    Refused(text="-m a", code="MNB211", option="-m"),
    Refused(text="--zzzzzz", code="MNB211", option="--zzzzzz"),
    Refused(text="metrics a", code="MNB211", option="metrics"),
    Refused(text="--metrics", code="MNB212", option="--metrics"),
    Refused(text="--metrics ,", code="MNB212", option="--metrics"),
    Refused(text="--metrics a.b", code="MNB212", option="--metrics"),
    Refused(text="--metrics class", code="MNB212", option="--metrics"),
    Refused(text="--needs 1a", code="MNB212", option="--needs"),
    Refused(text="--model a b", code="MNB212", option="--model"),
    Refused(text="--model ''", code="MNB212", option="--model"),
    Refused(text="--eval X", code="MNB212", option="--eval"),
    Refused(text="--eval a,b,c,d", code="MNB212", option="--eval"),
    Refused(text="--timeout 10x", code="MNB212", option="--timeout"),
    Refused(text="--timeout 0s", code="MNB212", option="--timeout"),
    Refused(text="--timeout -5", code="MNB211", option="-5"),
    Refused(text="--timeout nan", code="MNB212", option="--timeout"),
    Refused(text="--timeout 5m5m", code="MNB212", option="--timeout"),
    Refused(text="--retries -1", code="MNB211", option="-1"),
    Refused(text="--retries 1.5", code="MNB212", option="--retries"),
    Refused(text="--resources tpu=1", code="MNB212", option="--resources"),
    Refused(text="--resources memory=8", code="MNB212", option="--resources"),
    Refused(text="--resources gpu=1,gpu=2", code="MNB212", option="--resources"),
    Refused(text="--cache yes", code="MNB212", option="--cache"),
    Refused(text="--cache --no-cache", code="MNB214", option="--no-cache"),
    Refused(text="--model a --model b", code="MNB214", option="--model"),
    Refused(text="--version-of 1+", code="MNB212", option="--version-of"),
    Refused(text="--env A-B", code="MNB212", option="--env"),
    Refused(text="--deps 'a", code="MNB210", option=""),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.text)
def test_what_cannot_be_read_is_refused_with_option_and_nearest_word(case: Refused) -> None:
    with pytest.raises(DirectiveError) as caught:
        parse_options(split_words(case.text))
    error = caught.value
    assert (error.code, error.option, error.nearest) == (case.code, case.option, case.nearest)
    assert error.fault.endswith(".")
    assert error.remedy.endswith(".")
    if case.nearest:
        assert case.nearest in error.remedy


METADATA_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"metircs": []}, "MNB211"),
    ({"version-of": "x"}, "MNB211"),
    ({"metrics": "auc"}, "MNB212"),
    ({"metrics": [1]}, "MNB212"),
    ({"model": ["clf"]}, "MNB212"),
    ({"model": ""}, "MNB212"),
    ({"timeout": 10}, "MNB212"),
    ({"retries": True}, "MNB212"),
    ({"retries": -1}, "MNB212"),
    ({"cache": 1}, "MNB212"),
    ({"resources": "gpu=1"}, "MNB212"),
    ({"resources": {"gpu": "1"}}, "MNB212"),
    ({"resources": {"gpu": True}}, "MNB212"),
    ({"deps": ["two\nlines"]}, "MNB212"),
]


@pytest.mark.parametrize(("metadata", "code"), METADATA_REFUSED, ids=lambda value: str(value))
def test_metadata_of_another_type_is_refused(metadata: dict[str, Any], code: str) -> None:
    with pytest.raises(DirectiveError) as caught:
        read_metadata_options(metadata)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("metadata", "remedy"),
    [
        ({"eval": "X_test,y_test"}, 'Write "eval": ["X_test", "y_test"].'),
        ({"metrics": "auc"}, 'Write "metrics": ["auc"].'),
        ({"model": ["clf"]}, 'Write "model": "clf".'),
        ({"timeout": 90}, 'Write "timeout": "90s".'),
        ({"resources": "gpu=1"}, 'Write "resources": {"gpu": 1}.'),
        ({"eval": "X"}, "Write --eval X,y[,slices]: "),
    ],
    ids=str,
)
def test_what_metadata_say_as_a_line_would_is_told_as_json(
    metadata: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(DirectiveError) as caught:
        read_metadata_options(metadata)
    assert caught.value.remedy.startswith(remedy)


def test_an_error_survives_pickling_with_its_option() -> None:
    with pytest.raises(DirectiveError) as caught:
        parse_options(["--metircs"])
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.option, again.nearest, str(again)) == (
        "--metircs",
        "--metrics",
        str(caught.value),
    )


@pytest.mark.parametrize("name", [n for n, option in OPTIONS.items() if not option.is_supported])
def test_an_option_without_effect_yet_is_refused_not_ignored(name: str) -> None:
    with pytest.raises(DirectiveError, match="not supported yet") as caught:
        refuse_unsupported([name])
    assert caught.value.code == "MNB213"
    assert caught.value.option == OPTIONS[name].flag


def test_every_supported_option_fills_a_field_of_its_stage() -> None:
    fields = {option.field for option in OPTIONS.values() if option.is_supported}
    assert fields == set(StageOptions.__dataclass_fields__)
    assert set(flags()) < set(flags(supported=False))


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: not keyword.iskeyword(word)
)
lists = st.lists(names, min_size=1, max_size=4, unique=True).map(tuple)
seconds = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False) | st.integers(1, 10**6).map(
    float
)
paths = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12
).filter(str.strip)
options = st.fixed_dictionaries(
    {},
    optional={
        "inputs": lists,
        "outputs": lists,
        "needs": lists,
        "metrics": lists,
        "model": names,
        "example": names,
        "eval": st.lists(names, min_size=2, max_size=3).map(tuple),
        "timeout": seconds,
        "deps": st.lists(paths, min_size=1, max_size=3, unique=True).map(tuple),
        "env": lists,
        "retries": st.integers(0, 99),
        "resources": st.fixed_dictionaries(
            {}, optional={"gpu": st.integers(0, 8), "memory": st.just("8GB")}
        ).filter(bool),
        "cache": st.booleans(),
        "fresh": seconds,
        "version_of": st.sampled_from(["max(df.t)", "'a b'", "x['#']"]),
    },
)


@given(options)
def test_parsing_what_was_rendered_gives_it_back(said: dict[str, Any]) -> None:
    assert parse_options(split_words(render_options(said))) == said
    assert read_metadata_options(to_metadata(said)) == said


@given(seconds)
def test_a_duration_is_rendered_without_loss(value: float) -> None:
    assert parse_duration(render_duration(value)) == value


@given(st.text(string.printable, max_size=60))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    try:
        words = split_words(text)
        parse_options(words)
    except DirectiveError as error:
        assert error.code.startswith("MNB21")  # noqa: PT017 - either outcome is fine


def _directive(**said: Any) -> Directive:
    return Directive(stage=StageName("train"), options=said, carriers=("magic",), line=1)


def test_lists_said_on_several_cells_are_united_in_order_of_cells() -> None:
    merged, findings = merge_options(
        {7: _directive(metrics=("f1", "auc")), 3: _directive(metrics=("auc",), timeout=60.0)}
    )
    assert merged == StageOptions(metrics=("auc", "f1"), timeout_s=60.0)
    assert findings == []


def test_a_contradiction_between_cells_names_both() -> None:
    merged, findings = merge_options({3: _directive(model="a"), 7: _directive(model="b")})
    assert merged.model == "a"
    assert [(f.code, f.cell, f.line) for f in findings] == [("MNB215", 7, 1)]
    assert "'--model b'" in findings[0].message
    assert "cell 3" in findings[0].message


@pytest.mark.parametrize("name", ["example", "eval"])
def test_evaluation_data_without_a_model_would_have_no_effect_and_is_an_error(name: str) -> None:
    value: Any = ("X", "y") if name == "eval" else "X"
    _, findings = merge_options({2: _directive(**{name: value})})
    assert [(f.code, f.cell) for f in findings] == [("MNB218", 2)]
