"""Answers of made-up models, whose metrics are known or can be had from scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops_nb.registry.answers import Answers

Array = np.ndarray[Any, Any]


def binary(n: int, seed: int = 0, *, skill: float = 1.0) -> tuple[Array, Answers]:
    """Return labels 0 and 1, and a classifier's answers for them."""
    rng = np.random.default_rng(seed)
    target = (rng.random(n) < 0.4).astype(int)
    score = skill * (target - 0.5) + rng.normal(size=n)
    chance = 1 / (1 + np.exp(-score))
    methods = {
        "predict": (chance > 0.5).astype(int),
        "predict_proba": np.column_stack([1 - chance, chance]),
    }
    return target, Answers(methods=methods, classes=np.array([0, 1]))


def several(n: int, seed: int = 0) -> tuple[Array, Answers]:
    """Return three labels that are words, and a classifier's answers."""
    rng = np.random.default_rng(seed)
    labels = np.array(["bird", "cat", "dog"])
    target = rng.integers(0, 3, n)
    chances = rng.dirichlet(np.ones(3), n) + 0.4 * np.eye(3)[target]
    chances /= chances.sum(axis=1, keepdims=True)
    methods = {"predict": labels[chances.argmax(axis=1)], "predict_proba": chances}
    return labels[target], Answers(methods=methods, classes=labels)


def numbers(n: int, seed: int = 0, *, noise: float = 1.0) -> tuple[Array, Answers]:
    """Return positive numbers, and a regressor's answers."""
    rng = np.random.default_rng(seed)
    target = rng.gamma(3, 2, n)
    predicted = np.abs(target + noise * rng.normal(size=n)) + 0.01
    return target, Answers(methods={"predict": predicted})
