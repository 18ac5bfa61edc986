"""`mlops-nb models` over a store with two packaged versions: what is printed, with which codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from registered import make_shop

from mlops_nb.cli.models import models
from mlops_nb.errors import InputError
from mlops_nb.project.promotions import Promotions
from mlops_nb.registry.cards import recording
from mlops_nb.registry.cards.recording import record_card
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion import planning
from mlops_nb.registry.promotion.judging import Judged
from mlops_nb.registry.promotion.registry import registry_of
from mlops_nb.registry.report import GateReport
from mlops_nb.tracking.store import TrackingStore, open_store


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def store(shop: Path, monkeypatch: pytest.MonkeyPatch) -> TrackingStore:
    monkeypatch.chdir(shop)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return open_store(shop / ".mlops_nb" / "record")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(models, arguments, standalone_mode=False, catch_exceptions=False)


@pytest.mark.usefixtures("store")
def test_models_and_their_versions_are_listed() -> None:
    head, row = invoke("list").stdout.splitlines()
    assert head.split() == ["MODEL", "CHAMPION", "NEWEST", "ITS", "GATES", "VERSIONS", "REGISTERED"]
    assert row.split()[:5] == ["churn", "1", "2", "–", "2"]
    _, newest, oldest = invoke("list", "churn").stdout.splitlines()
    assert newest.split()[0] == "2"
    assert "accuracy=0.9" in newest
    assert oldest.split()[:2] == ["1", "champion"]
    (listed,) = json.loads(invoke("list", "--json").stdout)
    assert listed["aliases"] == {"champion": 1}
    assert [version["version"] for version in listed["versions"]] == [2, 1]


@pytest.mark.usefixtures("store")
def test_a_version_is_shown_with_what_its_package_says() -> None:
    shown = invoke("show", "churn@2").stdout
    for text in ("LogisticRegression", "not gated", "models:/churn/2", "churn.ipynb", "ada"):
        assert text in shown
    content = json.loads(invoke("show", "churn", "--json").stdout)
    assert (content["version"], content["aliases"]) == (1, ["champion"])
    assert [data["name"] for data in content["evaluation"]] == ["X_test", "y_test"]
    assert any(line.startswith("scikit-learn==") for line in content["requirements"])
    assert content["faults"] == []


@pytest.mark.usefixtures("store")
def test_a_version_is_compared_with_the_champion_or_with_another() -> None:
    text = invoke("compare", "churn").stdout
    assert text.startswith("churn@2 against churn@1\n1 better · callers would stumble")
    assert "+0.1, +12.5% better" in text
    assert "takes '<b>'" in text
    assert "It needs the column '<b>', which the champion does not take." in text
    content = json.loads(invoke("compare", "churn@1", "2", "--json").stdout)
    assert content["logged"][0]["judged"] == "worse"
    assert content["has_same_data"] is False
    with pytest.raises(InputError, match="MNB761 churn@1: there is no previous"):
        invoke("compare", "churn@champion")


@pytest.mark.usefixtures("store")
def test_a_card_is_written_as_its_name_says(tmp_path: Path) -> None:
    assert invoke("card", "churn@2", str(tmp_path / "card.html")).return_value == 0
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert "<code" in page
    assert "&lt;b&gt;" in page
    assert invoke("card", "churn").stdout.startswith("# Model card: churn@1\n")
    assert invoke("card", "churn", "--format", "html").stdout.startswith("<!DOCTYPE html>")
    with pytest.raises(InputError, match="MNB762"):
        invoke("card", "churn", str(tmp_path / "card.pdf"))


@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_said_with_what_is() -> None:
    with pytest.raises(InputError, match=r"MNB711 chrun: .*\nThe nearest valid word is 'churn'"):
        invoke("show", "chrun")
    with pytest.raises(InputError, match=r"MNB712 churn@9: .*\nVersions are 2, 1"):
        invoke("show", "churn@9")


@pytest.mark.usefixtures("store")
def test_an_archived_version_is_marked_left_out_and_brought_back() -> None:
    with pytest.raises(InputError, match=r"MNB732 .*needs a reason"):
        invoke("archive", "churn@2")
    with pytest.raises(InputError, match="MNB764 churn@1: it is champion"):
        invoke("archive", "churn@champion", "--reason", "old")
    with pytest.raises(InputError, match="MNB765 churn: names no version"):
        invoke("archive", "churn", "--reason", "old")
    done = invoke("archive", "churn@2", "--reason", "leaks", "--as", "ada", "--json")
    assert json.loads(done.stdout)["entry"] == 2  # the first notes the champion
    again = invoke("archive", "churn@2", "--reason", "leaks")
    assert again.stderr == "churn@2 is archived already.\n"

    listed = invoke("list", "churn")
    assert [row.split()[0] for row in listed.stdout.splitlines()[1:]] == ["1"]
    assert listed.stderr == "1 archived: add --all to see them.\n"
    shown = invoke("show", "churn@2").stdout
    assert "It was archived by ada: leaks" in shown
    assert "archived version 2" in shown.partition("PROMOTIONS")[2]

    invoke("archive", "churn@2", "--undo", "--reason", "a mistake")
    assert len(invoke("list", "churn").stdout.splitlines()) == 3
    assert "It was archived" not in invoke("show", "churn@2").stdout


def test_files_that_were_changed_in_the_store_are_told_and_not_read(store: TrackingStore) -> None:
    info = registry_of(store).version("churn", 1)
    (found,) = store.record_dir.rglob(f"{info.source.rpartition('/')[2]}/artifacts")
    about = found / "mlops_nb" / "metadata.json"
    before = about.read_bytes()
    about.write_bytes(before.replace(b"LogisticRegression", b"SomethingElse"))
    try:
        shown = invoke("show", "churn@1").stdout
    finally:
        about.write_bytes(before)
    assert "'mlops_nb/metadata.json' was changed after it was registered" in shown
    assert "SomethingElse" not in shown


def test_nothing_is_made_where_nothing_was_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert json.loads(invoke("list", "--json").stdout) == []
    assert "No registered models" in invoke("list").stderr
    with pytest.raises(InputError, match="nothing was ever tracked here"):
        invoke("show", "churn")
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_recorded_with_the_run_that_made_the_version(store: TrackingStore) -> None:
    registry = registry_of(store)
    place = record_card(registry, "churn", 1)
    info = registry.version("churn", 1)
    assert info.tags["mlops_nb.card"] == place
    assert place == f"runs:/{info.run_id}/mlops_nb/cards/churn-1/card.html"
    page = registry.read_run_file(info.run_id, "mlops_nb/cards/churn-1/card.html")
    assert page is not None
    assert b"Model card: churn@1" in page


def test_a_promotion_records_the_card_and_stands_where_that_fails(
    store: TrackingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = Judged(report=GateReport(candidate="churn@2"), infra=InfraReport(digest=""))
    monkeypatch.setattr(planning, "judge_package", lambda *_: judged)
    promotions = Promotions.find()
    moved = promotions.promote(promotions.plan("churn@2"), reason="a test", force=True)
    assert moved.notes == (f"Its model card is {_card_of(store, 2)}.",)
    page = registry_of(store).read_run_file(
        *_card_of(store, 2).removeprefix("runs:/").split("/", 1)
    )
    assert page is not None
    assert b"champion: version 1 to version 2" in page

    monkeypatch.setattr(recording, "read_facts", lambda *_: 1 / 0)
    moved = promotions.promote(promotions.plan("churn@1"), reason="back", force=True)
    assert moved.notes[0].startswith("Its model card could not be recorded: ZeroDivisionError")
    assert registry_of(store).alias("churn", "champion") == 1


def _card_of(store: TrackingStore, version: int) -> str:
    return registry_of(store).version("churn", version).tags["mlops_nb.card"]
