"""What people read of a model: nothing is left out that matters, and no name becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_facts import HOSTILE, MOMENT, made_facts, made_report

from mlops_nb.registry.cards.document import Document, Section, Sentences, Span
from mlops_nb.registry.cards.markdown import render_markdown
from mlops_nb.registry.cards.model_card import HistoryLine, model_card, version_summary
from mlops_nb.registry.cards.page import render_fragment, render_page
from mlops_nb.registry.cards.side_by_side import compared
from mlops_nb.registry.cards.text import render_text
from mlops_nb.registry.comparison.differences import compare
from mlops_nb.registry.comparison.facts import ModelFacts

TAGS = frozenset(
    {"a", "caption", "code", "div", "h1", "h2", "h3", "h4", "li", "main", "p", "pre", "section"}
    | {"span", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def documents(text: str) -> list[Document]:
    facts, older = made_facts(2, text=text), made_facts(1, text=f"{text}!")
    history = [HistoryLine(moment=MOMENT, actor=text, what=text, reason=text)]
    return [
        model_card(facts, history=history),
        version_summary(facts),
        compared(compare(facts, older)),
    ]


@pytest.mark.parametrize("document", documents(HOSTILE), ids=["card", "summary", "comparison"])
def test_hostile_names_stay_text_in_html(document: Document) -> None:
    seen = Seen(render_fragment(document))
    assert seen.tags <= TAGS
    names = {name for name, _ in seen.attributes}
    assert names <= {"style", "href", "scope"}
    links = {value for name, value in seen.attributes if name == "href"}
    assert all(link.startswith("http://127.0.0.1") for link in links)
    assert "onerror" in seen.text


@pytest.mark.parametrize("document", documents(HOSTILE), ids=["card", "summary", "comparison"])
def test_hostile_names_stay_text_in_markdown(document: Document) -> None:
    markdown = render_markdown(document)
    seen = Seen(str(mistune.create_markdown(escape=False, plugins=["table"])(markdown)))
    assert not {"img", "script", "iframe"} & seen.tags
    assert not any("javascript" in value for name, value in seen.attributes if name == "href")
    assert "@team" not in "".join(markdown.split("```")[::2])  # in code it calls nobody
    # Every row of a table has as many cells as its head: no name ended one early.
    tables = [part.splitlines() for part in markdown.split("\n\n") if part.startswith("|")]
    assert all(len({row.count("|") for row in rows}) == 1 for rows in tables)


@pytest.mark.parametrize("document", documents(HOSTILE), ids=["card", "summary", "comparison"])
def test_names_move_no_cursor_in_a_terminal(document: Document) -> None:
    text = render_text(document)
    assert "\x1b" not in text
    assert "\\x1b[2J" in text


@given(text=st.text(max_size=40))
def test_whatever_users_wrote_a_page_has_our_tags_alone(text: str) -> None:
    for document in documents(text):
        assert Seen(render_fragment(document)).tags <= TAGS
        assert render_text(document)
        assert render_markdown(document)


def test_a_card_says_what_a_model_cannot_be_relied_on_for() -> None:
    text = render_text(model_card(made_facts()))
    for sentence in (
        "1 of 3 gates failed, 1 skipped. It was not good enough when it was judged.",
        "Loading it runs code from its pickle: plain",
        "It was judged on 40 rows: measured values are uncertain.",
        "It was made in a live kernel: no run shows that its notebook makes it again.",
        "Its code differed from the commit that is named here.",
    ):
        assert sentence in text


def test_a_version_of_another_tool_has_a_card_too() -> None:
    facts = ModelFacts(name="old", version=1, faults=("mlops-nb did not package it.",))
    text = render_text(model_card(facts))
    assert "No gates were evaluated: nothing says that it is good enough." in text
    assert "mlops-nb did not package it." in text
    assert "models:/old/1" in text


def test_a_card_tells_how_to_load_whatever_the_name() -> None:
    page = render_page(model_card(made_facts(name="it's <b>")))
    assert "<title>Model card: it&#x27;s &lt;b&gt;@2</title>" in page
    assert "load_model(&quot;models:/it&#x27;s &lt;b&gt;/2&quot;)" in page


def test_a_comparison_says_which_change_is_better_and_where_data_differ() -> None:
    facts, champion = made_facts(2), made_facts(1)
    text = render_text(compared(compare(facts, champion)))
    assert "+0.1, +12.5% better" in text
    assert "0.01 to 0.2" in text
    assert "Both have the same evaluation data." in text


def test_what_got_worse_is_counted_though_no_gate_scored_it() -> None:
    facts, champion = made_facts(2), made_facts(1)
    facts = replace(facts, metrics={"accuracy": 0.5, "auc": 0.9})
    champion = replace(champion, metrics={"accuracy": 0.9, "auc": 0.8})

    lead = [span.text for span in compared(compare(facts, champion)).lead]

    assert lead == ["1 better", "1 worse"]


def test_logged_metrics_are_called_uncertain_where_the_rows_may_differ() -> None:
    bare = ModelFacts(name="churn", version=3, metrics={"accuracy": 0.8})
    text = render_text(compared(compare(bare, made_facts(1))))
    assert "Each run measured on unknown rows: what was logged may not be comparable." in text


def test_links_are_made_of_web_addresses_only() -> None:
    span = Span(text="run", address="javascript:alert(1)")
    document = Document(
        title="t", sections=(Section(heading="h", blocks=(Sentences(lines=(span,)),)),)
    )
    assert "<a" not in render_fragment(document)
    assert "](" not in render_markdown(document)
    assert "run (javascript:alert(1))" in render_text(document)


def test_colours_are_asked_of_the_door_and_change_no_width() -> None:
    document = compared(compare(made_facts(2), made_facts(1)))
    painted = render_text(document, paint=lambda text, mark: f"«{text}»")
    assert painted.replace("«", "").replace("»", "") == render_text(document)


def test_gates_stand_in_a_card_with_verdict_and_reason() -> None:
    facts = made_facts()
    assert facts.report == made_report()
    text = render_text(model_card(facts))
    assert "failed   recall >= 0.9 by plain" in text
    assert "› sex = plain (20 rows)" in text
    assert "skipped  drift psi <= 0.2" in text
