"""What do the functions and classes of scikit-learn, and those built like it, do with rows?

An estimator remembers the rows it was fitted on; a transformer that learns passes them on with what
it makes; a split divides rows; judging compares.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.rows import Data, Estimator, Lesson, Rows, Trial

SPLIT = "sklearn.model_selection.train_test_split"
CROSS = word_set("cross_val_score cross_validate cross_val_predict")
_SKLEARN_ESTIMATORS = word_set(
    """
    calibration cluster compose covariance cross_decomposition decomposition discriminant_analysis
    dummy ensemble feature_extraction feature_selection gaussian_process impute isotonic
    kernel_approximation kernel_ridge linear_model manifold mixture model_selection multiclass
    multioutput naive_bayes neighbors neural_network pipeline preprocessing random_projection
    semi_supervised svm tree
    """
)
# Transformers that learn nothing about values, or only what labels there are.
_HARMLESS = word_set(
    """
    LabelEncoder LabelBinarizer MultiLabelBinarizer OneHotEncoder OrdinalEncoder Binarizer
    Normalizer FunctionTransformer PolynomialFeatures HashingVectorizer FeatureHasher
    AdditiveChi2Sampler SplineTransformer
    """
)
_TRANSFORMERS = (
    "sklearn.preprocessing.",
    "sklearn.decomposition.",
    "sklearn.feature_selection.",
    "sklearn.impute.",
    "sklearn.feature_extraction.",
    "sklearn.compose.ColumnTransformer",
    "sklearn.compose.make_column_transformer",
    "sklearn.manifold.",
    "category_encoders.",
    "imblearn.",
)
LEARNERS = (
    *(f"sklearn.{part}." for part in _SKLEARN_ESTIMATORS),
    "imblearn.",
    "xgboost.",
    "lightgbm.",
    "catboost.",
    "category_encoders.",
)
_FITTING = word_set("fit fit_transform fit_resample fit_predict partial_fit")
# Keywords of `fit` for rows that are watched while it fits, and not fitted on.
WATCHED = word_set("eval_set validation_data X_val y_val")
_JUDGING = word_set("score predict predict_proba decision_function predict_log_proba")


@dataclass(frozen=True, slots=True)
class Leak:
    """Where rows were judged, or divided, that something had learnt from."""

    kind: Literal["early", "overlap", "test", "chosen", "stopped"]
    cell: int
    node: ast.expr
    lesson: Lesson
    judged: str = ""


class Learning:
    """The estimators, splits and leaks of one notebook."""

    def __init__(self) -> None:
        self.leaks: list[Leak] = []
        self._estimators: dict[int, Estimator] = {}
        self._roots = self.n_splits = 0
        self._splits_of: dict[int, set[int]] = {}
        self._judged: set[int] = set()

    def new_rows(self) -> Data:
        """Return all rows of something new."""
        self._roots += 1
        return Data(frozenset({Rows(self._roots, 0, "all")}))

    def construct(self, module: str, name: str, *, tries: bool, stops_early: bool) -> Data:
        """Return a new estimator."""
        number = len(self._estimators) + 1
        learns = module.startswith(_TRANSFORMERS) and name not in _HARMLESS
        self._estimators[number] = Estimator(name, learns, tries, stops_early)
        return Data(estimator=number)

    def call(
        self,
        node: ast.Call,
        owner: Data,
        given: Sequence[Data],
        *,
        watched: Sequence[Data] = (),
        cell: int,
    ) -> Data:
        """Return what a method of an estimator, `owner`, returns."""
        estimator = self._estimators[owner.estimator]
        assert isinstance(node.func, ast.Attribute)
        rows, learnt = united(given)
        method = node.func.attr
        if method in _FITTING:
            lessons = {Lesson(r, cell, estimator.name) for r in rows}
            estimator.lessons = lessons if method != "partial_fit" else estimator.lessons | lessons
            estimator.lessons |= learnt
            estimator.watched = {
                Lesson(part, cell, estimator.name)
                for part in united(watched)[0]
                if part.part == "test" and (estimator.stops_early or _stops_early(node))
            }
            if estimator.learns and rows and all(part.part == "test" for part in rows):
                lesson = min(lessons, key=lambda lesson: lesson.rows)
                self.leaks.append(Leak("test", cell, node, lesson))
            if method == "fit":
                return owner
        elif method in _JUDGING:
            trials = self._judge(node, estimator, rows, cell)
            return Data(rows, learnt, trials=trials)
        if method in _FITTING or method in ("transform", "inverse_transform"):
            carried = frozenset(estimator.lessons) if estimator.learns else frozenset()
            made = Data(rows, learnt | carried)
            return replace(made, parts=(made, made)) if method == "fit_resample" else made
        return Data(rows, learnt)

    def _judge(
        self, node: ast.Call, estimator: Estimator, rows: frozenset[Rows], cell: int
    ) -> frozenset[Trial]:
        """Note what leaks, and return what tells how one of several estimators did."""
        tests = [part for part in rows if part.part == "test"]
        self._judged.update(part.root for part in rows)
        assert isinstance(node.func, ast.Attribute)  # a method was called
        is_score = node.func.attr == "score"
        for lesson in sorted(estimator.watched):
            if any(part.meets(lesson.rows) for part in tests):
                self.leaks.append(Leak("stopped", cell, node, lesson, estimator.name))
        early = {leak.lesson for leak in self.leaks if leak.kind == "early"}
        lessons = estimator.lessons - early  # told where the rows were divided
        for lesson in sorted(lessons, key=lambda lesson: (lesson.cell, lesson.what)):
            if any(part.meets(lesson.rows) for part in tests):
                self.leaks.append(Leak("overlap", cell, node, lesson, estimator.name))
                break
        return frozenset(
            Trial(part, cell, node.lineno, estimator.name, is_score)
            for part in tests
            if estimator.tries
        )

    def choose(self, node: ast.expr, trials: Iterable[Trial], *, cell: int) -> None:
        """Note that the best of several is chosen by how they did on test rows."""
        for trial in sorted(trial for trial in trials if trial.is_score):
            lesson = Lesson(trial.rows, trial.cell, trial.what)
            self.leaks.append(Leak("chosen", cell, node, lesson))
            return

    def is_last_word(self, rows: Rows) -> bool:
        """Return whether no other rows judge: not another split's, nor another table's."""
        return len(self._splits_of.get(rows.root, ())) == 1 and self._judged <= {rows.root}

    def split(self, node: ast.Call, given: Sequence[Data], *, cell: int) -> Data:
        """Return the train and test parts of what is divided."""
        self.n_splits += 1
        parts: list[Data] = []
        for value in given:
            self._note_early(node, value, cell)
            for row in value.rows:
                self._splits_of.setdefault(row.root, set()).add(self.n_splits)
            for part in ("train", "test"):
                rows = frozenset(Rows(r.root, self.n_splits, part) for r in value.rows)
                parts.append(Data(rows, value.learnt))
        return replace(mixed(parts), parts=tuple(parts))

    def cross(self, node: ast.Call, given: Sequence[Data], *, cell: int) -> None:
        """Look at what cross-validation is going to divide."""
        for value in given:
            if all(rows.part == "all" for rows in value.rows):
                self._note_early(node, value, cell)

    def _note_early(self, node: ast.Call, value: Data, cell: int) -> None:
        for lesson in sorted(value.learnt, key=lambda lesson: (lesson.cell, lesson.what)):
            if any(rows.meets(lesson.rows) for rows in value.rows):
                self.leaks.append(Leak("early", cell, node, lesson))
                return


def mixed(values: Iterable[Data]) -> Data:
    """Return a value made of all of `values`."""
    every = tuple(values)
    trials = frozenset(trial for value in every for trial in value.trials)
    return Data(*united(every), trials=trials)


def as_scores(trials: Iterable[Trial]) -> frozenset[Trial]:
    """Return `trials` when a metric has been made of the predictions."""
    return frozenset(trial._replace(is_score=True) for trial in trials)


def _stops_early(node: ast.Call) -> bool:
    """Return whether a call of ``fit`` says that watched rows end it."""
    return any(
        k.arg == "early_stopping_rounds"
        or (k.arg == "callbacks" and "early" in ast.unparse(k.value).lower())
        for k in node.keywords
    )


def united(values: Iterable[Data]) -> tuple[frozenset[Rows], frozenset[Lesson]]:
    """Return all rows of `values`, and all that they have learnt from."""
    rows: frozenset[Rows] = frozenset()
    learnt: frozenset[Lesson] = frozenset()
    for value in values:
        rows, learnt = rows | value.rows, learnt | value.learnt
    return rows, learnt
