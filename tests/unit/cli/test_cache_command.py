"""`mlops-nb cache`: what is printed, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.cli.cache import cache
from mlops_nb.errors import InputError
from mlops_nb.project.cache import is_gone, open_store
from mlops_nb.project.roots import Layout
from mlops_nb.project.settings import Settings, command_line_layer, merge_layers, notebook_layer
from mlops_nb.tracking.processes import stamp_process


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb]\ncache_limit = '1MB'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLOPS_NB_STORE_KEY", raising=False)
    return Layout(root=tmp_path)


def keep(layout: Layout, stage: str, value: Any, *, cell: str = "cell 1") -> None:
    store = open_store(layout, Settings())
    stored = encode({"v": value}, blobs=store.blobs)
    about = {"notebook": "churn.ipynb", "stage": stage, "cell": cell, "run": "0123456789abcdef"}
    assert store.put(stage or cell, {"v": stored.manifest}, blobs=stored.digests, about=about)
    store.close()


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cache, arguments, standalone_mode=False, catch_exceptions=False)


def test_nothing_kept_is_said_and_nothing_is_made(layout: Layout) -> None:
    for command in ("ls", "verify", "gc"):
        assert invoke(command).return_value == 0
    assert "Nothing is kept" in invoke("ls").stderr
    assert json.loads(invoke("ls", "--json").stdout)["results"] == []
    assert not layout.state.exists()


def test_what_is_kept_is_listed_with_stage_notebook_and_run(layout: Layout) -> None:
    keep(layout, "features", "x" * 2000)
    keep(layout, "train", [1])
    done = invoke("ls")
    assert done.return_value == 0
    head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ["STAGE", "NOTEBOOK", "RUN"]
    (row,) = [row for row in rows if row.startswith("features")]
    assert row.split()[1:3] == ["churn.ipynb", "01234567"]
    assert row.split()[-1] == "kB"
    assert done.stderr.startswith("2 results, ")
    assert done.stderr.rstrip().endswith("kB of at most 1.0 MB.")


def test_a_cell_of_no_stage_is_listed_by_its_place(layout: Layout) -> None:
    keep(layout, "", [1], cell="cell 3")
    _, row = invoke("ls").stdout.splitlines()
    assert row.startswith("cell 3  churn.ipynb")


def test_the_record_of_ls_says_the_same(layout: Layout) -> None:
    keep(layout, "features", "x" * 2000)
    report = json.loads(invoke("ls", "--json").stdout)
    assert report["schema"] == 1
    assert report["cap_bytes"] == 1_000_000
    (entry,) = report["results"]
    assert (entry["stage"], entry["notebook"]) == ("features", "churn.ipynb")
    assert entry["own_bytes"] == entry["size_bytes"] == report["size_bytes"] > 2002


def test_what_is_damaged_is_found_and_removed_when_asked(layout: Layout) -> None:
    keep(layout, "features", "x" * 2000)
    assert invoke("verify").return_value == 0
    (blob,) = (layout.cache / "v1" / "blobs").rglob("*/*")
    blob.chmod(0o600)
    blob.write_bytes(b"y" * 2002)
    done = invoke("verify")
    assert done.return_value == 1
    assert done.stdout.startswith(str(blob))
    found = json.loads(invoke("verify", "--repair", "--json").stdout)
    assert found["removed"] == 1
    assert not blob.exists()
    assert invoke("ls").stdout.rstrip().endswith("incomplete")


@pytest.mark.parametrize(
    ("arguments", "left"), [((), 1), (("--limit", "0"), 0), (("--limit", "2GB"), 2)]
)
def test_what_is_beyond_the_limit_goes(
    layout: Layout, arguments: tuple[str, ...], left: int
) -> None:
    keep(layout, "old", "o" * 700_000)
    keep(layout, "new", "n" * 700_000)
    removal = json.loads(invoke("gc", "--json", *arguments).stdout)
    assert removal["records"] == 2 - left
    assert len(json.loads(invoke("ls", "--json").stdout)["results"]) == left


def test_a_limit_that_is_no_size_is_refused(layout: Layout) -> None:
    done = CliRunner().invoke(cache, ["gc", "--limit", "much"])
    assert done.exit_code == 2
    assert "takes a size such as" in done.stderr


def test_a_store_in_use_is_told_with_exit_code_5(layout: Layout, monkeypatch: Any) -> None:
    from mlops_nb.artifacts import store_cap

    keep(layout, "a", 1)
    monkeypatch.setattr(store_cap, "store_lock", lambda *_, **__: _refused())
    done = invoke("gc")
    assert done.return_value == 5
    assert "in use" in done.stderr


class _refused:  # noqa: N801 - stands for a function
    def __enter__(self) -> bool:
        return False

    def __exit__(self, *_: object) -> None:
        return None


def test_results_of_a_live_process_are_pinned(layout: Layout) -> None:
    assert not is_gone(str(stamp_process()))
    assert is_gone("nonsense")
    store = open_store(layout, Settings())
    blob = store.blobs.put(b"x")
    invoke("gc", "--limit", "0")
    assert store.blobs.has(blob.digest)
    store.close()
    invoke("gc", "--limit", "0")
    assert not store.blobs.has(blob.digest)


def test_the_shared_store_of_the_settings_is_used(layout: Layout, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    url = f"file://{tmp_path}/team"
    writing = merge_layers(
        [command_line_layer({"shared_cache": url, "shared_cache_role": "readwrite"})]
    )
    store = open_store(layout, writing, {"MLOPS_NB_STORE_KEY": "k" * 20})
    stored = encode({"v": 1}, blobs=store.blobs)
    store.put("key", {"v": stored.manifest}, blobs=stored.digests)
    store.close()
    other = Layout(root=tmp_path / "other")
    reading = merge_layers([command_line_layer({"shared_cache": url})])
    (record,) = open_store(other, reading, {"MLOPS_NB_STORE_KEY": "k" * 20}).find("key")
    assert record.is_trusted


@pytest.mark.parametrize("name", ["shared_cache", "shared_cache_role"])
def test_a_notebook_cannot_say_where_results_come_from(name: str) -> None:
    with pytest.raises(InputError, match="MNB810"):
        notebook_layer({"mlops_nb": {"settings": {name: "read"}}})


@pytest.mark.parametrize(
    ("name", "value"), [("cache_limit", "off"), ("cache_limit", "-1"), ("shared_cache_role", "all")]
)
def test_a_setting_of_the_cache_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(InputError, match="MNB802"):
        merge_layers([command_line_layer({name: value})])
