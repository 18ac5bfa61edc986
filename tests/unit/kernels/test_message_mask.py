"""What a run hears of a kernel that says a secret: text in pieces, displays, errors, reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mlops_nb.kernels.headless import read_told
from mlops_nb.kernels.message_mask import MessageMask
from mlops_nb.pipeline.secrets import Masker

TOKEN = "tok-48Zq7Lm2Xw8Rt6Y1"


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"msg_type": "stream", "content": {"name": name, "text": text}}


def message(kind: str, **content: Any) -> dict[str, Any]:
    return {"msg_type": kind, "content": content}


def told(messages: Sequence[dict[str, Any]], mask: MessageMask | None = None) -> list[Any]:
    """Return what comes out: text of streams with their name, contents of the rest."""
    mask = mask or MessageMask(Masker({"T": TOKEN}))
    made = [masked for message in messages for masked in mask.messages(message)]
    return [
        (m["content"]["name"], m["content"]["text"]) if m["msg_type"] == "stream" else m["content"]
        for m in made
    ]


def test_a_secret_in_two_pieces_is_masked_as_one() -> None:
    pieces = [stream(f"it is {TOKEN[:9]}"), stream(f"{TOKEN[9:]}.\n")]
    assert told(pieces) == [("stdout", "it is "), ("stdout", "***.\n")]


def test_held_text_comes_before_whatever_is_no_text() -> None:
    mask = MessageMask(Masker({"T": TOKEN}))
    idle = message("status", execution_state="idle")
    assert told([stream("it is tok-4"), idle], mask) == [
        ("stdout", "it is "),
        ("stdout", "tok-4"),
        {"execution_state": "idle"},
    ]
    assert not mask.holds


def test_half_a_secret_waits_while_the_other_stream_writes() -> None:
    pieces = [stream(TOKEN[:9]), stream("warned\n", "stderr"), stream(f"{TOKEN[9:]}.")]
    assert told(pieces) == [("stderr", "warned\n"), ("stdout", "***.")]


def test_a_letter_that_begins_a_secret_keeps_its_place_between_streams() -> None:
    pieces = [stream("left t"), stream("warned\n", "stderr"), stream("o right.")]
    assert told(pieces) == [
        ("stdout", "left "),
        ("stdout", "t"),
        ("stderr", "warned\n"),
        ("stdout", "o right."),
    ]


def test_displays_errors_and_states_of_widgets_are_masked() -> None:
    made = told(
        [
            message("display_data", data={"text/html": f"<b>{TOKEN}</b>"}, metadata={}),
            message("error", ename="E", evalue=TOKEN, traceback=[f"\x1b[31m{TOKEN}"]),
            message("comm_msg", comm_id="w", data={"method": "update", "state": {"value": TOKEN}}),
        ]
    )
    assert made == [
        {"data": {"text/html": "<b>***</b>"}, "metadata": {}},
        {"ename": "E", "evalue": "***", "traceback": ["\x1b[31m***"]},
        {"comm_id": "w", "data": {"method": "update", "state": {"value": "***"}}},
    ]


def test_a_report_keeps_its_keys_and_its_place_on_disk() -> None:
    report = {
        "stage": "s",
        "metrics": {TOKEN: float("nan")},
        "problems": [TOKEN],
        "model": {"folder": "/tmp/x"},
    }
    mask = MessageMask(Masker({"T": TOKEN, "U": "metrics"}))
    comm = message("comm_msg", comm_id="mlops_nb", data={"report": json.dumps(report)})
    (content,) = told([comm], mask)
    masked = read_told(content)["report"]
    assert list(masked["metrics"]) == ["***"]
    assert masked["problems"] == ["***"]
    assert masked["model"] == {"folder": "/tmp/x"}


def test_without_secrets_messages_pass_as_they_are() -> None:
    mask, given = MessageMask(Masker()), stream("tok-4")
    assert list(mask.messages(given)) == [given]
    assert not mask.holds
