"""What do the functions and classes of scikit-learn, and those built like it, do with rows?

An estimator remembers the rows it was fitted on; a transformer that learns passes them on with what
it makes; a split divides rows; judging compares.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.divisions import Divisions
from mlops_nb.pipeline.habits.judging import Judging
from mlops_nb.pipeline.habits.rows import (
    ROLES,
    Data,
    Estimator,
    How,
    Leak,
    Lesson,
    Rows,
    Trial,
    mixed,
    narrowed,
    united,
)

SPLIT = "sklearn.model_selection.train_test_split"
CROSS = word_set(
    """
    cross_val_score cross_validate cross_val_predict learning_curve validation_curve
    permutation_test_score
    """
)
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
# What applies a transformer to each of several groups of columns.
_BY_COLUMNS = word_set("ColumnTransformer make_column_transformer")
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
_JUDGING = word_set("score evaluate predict predict_proba decision_function predict_log_proba")
# Classes of sklearn.model_selection whose `split` gives positions.
_DIVIDING = ("Fold", "Split", "Out")


class Learning:
    """The estimators and splits of one notebook, and what they show of leaks."""

    def __init__(self) -> None:
        self.divisions = Divisions()
        self.judging = Judging(self.divisions)
        self._estimators: dict[int, Estimator] = {}
        self._roots = 0

    def new_rows(self) -> Data:
        """Return all rows of something new."""
        self._roots += 1
        return Data(frozenset({Rows(self._roots)}))

    def construct(
        self, module: str, name: str, given: Sequence[Data], *, tries: bool, stops_early: bool
    ) -> Data:
        """Return a new estimator of a library that is known, made of what is `given`."""
        is_search = name.endswith("SearchCV")  # what it finds goes into models by hand
        learns = is_search or (module.startswith(_TRANSFORMERS) and name not in _HARMLESS)
        if learns and name in _BY_COLUMNS:
            lists = [value for value in given if value.parts]
            steps = (
                lists if name.startswith("make_") else [*(lists[0].parts or ())] if lists else []
            )
            learns = not self._are_harmless(steps)
        divides = "model_selection" in module and name.rstrip("s").endswith(_DIVIDING)
        return self.add(Estimator(name, learns, divides, tries, stops_early))

    def _are_harmless(self, steps: Sequence[Data]) -> bool:
        """Return whether transformers of columns are all known, and learn nothing about values."""
        for step in steps:
            used = [part.estimator for part in step.parts or () if part.estimator]
            words = {word for part in step.parts or () for word in part.texts or ()}
            if not all(self._estimators[number].name in _HARMLESS for number in used):
                return False
            if not used and words.isdisjoint(("passthrough", "drop")):
                return False
        return bool(steps)

    def add(self, estimator: Estimator) -> Data:
        """Return the value that stands for an estimator."""
        number = len(self._estimators) + 1
        self._estimators[number] = estimator
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
        if estimator.divides and method == "split":
            return self._folds(node, given, cell)
        if method in _JUDGING:
            return self.judging.judge(node, estimator, given, cell=cell)
        if method in _FITTING:
            self._fit(node, estimator, given, watched, cell)
            if method == "fit":
                return owner
        if method in _FITTING or method in ("transform", "inverse_transform"):
            carried = frozenset(estimator.lessons) if estimator.learns else frozenset()
            made = Data(rows, learnt | carried)
            return replace(made, parts=(made, made)) if method == "fit_resample" else made
        return Data(rows, learnt)

    def _fit(
        self,
        node: ast.Call,
        estimator: Estimator,
        given: Sequence[Data],
        watched: Sequence[Data],
        cell: int,
    ) -> None:
        """Let an estimator learn from what it is given, the target last."""
        rows, learnt = united(given)
        lessons = {self._learn(r, cell, estimator.name) for r in rows}
        for target in given[1:]:
            self.judging.aims_at(target)
        assert isinstance(node.func, ast.Attribute)
        if node.func.attr == "partial_fit":
            lessons |= estimator.lessons
            learnt |= estimator.carried
        estimator.lessons = lessons | learnt
        estimator.carried = set(learnt - lessons)
        estimator.watched = {
            Lesson(part, cell, estimator.name)
            for part in united(watched)[0]
            if part.part == "test" and (estimator.stops_early or _stops_early(node))
        }
        if estimator.learns and rows and all(part.part == "test" for part in rows):
            lesson = min(lessons, key=lambda lesson: lesson.rows)
            self.judging.leaks.append(Leak("test", cell, node, lesson))

    def _learn(
        self, rows: Rows, cell: int, what: str, how: How = "fit", column: str = ""
    ) -> Lesson:
        return self.divisions.learnt(Lesson(rows, cell, what, how, column))

    def taught(
        self, value: Data, what: str, *, how: How = "fit", column: str = "", cell: int
    ) -> frozenset[Lesson]:
        """Return what something has learnt that was made of all rows of `value`."""
        return frozenset(self._learn(rows, cell, what, how, column) for rows in value.rows)

    def split(self, node: ast.Call, given: Sequence[Data], *, cell: int) -> Data:
        """Return the train and test parts of what is divided."""
        division = self.divisions.new(node, cell)
        for target in given[1:]:
            self.judging.aims_at(target)
        parts: list[Data] = []
        for value in given:
            self.judging.note_early(node, value, is_table=len(given) == 1, cell=cell)
            for row in value.rows:
                self.judging.divides(row, division)
            parts += [narrowed(value, division, part) for part in ROLES]
        return replace(mixed(parts), parts=tuple(parts))

    def _folds(self, node: ast.Call, given: Sequence[Data], cell: int) -> Data:
        """Return the positions that a loop over folds gives."""
        division = self.divisions.new(node, cell)
        for target in given[1:]:
            self.judging.aims_at(target)
        positions = tuple(Data(picks=(division, part)) for part in ROLES)
        return Data(each=Data(parts=positions))

    def cross(self, node: ast.Call, given: Sequence[Data], *, cell: int) -> None:
        """Look at what cross-validation is going to divide."""
        for target in given[2:]:
            self.judging.aims_at(target)
        for value in given:
            if all(rows.part == "all" for rows in value.rows):
                self.judging.note_early(node, value, is_table=False, cell=cell)


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
