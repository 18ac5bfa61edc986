"""What is a good name for a stage? The word everybody uses, else the heading, in few words.

``train`` where there is one training; where there are several, each heading's own words.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mlops_nb.pipeline.carrying import to_stage_name
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import ParsedCell
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.suggestion.groups import Group
from mlops_nb.pipeline.suggestion.roles import Role

_MOST_WORDS = 3
_STOP = word_set(
    """
    a an the to of and or for with our your my we you us let lets s using use in on at by from into
    step part section chapter how what is are be this that these it its first then now some all as
    example examples introduction do does can will here about via vs create build define make
    perform add get depth exploring application motivating exercise exercises solution solutions
    please skip simple understanding
    """
)


def name_groups(
    groups: Sequence[Group],
    *,
    models: Mapping[int, str],
    products: Sequence[str],
    taken: Collection[str],
) -> list[StageName]:
    """Return a name for each group, all different.

    Parameters
    ----------
    groups : sequence of Group
    models : Mapping of int to str
        The variable of the model that the group of this position fits.
    products : sequence of str
        For each group the name that it makes for others, or "".
    taken : collection of str
        Names of stages that are there already.
    """
    counts = Counter(group.role for group in groups)
    titles = [_title(group) for group in groups]
    used = {name.replace("-", "_") for name in taken}
    names = []
    for position, group in enumerate(groups):
        word = str(group.role) if group.role is not None else ""
        title = titles[position]
        choices = [word] if word and counts[group.role] == 1 else []
        if title and titles.count(title) == 1:
            choices.insert(0 if group.is_mixed else len(choices), title)
        if word and title and title[:5] != word[:5]:
            choices.append(f"{word}_{title}")
        if word and position in models:
            choices.append(to_stage_name(f"{word} {models[position]}"))
        if word and len(group.section) > 1:
            above = short_title(group.section[-2].text)
            choices += [f"{word}_{above}"] if above else []
        if word and products[position] and group.role not in (Role.TRAIN, Role.EVALUATE):
            choices.append(to_stage_name(f"{word} {products[position]}"))
        choices += [c for c in (word, title) if c] or ["prepare"]
        name = next((c for c in choices if c not in used), None) or _numbered(choices[0], used)
        used.add(name)
        names.append(StageName(name))
    return names


def short_title(text: str) -> str:
    """Return the words of a heading that matter, as a name; empty if none does.

    >>> short_title("Step 3: Create a CNN to Classify Dog Breeds (from Scratch)")
    'cnn_classify_dog'
    >>> short_title("2D histograms")
    'histograms_2d'
    """
    plain = re.sub(r"[^a-z0-9]+", " ", text.lower().replace("'", ""))
    words = [word for word in plain.split() if word not in _STOP and not word.isdigit()]
    words.sort(key=lambda word: word[0].isdigit())  # a name starts with a letter
    if words and words[0][0].isdigit():
        return ""
    return "_".join(words[:_MOST_WORDS])


def main_products(
    members: Sequence[Sequence[int]], pipeline: Pipeline, cells: Sequence[ParsedCell]
) -> list[str]:
    """Return for each stage the name it binds that most later cells read; of several the first."""
    imported = _imported_names(cells)
    readers: dict[str, list[int]] = {}
    for index in sorted(pipeline.flows):
        for name in pipeline.flows[index].reads:
            readers.setdefault(name, []).append(index)
    found = []
    for stage in members:
        counts: dict[str, int] = {}
        for name in (name for index in stage for name in pipeline.flows[index].binds):
            if not name.startswith("_") and name not in imported:
                known = readers.get(name, [])
                counts[name] = len(known) - bisect.bisect_right(known, stage[-1])
        found.append(max(counts, key=lambda name: counts[name], default=""))
    return found


def _imported_names(cells: Sequence[ParsedCell]) -> set[str]:
    """Return the names that imports and definitions bind."""
    found: set[str] = set()
    for _, tree in cells:
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {(n.asname or n.name).partition(".")[0] for n in node.names}
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
    return found


def _title(group: Group) -> str:
    """Return the name that the headings of a group suggest; of several, the first with words."""
    inner = group.section or (group.cells[0].section[-1:] if len(group.cells) == 1 else ())
    return next((title for h in reversed(inner) if (title := short_title(h.text))), "")


def _numbered(name: str, used: Collection[str]) -> str:
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"
