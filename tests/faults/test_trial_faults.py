"""Packages that crash, hang or meddle are judged in copies of one process: none harms another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mlops_nb.registry.trials import StoredRows, Trial, TrialOrder, try_packages

pytestmark = pytest.mark.slow
SHOP = """
import os, signal, sys, time
import numpy as np

class Model:
    def get_raw_model(self):
        return self

    def predict(self, rows):
        {predict}
        return np.full(len(rows), {answer})

def _load_pyfunc(path):
    {load}
    return Model()
"""
# What a model does when it is loaded and asked, and what is told of it.
MODELS = {
    "one": {"load": "sys.modules['yaml'] = None", "told": ""},
    "crash": {"load": "os.kill(os.getpid(), signal.SIGSEGV)", "told": "code -11"},
    "exit": {"load": "os._exit(7)", "told": "with code 7: "},
    "loud": {"load": "print('{'); print('last words', file=sys.stderr)", "told": ""},
    "raise": {"load": "raise ValueError('no luck')", "told": "ValueError: no luck"},
    "hang": {"load": "time.sleep(600)", "told": "was not loaded and asked within 2 s"},
    "killed": {"predict": "os.kill(os.getpid(), signal.SIGKILL)", "told": "too little memory"},
    "two": {"load": "assert sys.modules.get('yaml')", "told": ""},
}


def package(folder: Path, number: int, *, load: str = "pass", predict: str = "pass") -> Path:
    """Write a package whose code is a module ``shop``, as that of all others is."""
    (folder / "code").mkdir(parents=True)
    (folder / "mlops_nb").mkdir()
    text = SHOP.format(load=load, predict=predict, answer=number)
    (folder / "code" / "shop.py").write_text(text, encoding="utf-8")
    flavour = {"loader_module": "shop", "code": "code", "env": {}}
    description = {"flavors": {"python_function": flavour}, "run_id": None}
    (folder / "MLmodel").write_text(yaml.safe_dump(description), encoding="utf-8")
    about = {
        "schema": 1,
        "class": "shop.Model",
        "flavour": "other",
        "code": ["shop.py"],
        "serialization": {"format": "pickle"},
        "requirements": [],
    }
    (folder / "mlops_nb" / "metadata.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    folder = tmp_path_factory.mktemp("trials")
    (folder / "rows.json").write_text("[[1], [2], [3]]", encoding="utf-8")
    rows = StoredRows(directory=folder, stored={"kind": "json", "file": "rows.json"})
    orders = [
        TrialOrder(
            package=package(
                folder / name,
                number,
                load=model.get("load", "pass"),
                predict=model.get("predict", "pass"),
            ),
            name=name,
            rows=rows,
            timeout_s=2 if name == "hang" else 60,
        )
        for number, (name, model) in enumerate(MODELS.items())
    ]
    heard: list[str] = []
    found = try_packages(orders, tell=heard.append)
    assert heard == [f"Loading and asking {name} …" for name in MODELS]
    return dict(zip(MODELS, found, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_each_package_is_told_of_by_itself(trials: dict[str, Trial], name: str) -> None:
    trial, told = trials[name], MODELS[name]["told"]

    assert told in trial.fault + trial.rows_fault
    assert bool(told) is bool(trial.fault + trial.rows_fault)
    if name == "killed":  # it was loaded: what came after is the rows' fault
        assert trial.fault == ""
        assert trial.load_seconds is not None


def test_modules_of_one_name_in_two_packages_do_not_meet(trials: dict[str, Trial]) -> None:
    for number, name in enumerate(MODELS):
        answers = trials[name].answers
        if not MODELS[name]["told"]:
            assert answers is not None
            assert answers.methods["predict"].tolist() == [number] * 3
