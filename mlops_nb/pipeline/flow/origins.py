"""What do a library's objects do when an unknown method of theirs is called? Its habits say.

An object that a library has made carries the library's path. Of the methods that no table names,
those of libraries that return new objects change nothing, those of drawings draw, and none changes
what it is given.
"""

from __future__ import annotations

from mlops_nb.pipeline.flow.library import PURE_MODULES
from mlops_nb.pipeline.flow.words import word_set

# Libraries whose objects change by the methods that the tables name, and by no other.
_QUIET = word_set(
    """
    pandas numpy scipy sklearn statsmodels patsy linearmodels polars pyarrow altair shapely
    geopandas sympy skimage PIL lifelines shap networkx nltk re datetime decimal fractions math
    statistics string time uuid pathlib json ast itertools inspect types typing urllib requests
    calendar zoneinfo zlib base64 struct tabulate xgboost lightgbm catboost imblearn
    category_encoders umap hdbscan joblib
    """
)
# Libraries whose objects are drawn on.
_DRAWING = word_set("matplotlib seaborn pylab mpl_toolkits plotly bokeh")
_LOOKING_AT_DRAWINGS = ("get_", "is_", "has_", "to_", "can_")
_NOT_DRAWING = word_set(
    """
    show savefig print_figure canvas copy index count format tolist item contains stale_callback
    write_html write_image
    """
)
# Libraries whose models give results when they are fitted, and stay as they are.
_RESULTS = word_set("statsmodels linearmodels arch")
# What fits or trains the very objects that it was made of.
_WHOLES = word_set("Pipeline make_pipeline FeatureUnion make_union")
_COPYING = word_set("sklearn imblearn scipy statsmodels linearmodels pandas numpy")


def root_of(path: str) -> str:
    """Return the library of a dotted path."""
    return path.partition(".")[0]


def is_known(origin: str) -> bool:
    """Return True if objects from there leave alone what their methods are given."""
    return root_of(origin) in PURE_MODULES


def is_quiet(origin: str) -> bool:
    """Return True if an unknown method does not change its object."""
    return root_of(origin) in _QUIET


def is_drawing(origin: str) -> bool:
    """Return True for figures, axes and what is on them."""
    return root_of(origin) in _DRAWING


def draws(name: str) -> bool:
    """Return True if the method `name` of a drawing changes it."""
    return not name.startswith(_LOOKING_AT_DRAWINGS) and name not in _NOT_DRAWING


def gives_results(origin: str) -> bool:
    """Return True if ``fit`` returns a new object and leaves its own as it was."""
    return root_of(origin) in _RESULTS


def fits_inside(origin: str) -> bool:
    """Return True if fitting an object from there may fit what it was made of."""
    if root_of(origin) in _COPYING:
        return origin.rpartition(".")[2] in _WHOLES
    return True


def joined(one: str, other: str) -> str:
    """Return the origin of what has one or the other: their library, if it is one."""
    if one == other:
        return one
    root = root_of(one)
    return root if root == root_of(other) else ""
