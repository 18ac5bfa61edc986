"""What do well-known functions and methods do to what they are given?

Words, not imports: nothing here is loaded to find out. Whatever is not in these tables may change
its arguments.
"""

from __future__ import annotations

from mlops_nb.pipeline.flow.words import word_set

# Libraries whose functions leave their arguments alone, by the first parts of their dotted path ...
PURE_MODULES = word_set(
    """
    abc argparse ast base64 builtins calendar cmath collections contextlib copy csv ctypes
    dataclasses datetime decimal difflib enum errno fnmatch fractions functools gc getpass glob
    gzip hashlib html http importlib inspect io itertools json keyword locale logging math
    mimetypes numbers operator os pathlib pickle platform pprint re secrets shutil signal socket
    sqlite3 statistics string struct subprocess sys tarfile tempfile textwrap time timeit
    traceback types typing typing_extensions unicodedata urllib uuid warnings xml zipfile zlib
    random asyncio IPython numpy pandas scipy sklearn statsmodels patsy matplotlib pylab seaborn
    plotly altair bokeh joblib cloudpickle skops requests yaml toml tomllib mlflow tqdm psutil
    PIL skimage cv2 nltk networkx sympy polars pyarrow xarray numba toolz cytoolz more_itertools
    shap xgboost lightgbm catboost optuna imblearn category_encoders yellowbrick wordcloud
    missingno tabulate graphviz geopandas shapely folium holoviews hvplot torch torchvision
    tensorflow keras jax transformers datasets spacy gensim pyspark dask duckdb sqlalchemy h5py
    openpyxl boto3 s3fs fsspec ipywidgets watermark feature_engine pandera great_expectations
    lifelines umap hdbscan prophet pmdarima librosa soundfile imageio fastparquet pydantic attr
    attrs rich click colorama
    """
)
# Functions of numpy that put their result into a further argument, by how many they compute with.
_UNARY = word_set(
    """
    abs absolute fabs negative positive sqrt square cbrt exp exp2 expm1 log log2 log10 log1p sin cos
    tan arcsin arccos arctan sinh cosh tanh sign ceil floor trunc rint reciprocal conj conjugate
    invert bitwise_not logical_not isnan isfinite isinf deg2rad rad2deg degrees radians
    """
)
_BINARY = word_set(
    """
    add subtract multiply divide true_divide floor_divide mod remainder fmod power float_power
    maximum minimum fmax fmin logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
    left_shift right_shift greater greater_equal less less_equal equal not_equal arctan2 hypot
    copysign matmul dot outer
    """
)
# ... and the functions of theirs that do not: dotted path to the positions of what they change,
# and keywords.
CHANGING: dict[str, tuple[int | str, ...]] = {
    "builtins.setattr": (0,),
    "builtins.delattr": (0,),
    "builtins.next": (0,),
    "builtins.anext": (0,),
    "operator.setitem": (0,),
    "operator.delitem": (0,),
    "operator.iadd": (0,),
    "random.shuffle": (0, "x"),
    "numpy.random.shuffle": (0, "x"),
    "numpy.put": (0, "a"),
    "numpy.put_along_axis": (0, "arr"),
    "numpy.place": (0, "arr"),
    "numpy.putmask": (0, "a"),
    "numpy.copyto": (0, "dst"),
    "numpy.fill_diagonal": (0, "a"),
    **{f"numpy.{name}.at": (0,) for name in ("add", "subtract", "multiply", "maximum", "minimum")},
    **{f"numpy.{name}": (1,) for name in _UNARY},
    **{f"numpy.{name}": (2,) for name in _BINARY},
    "numpy.clip": (3,),
    "ipywidgets.interact": (0,),
    "numpy.random.Generator.shuffle": (0, "x"),
    "heapq.heappush": (0,),
    "heapq.heappop": (0,),
    "heapq.heapify": (0,),
    "heapq.heapreplace": (0,),
    "heapq.heappushpop": (0,),
    "bisect.insort": (0, "a"),
    "bisect.insort_left": (0, "a"),
    "bisect.insort_right": (0, "a"),
    "torch.nn.utils.clip_grad_norm_": (0, "parameters"),
    "torch.nn.utils.clip_grad_value_": (0, "parameters"),
    "json.dump": (1, "fp"),
    "pickle.dump": (1, "file"),
    "yaml.dump": (1, "stream"),
}
# Heap functions live in modules of their own; their other functions are pure.
_MORE_PURE = word_set(
    """
    heapq bisect zoneinfo array weakref queue threading multiprocessing
    """
)

# Functions whose result shares memory with their first argument, and those that hand it on
# unchanged.
VIEWS = word_set(
    """
    numpy.asarray numpy.asanyarray numpy.ravel numpy.reshape numpy.transpose numpy.squeeze
    numpy.atleast_1d numpy.atleast_2d numpy.broadcast_to numpy.ascontiguousarray
    numpy.expand_dims numpy.swapaxes numpy.moveaxis numpy.diagonal numpy.array_split numpy.split
    builtins.memoryview torch.from_numpy torch.as_tensor
    """
)
SHALLOW = word_set(
    """
    builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict builtins.sorted
    builtins.zip builtins.enumerate builtins.reversed builtins.iter builtins.map builtins.filter
    copy.copy collections.deque collections.OrderedDict collections.defaultdict
    collections.Counter itertools.chain itertools.cycle itertools.islice
    itertools.tee types.SimpleNamespace
    """
)
ELEMENTS = word_set(
    """
    builtins.next builtins.min builtins.max random.choice builtins.anext functools.reduce
    random.sample random.choices operator.getitem operator.or_ operator.add
    """
)

# What a call of these makes.
KINDS = {
    "builtins.list": "list",
    "builtins.dict": "dict",
    "builtins.set": "set",
    "builtins.sorted": "list",
    "builtins.iter": "iterator",
    "builtins.zip": "iterator",
    "builtins.map": "iterator",
    "builtins.filter": "iterator",
    "builtins.enumerate": "iterator",
    "builtins.reversed": "iterator",
    "builtins.open": "file",
    "io.StringIO": "file",
    "io.BytesIO": "file",
    "gzip.open": "file",
    "bz2.open": "file",
    "csv.reader": "iterator",
    "csv.DictReader": "iterator",
    "itertools.cycle": "iterator",
    "itertools.count": "iterator",
    "itertools.chain": "iterator",
    "itertools.islice": "iterator",
    "collections.defaultdict": "defaultdict",
    "collections.OrderedDict": "dict",
    "collections.Counter": "dict",
    "collections.deque": "list",
    "numpy.random.default_rng": "random",
    "numpy.random.RandomState": "random",
    "numpy.random.Generator": "random",
    "random.Random": "random",
    "duckdb.connect": "database",
    "torch.Generator": "random",
    "pandas.DataFrame": "frame",
    "pandas.Series": "frame",
    "pandas.concat": "frame",
    "pandas.merge": "frame",
    "pandas.get_dummies": "frame",
    "numpy.array": "array",
    "numpy.zeros": "array",
    "numpy.ones": "array",
    "numpy.empty": "array",
    "numpy.full": "array",
    "numpy.arange": "array",
    "numpy.linspace": "array",
    "numpy.asarray": "array",
}
CONSTANTS = word_set(
    """
    builtins.len builtins.int builtins.float builtins.str builtins.bool builtins.bytes
    builtins.abs builtins.round builtins.hash builtins.id builtins.repr builtins.format
    builtins.isinstance builtins.issubclass builtins.callable builtins.hasattr builtins.ord
    builtins.chr builtins.hex builtins.bin builtins.oct builtins.any builtins.all builtins.range
    builtins.slice builtins.print builtins.input builtins.divmod time.time time.perf_counter
    os.getcwd numpy.float64 numpy.int64 math.sqrt
    """
)

# Containers these make are of immutable kind for the purposes of subscripts: copies, whatever the
# key.
COPYING_KINDS = frozenset({"frame"})
CONTAINER_KINDS = frozenset({"list", "dict", "defaultdict", "set", "frame", "array"})

# Libraries whose functions run no method of an object but the special ones, nor a function ...
_NOT_CALLING_BACK = word_set("builtins copy math operator collections itertools heapq bisect")
# ... those of theirs that do, and functions that do not even look at what they are given.
CALLING_BACK = word_set(
    """
    builtins.map builtins.filter builtins.sorted builtins.min builtins.max builtins.iter
    builtins.next builtins.anext collections.defaultdict operator.methodcaller
    itertools.starmap itertools.takewhile itertools.dropwhile itertools.filterfalse
    itertools.groupby itertools.accumulate heapq.nlargest heapq.nsmallest heapq.merge
    bisect.bisect bisect.bisect_left bisect.bisect_right bisect.insort bisect.insort_left
    bisect.insort_right builtins.list builtins.tuple builtins.set builtins.dict builtins.sum
    builtins.any builtins.all builtins.enumerate builtins.zip collections.deque itertools.chain
    """
)
# Functions that give what the function they are given gives.
MAPPING = word_set("builtins.map itertools.starmap itertools.accumulate")
INDIFFERENT = word_set(
    """
    builtins.id builtins.type builtins.callable builtins.isinstance builtins.issubclass
    builtins.super builtins.object builtins.property builtins.staticmethod builtins.classmethod
    """
)
# What neither goes through an iterator it is given, nor reads on a file.
ONLY_LOOKING = INDIFFERENT | word_set(
    """
    builtins.print builtins.str builtins.repr builtins.format builtins.bool builtins.hash
    builtins.len builtins.hasattr builtins.getattr builtins.dir builtins.vars
    """
)

# Functions and, of connections to DuckDB, methods that take the notebook's frames for tables.
QUERYING = word_set(
    """
    duckdb.sql duckdb.query duckdb.execute duckdb.from_query duckdb.query_df polars.sql
    """
)

# Methods that change their object whatever becomes of their result ...
MUTATORS = word_set(
    """
    pop popitem popleft appendleft extendleft setdefault update fit partial_fit fit_transform
    fit_predict fit_resample fit_generator fit_one_cycle train_on_batch set_params
    load_state_dict load_weights zero_grad backward compile seed shuffle setflags itemset
    difference_update intersection_update symmetric_difference_update move_to_end rotate write
    writelines writerow writerows put put_nowait __setitem__ __delitem__ __setattr__ __iadd__
    add_module register_buffer random_ fill_ zero_ copy_ add_ mul_ sub_ div_ clamp_ normal_
    uniform_ requires_grad_ tune add_layer add_node add_edge add_nodes_from add_edges_from
    remove_node remove_edge
    """
)
# ... those that do only where nothing becomes of it: the frame's `append` or `add` returns a new
# frame.
MUTATORS_IF_UNUSED = word_set(
    """
    append extend insert remove clear sort reverse add discard fill resize partition byteswap
    step train eval subtract put close open
    """
)
# Methods that do not change their object, whatever it is.
PURE_METHODS = word_set(
    """
    capitalize casefold center count encode decode endswith expandtabs find format format_map
    index isalnum isalpha isdigit islower isupper join ljust lower lstrip partition removeprefix
    removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith
    strip swapcase title translate upper zfill copy get items keys values most_common elements
    difference intersection union issubset issuperset isdisjoint symmetric_difference
    as_integer_ratio bit_length is_integer hex group groups groupdict match search sub findall
    finditer fullmatch read readline readlines read_text read_bytes exists is_file is_dir glob
    rglob iterdir resolve absolute with_suffix with_name joinpath relative_to as_posix stat
    mkdir unlink rename touch expanduser write_text write_bytes isoformat strftime total_seconds
    date time timestamp weekday astimezone abs agg aggregate align all any apply applymap argmax
    argmin argpartition argsort asfreq asof assign astype at_time autocorr barh bfill between
    between_time bool boxplot cat clip combine combine_first compare conj convert_dtypes corr
    corrwith cov cummax cummin cumprod cumsum describe diff div divide dot drop drop_duplicates
    droplevel dropna dtypes duplicated eq equals ewm expanding explode factorize ffill fillna
    filter first first_valid_index floordiv from_dict from_records ge get_group groupby gt head
    hist idxmax idxmin infer_objects info interpolate isin isna isnull item iteritems iterrows
    itertuples kurt last last_valid_index le lt mad map mask max mean median melt memory_usage
    merge min mod mode mul multiply ne nlargest notna notnull nsmallest nunique pct_change pipe
    pivot pivot_table plot pow prod product ptp quantile query rank ravel rdiv reindex
    reindex_like rename rename_axis reorder_levels repeat resample reset_index reshape rolling
    round rsub sample searchsorted select_dtypes sem set_axis set_index shift size skew
    sort_index sort_values squeeze stack std sub sum swapaxes swaplevel tail take to_arrow
    to_clipboard to_csv to_dict to_excel to_feather to_frame to_hdf to_html to_json to_latex
    to_list to_markdown to_numpy to_parquet to_period to_pickle to_records to_sql to_string
    to_timestamp tobytes tofile tolist trace transform transpose truediv truncate tz_convert
    tz_localize unique unstack value_counts var view where xs cross crosstab dump dumps flatten
    nonzero swapcase choose compress conjugate join show render predict predict_proba
    predict_log_proba decision_function score inverse_transform get_params get_feature_names_out
    kneighbors score_samples apply_transform save save_model summary evaluate state_dict
    parameters named_parameters children modules numpy cpu cuda detach clone item size dim
    cv_results_ conf_int get_booster get_support staged_predict bic aic pvalues savefig
    get_figure tight_layout suptitle
    """
)
# Methods that return their object.
RETURNING_SELF = word_set(
    """
    fit partial_fit set_params requires_grad_ zero_ fill_ __enter__
    """
)
# Attributes and methods whose result shares memory with their object.
SHARING = word_set(
    """
    values T loc iloc at iat flat real imag array view reshape ravel squeeze transpose swapaxes
    to_numpy get setdefault items keys data detach numpy pop popleft popitem __getitem__
    get_group diagonal children parameters named_steps steps
    """
)

# Calls that look at namespaces: (only without arguments) or always.
INSPECTING_WITHOUT_ARGUMENTS = frozenset({"builtins.dir", "builtins.vars"})
INSPECTING = frozenset({"builtins.globals", "builtins.locals"})
RUNNING_CODE = frozenset({"builtins.exec", "builtins.eval"})
BY_NAME = frozenset(
    {"builtins.getattr", "builtins.setattr", "builtins.delattr", "operator.attrgetter"}
)

# Calls that never return.
ENDING = frozenset({"sys.exit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"})


def is_pure(path: str) -> bool:
    """Return True if the tables know that the function at `path` leaves its arguments alone."""
    root = path.split(".", 1)[0]
    return (root in PURE_MODULES or root in _MORE_PURE) and path not in CHANGING


def calls_back(path: str) -> bool:
    """Return True if the function at `path` may call what it is given, beyond special methods."""
    return path in CALLING_BACK or path.split(".", 1)[0] not in _NOT_CALLING_BACK


def kind_made_by(path: str) -> str:
    """Return the rough type of what a call of `path` makes, or ``""``."""
    kind = KINDS.get(path)
    if kind is None and path.startswith("pandas.read_"):
        return "frame"
    return kind or ""
