from __future__ import annotations

import json

from hand_made import QUICKSTART

from mlops_nb.export.graph import render_graph


def test_the_object_is_the_contract() -> None:
    graph = json.loads(render_graph(QUICKSTART, "json"))

    assert list(graph) == ["cells", "stages"]
    assert graph["cells"][2] == {
        "index": 2,
        "id": "c2",
        "kind": "stage",
        "stage": "features",
        "reads": ["frame"],
        "binds": ["X", "y"],
        "mutates": [],
        "may_mutate": [],
        "likely_mutated": [],
        "deletes": [],
    }
    assert graph["cells"][0]["stage"] is None
    assert graph["stages"][3] == {
        "name": "evaluate",
        "cells": [5],
        "inputs": ["X_test", "clf", "y_test"],
        "outputs": [],
        "upstream": ["features", "train"],
    }
