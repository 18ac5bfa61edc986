"""Where does everybody find the card of a version? Among the artifacts of the run that made it.

A promotion records it, so that what was known then can be read later; the model's own files are
sealed and stay as they are.
"""

from __future__ import annotations

from mlops_nb.registry.cards.document import Document
from mlops_nb.registry.cards.markdown import render_markdown
from mlops_nb.registry.cards.model_card import model_card
from mlops_nb.registry.cards.page import render_page
from mlops_nb.registry.cards.told_history import version_history
from mlops_nb.registry.comparison.reading import read_facts
from mlops_nb.registry.promotion.history import history
from mlops_nb.registry.promotion.registry import Registry

CARD_TAG = "mlops_nb.card"


def card_files(document: Document) -> dict[str, str]:
    """Return the texts of a card's files by their names.

    >>> sorted(card_files(Document(title="Model card: churn@2")))
    ['card.html', 'card.md']
    """
    return {"card.html": render_page(document), "card.md": render_markdown(document)}


def record_card(registry: Registry, name: str, version: int) -> str:
    """Write the card of a version to MLflow and return where its page is.

    The files are artifacts of its run, in ``mlops_nb/cards/NAME-VERSION``; a tag of the version
    says where. Empty if no run made the version: then there is no place for it.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version.
    InfrastructureError
        MNB713, MNB714 if registry or history cannot be read or written.
    """
    facts = read_facts(registry, name, version)
    if facts.run is None:
        return ""
    document = model_card(facts, history=version_history(history(registry, name), version))
    folder = f"mlops_nb/cards/{name}-{version}"
    files = {f"{folder}/{file}": text for file, text in card_files(document).items()}
    registry.add_files(facts.run.run_id, files)
    place = f"runs:/{facts.run.run_id}/{folder}/card.html"
    registry.set_tags(name, version, {CARD_TAG: place})
    return place
