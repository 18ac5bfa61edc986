"""What makes two runs of one notebook differ? Generators without a seed, clocks, ids: MNB236,
MNB237.

A generator counts as seeded from the first call that seeds it, in document order, and in function
bodies if anything in the notebook seeds it; a function of scikit-learn or a frame by
``random_state``, or else by NumPy's seed, since without one it draws from NumPy's generator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import SAMPLE, Call
from mlops_nb.pipeline.habits.elsewhere import is_answered
from mlops_nb.pipeline.stages import Pipeline

_SEEDS = {
    "numpy.random.seed": "numpy",
    "random.seed": "random",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
    "torch.cuda.manual_seed_all": "torch",
    "tensorflow.random.set_seed": "tensorflow",
    "lightning.seed_everything": "all",
    "pytorch_lightning.seed_everything": "all",
    "transformers.set_seed": "all",
    "keras.utils.set_random_seed": "all",
    "tensorflow.keras.utils.set_random_seed": "all",
}
_DRAWS_NUMPY = word_set(
    """
    rand randn randint random random_sample ranf sample choice permutation shuffle uniform normal
    standard_normal binomial poisson exponential gamma beta lognormal multivariate_normal
    multinomial dirichlet bytes laplace logistic geometric triangular vonmises weibull pareto
    """
)
_DRAWS_RANDOM = word_set(
    """
    random randint randrange choice choices sample shuffle uniform gauss normalvariate betavariate
    expovariate gammavariate triangular getrandbits lognormvariate
    """
)
_DRAWS_TORCH = word_set("rand randn randint randperm rand_like randn_like bernoulli multinomial")
# What has weights begins with random ones.
_WEIGHTS_TORCH = word_set(
    """
    Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose2d Embedding LSTM GRU RNN Transformer
    TransformerEncoderLayer MultiheadAttention
    """
)
_DRAWS_TENSORFLOW = word_set("normal uniform truncated_normal shuffle categorical gamma poisson")
# scikit-learn's that divide rows in their order unless they are to shuffle.
_SHUFFLING_SKLEARN = word_set("KFold StratifiedKFold StratifiedGroupKFold")
# scikit-learn's that draw unless told how; others take `random_state` and draw only on request.
_DRAWING_SKLEARN = word_set(
    """
    train_test_split ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit RandomForestClassifier
    RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor MLPClassifier MLPRegressor
    BaggingClassifier BaggingRegressor IsolationForest KMeans MiniBatchKMeans GaussianMixture
    BayesianGaussianMixture RandomizedSearchCV SGDClassifier SGDRegressor Perceptron TSNE
    GaussianRandomProjection SparseRandomProjection RandomTreesEmbedding permutation_importance
    make_classification make_regression make_blobs make_moons make_circles resample shuffle
    HalvingRandomSearchCV
    """
)
_CLOCKS = (
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "pandas.Timestamp.now",
    "pandas.Timestamp.today",
    "pandas.Timestamp.utcnow",
    "uuid.uuid1",
    "uuid.uuid4",
    "secrets.token_hex",
    "secrets.token_bytes",
    "secrets.token_urlsafe",
    "os.urandom",
)
# What makes a time of a text: ``pd.Timestamp("now")``.
_PARSING = ("pandas.Timestamp", "pandas.to_datetime", "numpy.datetime64")


def chance_findings(pipeline: Pipeline, calls: Sequence[Call]) -> Iterator[Diagnostic]:
    """Yield the first unseeded draw of each kind in a cell, and what stages take from clocks."""
    told: set[tuple[int, str]] = set()
    unseeded = {id(call): generator for call, generator in unseeded_draws(calls)}
    for call in calls:
        generator = unseeded.get(id(call), "")
        stage = pipeline.stage_of(call.cell)
        if generator and (call.cell, generator) not in told:
            told.add((call.cell, generator))
            yield Diagnostic(
                code="MNB236",
                severity="info" if stage is None else "warning",
                cell=call.cell,
                line=call.node.lineno,
                column=call.node.col_offset,
                message=f"{call.name} draws without a seed: two runs will differ.",
                remedy=_REMEDIES[generator],
            )
        elif stage is not None and _asks_clock(call) and (call.cell, call.name) not in told:
            if is_answered(stage.options):
                continue
            told.add((call.cell, call.name))
            yield Diagnostic(
                code="MNB237",
                severity="info",
                cell=call.cell,
                line=call.node.lineno,
                column=call.node.col_offset,
                message=f"stage {stage.name!r} calls {call.name}, which answers otherwise each "
                "time.",
                remedy="Make it a parameter, or keep it out of what the stage binds.",
            )


def _asks_clock(call: Call) -> bool:
    """Return whether a call answers with the time: by its name, or as its text says."""
    if call.name in _CLOCKS:
        return True
    args = call.node.args
    if call.name in ("time.strftime", "time.localtime", "time.gmtime", "time.ctime"):
        return len(args) < (2 if call.name == "time.strftime" else 1)
    first = args[0].value if args and isinstance(args[0], ast.Constant) else None
    return call.name in _PARSING and first in ("now", "today")


def unseeded_draws(calls: Sequence[Call]) -> list[tuple[Call, str]]:
    """Return the calls that draw without a seed, each with the generator it draws from."""
    ever = {_SEEDS[call.name] for call in calls if _is_seed(call)}
    seeded: set[str] = set()
    found = []
    for call in calls:
        if _is_seed(call):
            seeded.add(_SEEDS[call.name])
        generator = _unseeded(call, ever if call.is_deferred else seeded)
        if generator:
            found.append((call, generator))
    return found


_REMEDIES = {
    "numpy": "Draw from rng = numpy.random.default_rng(SEED), or call numpy.random.seed first.",
    "default_rng": "Give it a seed as its first argument.",
    "random": "Call random.seed(SEED) first, or draw from random.Random(SEED).",
    "torch": "Call torch.manual_seed(SEED) first.",
    "tensorflow": "Call tensorflow.random.set_seed(SEED) first.",
    "sklearn": "Pass random_state=SEED.",
}


def _is_seed(call: Call) -> bool:
    return call.name in _SEEDS and bool(call.node.args or call.node.keywords)


def _unseeded(call: Call, seeded: set[str]) -> str:
    """Return the generator that `call` draws from without a seed; empty if there is none."""
    module, _, function = call.name.rpartition(".")
    if call.name in ("numpy.random.default_rng", "numpy.random.RandomState"):
        return "" if call.node.args or call.node.keywords else "default_rng"
    for generator, home, draws in (
        ("numpy", "numpy.random", _DRAWS_NUMPY),
        ("random", "random", _DRAWS_RANDOM),
        ("torch", "torch", _DRAWS_TORCH),
    ):
        if module == home and function in draws:
            given = call.keyword("generator") is not None
            return "" if given or {generator, "all"} & seeded else generator
    for generator, is_draw in _OTHERS:
        if is_draw(call, module, function):
            is_told = call.keyword("generator") is not None or call.keyword("seed") is not None
            return "" if is_told or {generator, "all"} & seeded else generator
    is_numpys = call.name == SAMPLE or (module.startswith("scipy.stats.") and function == "rvs")
    if is_numpys or _draws_in_sklearn(call, module, function):
        # With random_state=None it draws from the generator that numpy.random.seed seeds.
        return "" if _is_told(call) or {"numpy", "all"} & seeded else "sklearn"
    return ""


def _draws_in_sklearn(call: Call, module: str, function: str) -> bool:
    if not module.startswith("sklearn."):
        return False
    shuffles = call.keyword("shuffle")
    is_shuffling = isinstance(shuffles, ast.Constant) and shuffles.value is True
    return function in _DRAWING_SKLEARN or (function in _SHUFFLING_SKLEARN and is_shuffling)


def _draws_in_torch(call: Call, module: str, function: str) -> bool:
    shuffles = call.keyword("shuffle")
    is_loader = module == "torch.utils.data" and function == "DataLoader"
    if is_loader and isinstance(shuffles, ast.Constant) and shuffles.value is True:
        return True
    is_split = module == "torch.utils.data" and function == "random_split"
    return is_split or (module == "torch.nn" and function in _WEIGHTS_TORCH)


def _draws_in_tensorflow(call: Call, module: str, function: str) -> bool:
    return module == "tensorflow.random" and function in _DRAWS_TENSORFLOW


_OTHERS = (("torch", _draws_in_torch), ("tensorflow", _draws_in_tensorflow))


def _is_told(call: Call) -> bool:
    """Return whether a function of scikit-learn is told how to draw, or not to."""
    state, shuffles = call.keyword("random_state"), call.keyword("shuffle")
    if call.name == SAMPLE and call.keyword("seed") is not None:
        return True  # as polars calls it
    if isinstance(shuffles, ast.Constant) and shuffles.value is False:
        return True
    if call.has_unknown_keywords:
        return True
    return state is not None and not (isinstance(state, ast.Constant) and state.value is None)
