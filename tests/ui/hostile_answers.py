"""A server whose every word is a payload, for the panel to draw: runs, models, jobs, stages."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from wire_shapes import read_shapes

# Markup, a link that is a script, another direction of writing, colours of a terminal, a long word.
WORDS = (
    "<img src=x onerror='window.hacked=1'></script><script>window.hacked=1</script>"
    "<a href='javascript:window.hacked=1'>x</a> \u202egnp.exe \x1b[31mred\x1b[0m " + "W" * 300
)
_SHAPES = read_shapes()
# What is drawn beyond the panel's right edge, but where it scrolls; what became an element.
ESCAPED = """() => {
  const panel = document.querySelector('#mlops-nb-panel');
  const edge = panel.getBoundingClientRect().right + 1;
  const scrolls = '.mlops-nb-room, .mlops-nb-log, select, .mlops-nb-hidden';
  const beyond = [...panel.querySelectorAll('*')].filter(
    node => node.getBoundingClientRect().right > edge && !node.closest(scrolls));
  const made = document.querySelectorAll("img[src='x'], a[href^='javascript']");
  return [...beyond, ...made].map(node => node.outerHTML.slice(0, 80));
}"""


def answer_with_payloads(page: Any) -> None:
    """Let every question of the panel be answered so; how the kernel stands it says itself."""
    page.route("**/mlops-nb/**", _answer)


def _answer(route: Any) -> None:
    path = urlsplit(route.request.url).path.partition("/mlops-nb/")[2]
    told = _told(path, route.request.post_data)
    if told is None:
        route.continue_()
    else:
        route.fulfill(status=200, content_type="application/json", body=json.dumps(told))


def _told(path: str, sent: str | None) -> Any:
    if path == "document":
        return _document([cell["id"] for cell in json.loads(sent or "{}")["cells"]])
    if path.startswith("jobs/"):
        return {"text": WORDS * 3, "offset": 9, "size": 9, "missing": 0}
    if path.startswith("tasks/"):
        task = _example("Task<JudgedPlan>")
        task["result"]["plan"] |= {"ready": False, "already": False}
        return task | {"status": "completed", "error": None}
    kind = {
        "jobs": "Job[]",
        "runs": "Run[]",
        "runs/compare": "Comparison",
        "models": "RegisteredModel[]",
        "suggestions": "Suggestions",
    }.get(path) or {"history": "History", "promotion": "Task<JudgedPlan>"}.get(path.split("/")[-1])
    told = None if kind is None else _example(kind)
    if path in ("jobs", "runs", "models"):
        return told[:1]
    return told


def _document(ids: list[str]) -> Any:
    told = _example("DocumentAnswer")
    cell, stage = told["cells"][0], told["stages"][0]
    told["cells"] = [cell | {"index": n, "id": one, "stage": WORDS} for n, one in enumerate(ids)]
    told["stages"] = [stage | {"cells": list(range(len(ids))), "cell_ids": ids}]
    place = told["layout"]["nodes"][0] | {"x": 0, "y": 0, "layer": 0}
    told["layout"] = {"columns": 1, "rows": 1, "edges": [], "nodes": [place]}
    told["diagnostics"] = [one | {"cell_id": ids[0], "cell": 0} for one in told["diagnostics"]]
    return told


def _example(kind: str) -> Any:
    return _SHAPES.example(kind, words=WORDS)
