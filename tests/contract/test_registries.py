"""What the port to registered models promises, whichever way the registry is reached.

What one writes the other reads: the embedded registry's file, and MLflow's own client on it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.registry.promotion.client_registry import ClientRegistry
from mlops_nb.registry.promotion.database_registry import DatabaseRegistry, is_known
from mlops_nb.tracking.store import TrackingStore, open_store

pytestmark = pytest.mark.xdist_group("registries")
WAYS = [pytest.param(ClientRegistry, id="client"), pytest.param(DatabaseRegistry, id="database")]
Open = Callable[[TrackingStore], ClientRegistry]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TrackingStore:
    found = open_store(tmp_path_factory.mktemp("shop") / "record")
    client = found.client()
    place = found.artifact_location("shop")  # by default MLflow takes the working directory
    experiment = client.create_experiment("shop", artifact_location=place)
    run = client.create_run(experiment, tags={"mlops_nb.door": "headless"}).info.run_id
    client.log_metric(run, "accuracy", 0.9)
    client.log_metric(run, "broken", float("nan"))
    client.log_param(run, "depth", "3")
    client.set_terminated(run)
    client.create_registered_model("it's churn")
    client.create_registered_model("apples", tags={"team": "fruit"})
    for number in (1, 2, 3):
        tags = {"mlops_nb.digest": f"sha256:{number}"}
        client.create_model_version("it's churn", f"file:///m/{number}", run, tags=tags)
    client.delete_model_version("it's churn", "2")
    client.set_registered_model_alias("it's churn", "champion", "1")
    return found


def test_both_ways_read_the_same(store: TrackingStore) -> None:
    client, database = ClientRegistry(store), DatabaseRegistry(store)
    name = "it's churn"

    assert is_known(store)
    assert database.names() == client.names() == ("apples", name)
    assert database.model("apples") == client.model("apples")
    assert database.model(name) == client.model(name)
    assert database.versions(name) == client.versions(name)
    assert [info.version for info in database.versions(name)] == [3, 1]
    for version in (1, 3, "champion", "3"):
        assert repr(database.version(name, version)) == repr(client.version(name, version))
    run_id = database.version(name, 1).run_id
    assert repr(database.run(run_id)) == repr(client.run(run_id))
    assert database.run("nobody's") is client.run("nobody's") is None


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written_one_way_is_read_the_other(store: TrackingStore, way: Open) -> None:
    registry, name = way(store), "it's churn"

    registry.move_alias(name, "challenger", 3)
    registry.move_alias(name, "challenger", 1)
    registry.set_tags(name, 1, {"mlops_nb.blessed": "true", "way": way.__name__})
    registry.set_tags(name, 1, {"mlops_nb.blessed": "false"})
    registry.set_model_tags(name, {"mlops_nb.history": way.__name__})

    client = store.client()
    model = client.get_registered_model(name)
    version = client.get_model_version(name, "1")
    assert {alias: int(number) for alias, number in model.aliases.items()} == {
        "champion": 1,
        "challenger": 1,
    }
    assert model.tags["mlops_nb.history"] == way.__name__
    assert version.tags["mlops_nb.blessed"] == "false"
    assert version.tags["way"] == way.__name__
    for other in (ClientRegistry(store), DatabaseRegistry(store)):
        assert other.version(name, "challenger").tags == version.tags
    registry.move_alias(name, "challenger", None)
    registry.move_alias(name, "challenger", None)
    assert registry.alias(name, "challenger") is None


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_there_is_told_with_what_is(store: TrackingStore, way: Open) -> None:
    registry, name = way(store), "it's churn"

    with pytest.raises(InputError, match=r"MNB711.*no registered model 'aples'(.|\n)*'apples'"):
        registry.model("aples")
    for version in (2, 9, "prod", "²"):
        with pytest.raises(InputError, match=r"MNB712(.|\n)*Versions are 3, 1"):
            registry.version(name, version)
    with pytest.raises(InputError, match="MNB712"):
        registry.move_alias(name, "champion", 2)
    assert registry.alias(name, "champion") == 1


def test_files_of_runs_and_packages_are_the_same_both_ways(
    store: TrackingStore, tmp_path: Path
) -> None:
    client, ways = store.client(), (ClientRegistry(store), DatabaseRegistry(store))
    run = ways[1].version("it's churn", 1).run_id
    (tmp_path / "mlops_nb").mkdir()
    for name in ("MLmodel", "mlops_nb/manifest.json"):
        (tmp_path / name).write_text(f"text of {name}")
    client.create_registered_model("pears")
    client.create_model_version("pears", tmp_path.as_uri(), run)

    for way, text in zip(ways, ("first é", "second"), strict=True):
        way.add_files(run, {"mlops_nb/gates/it's/gates.json": text})
        read = [one.read_run_file(run, "mlops_nb/gates/it's/gates.json") for one in ways]
        assert read == [text.encode()] * 2
    for way in ways:
        found = way.read_files("pears", 1, ["MLmodel", "mlops_nb/manifest.json", "not/there"])
        assert found == {n: f"text of {n}".encode() for n in ("MLmodel", "mlops_nb/manifest.json")}
        with way.fetch("pears", 1) as package:
            assert (package / "mlops_nb" / "manifest.json").read_text().startswith("text")
            assert package != tmp_path
        assert not package.exists()
        assert way.read_run_file(run, "no/such") is None
        assert way.read_run_file("nobody's", "gates.json") is None
        assert way.read_run_file(run, "../../../mlflow.db") is None
        with pytest.raises(InfrastructureError, match="MNB713"):
            way.add_files(run, {"../../escaped": "x"})
        with way.fetch("it's churn", 1) as package:
            assert not list(package.iterdir())


def test_a_store_of_unknown_tables_is_reached_through_mlflow(tmp_path: Path) -> None:
    assert not is_known(open_store(tmp_path, tracking_uri="http://tracking.test"))
