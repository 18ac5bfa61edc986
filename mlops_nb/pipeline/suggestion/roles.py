"""What part does a cell play in a data scientist's notebook: load, clean, split, train, evaluate?

Judged by what it calls, by the library's names and by the habits of naming that people have
(``load_housing``, ``X_train``). A function of the notebook plays its part where it is called. It is
a guess, and only a suggestion is made of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import ParsedCell, find_calls

Define = Callable[[ast.FunctionDef | ast.AsyncFunctionDef], None]


class Role(StrEnum):
    """What a cell does; the values are names that stages may have."""

    LOAD = "load"
    CLEAN = "clean"
    FEATURES = "features"
    SPLIT = "split"
    TRAIN = "train"
    EVALUATE = "evaluate"
    PREDICT = "predict"
    SAVE = "save"
    PLOT = "plot"


_LOADING = (
    "sklearn.datasets.",
    "tensorflow_datasets.load",
    "datasets.load_dataset",
    "torchvision.datasets.",
    "joblib.load",
    "pickle.load",
    "json.load",
    "torch.load",
    "requests.get",
    "urllib.request.",
    "statsmodels.datasets.",
    "statsmodels.api.datasets.",
    "seaborn.load_dataset",
    "pandas_datareader.",
    "kagglehub.",
    "sqlite3.connect",
)
_LOADING_CALLS = word_set("load loadtxt genfromtxt fromfile load_data load_pandas imread")
_LOADERS = ("numpy.", "tensorflow.keras.datasets.", "keras.datasets.", "matplotlib.")
_READERS = (
    "pandas.read_",
    "polars.read_",
    "polars.scan_",
    "dask.dataframe.read_",
    "geopandas.read",
)
_LOADING_METHODS = word_set("load_data load_pandas read_csv read_parquet read_sql read_excel")
_CLEANING = word_set(
    "dropna fillna drop_duplicates interpolate clip rename drop ffill bfill set_index astype"
)
_SHAPING = word_set(
    """
    fit_transform transform get_dummies merge concat pivot pivot_table melt apply assign cut
    qcut resample rolling shift diff factorize fit_resample select_dtypes texts_to_sequences
    pad_sequences stack unstack
    """
)
_TRANSFORMERS = (
    "sklearn.preprocessing.",
    "sklearn.impute.",
    "sklearn.feature_extraction.",
    "sklearn.feature_selection.",
    "sklearn.compose.",
    "category_encoders.",
)
_SPLITTING = word_set("train_test_split random_split temporal_train_test_split")
_SPLITTERS = word_set("StratifiedShuffleSplit ShuffleSplit GroupShuffleSplit PredefinedSplit")
_FITTING = word_set("fit partial_fit fit_generator backward fit_regularized fit_constrained")
_TRAINERS = ("xgboost.train", "lightgbm.train", "xgboost.cv", "lightgbm.cv")
_JUDGING = word_set(
    """
    score evaluate cross_val_score cross_validate cross_val_predict permutation_importance
    learning_curve validation_curve
    """
)
_PREDICTING = word_set("predict predict_proba forecast decision_function get_forecast")
_SAVING = word_set(
    """
    to_csv to_parquet to_pickle to_excel to_sql to_feather to_json save_model save_weights
    save_pretrained
    """
)
_SAVERS = word_set("joblib.dump pickle.dump json.dump torch.save numpy.save numpy.savez")
_PLOTTERS = ("matplotlib.", "seaborn.", "plotly.", "bokeh.", "altair.")
# Beginnings of names of a notebook's own functions.
_HABITS = {
    Role.LOAD: ("load", "read", "fetch", "download", "get_data"),
    Role.CLEAN: ("clean",),
    Role.FEATURES: ("preprocess", "prepare", "transform", "add_feature", "make_feature", "encode"),
    Role.SPLIT: ("split",),
    Role.TRAIN: ("train", "fit"),
    Role.EVALUATE: ("evaluate", "score", "cross_val"),
    Role.PLOT: ("plot", "show", "display", "draw"),
}
# Beginnings of words in headings, for cells whose code says nothing.
_HEADINGS = {
    Role.LOAD: (
        "load",
        "import data",
        "read",
        "download",
        "fetch",
        "dataset",
        "data set",
        "ingest",
    ),
    Role.CLEAN: ("clean", "missing"),
    Role.FEATURES: (
        "preprocess",
        "pre-process",
        "prepar",
        "feature",
        "transform",
        "encod",
        "process",
    ),
    Role.SPLIT: ("split", "test set", "train and test", "training and test"),
    Role.TRAIN: ("train", "fit"),
    Role.EVALUATE: ("evaluat", "test", "performance", "metric", "result", "accuracy"),
}
# What people call what a model learns from.
_MATRICES = word_set("X features")
_PARTS = (("train",), ("test", "val", "valid", "validation", "dev", "holdout"))


def find_roles(cells: Sequence[ParsedCell]) -> Mapping[int, frozenset[Role]]:
    """Return what each cell does, by index; a cell may do several things, or none of these."""
    dotted = {id(call.node): call.name for call in find_calls(cells)}
    reader = _Reader(dotted)
    return {cell.index: frozenset(reader.read(tree.body)) for cell, tree in cells}


def role_of_heading(text: str) -> Role | None:
    """Return what a heading says its cells do, by its first word that says it.

    >>> role_of_heading("Train-testing splitting"), role_of_heading("Train and evaluate")
    (<Role.SPLIT: 'split'>, <Role.TRAIN: 'train'>)
    """
    low = f" {text.lower()}"
    if " split" in low:  # of train and test, mostly
        return Role.SPLIT
    places = [
        (low.find(f" {word}"), role)
        for role, words in _HEADINGS.items()
        for word in words
        if f" {word}" in low
    ]
    return min(places, default=(0, None), key=lambda place: place[0])[1]


class _Reader:
    """Reads cells in order and remembers functions and transformers."""

    def __init__(self, dotted: Mapping[int, str]) -> None:
        self._dotted = dotted
        self._functions: dict[str, frozenset[Role]] = {}
        self._transformers: set[str] = set()

    def read(self, body: Sequence[ast.stmt]) -> set[Role]:
        """Return the roles of statements that run now."""
        found: set[Role] = set()
        for node in _running(body, self._define):
            if isinstance(node, ast.Assign):
                self._note_transformer(node)
                found |= _role_of_targets(node)
            elif isinstance(node, ast.Call):
                found |= self._role_of_call(node)
        return found

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions[node.name] = frozenset(self.read(node.body)) | _habit(node.name)

    def _note_transformer(self, node: ast.Assign) -> None:
        made = isinstance(node.value, ast.Call) and self._is_transformer(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                (self._transformers.add if made else self._transformers.discard)(target.id)

    def _is_transformer(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._transformers
        return self._dotted.get(id(node), "").startswith(_TRANSFORMERS)

    def _role_of_call(self, node: ast.Call) -> set[Role]:
        path = self._dotted.get(id(node), "")
        word = path.rpartition(".")[2]
        if path:
            role = _role_of_path(path, word)
            if role is not None:
                return {role}
        if isinstance(node.func, ast.Name):
            return set(self._functions.get(node.func.id, _habit(node.func.id)))
        if not isinstance(node.func, ast.Attribute) or path:
            return set()
        return self._role_of_method(node.func)

    def _role_of_method(self, method: ast.Attribute) -> set[Role]:
        name = method.attr
        if name in _FITTING:
            return {Role.FEATURES if self._is_transformer(method.value) else Role.TRAIN}
        for words, role in _METHODS:
            if name in words:
                return {role}
        return set()


_METHODS = (
    (_LOADING_METHODS, Role.LOAD),
    (_JUDGING, Role.EVALUATE),
    (_PREDICTING, Role.PREDICT),
    (_SAVING, Role.SAVE),
    (_CLEANING, Role.CLEAN),
    (_SHAPING, Role.FEATURES),
    (word_set("plot hist scatter boxplot imshow savefig"), Role.PLOT),
)


def _role_of_path(path: str, word: str) -> Role | None:
    """Return what a function of a library does."""
    if path.startswith(_READERS) or path.startswith(_LOADING):
        return Role.LOAD
    if path.startswith(_LOADERS) and word in _LOADING_CALLS:
        return Role.LOAD
    if word in _SPLITTING or word in _SPLITTERS:
        return Role.SPLIT
    is_sklearn = path.startswith("sklearn.")
    if path.startswith("sklearn.metrics.") or (is_sklearn and word in _JUDGING):
        return Role.EVALUATE
    if path.startswith(_TRAINERS):
        return Role.TRAIN
    if path in _SAVERS or word in _SAVING:
        return Role.SAVE
    is_frame = path.startswith(("pandas.", "polars."))
    if path.startswith(_TRANSFORMERS) or (is_frame and word in _SHAPING):
        return Role.FEATURES
    return Role.PLOT if path.startswith(_PLOTTERS) else None


def _role_of_targets(node: ast.Assign) -> set[Role]:
    """Return that rows are divided where one statement binds a train and a test part."""
    names = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    words = {word for name in names for word in name.lower().split("_")}
    if len(names) > 1 and all(words.intersection(part) for part in _PARTS):
        return {Role.SPLIT}
    # Of names alone: ``plt.rcParams["font.size"] = 9`` makes no column.
    is_column = any(
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id not in ("rcParams", "environ")
        and _is_text(target.slice)
        for target in node.targets
    )
    is_matrix = any(isinstance(n, ast.Name) and n.id in _MATRICES for n in _stored(node))
    return {Role.FEATURES} if is_column or is_matrix else set()


def _stored(node: ast.Assign) -> list[ast.AST]:
    """Return the targets of an assignment, those of tuples one by one."""
    return [
        part
        for target in node.targets
        for part in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
    ]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _habit(name: str) -> frozenset[Role]:
    low = name.lower().lstrip("_")
    return frozenset(
        role for role, words in _HABITS.items() if low in words or low.startswith(_joined(words))
    )


def _joined(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{word}_" for word in words)


def _running(body: Sequence[ast.stmt], define: Define) -> Iterator[ast.AST]:
    """Yield the nodes that run now; definitions are given to `define`, classes are left out."""
    for statement in body:
        todo: list[ast.AST] = [statement]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                define(node)
                continue
            if isinstance(node, ast.ClassDef | ast.Lambda):
                continue
            yield node
            todo += reversed(list(ast.iter_child_nodes(node)))
