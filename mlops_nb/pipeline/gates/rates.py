"""Which rates may differ between groups? By the names of fairness, as fairlearn defines them.

Sources: Agarwal et al., "A Reductions Approach to Fair Classification", ICML 2018; Hardt, Price,
Srebro, "Equality of Opportunity in Supervised Learning", NeurIPS 2016; fairlearn.metrics.
"""

from __future__ import annotations

RATES = {
    "selection_rate": "share predicted positive",
    "true_positive_rate": "share of the positive that are predicted positive",
    "false_positive_rate": "share of the negative that are predicted positive",
    "true_negative_rate": "share of the negative that are predicted negative",
    "false_negative_rate": "share of the positive that are predicted negative",
    "precision": "share of those predicted positive that are",
    "accuracy": "share predicted right",
    "equalized_odds": "the worse of true and false positive rate",
}
_ALIASES = {
    "demographic_parity": "selection_rate",
    "statistical_parity": "selection_rate",
    "disparate_impact": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "tpr": "true_positive_rate",
    "recall": "true_positive_rate",
    "sensitivity": "true_positive_rate",
    "fpr": "false_positive_rate",
    "tnr": "true_negative_rate",
    "specificity": "true_negative_rate",
    "fnr": "false_negative_rate",
    "ppv": "precision",
    "predictive_parity": "precision",
    "equalised_odds": "equalized_odds",
}


def find_rate(name: str) -> str | None:
    """Return the rate that `name` means; None if it is none.

    >>> find_rate("TPR"), find_rate("demographic-parity"), find_rate("luck")
    ('true_positive_rate', 'selection_rate', None)
    """
    plain = name.lower().replace("-", "_")
    found = _ALIASES.get(plain, plain)
    return found if found in RATES else None


def rate_names() -> list[str]:
    """Return every name that `find_rate` knows, sorted."""
    return sorted({*RATES, *_ALIASES})
