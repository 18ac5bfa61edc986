"""How does a CI system show a run among its tests? As JUnit XML: a suite per notebook, a case per
stage.

What no stage owns (kernel start, cells outside stages, the model's package) is one case more,
``notebook``: a failure there would otherwise turn nothing red, and the times add up to the run's.
The user's own failure is a ``failure``; a dead kernel, a time limit, an interrupt and a run that
was refused before it began are an ``error``. The form is Ant's, in the order its schema asks for,
which GitHub's actions, GitLab and Jenkins read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree

from mlops_nb.pipeline.records import CellStatus, ErrorRecord, Origin, RunRecord, StageRecord

Verdict = Literal["passed", "failure", "error", "skipped"]
REST = "notebook"
# Colours and other commands to a terminal: CSI, then OSC, then the two-character ones.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# All but the characters of XML 1.0 (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STAGE_VERDICTS: Mapping[CellStatus, Verdict] = {
    "completed": "passed",
    "restored": "passed",
    "expected error": "passed",
    "skipped": "skipped",
    "not run": "skipped",
    "running": "error",
    "failed": "failure",
    "timeout": "error",
    "kernel died": "error",
    "interrupted": "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One test case; `type` and `message` are empty where it passed."""

    name: str
    verdict: Verdict
    seconds: float
    type: str = ""
    message: str = ""
    text: str = ""


def render_junit(
    records: Sequence[RunRecord], *, now: datetime, hostname: str = "localhost"
) -> str:
    """Return runs as one JUnit XML document.

    Parameters
    ----------
    records : sequence of RunRecord
        One without a start was refused: its error is the only case.
    now : datetime
        Aware; the time of those without a start.
    hostname : str, default="localhost"
        Where they ran.

    Notes
    -----
    Commands to a terminal are left out of texts. A character that XML 1.0 cannot hold is written
    as its Python escape.
    """
    root = ElementTree.Element("testsuites")
    for number, record in enumerate(records):
        _add_suite(root, record, number=number, now=now, hostname=hostname)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def clean_text(text: str) -> str:
    r"""Return `text` without commands to a terminal, and with what XML cannot hold escaped.

    >>> clean_text("\x1b[31mred\x1b[0m \x00 \ud800")
    'red \\x00 \\ud800'
    """
    return _FORBIDDEN.sub(lambda found: ascii(found.group())[1:-1], _ANSI.sub("", text))


def class_name(notebook: str) -> str:
    """Return a notebook's path as the dotted name that CI systems fold their lists by.

    >>> class_name("notebooks/churn.v2.ipynb"), class_name("/srv/../a b.ipynb")
    ('notebooks.churn_v2', 'srv.a b')
    """
    plain = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]+://", "", notebook).removesuffix(".ipynb")
    parts = [part for part in re.split(r"[/\\]", plain) if part.strip(".")]
    return ".".join(_line(part.replace(".", "_")) for part in parts) or REST


def _add_suite(
    root: ElementTree.Element,
    record: RunRecord,
    *,
    number: int,
    now: datetime,
    hostname: str,
) -> None:
    cases = list(_cases(record))
    count = {v: sum(c.verdict == v for c in cases) for v in ("failure", "error", "skipped")}
    moment = (record.started or now).astimezone(UTC)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "id": str(number),
            "package": _line(class_name(record.notebook)),
            "name": _line(record.notebook) or REST,
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": _line(hostname) or "localhost",
            "tests": str(len(cases)),
            "failures": str(count["failure"]),
            "errors": str(count["error"]),
            "skipped": str(count["skipped"]),
            "time": _seconds(sum(case.seconds for case in cases)),
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(record):
        attributes = {"name": _line(name), "value": clean_text(value)}
        ElementTree.SubElement(properties, "property", attributes)
    for case in cases:
        _add_case(suite, case, class_name=class_name(record.notebook))
    ElementTree.SubElement(suite, "system-out").text = ""
    ElementTree.SubElement(suite, "system-err").text = clean_text("\n".join(record.notes))


def _add_case(suite: ElementTree.Element, case: _Case, *, class_name: str) -> None:
    attributes = {"name": _line(case.name), "classname": class_name, "time": _seconds(case.seconds)}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case.verdict == "skipped":
        ElementTree.SubElement(element, "skipped", {"message": clean_text(case.message)})
    elif case.verdict != "passed":
        told = {"type": clean_text(case.type), "message": clean_text(case.message)}
        ElementTree.SubElement(element, case.verdict, told).text = clean_text(case.text)


def _properties(record: RunRecord) -> Iterator[tuple[str, str]]:
    yield "status", record.status
    yield from _known((("run_id", record.run_id), ("output", record.output)))
    for stage in record.stages:
        if stage.status == "restored":
            origin = stage.origin or Origin()
            made = f"run {origin.run_id}" if origin.run_id else "an untracked run"
            when = f" of {origin.time}" if origin.time else ""
            yield f"restored.{stage.name}", f"{made}{when}"
    if record.restored is not None and record.restored.cells:
        yield "restored_seconds", f"{record.restored.seconds:.3f}"
    for name, value in record.parameters.items():
        yield f"parameter.{name}", value if isinstance(value, str) else repr(value)
    for name, number in record.metrics.items():
        yield f"metric.{name}", repr(number)
    if record.model is not None:
        version = None if record.model.version is None else str(record.model.version)
        yield "model.name", record.model.name
        yield from _known((("model.version", version), ("model.uri", record.model.uri)))


def _known(pairs: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, value in pairs if value is not None)


def _cases(record: RunRecord) -> Iterator[_Case]:
    for stage in record.stages:
        yield _stage_case(record, stage)
    yield _rest_case(record)


def _stage_case(record: RunRecord, stage: StageRecord) -> _Case:
    verdict = _STAGE_VERDICTS[stage.status]
    if verdict in ("passed", "skipped"):
        return _Case(
            name=stage.name, verdict=verdict, seconds=stage.seconds or 0.0, message=stage.reason
        )
    error = stage.error
    if record.error is not None and record.error.stage == stage.name:
        error = record.error
    told = stage.status if error is None else error.message
    return _Case(
        name=stage.name,
        verdict=verdict,
        seconds=stage.seconds or 0.0,
        type=_type_of(error, fallback=stage.status),
        message=told if error is None else f"{error.code} {told}",
        text="" if error is None else _explain(record, error),
    )


def _rest_case(record: RunRecord) -> _Case:
    """Return the case of what no stage owns; it fails if the run did and no stage says so."""
    spent = sum(stage.seconds or 0.0 for stage in record.stages)
    seconds = max(0.0, (record.seconds or 0.0) - spent)
    is_told = any(_STAGE_VERDICTS[s.status] in ("failure", "error") for s in record.stages)
    error = record.error
    is_taken = any(stage.name == REST for stage in record.stages)
    name = f"{REST} (outside stages)" if is_taken else REST
    if record.status == "completed" or (is_told and (error is None or error.stage is not None)):
        return _Case(name=name, verdict="passed", seconds=seconds)
    is_users = record.status == "failed" and record.started is not None
    told = f"the run is {record.status}" if error is None else error.message
    return _Case(
        name=name,
        verdict="failure" if is_users else "error",
        seconds=seconds,
        type=_type_of(error, fallback="refused" if record.started is None else record.status),
        message=told if error is None else f"{error.code} {told}",
        text="" if error is None else _explain(record, error),
    )


def _type_of(error: ErrorRecord | None, *, fallback: str) -> str:
    """Return the class of an exception in a cell, which its message begins with."""
    is_users = error is not None and error.code == "MNB410"
    found = re.match(r"([A-Za-z_][\w.]*)(?::|$)", error.message) if error and is_users else None
    return found.group(1) if found else fallback


def _explain(record: RunRecord, error: ErrorRecord) -> str:
    place = record.notebook
    place += "" if error.cell is None else f", cell {error.cell}"
    place += "" if error.stage is None else f", stage {error.stage!r}"
    return f"{place}\n{error.traceback or error.message}"


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(clean_text(text).split())
